import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from theorycheck.seeds import generator
from theorycheck.theory.sign_momentum_flow import dissipation, entropy, lyapunov


@pytest.mark.parametrize("y", [-1.0, -0.6, 0.0, 0.3, 0.99])
def test_entropy_is_the_conjugate_of_log_cosh(y):
    if abs(y) == 1:
        best = np.log(2)  # approached as m grows
    else:
        best = -minimize_scalar(lambda m: np.log(np.cosh(m)) - m * y, bounds=(-20, 20), options={"xatol": 1e-10}).fun
    assert float(entropy(np.array([y]))) == pytest.approx(best, abs=1e-9)


def test_identity_symbolically():
    """dH/dt = -dissipation for one coordinate and an arbitrary f."""
    x, m, lam, alpha, gamma, eps = sp.symbols("x m lambda alpha gamma epsilon", positive=True)
    g = sp.Symbol("g", real=True)
    n = m - eps * (alpha * g + gamma * m)
    velocity, momentum = sp.tanh(n) - lam * x, -alpha * g - gamma * m
    y = sp.Symbol("y")
    conjugate = ((1 + y) * sp.log(1 + y) + (1 - y) * sp.log(1 - y)) / 2
    at = conjugate.subs(y, lam * x)
    c = (1 - eps * gamma) / (1 + eps * lam)
    rest = gamma / lam * at + c * (at + sp.log(sp.cosh(m)) - lam * m * x)
    rate = alpha * g * velocity + sp.diff(rest, x) * velocity + sp.diff(rest, m) * momentum
    point = {x: 0.31, m: 1.7, lam: 0.9, alpha: 1.3, gamma: 0.8, eps: 0.6, g: -0.45}
    constants = {"lam": 0.9, "alpha": 1.3, "gamma": 0.8, "eps": 0.6}
    ours = dissipation(np.array([-0.45]), np.array([0.31]), np.array([1.7]), **constants)
    assert float(ours) == pytest.approx(-float(rate.subs(point)), rel=1e-12)
    value = float((rest + alpha * sp.Symbol("f")).subs({**point, sp.Symbol("f"): 2.5}))
    assert float(lyapunov(2.5, np.array([0.31]), np.array([1.7]), **constants)) == pytest.approx(value, rel=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.1, 3), st.floats(0.05, 1))
def test_dissipation_is_the_directional_derivative_and_not_negative(seed, lam, share):
    rng = generator(seed, "flow")
    d, alpha, gamma = 4, rng.uniform(0.3, 2), rng.uniform(0.3, 2)
    constants = {"lam": lam, "alpha": alpha, "gamma": gamma, "eps": share / gamma}
    matrix, x, m = rng.normal(size=(d, d)), rng.uniform(-0.8, 0.8, d) / lam, rng.normal(size=d)
    matrix = matrix + matrix.T

    def f(x):
        return x @ matrix @ x / 2 + np.sin(x).sum()

    g = matrix @ x + np.cos(x)
    n = m - constants["eps"] * (alpha * g + gamma * m)
    dx, dm, t = np.tanh(n) - lam * x, -alpha * g - gamma * m, 1e-5
    ahead, behind = (lyapunov(f(x + s * dx), x + s * dx, m + s * dm, **constants) for s in (t, -t))
    lost = dissipation(g, x, m, **constants)
    assert lost >= 0
    assert (ahead - behind) / (2 * t) == pytest.approx(-lost, rel=1e-5, abs=1e-6)
