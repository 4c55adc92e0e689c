import numpy as np
import pytest
from scipy import stats

from theorycheck.theory import sketched_regression as regression


def test_second_moment_and_threshold_for_one_coordinate():
    """d = 1: e = z / sqrt(chi^2_m), whose square has mean 1 / (m - 2)."""
    assert regression.gaussian_second_moment(10, 1) == pytest.approx(stats.f(1, 10).mean() / 10)
    tau = regression.dense_threshold(400, 20, 0.05)
    coordinate = 2 * stats.t.sf(tau * np.sqrt(381 / 400), 381)
    assert 20 * coordinate < 0.05


def test_mean_of_the_largest_coordinate_by_simulation():
    rng = np.random.default_rng(0)
    m, d = 60, 10
    errors = []
    for _ in range(4000):
        g = rng.normal(size=(m, d))
        errors.append(np.abs(np.linalg.lstsq(g, rng.normal(size=m))[0]).max())
    assert np.sqrt(m) * np.mean(errors) == pytest.approx(regression.dense_mean(m, d), rel=0.02)


def test_shared_rows_by_simulation():
    rng = np.random.default_rng(0)
    m, d, s = 30, 4, 3
    largest = []
    for _ in range(6000):
        columns = np.zeros((m, d + 1))
        for j in range(d + 1):
            columns[rng.choice(m, size=s, replace=False), j] = rng.choice([-1, 1], size=s)
        largest.append(np.abs(columns[:, :d].T @ columns[:, d]).max())
    tail = regression.shared_rows_tail(m, d, s)
    assert [np.mean(np.array(largest) >= k) for k in range(s + 1)] == pytest.approx(tail.tolist(), abs=0.025)


def test_single_entries_share_a_row_with_probability_one_over_m():
    assert regression.shared_rows_tail(50, 7, 1) == pytest.approx([1, 1 - (1 - 1 / 50) ** 7])
    assert regression.collision_probability(50, 7, 1) == pytest.approx(1 - (1 - 1 / 50) ** 7)


def test_collisions_by_exact_occupancy():
    """P(no common row) = sum over the number of distinct rows of k balls of P(distinct = j) (1 - j/m)^d."""
    m, d, k = 1280, 64, 20
    law = np.zeros(k + 1)
    law[0] = 1
    for _ in range(k):
        law[1:] = law[1:] * np.arange(1, k + 1) / m + law[:-1] * (1 - np.arange(k) / m)
        law[0] = 0
    expected = 1 - law @ (1 - np.arange(k + 1) / m) ** d
    assert regression.collision_probability(m, d, k) == pytest.approx(expected, abs=1e-3)
