import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from theorycheck.theory import optimistic_regret as theory


def play(gradients, low=-1.0, high=1.0):
    """Losses of the convex algorithm on [low, high]^d, one gradient at a time, and V."""
    gradients = np.asarray(gradients, dtype=float)
    largest = np.linalg.norm(gradients, axis=1).max()
    diameter = (high - low) * np.sqrt(gradients.shape[1])
    point, hint, squares, losses = np.zeros(gradients.shape[1]), 0 * gradients[0], 0.0, []
    for g in gradients:
        step = diameter / np.sqrt(4 * largest**2 + squares)
        losses.append(g @ np.clip(point - step * hint, low, high))
        point = np.clip(point - step * g, low, high)
        squares, hint = squares + np.sum((g - hint) ** 2), g
    return np.array(losses), diameter, largest, squares


@settings(max_examples=40, deadline=None)
@given(arrays(float, (25, 2), elements=st.floats(-1, 1)))
def test_path_bound_on_arbitrary_gradients(gradients):
    gradients[0, 0] = 1.0  # some gradient is not 0
    losses, diameter, largest, squares = play(gradients)
    regret = losses.sum() + np.abs(gradients.sum(axis=0)).sum()
    assert regret <= theory.path_bound(diameter, largest, squares) * (1 + 1e-12)


def test_mean_bound_is_the_path_bound_at_the_expected_squares():
    # Independent noise of variance 0.3 around means that turn over each round: E V by enumeration of two rounds.
    noise = np.sqrt(0.3) * np.array([-1, 1])
    change = np.mean([(a - b + 1.0) ** 2 for a in noise for b in noise])
    expected = 2.0**2 + 99 * change  # the first change is at most G
    bound = theory.mean_bound(3.0, 2.0, 99 * 0.3, 99 * 1.0)
    assert bound == pytest.approx(theory.path_bound(3.0, 2.0, expected))


@pytest.mark.parametrize("amplitude", [0.1, 0.3])
def test_alternating_regret(amplitude):
    rounds = 4000
    gradients = np.stack([amplitude * (-1.0) ** np.arange(rounds), np.ones(rounds)], axis=1)
    losses, diameter, largest, _ = play(gradients)
    predicted = 1 + theory.alternating_regret(diameter, largest, amplitude, rounds)
    assert losses.sum() + rounds == pytest.approx(predicted, rel=0.01)


@pytest.mark.parametrize("drift", [0.004, 0.02])
def test_calm_regret(drift):
    losses, diameter, largest, squares = play(np.tile([drift, 1.0], (3000, 1)))
    regret = losses.sum() + 3000 * (1 + drift)
    assert regret == pytest.approx(1 + theory.calm_regret(diameter, largest, squares), abs=drift)


def test_descent_calm_regret_by_scanning_drifts():
    rounds, diameter, gradient = 20000, 2.0, 1.5
    pace = diameter / gradient / np.sqrt(np.arange(1, rounds))
    walked = np.concatenate([[0], np.cumsum(pace)])
    drifts = np.linspace(0.05, 3, 200) / np.sqrt(rounds)
    worst = max(np.sum(m * (1 - np.minimum(m * walked, 1))) for m in drifts)
    assert theory.descent_calm_regret(diameter, gradient, rounds) == pytest.approx(worst, rel=0.01)


@pytest.mark.parametrize("factor", [1.0, 1.5, 2.0, 3.0])
def test_coefficients_from_exact_moments(factor):
    """Mean and covariance of (x-hat, last noise) obey linear recursions, which are followed exactly."""
    curvature, amplitude, sd, rounds = 0.7, 0.4, 1.3, 20000
    mean, hint, noise, change, cost = 0.0, 0.0, 0.0, 0.0, {}
    # With h = g/lambda: x_t = p_t - (c/t) h_{t-1}, h_t = x_t - centre + noise, p_{t+1} = p_t - (c/t) h_t.
    second = np.zeros((2, 2))  # of the random parts of (p, h)
    for t in range(1, rounds + 1):
        r, centre = factor / t, amplitude * (-1) ** t
        x = mean - r * hint
        change += curvature * x * (x / 2 - centre)
        hint = x - centre
        mean = mean - r * hint
        noise += curvature / 2 * np.array([1, -r]) @ second @ np.array([1, -r])
        step = np.array([[1 - r, r**2], [1, -r]])
        added = sd**2 / curvature**2 * np.outer([-r, 1], [-r, 1])
        second = step @ second @ step.T + added
        if t in (200, rounds):
            cost[t] = np.array([noise, change])
    found = (cost[rounds] - cost[200]) / np.log(rounds / 200)
    assert found[0] == pytest.approx(theory.noise_coefficient(sd**2, curvature, factor), rel=0.03)
    variation = 4 * curvature**2 * amplitude**2
    assert found[1] == pytest.approx(theory.alternation_coefficient(variation, curvature, factor), rel=0.03)
