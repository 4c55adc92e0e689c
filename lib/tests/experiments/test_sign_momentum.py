from itertools import islice

import numpy as np
import pytest

from theorycheck.experiments.sign_momentum import lion, soft_sign, tanh_flow
from theorycheck.seeds import generator

MATRIX = np.diag([1.0, 0.5, 0.2])


def gradient(x):
    return x @ MATRIX - 1.0


def test_lion_against_its_pseudocode():
    """The update as it is published, one coordinate at a time: c = b1 m + (1 - b1) g, x -= h (sign(c) + lam x)."""
    x, m, h, lam, b1, b2 = np.array([3.0, -2.0, 0.4]), np.zeros(3), 0.05, 0.7, 0.8, 0.95
    for ours in islice(lion(gradient, np.sign, x, h, lam, beta1=b1, beta2=b2), 40):
        assert ours == pytest.approx(x, abs=1e-13)
        g = gradient(x)
        c = b1 * m + (1 - b1) * g
        m = b2 * m + (1 - b2) * g
        x = np.array([xi - h * (int(ci > 0) - int(ci < 0) + lam * xi) for xi, ci in zip(x, c, strict=True)])


def test_coupled_decay_is_an_l2_term_and_flags_apply_by_row():
    x0 = np.array([[3.0, -2.0, 0.4], [3.0, -2.0, 0.4]])
    both = list(islice(lion(gradient, np.sign, x0, 0.03, 0.6, coupled=np.array([[False], [True]])), 50))
    plain = list(islice(lion(gradient, np.sign, x0[0], 0.03, 0.6), 50))
    ridge = list(islice(lion(lambda x: gradient(x) + 0.6 * x, np.sign, x0[0], 0.03, 0.0), 50))
    assert np.array(both)[:, 0] == pytest.approx(np.array(plain))
    assert np.array(both)[:, 1] == pytest.approx(np.array(ridge))


def test_soft_sign_by_hand():
    m = np.array([-0.3, -0.1, 0.0, 0.1, 0.11, 2.0])
    assert soft_sign(0.1)(m) == pytest.approx([-1, 0, 0, 0, 1, 1])
    assert soft_sign(0.0)(m) == pytest.approx(np.sign(m))


def test_flow_is_the_limit_of_the_iteration():
    """With 1 - beta2 = gamma h, beta1 = 1 - eps gamma and alpha = gamma, small steps of Lion follow the flow."""
    lam, eps, rng = 0.8, 0.5, generator(0, "flow")
    x0 = rng.uniform(-1, 1, 3)
    gaps = []
    for h in (4e-3, 2e-3, 1e-3):
        run = list(islice(lion(gradient, np.tanh, x0, h, lam, beta1=1 - eps, beta2=1 - h), round(2 / h) + 1))
        x, _, _ = tanh_flow(gradient, x0, np.zeros(3), np.array([0.0, 2.0]), lam=lam, alpha=1, gamma=1, eps=eps)
        gaps.append(np.abs(run[-1] - x[-1]).max())
    assert gaps[-1] < 1e-3
    assert gaps[0] / gaps[1] == pytest.approx(2, rel=0.1)
    assert gaps[1] / gaps[2] == pytest.approx(2, rel=0.1)


def test_flow_integrates_along_the_way():
    times = np.linspace(0, 3, 301)
    constants = {"lam": 0.5, "alpha": 1.2, "gamma": 0.9, "eps": 0.4}
    x, m, integral = tanh_flow(gradient, np.ones(3), np.ones(3), times, **constants, along=lambda g, x, m: x @ m + g[0])
    values = (x * m).sum(axis=1) + gradient(x)[:, 0]
    assert integral[0] == 0
    assert integral[-1] == pytest.approx(np.trapezoid(values, times), abs=1e-4)
