import numpy as np
import pytest
from autograd import grad
from numpy.testing import assert_allclose

from theorycheck.experiments import quadratic_networks


def test_moments_follow_neurons_trained_by_automatic_differentiation():
    rng, n, d, m, points, alpha, epsilon, rate = np.random.default_rng(0), 9, 4, 6, 8, 1.7, 0.6, 1.3
    x, y, w = rng.standard_normal((points, d)), rng.standard_normal(m), rng.standard_normal((n, d))
    w -= w.mean(axis=0)
    w0 = w.copy()

    def feature(w):
        h = x @ w.T / np.sqrt(d)
        return (h + epsilon / 2 * h**2).mean(axis=1)

    def output(w):
        return alpha * (feature(w) - feature(w0))

    def cost(w):
        return ((output(w)[:m] - y) ** 2).sum() / (2 * m)

    moment = w.T @ w / n
    found = dict(
        quadratic_networks.descend(
            x[None], y[None], moment[None], alpha=alpha, epsilon=epsilon, rate=rate, records=[0, 1, 5]
        )
    )
    assert list(found) == [0, 1, 5]
    for step in range(6):
        if step in found:
            assert_allclose(found[step][0], output(w), rtol=1e-9, atol=1e-12)
        w = w - rate * n / alpha**2 * grad(cost)(w)


def test_each_data_set_trains_alone():
    rng = np.random.default_rng(1)
    x, y, moment = rng.standard_normal((3, 7, 4)), rng.standard_normal((3, 5)), np.array([np.eye(4)] * 3)
    options = {"alpha": 2.0, "epsilon": 0.3, "rate": 1.0, "records": [4]}
    ((_, together),) = quadratic_networks.descend(x, y, moment, **options)
    ((_, alone),) = quadratic_networks.descend(x[1:2], y[1:2], moment[1:2], **options)
    assert_allclose(together[1], alone[0], rtol=1e-10)


def test_initial_weights_are_centred():
    w = np.random.default_rng(2).standard_normal((2, 3, 4))
    found = quadratic_networks.second_moment(np.random.default_rng(2), 2, 3, 4)
    assert_allclose(found, [np.cov(part.T, bias=True) for part in w])


def test_scales_must_be_positive():
    with pytest.raises(ValueError, match="must be positive"):
        next(
            quadratic_networks.descend(
                np.ones((1, 2, 2)), np.ones((1, 1)), np.eye(2)[None], alpha=1, epsilon=0, rate=1, records=[1]
            )
        )
