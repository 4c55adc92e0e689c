import numpy as np
import pytest
from scipy.linalg import toeplitz

from theorycheck.seeds import generator
from theorycheck.theory import position_profiles


def test_floor_is_the_least_error_of_token_blind_predictions():
    rng = generator(0, "profile")
    t, z = rng.normal(size=5), rng.normal(size=7)
    target = np.outer(z, t)
    blind = target.mean(axis=1, keepdims=True)
    assert position_profiles.error_floor(t, z) == pytest.approx(np.mean((target - blind) ** 2))


@pytest.mark.parametrize("n", [1, 2, 7])
def test_toeplitz_row_sums(n):
    t = generator(0, "t", n).normal(size=n)
    c = position_profiles.toeplitz_from_row_sums(t)
    matrix = toeplitz(c[n - 1 :], c[n - 1 :: -1])  # first column c_0.., first row c_0, c_-1, ..
    assert matrix.sum(axis=1) == pytest.approx(n * t)
    assert np.triu(matrix, 1) == pytest.approx(np.zeros((n, n)))
    assert position_profiles.row_sum_map(n) @ c == pytest.approx(n * t)
    assert np.linalg.matrix_rank(position_profiles.row_sum_map(n)) == n
