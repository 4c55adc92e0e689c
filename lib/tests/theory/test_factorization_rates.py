import numpy as np
import pytest

from theorycheck.seeds import generator
from theorycheck.theory.factorization_rates import exact_rate, imbalance_rate, overparameterized_error


def test_power_law_against_the_scalar_recursion():
    """Without a signal every singular value obeys s <- s (1 - eta s^2): three of them, run for long."""
    s, eta, steps = np.array([0.3, 0.5, 0.9]), 0.1, 20_000
    for _ in range(steps):
        s = s * (1 - eta * s**2)
    assert np.sum(s**4) == pytest.approx(overparameterized_error(steps, eta, 3), rel=1e-2)


@pytest.mark.parametrize("eta", [0.05, 0.2])
def test_exact_rate_against_the_hessian_at_the_solution(eta):
    """Linearize X -> X - eta (X X^T - M) X numerically at a factor of M; rotations of X do not change the error."""
    values, n, r = np.array([1.0, 0.7]), 5, 2
    rng = generator(0, "factor")
    u = np.linalg.qr(rng.normal(size=(n, r)))[0]
    m = (u * values) @ u.T
    x = u * np.sqrt(values)

    def step(flat):
        y = flat.reshape(n, r)
        return (y - eta * (y @ y.T - m) @ y).ravel()

    h, base = 1e-6, x.ravel()
    columns = [(step(base + h * e) - step(base - h * e)) / (2 * h) for e in np.eye(n * r)]
    factors = np.sort(np.abs(np.linalg.eigvals(np.array(columns).T)))[::-1]
    assert factors[0] == pytest.approx(1, abs=1e-6)  # the one rotation of two columns
    assert -2 * np.log(factors[1]) == pytest.approx(exact_rate(eta, 0.7), rel=1e-5)


def test_imbalance_rate_by_hand_and_its_scaling():
    """F_0 and G_0 diagonal, signal in the first coordinate: outside it Delta = diag(2^2 - 1, 3^2 - 1)."""
    left, right = np.zeros((5, 3)), np.zeros((5, 3))
    left[:3], right[:3] = np.diag([1.0, 2.0, 3.0]), np.diag([0.5, 1.0, 1.0])
    u = v = np.eye(5)[:, :1]
    assert imbalance_rate(left, right, u, v) == pytest.approx(3)
    assert imbalance_rate(0.1 * left, 0.1 * right, u, v) == pytest.approx(0.03)


def test_imbalance_rate_against_minimization_over_directions():
    rng = generator(0, "start")
    left, right = rng.normal(size=(2, 7, 3)), 0.2 * rng.normal(size=(2, 7, 3))
    u, v = (np.linalg.qr(rng.normal(size=(2, 7, 1)))[0] for _ in range(2))
    lam = imbalance_rate(left, right, u, v)
    for i in range(2):
        w = (u[i].T @ left[i] + v[i].T @ right[i])[0]
        delta = left[i].T @ left[i] - right[i].T @ right[i]
        e1 = np.cross(w, [1.0, 0, 0])
        e1 /= np.linalg.norm(e1)
        e2 = np.cross(w, e1) / np.linalg.norm(w)
        directions = [np.cos(t) * e1 + np.sin(t) * e2 for t in np.linspace(0, np.pi, 2001)]
        assert lam[i] == pytest.approx(min(x @ delta @ x for x in directions), rel=1e-4)
