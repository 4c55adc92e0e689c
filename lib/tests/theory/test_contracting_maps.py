import numpy as np
import pytest
from scipy import optimize

from theorycheck.seeds import generator
from theorycheck.theory import contracting_maps as cm


def problem(n=5, s=2):
    rng = generator(0, "map")
    a = rng.random((n, n))
    return a / a.sum(axis=1, keepdims=True), rng.normal(size=(n, s)), rng.normal(size=(n, s))


def test_fixed_point_against_the_series():
    a, b, _ = problem()
    series = sum(0.6**k * np.linalg.matrix_power(a, k) @ b for k in range(120))
    assert cm.fixed_point(a, b, 0.6) == pytest.approx(series)
    assert cm.fixed_point(np.stack([a, a]), b, 0.6)[1] == pytest.approx(series)


def test_implicit_gradient_against_numerical_differences():
    a, b, target = problem()
    n = len(a)

    def loss(flat):
        h = np.linalg.solve(np.eye(n) - 0.7 * flat[: n * n].reshape(n, n), flat[n * n :].reshape(n, -1))
        return np.sum((h - target) ** 2) / 2

    h = cm.fixed_point(a, b, 0.7)
    da, db = cm.implicit_gradient(a, h, h - target, 0.7)
    numerical = optimize.approx_fprime(np.concatenate([a.ravel(), b.ravel()]), loss, 1e-7)
    assert np.concatenate([da.ravel(), db.ravel()]) == pytest.approx(numerical, rel=1e-4, abs=1e-4)


def test_dropping_the_inverse_is_the_last_step_alone():
    a, b, target = problem()
    h = cm.fixed_point(a, b, 0.7)
    da, db = cm.implicit_gradient(a, h, h - target, 0.7, inverse=False)
    assert db == pytest.approx(h - target)
    assert da == pytest.approx(0.7 * (h - target) @ h.T)


def test_steps():
    assert 0.8 ** cm.steps_to(1e-5, 0.8) == pytest.approx(1e-5)
