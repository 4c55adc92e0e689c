import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycheck.seeds import generator
from theorycheck.theory.error_feedback_steps import critical_step, logistic_smoothness, lyapunov, safe_step


def iteration_matrix(h, alpha, step):
    """EF21 on f_i(x) = h_i x^2 / 2 with C_i(v) = (1 + s_i rho) v as one linear map of (x, g_1, ..., g_n)."""
    n = len(h)
    c = 1 + np.sign(h) * np.sqrt(1 - alpha)
    new_x = np.concatenate([[1.0], np.full(n, -step / n)])
    return np.vstack([new_x, np.outer(c * h, new_x) + np.hstack([np.zeros((n, 1)), np.diag(1 - c)])])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.floats(0.02, 0.95))
def test_critical_step_is_where_the_spectral_radius_passes_one(seed, n, alpha):
    h = generator(seed, "h").normal(size=n) + 1.0
    if h.mean() < 0.1 or np.abs(h).min() < 1e-3:
        return
    step = critical_step(h, alpha)
    below, above = (np.abs(np.linalg.eigvals(iteration_matrix(h, alpha, s * step))).max() for s in (1 - 1e-3, 1 + 1e-3))
    assert below < 1 < above
    assert np.abs(np.linalg.eigvals(iteration_matrix(h, alpha, step)) + 1).min() < 1e-6
    ratio = step / safe_step(h.mean(), np.abs(h).mean(), alpha)
    assert 1 - 1e-12 <= ratio <= 2 + 1e-12


def test_safe_step_is_within_the_root_of_the_descent_condition():
    """step <= 1/(L + xi M) implies 1/(2 step) - L/2 - step beta M^2 / (2 theta) >= 0, with equality as L -> 0."""
    smooth, mean, rho = sp.symbols("L M rho", positive=True)
    step = 1 / (smooth + rho / (1 - rho) * mean)
    left = 1 / step**2 - smooth / step - (rho / (1 - rho) * mean) ** 2
    assert sp.simplify(left - smooth * mean * rho / (1 - rho)) == 0
    value = float(safe_step(2.0, 3.0, 0.19))  # rho = 0.9, xi = 9
    assert value == pytest.approx(1 / 29)


def test_lyapunov_by_hand():
    errors = np.array([[1.0, 2.0], [0.0, 3.0]])
    expected = 0.5 + 0.2 / (2 * 0.5) * (5 / 0.25 + 9 / 0.75) / 4
    assert lyapunov(0.5, errors, np.array([0.25, 0.75]), 0.2, 0.75) == pytest.approx(expected)


@pytest.mark.parametrize("regularizer", [0.0, 0.3])
def test_logistic_smoothness_is_attained_at_the_origin(regularizer):
    points = generator(0, "points").normal(size=(3, 8, 4))
    # Hessian at 0, by hand: weights 1/4, and the penalty's curvature there is its largest, 2.
    hessian = np.einsum("nmi,nmj->nij", points, points) / 4 / 8 + 2 * regularizer * np.eye(4)
    assert logistic_smoothness(points, regularizer) == pytest.approx(np.linalg.eigvalsh(hessian)[:, -1])
