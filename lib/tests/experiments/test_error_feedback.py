from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from theorycheck.experiments import error_feedback
from theorycheck.seeds import generator


def test_ef21_against_a_client_by_client_loop():
    rng = generator(0, "clients")
    matrices, vectors, w = rng.normal(size=(3, 4, 4)), rng.normal(size=(3, 4)), np.array([0.2, 0.5, 0.3])

    def gradients(x):
        return matrices @ x - vectors

    keep = error_feedback.top_k(2)
    run = error_feedback.ef21(gradients, np.ones(4), 0.1, keep, weights=w)
    x, g = np.ones(4), [keep(gradients(np.ones(4))[i] / (3 * w[i])) for i in range(3)]
    for ours, memory in islice(run, 20):
        assert ours == pytest.approx(x)
        assert memory == pytest.approx(np.array(g))
        x = x - 0.1 * sum(w[i] * g[i] for i in range(3))
        g = [g[i] + keep(gradients(x)[i] / (3 * w[i]) - g[i]) for i in range(3)]


def test_without_compression_it_is_gradient_descent():
    h = np.array([[1.0], [3.0]])
    run = error_feedback.ef21(lambda x: h * x[..., None, :], np.array([1.0]), 0.1, lambda v: v)
    assert [float(x[0]) for x, _ in islice(run, 5)] == pytest.approx(0.8 ** np.arange(5))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.floats(0.01, 100))
def test_top_k_keeps_the_largest_and_is_homogeneous_and_contractive(seed, k, scale):
    v = generator(seed, "v").normal(size=(3, 7))
    out = error_feedback.top_k(k)(v)
    for row, kept in zip(v, out, strict=True):
        order = sorted(row, key=abs, reverse=True)[:k]
        assert sorted(kept[kept != 0]) == pytest.approx(sorted(order))
    assert error_feedback.top_k(k)(scale * v) == pytest.approx(scale * out)
    assert np.all(((out - v) ** 2).sum(axis=1) <= (1 - k / 7) * (v**2).sum(axis=1) + 1e-12)


def test_powers_of_two_by_hand():
    v = np.array([0.0, 1.0, 1.4, 1.5, -3.1, 0.26])
    assert error_feedback.powers_of_two(v) == pytest.approx([0, 1, 1, 2, -4, 0.25])


@pytest.mark.parametrize("step", [0.2, 0.45, 0.9])
def test_growth_rate_and_threshold_against_eigenvalues(step):
    h, c = np.array([1.4, 0.8, -0.2]), np.array([1.6, 1.6, 0.4])

    def radius(step):
        x_row = np.concatenate([[1.0], np.full(3, -step / 3)])
        rest = np.outer(c * h, x_row) + np.hstack([np.zeros((3, 1)), np.diag(1 - c)])
        return np.abs(np.linalg.eigvals(np.vstack([x_row, rest]))).max()

    rate = error_feedback.growth_rate(h[None], c[None], np.array([step]), steps=2000)
    assert rate[0] == pytest.approx(np.log(radius(step)), abs=1e-4)
    critical = error_feedback.largest_stable_step(h[None], c[None], np.array([0.05]), np.array([5.0]), steps=1000)[0]
    assert radius(critical * 0.999) < 1 < radius(critical * 1.001)


def test_threshold_outside_the_grid_is_not_a_number():
    located = error_feedback.largest_stable_step(
        np.ones((1, 2)), np.full((1, 2), 1.5), np.array([1e-3]), np.array([2e-3]), steps=200
    )
    assert np.isnan(located[0])


@pytest.mark.parametrize("ratio", [0.1, 0.6, 1])
def test_mixed_curvatures_have_the_stated_means(ratio):
    h = error_feedback.mixed_curvatures(12, ratio, 1.2, generator(0, "h"))
    assert np.abs(h).mean() == pytest.approx(1)
    assert h.mean() == pytest.approx(ratio)
    assert np.all(h[::2] > 0)


def test_logistic_clients_values_and_gradients():
    points = error_feedback.logistic_clients(3, 5, 4, 1.0, generator(0, "clients"))
    values, gradients = error_feedback.penalized_logistic(points, 0.3)
    x = generator(0, "x").normal(size=4)
    by_hand = [
        np.mean([np.log1p(np.exp(-p @ x)) for p in client]) + 0.3 * np.sum(x**2 / (1 + x**2)) for client in points
    ]
    assert values(x) == pytest.approx(by_hand)
    for i in range(3):
        numeric = approx_fprime(x, lambda x, i=i: values(x)[i], 1e-7)
        assert gradients(x)[i] == pytest.approx(numeric, rel=1e-4, abs=1e-5)
