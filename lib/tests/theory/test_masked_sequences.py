from itertools import product
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycheck.seeds import generator
from theorycheck.theory.masked_sequences import (
    any_order_nll,
    conditionals_in_a_row,
    evaluations_of,
    expected_evaluations,
    masked_conditional,
    reveal_probabilities,
    score_factor,
    unmasked_marginal,
)


def test_conditionals_by_listing_sequences():
    tokens, length = 2, 3
    p0 = generator(0, "law").dirichlet(np.ones(8)).reshape(2, 2, 2)
    table, known = masked_conditional(p0), unmasked_marginal(p0)
    for state in product(range(tokens + 1), repeat=length):
        agree = {
            x: p0[x]
            for x in product(range(tokens), repeat=length)
            if all(s in (tokens, a) for s, a in zip(state, x, strict=True))
        }
        assert known[state] == pytest.approx(sum(agree.values()))
        for i in range(length):
            if state[i] != tokens:
                assert np.isnan(table[(*state, i)]).all()
            else:
                for v in range(tokens):
                    share = sum(p for x, p in agree.items() if x[i] == v) / sum(agree.values())
                    assert table[(*state, i, v)] == pytest.approx(share)


@pytest.mark.parametrize("masks", [True, False])
def test_conditionals_in_a_row_by_listing(masks):
    """Position by position, state of the others by state, token by token, from sums over clean pairs."""
    tokens = 3
    p0 = generator(3, "law").dirichlet(np.ones(9)).reshape(3, 3)
    others = [{0}, {1}, {2}, {0, 1, 2}] if masks else [{0}, {1}, {2}]  # a mask allows every token
    wanted = []
    for law in (p0, p0.T):
        for allowed in others:
            column = law[:, sorted(allowed)].sum(axis=1)
            wanted += (column / column.sum()).tolist()
    found = conditionals_in_a_row(masked_conditional(p0), masks)
    assert found.shape == (2 * tokens * len(others),)
    np.testing.assert_allclose(found, wanted)


def test_any_order_likelihood_by_mask_sets():
    """A set of m masked positions precedes a given one of them in (m - 1)! (l - m)! of the l! orders."""
    tokens, length, x0 = 3, 4, (2, 0, 1, 1)
    q = generator(1, "model").dirichlet(np.ones(tokens), size=(*(tokens + 1,) * length, length))
    total = 0.0
    for pattern in product([False, True], repeat=length):
        m = sum(pattern)
        state = tuple(tokens if hidden else x for hidden, x in zip(pattern, x0, strict=True))
        for i in np.flatnonzero(pattern):
            total -= factorial(m - 1) * factorial(length - m) / factorial(length) * np.log(q[(*state, i, x0[i])])
    assert any_order_nll(q, x0) == pytest.approx(total)


def test_true_conditionals_give_the_true_likelihood():
    p0 = generator(2, "law").dirichlet(np.ones(8)).reshape(2, 2, 2)
    assert any_order_nll(masked_conditional(p0), (1, 0, 1)) == pytest.approx(-np.log(p0[1, 0, 1]))


@pytest.mark.parametrize("schedule", ["loglinear", "geometric"])
def test_reveal_probabilities_add_up(schedule):
    r = reveal_probabilities(schedule, 7)
    assert len(r) == 7
    assert np.all(r > 0)
    assert r.sum() == pytest.approx(1)
    with pytest.raises(ValueError, match="schedule"):
        reveal_probabilities("cosine", 3)


def test_geometric_schedule_in_one_step_from_the_middle():
    masked = 1 - np.exp(-np.array([20, np.sqrt(0.001 * 20), 0.001]))
    expected = (masked[0] - masked[1]) / (masked[0] - masked[2])
    assert reveal_probabilities("geometric", 2)[0] == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.05, 1), min_size=2, max_size=4), st.integers(1, 4))
def test_expected_evaluations_by_listing_reveal_steps(raw, length):
    r = np.array(raw) / sum(raw)
    total = sum(np.prod(r[list(when)]) * len(set(when)) for when in product(range(len(r)), repeat=length))
    assert expected_evaluations(r, length) == pytest.approx(total)


def test_log_linear_evaluations_in_closed_form():
    """n (1 - (1 - 1/n)^l) for r_k = 1/n, at lengths and steps that broadcast."""
    length, steps = np.array([[3], [50]]), np.array([2, 7, 100])
    np.testing.assert_allclose(evaluations_of("loglinear", length, steps), steps * (1 - (1 - 1 / steps) ** length))


def test_factor():
    assert score_factor(np.log(2)) == pytest.approx(1)
