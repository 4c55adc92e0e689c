import numpy as np
import pytest
from scipy.signal import lfilter

from theorycheck.experiments import nesterov, smooth_problems
from theorycheck.seeds import generator


def test_two_point_form_is_the_textbook_iteration():
    # y = x - step grad(z), z = y + mu (y - y_old): the same points z, in another bookkeeping
    problem, step, mu = smooth_problems.quadratic(6, 50.0), 0.4, 0.8
    noise = generator(0, "noise").normal(size=(30, 2, 6))
    start = generator(0, "start").normal(size=(2, 6))
    y, z = start, start
    expected = [z]
    for xi in noise:
        ahead = z - step * (problem.gradient(z) + xi)
        z = ahead + mu * (ahead - y)
        y = ahead
        expected.append(z)
    found = nesterov.nesterov(problem.gradient, start, step, mu, noise)
    assert found == pytest.approx(np.array(expected), rel=1e-12, abs=1e-12)


def test_estimation_is_a_linear_filter_of_the_noise():
    # without gradient: n_k = mu n_{k-1} + (1 + a) xi_k - a xi_{k-1}
    noise = generator(1, "noise").normal(size=(25, 3))
    x = nesterov.nesterov_estimation(lambda x: 0 * x, np.zeros(3), 0.3, 0.7, noise, difference=0.4)
    n = lfilter([1.4, -0.4], [1, -0.7], noise, axis=0)
    assert -np.diff(x, axis=0) / 0.3 == pytest.approx(n)


def test_decay_shrinks_by_a_constant_factor():
    x = nesterov.nesterov_estimation(lambda x: 0 * x, np.ones(2), 0.5, 0.9, np.zeros((4, 2)), decay=0.2)
    assert x[:, 0] == pytest.approx(1.1 ** -np.arange(5.0))
    x = nesterov.adan(lambda x: 0 * x, np.ones(2), 0.5, (0.1, 0.1, 0.1), 1.0, np.zeros((4, 2)), decay=0.2)
    assert x[:, 0] == pytest.approx(1.1 ** -np.arange(5.0))


def test_adan_moments_by_filters():
    noise, (b1, b2, b3) = generator(2, "noise").normal(size=(20, 3)), (0.1, 0.2, 0.05)
    x = nesterov.adan(lambda x: 0 * x, np.zeros(3), 0.3, (b1, b2, b3), 0.5, noise)
    change = np.diff(noise, axis=0, prepend=0)
    m = lfilter([b1], [1, b1 - 1], noise, axis=0)
    v = lfilter([b2], [1, b2 - 1], change, axis=0)
    s = lfilter([b3], [1, b3 - 1], (noise + 0.8 * change) ** 2, axis=0)
    assert -np.diff(x, axis=0) == pytest.approx(0.3 * (m + 0.8 * v) / (np.sqrt(s) + 0.5))


def test_deviation_by_hand():
    reference = np.array([[0.0, 0], [3, 4], [1, 0]])[:, None]
    assert nesterov.deviation(reference + np.array([[1.0, 0], [0, 2]]), reference) == pytest.approx([0.2, 0.4])
