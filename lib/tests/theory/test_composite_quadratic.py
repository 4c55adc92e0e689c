import numpy as np
import pytest
from scipy.optimize import lsq_linear, minimize

from theorycheck.seeds import generator
from theorycheck.theory.composite_quadratic import box_l1_minimizer


def problems(d, count=4):
    rng = generator(0, "quadratic", d)
    factor = rng.normal(size=(count, d + 3, d))
    a = np.einsum("pki,pkj->pij", factor, factor) / d
    return a, rng.normal(size=(count, d)) * 2


@pytest.mark.parametrize("d", [1, 5, 17])
def test_box_against_bounded_least_squares(d):
    a, b = problems(d)
    ours = box_l1_minimizer(a, b, 0.7)
    for k in range(len(b)):
        factor = np.linalg.cholesky(a[k]).T
        other = lsq_linear(factor, np.linalg.solve(factor.T, b[k]), (-0.7, 0.7), method="bvls", tol=1e-14)
        assert ours[k] == pytest.approx(other.x, abs=1e-9)


@pytest.mark.parametrize("l1", [0.3, 1.5])
def test_l1_against_split_variables(l1):
    d = 6
    a, b = problems(d)
    ours = box_l1_minimizer(a, b, 0.7, l1)
    for k in range(len(b)):
        # x = p - q with p, q in [0, 0.7] makes the l1 term linear.
        def objective(s, k=k):
            x = s[:d] - s[d:]
            gradient = a[k] @ x - b[k]
            return x @ a[k] @ x / 2 - b[k] @ x + l1 * s.sum(), np.concatenate([gradient + l1, l1 - gradient])

        other = minimize(objective, np.full(2 * d, 0.1), jac=True, bounds=[(0, 0.7)] * (2 * d), tol=1e-14)
        assert ours[k] == pytest.approx(other.x[:d] - other.x[d:], abs=1e-5)


def test_without_active_terms_it_solves_the_linear_system():
    a, b = problems(5)
    assert box_l1_minimizer(a, b, 1e3) == pytest.approx(np.linalg.solve(a, b[..., None])[..., 0], abs=1e-8)


def test_no_convergence_is_reported():
    a, b = problems(5)
    with pytest.raises(RuntimeError, match="still moves"):
        box_l1_minimizer(a, b, 0.7, max_steps=2)
