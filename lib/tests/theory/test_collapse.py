import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from theorycheck.theory import collapse


@given(st.integers(1, 30), st.integers(1, 5), st.floats(-12, 0))
def test_singular_value_minimizes_on_a_fine_grid(n, M, log_c):
    N, c = 40, 10.0**log_c
    grid = np.linspace(0, np.sqrt(n), 20001)
    best = collapse.scalar_objective(grid, n, N, c, M).min()
    s = collapse.collapse_singular_value(n, N, c, M)
    assert collapse.scalar_objective(s, n, N, c, M) <= best + 1e-12


@pytest.mark.parametrize("M", [1, 2, 4])
def test_penalty_is_the_least_cost_of_a_product(M):
    # the cost of scalar factors whose product is s, minimized by SLSQP
    lambdas, s = np.linspace(0.1, 0.7, M + 1), 1.7
    found = optimize.minimize(
        lambda a: lambdas @ a**2 / 2,
        np.full(M + 1, s ** (1 / (M + 1))),
        constraints={"type": "eq", "fun": lambda a: np.prod(a) - s},
        options={"ftol": 1e-14},
    )
    penalty = collapse.scalar_objective(s, s**2, 1.0, np.prod(lambdas), M)
    assert penalty == pytest.approx(found.fun, rel=1e-6)


@pytest.mark.parametrize("M", [1, 2, 3])
@pytest.mark.parametrize("bias", [False, True])
def test_minimum_is_below_every_factorization(M, bias):
    rng = np.random.default_rng(M)
    nk, d, lambdas = [3, 3, 3], 5, np.full(M + 1, 0.05)
    Y = np.repeat(np.eye(3), nk, axis=1)
    least = collapse.collapse_prediction(nk, lambdas, bias)["loss"]
    for scale in (0.2, 0.5, 1.0):
        shapes = [(d, d)] * (M - 1) + [(3, d), (d, 9)]
        factors = [scale * rng.normal(size=shape) for shape in shapes]
        Z = np.linalg.multi_dot(factors[:-1][::-1] + factors[-1:])
        error = Z - Y
        if bias:
            error -= error.mean(axis=1, keepdims=True)
        assert (error**2).sum() / 18 + 0.025 * sum((F**2).sum() for F in factors) >= least


@pytest.mark.parametrize("bias", [False, True])
def test_minimum_is_attained_by_the_factors_it_describes(bias):
    nk, lambdas = [4, 4, 4], np.array([0.02, 0.03, 0.01])
    predicted = collapse.collapse_prediction(nk, lambdas, bias)
    Y = np.repeat(np.eye(3), nk, axis=1)
    b = Y.mean(axis=1, keepdims=True) if bias else 0.0
    U, _, V = np.linalg.svd(Y - b, full_matrices=False)
    a = (np.prod(lambdas) * predicted["s"] ** 2) ** (1 / 6) / np.sqrt(lambdas)[:, None]
    W1, W2, H = np.diag(a[0]), U * a[1], a[2][:, None] * V
    error = W2 @ W1 @ H + b - Y
    loss = (error**2).sum() / 24 + sum(lam * (F**2).sum() for lam, F in zip(lambdas, (W1, W2, H), strict=True)) / 2
    assert loss == pytest.approx(predicted["loss"], rel=1e-12)
    assert (H**2).sum(axis=0) == pytest.approx(np.repeat(predicted["lengths"][0], 4))
    assert (W2**2).sum(axis=1) == pytest.approx(predicted["lengths"][1])
    assert H[:, 0] @ H[:, 4] / predicted["lengths"][0, 0] == pytest.approx(predicted["cosine"], abs=1e-12)


@pytest.mark.parametrize("M", [1, 2, 3, 5])
def test_threshold_separates_zero_from_the_rest(M):
    n, N = 7, 30
    c, share = collapse.collapse_threshold(n, N, M)
    below = collapse.collapse_singular_value(n, N, c * (1 - 1e-9), M)
    assert below / np.sqrt(n) == pytest.approx(share, abs=1e-4)
    assert collapse.collapse_singular_value(n, N, c * (1 + 1e-9), M) == 0


def test_bounds_of_the_closed_form():
    with pytest.raises(ValueError, match="equal size"):
        collapse.collapse_prediction([3, 4], [0.1, 0.1, 0.1], bias=True)
    with pytest.raises(ValueError, match="c > 0"):
        collapse.collapse_singular_value(3, 9, 0.0, 2)
    with pytest.raises(ValueError, match="M >= 1"):
        collapse.collapse_threshold(3, 9, 0)
