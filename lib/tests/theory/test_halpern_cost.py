import numpy as np
import pytest
from scipy import stats

from theorycheck.seeds import generator
from theorycheck.theory.halpern_cost import calls_deviation, expected_calls, steps_to_accuracy


@pytest.mark.parametrize("step", [0.25, 0.5])
def test_steps_against_a_plain_loop_on_a_rotation(step):
    """F = I - R for a rotation by a right angle, run until the residual falls to the accuracy; the error is O(1)."""
    f = np.eye(2) - np.array([[0.0, -1.0], [1.0, 0.0]])
    start = np.array([0.6, 0.8])
    for accuracy in (1e-2, 2e-3):
        u, k = start, 0
        while np.linalg.norm(f @ u) > accuracy:
            u, k = 2 / (k + 4) * start + (k + 2) / (k + 4) * (u - step * f @ u), k + 1
        # u_0 - u_k = u_0 - u* + O(accuracy), which shifts K by a constant.
        assert abs(k - steps_to_accuracy(1.0, step, accuracy)) < 4 / step


def test_expected_calls_and_their_deviation_against_the_law_of_the_coins():
    p, n, batch = np.array([1.0, 0.5, 0.3, 0.3]), 20, 3
    # All eight outcomes of three coins.
    outcomes = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, -1).T
    chance = np.prod(np.where(outcomes, p[1:], 1 - p[1:]), axis=1)
    cost = n + np.where(outcomes, n, 2 * batch).sum(axis=1)
    mean = chance @ cost
    assert expected_calls(p, n, batch, 4) == pytest.approx(mean)
    assert calls_deviation(p, n, batch, 4) == pytest.approx(np.sqrt(chance @ (cost - mean) ** 2))
    assert expected_calls(p, n, batch, 1.5) == pytest.approx(n + (0.5 * n + 0.5 * 2 * batch) / 2)


def test_large_n_cost_is_six_root_n_a_step():
    n, k = 10**8, 10**6
    p = 4 / (np.minimum(np.arange(k), np.sqrt(n)) + 5)
    p[0] = 1
    assert expected_calls(p, n, 10**4, k) / (np.sqrt(n) * k) == pytest.approx(6, rel=0.1)


def test_too_few_probabilities_are_refused():
    with pytest.raises(ValueError, match="as many probabilities"):
        expected_calls([1.0, 0.5], 10, 2, 3)


def test_calls_by_simulation():
    rng = generator(0, "coins")
    p = np.array([1.0, 0.4, 0.2, 0.2, 0.2])
    draws = (rng.random((4000, 5)) < p) @ np.full(5, 50 - 2 * 4) + 5 * 2 * 4
    z = (draws.mean() - expected_calls(p, 50, 4, 5)) / (calls_deviation(p, 50, 4, 5) / np.sqrt(4000))
    assert abs(z) < stats.norm.isf(1e-4)
