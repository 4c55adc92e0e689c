import mpmath
import numpy as np
import pytest
from scipy import integrate, stats

from theorycheck.theory.box_tightness import (
    chi_mean,
    linear_layer_tightness,
    relu_layer_tightness,
    tightness,
    tightness_drift,
)


def exact_chi_mean(d):
    return mpmath.sqrt(2) * mpmath.gamma(mpmath.mpf(d + 1) / 2) / mpmath.gamma(mpmath.mpf(d) / 2)


@pytest.mark.parametrize("d", [1, 2, 3, 10, 1000])
def test_chi_mean_is_scipys(d):
    np.testing.assert_allclose(chi_mean(d), stats.chi.mean(d), rtol=1e-12)


def test_chi_mean_of_no_degrees_of_freedom_is_zero():
    np.testing.assert_allclose(chi_mean([0, 1]), [0, np.sqrt(2 / np.pi)])


@pytest.mark.parametrize("d", [1, 2, 5, 128, 4096])
def test_linear_factor_against_fifty_digits(d):
    with mpmath.workdps(50):
        expected = mpmath.sqrt(mpmath.pi / 2) * exact_chi_mean(d) / d
    np.testing.assert_allclose(linear_layer_tightness(d), float(expected), rtol=1e-12)


@pytest.mark.parametrize("d", [1, 2, 6, 40])
def test_relu_factor_against_fifty_digits(d):
    with mpmath.workdps(50):
        mean = sum(mpmath.binomial(d, n) * exact_chi_mean(n) for n in range(1, d + 1)) / mpmath.mpf(2) ** d
        expected = mpmath.sqrt(mpmath.pi / 2) * mean / (mpmath.mpf(d) / 2)
    np.testing.assert_allclose(relu_layer_tightness(d), float(expected), rtol=1e-12)


def test_relu_factor_of_an_array_is_that_of_its_entries():
    widths = np.array([3, 200, 17])
    np.testing.assert_allclose(relu_layer_tightness(widths), [relu_layer_tightness(int(d)) for d in widths])


def test_one_hidden_neuron_loses_nothing():
    # With one hidden neuron there is one path between any two ends, so nothing can cancel. A single ReLU is
    # active half of the time, in the numerator as in the denominator.
    np.testing.assert_allclose(linear_layer_tightness(1), 1.0)
    np.testing.assert_allclose(relu_layer_tightness(1), 1.0)
    assert tightness([]) == 1.0


def test_two_layers_by_integrating_the_definition():
    # d = 2, one input and output: E|w1 v1 + w2 v2| / (2 E|w| E|v|), the inner mean over v being sqrt(2/pi)
    # |w|.
    mean_norm = integrate.dblquad(lambda r, angle: r * r * np.exp(-(r**2) / 2) / (2 * np.pi), 0, 2 * np.pi, 0, np.inf)[
        0
    ]
    expected = np.sqrt(2 / np.pi) * mean_norm / (2 * (2 / np.pi))
    np.testing.assert_allclose(tightness([2]), expected, rtol=1e-9)


def test_depth_multiplies_and_width_falls_like_the_square_root():
    np.testing.assert_allclose(tightness([5, 40, 12]), tightness([5]) * tightness([40]) * tightness([12]))
    d = 10**6
    np.testing.assert_allclose(tightness([d]) * np.sqrt(2 * d / np.pi), 1 - 1 / (4 * d), rtol=1e-8)
    np.testing.assert_allclose(tightness([4000], relu_layer_tightness) / tightness([4000]), np.sqrt(2), rtol=1e-3)


@pytest.mark.parametrize("function", [linear_layer_tightness, relu_layer_tightness])
def test_empty_layers_are_refused(function):
    with pytest.raises(ValueError, match="at least one neuron"):
        function(0)


def test_negative_degrees_of_freedom_are_refused():
    with pytest.raises(ValueError, match="at least 0"):
        chi_mean(-1)


def drift_terms_by_simulation(d, m, sigma_hidden, sigma_output, draws, rng):
    """The two ratios from gradients written out entry by entry."""
    W = rng.normal(0, sigma_hidden, (draws, d, m))
    w = rng.normal(0, sigma_output, (draws, d))
    beta = np.einsum("rk,rkj->rj", w, W)
    grad_a_W = np.sign(beta)[:, None, :] * w[:, :, None]
    grad_a_w = np.einsum("rj,rkj->rk", np.sign(beta), W)
    grad_b_W = np.sign(W) * np.abs(w)[:, :, None]
    grad_b_w = np.sign(w) * np.abs(W).sum(-1)
    a, b = np.abs(beta).sum(-1), (np.abs(w) * np.abs(W).sum(-1)).sum(-1)
    squared = (grad_b_W**2).sum((-1, -2)) + (grad_b_w**2).sum(-1)
    inner = (grad_a_W * grad_b_W).sum((-1, -2)) + (grad_a_w * grad_b_w).sum(-1)
    estimates = []
    for top, bottom in ((squared, b), (inner, a)):
        ratio = top.mean() / bottom.mean()
        estimates.append((ratio, (top - ratio * bottom).std() / np.sqrt(draws) / bottom.mean()))
    return estimates


@pytest.mark.parametrize(("d", "m", "scales"), [(2, 1, (1.0, 1.0)), (3, 4, (0.5, 2.0)), (12, 2, (1.5, 0.3))])
def test_drift_against_simulation(d, m, scales):
    draws = drift_terms_by_simulation(d, m, *scales, draws=60_000, rng=np.random.default_rng(d))
    for predicted, (measured, se) in zip(tightness_drift(d, m, *scales), draws, strict=True):
        assert abs(measured - predicted) < 4.5 * se
        assert se < 0.01 * measured


def test_drift_tends_to_its_closed_form_at_large_width():
    m, s1, s2 = 8, 0.7, 0.9
    first, second = tightness_drift(20_000, m, s1, s2)
    limit = s1 / s2 * (m * (1 - 2 / np.pi) + np.pi / 2 - 1 - 2 / np.pi) + s2 / s1 * (np.pi / 2 - 4 / np.pi)
    assert first > second > 0
    np.testing.assert_allclose(first - second, limit, rtol=5e-3)


def test_drift_refuses_a_single_neuron():
    with pytest.raises(ValueError, match="d >= 2"):
        tightness_drift(1, 3, 1.0, 1.0)
