import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from theorycheck.theory import groupwise_regret as theory


@settings(max_examples=15, deadline=None)
@given(arrays(float, (20, 4), elements=st.floats(0, 1)), arrays(bool, (20, 4)))
def test_potential_and_bound_hold_for_arbitrary_losses(losses, active):
    """AdaNormalHedge on a mixed loss, in plain scalar code: potential under its cap, each R_g under the bound."""
    surplus, spread = [0.0] * 4, [0.0] * 4

    def phi(r, c):
        return np.exp(max(r, 0) ** 2 / (3 * c))

    for loss, awake in zip(losses, active, strict=True):
        groups = np.flatnonzero(awake)
        if groups.size == 0:
            continue
        weights = [phi(surplus[g] + 1, spread[g] + 1) - phi(surplus[g] - 1, spread[g] + 1) for g in groups]
        weights = np.array(weights) / sum(weights) if sum(weights) > 0 else np.full(groups.size, 1 / groups.size)
        for g in groups:
            gained = weights @ loss[groups] - loss[g]
            surplus[g] += gained
            spread[g] += abs(gained)
    assert theory.potential(np.array(surplus), np.array(spread)) <= theory.potential_cap(np.array(spread))
    assert np.all(np.array(surplus) <= theory.sleeping_bound(spread) + 1e-12)


def test_sleeping_bound_is_where_one_group_alone_reaches_the_cap():
    spread = np.array([50.0, 3.0, 0.0, 200.0])
    for g in (0, 3):
        alone = np.zeros(4)
        alone[g] = theory.sleeping_bound(spread)[g]
        exceeding = theory.potential(alone, spread) - 3 / 4  # the other three groups contribute 1/4 each
        assert exceeding == pytest.approx(theory.potential_cap(spread))


@settings(max_examples=15, deadline=None)
@given(arrays(float, 30, elements=st.floats(-0.5, 0.5)))
def test_descent_bound_on_arbitrary_gradients(gradients):
    p, loss = 0.0, 0.0
    for n, g in enumerate(gradients, start=1):
        loss += p * g
        p = min(max(p - 4 / np.sqrt(n) * g, -1), 1)
    assert loss + abs(gradients.sum()) <= theory.descent_bound(gradients.size)


@settings(max_examples=10, deadline=None)
@given(
    arrays(float, (12, 2), elements=st.floats(-1, 1)),
    arrays(float, 12, elements=st.floats(-1, 1)),
    arrays(float, 2, elements=st.floats(-1, 1)),
)
def test_ridge_bound_on_arbitrary_data(x, y, u):
    ridge, gram, moment, loss = 1.5, 1.5 * np.eye(2), np.zeros(2), 0.0
    for point, label in zip(x, y, strict=True):
        gram += np.outer(point, point)
        loss += (np.linalg.solve(gram, moment) @ point - label) ** 2 / 4
        moment += label * point
    regret = loss - np.sum((x @ u - y) ** 2) / 4
    assert regret <= theory.ridge_bound(12, 2, u @ u, ridge) + 1e-12


def test_group_parameters_and_rate_by_regression_on_a_large_sample():
    rng = np.random.default_rng(0)
    theta, q, rounds = rng.normal(size=(3, 2)), [0.6, 0.3], 50000
    active = np.concatenate([np.ones((rounds, 1)), rng.random((rounds, 2)) < q], axis=1)
    x = rng.uniform(-1, 1, size=(rounds, 2))
    y = np.sum(x * (active @ theta / active.sum(axis=1, keepdims=True)), axis=1)
    found = np.array([np.linalg.lstsq(x[a > 0], y[a > 0], rcond=None)[0] for a in active.T])
    parameters = theory.group_parameters(theta, q)
    np.testing.assert_allclose(parameters, found, atol=0.03)
    for g in range(3):
        here = active[:, g] > 0
        excess = np.mean((x[here] @ found[0] - y[here]) ** 2) - np.mean((x[here] @ found[g] - y[here]) ** 2)
        assert theory.single_learner_rate(parameters)[g] == pytest.approx(excess / 4, abs=0.003)
