from itertools import product

import numpy as np
import pytest
from scipy.optimize import minimize

from theorycheck.theory.robust_regression import robust_linear_loss, robust_linear_optimum


def data(seed, n=15, m=3):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, m))
    return X, X @ rng.standard_normal(m) + 0.3 * rng.standard_normal(n)


@pytest.mark.parametrize("eps", [0.05, 0.2, 0.5])
def test_value_is_that_of_a_quadratic_programme_solved_another_way(eps):
    X, y = data(0)
    n, m = X.shape

    def objective(z):
        return 0.5 * ((z[2 * m :] + eps * z[: 2 * m].sum()) ** 2).mean()

    above = np.block([[X, -X, np.eye(n)], [-X, X, np.eye(n)]])
    solution = minimize(
        objective,
        np.concatenate([np.zeros(2 * m), np.abs(y)]),
        method="SLSQP",
        bounds=[(0, None)] * (2 * m) + [(None, None)] * n,
        constraints={"type": "ineq", "fun": lambda z: above @ z - np.concatenate([y, -y])},
        options={"ftol": 1e-13, "maxiter": 500},
    )
    assert solution.success
    beta, value = robust_linear_optimum(X, y, eps)
    assert value == pytest.approx(solution.fun, rel=1e-7)
    assert value == robust_linear_loss(X, y, beta, eps)


def test_no_perturbation_is_better():
    rng = np.random.default_rng(1)
    for seed in range(4):
        X, y = data(seed, n=40, m=8)
        beta, value = robust_linear_optimum(X, y, 0.2)
        for size in (1e-1, 1e-3, 1e-5):
            for direction in rng.standard_normal((100, 8)):
                assert robust_linear_loss(X, y, beta + size * direction, 0.2) >= value * (1 - 1e-9)


def test_dual_certificate():
    # For |theta_i| <= c_i and |X^T theta|_inf <= eps sum(c), every beta has loss >= mean(theta y - c^2 / 2). Here theta
    # comes from an approximate beta, whose error enters this lower bound to first order.
    X, y = data(2, n=60, m=2)
    eps = 0.1
    beta, value = robust_linear_optimum(X, y, eps)
    residual = y - X @ beta
    c = np.abs(residual) + eps * np.abs(beta).sum()
    theta = c * np.sign(residual)
    free = np.abs(residual) < 1e-6
    if free.any():  # at a kink theta is anything in [-c, c]: the one that balances X^T theta best
        gap = eps * c.sum() * np.sign(beta) - X[~free].T @ theta[~free]
        theta[free] = np.clip(np.linalg.lstsq(X[free].T, gap, rcond=None)[0], -c[free], c[free])
    shrink = min(1.0, eps * c.sum() / np.abs(X.T @ theta).max())
    theta = theta * shrink
    assert (theta @ y - 0.5 * c @ c) / len(y) == pytest.approx(value, rel=1e-3)


def test_without_boxes_it_is_least_squares():
    X, y = data(3)
    beta, value = robust_linear_optimum(X, y, 0.0)
    expected = np.linalg.lstsq(X, y, rcond=None)[0]
    np.testing.assert_allclose(beta, expected, atol=1e-3)
    assert value == pytest.approx(0.5 * ((y - X @ expected) ** 2).mean(), rel=1e-7)


def test_loss_is_the_worst_case_over_corners():
    X, y = data(4, n=5, m=3)
    beta, eps = np.array([0.5, -1.0, 0.2]), 0.3
    corners = eps * np.array(list(product([-1, 1], repeat=3)))
    worst = [max(0.5 * (y[i] - (X[i] + corner) @ beta) ** 2 for corner in corners) for i in range(5)]
    assert robust_linear_loss(X, y, beta, eps) == pytest.approx(np.mean(worst))
