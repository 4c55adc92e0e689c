import numpy as np
import pytest
from autograd import grad
from autograd import numpy as anp
from numpy.testing import assert_allclose

from theorycheck.experiments import scaled_networks

A, B, C = (-0.5, 0.0, 0.5), (0.5, 0.5, 0.75), 0.25
N, D, M, P = 7, 3, 4, 6


def data(replicates=1):
    rng = np.random.default_rng(0)
    return rng.standard_normal((replicates, P, D)), rng.choice([-1.0, 1.0], (replicates, M))


def test_changes_are_those_of_descent_by_automatic_differentiation():
    x, y = data()
    networks = scaled_networks.sample(np.random.default_rng(1), D, N, 1, A, B)
    weights = [w[0].copy() for w in networks.weights]

    def hidden(w):
        h1 = N**0.5 * x[0] @ w[0].T
        h2 = anp.tanh(h1) @ w[1].T
        return h1, h2, N**-0.5 * anp.tanh(h2) @ w[2].T

    start = hidden(weights)

    def cost(w):
        return anp.sum((hidden(w)[2][:M, 0] - start[2][:M, 0] - y[0]) ** 2) / (2 * M)

    for _ in range(3):
        weights = [w - 0.3 * g for w, g in zip(weights, grad(cost)(weights), strict=True)]
    end = hidden(weights)
    moved, turned = scaled_networks.feature_changes(networks, x, y, 0.3, 3, [3])
    for layer in range(2):
        assert_allclose(moved[0, layer, 0], np.sqrt(np.mean((end[layer] - start[layer])[M:] ** 2)), rtol=1e-8)
    before, after = (np.tanh(h[1]) @ np.tanh(h[1]).T for h in (start, end))
    assert_allclose(turned[0, 0], np.linalg.norm(after - before) / np.linalg.norm(before), rtol=1e-8)


def test_equivalent_scales_give_the_same_training():
    """a + t, b - t and a step n^(2 t) times as long change nothing."""
    x, y = data(2)
    found = []
    for t in (0.0, 0.3):
        a, b = np.add(A, t), np.subtract(B, t)
        networks = scaled_networks.sample(np.random.default_rng(2), D, N, 2, a, b)
        found.append(scaled_networks.feature_changes(networks, x, y, N ** -(C - 2 * t), 4, [1, 4]))
    for one, other in zip(*found, strict=True):
        assert_allclose(one, other, rtol=1e-9)


def test_scales_of_the_weights():
    networks = scaled_networks.sample(np.random.default_rng(3), 40, 100, 3, A, B)
    for w, exponent in zip(networks.weights, B, strict=True):
        assert_allclose(w.std(), 100**-exponent, rtol=0.1)
    assert_allclose(networks.weight_multipliers, [10, 1, 0.1])


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="one entry for each"):
        scaled_networks.sample(np.random.default_rng(0), 2, 3, 1, (0.0, 0.5), (0.0,))
    x, _ = data()
    networks = scaled_networks.sample(np.random.default_rng(0), D, N, 1, A, B)
    with pytest.raises(ValueError, match="one training and one test input"):
        scaled_networks.feature_changes(networks, x, np.ones((1, P)), 0.1, 1, [1])
