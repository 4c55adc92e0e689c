import numpy as np
import pytest
from scipy import integrate, optimize, stats

from theorycheck.seeds import generator
from theorycheck.theory import local_privacy as lp


def test_gaussian_mechanism_meets_the_exact_privacy_curve():
    """Exact delta of a Gaussian mechanism: Phi(s/2 - e/s) - exp(e) Phi(-s/2 - e/s), s = sensitivity / scale."""
    for epsilon in (0.1, 0.5, 1.0):
        for delta in (1e-3, 1e-6):
            s = 1 / lp.gaussian_mechanism_scale(1.0, epsilon, delta)
            exact = stats.norm.cdf(s / 2 - epsilon / s) - np.exp(epsilon) * stats.norm.cdf(-s / 2 - epsilon / s)
            assert 1e-4 * delta < exact <= delta
    with pytest.raises(ValueError, match="epsilon must be in"):
        lp.gaussian_mechanism_scale(1.0, 1.5, 1e-6)


def test_sensitivities_are_attained_and_never_exceeded():
    d, tau, upsilon = 4, 1.3, 0.7
    first, second = lp.moment_sensitivities(d, tau, upsilon)
    signs = tau * (2.0 * (np.arange(2**d)[:, None] >> np.arange(d) & 1) - 1)
    outer = np.einsum("ni,nj->nij", signs, signs)
    change = np.linalg.norm(outer[:, None] - outer, axis=(2, 3))
    assert change.max() == pytest.approx(first)
    inside = generator(0, "inside").uniform(-tau, tau, (300, d))
    outer = np.einsum("ni,nj->nij", inside, inside)
    assert np.linalg.norm(outer[:150] - outer[150:], axis=(1, 2)).max() < first
    assert np.linalg.norm(signs[0] * upsilon + signs[0] * upsilon) == pytest.approx(second)


def test_clipping_levels_bound_the_exact_probability():
    n, d, variance, beta = 1e6, 20, 2.0, 0.01
    x, y = lp.clipping_levels(n, d, variance, beta)
    exact = 2 * n * d * stats.norm.sf(x) + 2 * n * stats.norm.sf(y, scale=np.sqrt(1 + variance))
    assert 0.01 * beta < exact <= beta


def test_message_scales_split_the_budget():
    n, d, eps, delta, variance, beta = 1e9, 8, 0.8, 1e-5, 1.0, 0.05
    tau, upsilon = np.sqrt(2 * np.log(4 * n * d / beta)), np.sqrt(4 * np.log(4 * n / beta))
    c = np.sqrt(2 * np.log(2.5 / delta)) / (eps / 2)
    expected = (c * np.sqrt(2) * d * tau**2, c * 2 * np.sqrt(d) * tau * upsilon)
    assert lp.message_scales(n, d, eps, delta, variance, beta) == pytest.approx(expected)


@pytest.mark.parametrize("mean", [0.0, 0.5, 2.0, -3.0, 30.0])
@pytest.mark.parametrize("level", [0.0, 1.0, 2.6])
def test_soft_threshold_risk_against_quadrature(mean, level):
    def integrand(z):
        u = mean + z
        return (np.sign(u) * max(abs(u) - level, 0) - mean) ** 2 * stats.norm.pdf(z)

    kinks = sorted(z for z in (level - mean, -level - mean) if -12 < z < 12)
    exact, _ = integrate.quad(integrand, -12, 12, points=kinks or None, limit=200)
    assert lp.soft_threshold_risk(mean, level) == pytest.approx(exact, abs=1e-7)


def test_error_by_simulation_and_without_threshold():
    d, k, variance = 16, 3, 0.01
    theta = np.r_[np.full(k, k**-0.5), np.zeros(d - k)]
    u = theta + 0.1 * generator(0, "errors").standard_normal((200_000, d))
    level = 0.1 * np.sqrt(2 * np.log(d))
    squares = ((np.sign(u) * np.maximum(np.abs(u) - level, 0) - theta) ** 2).sum(axis=1)
    assert lp.root_mean_square_error(d, k, variance) ** 2 == pytest.approx(
        squares.mean(), abs=5 * squares.std() / np.sqrt(squares.size)
    )
    assert lp.root_mean_square_error(d, k, variance, threshold=False) == pytest.approx(0.4)


def test_first_order_variance_against_a_derivative_of_the_estimator():
    """(S + t N)^-1 (S theta + t z) has the derivative z - N theta at t = 0 where S = I."""
    rng, d = generator(0, "noise"), 5
    theta = rng.normal(size=d)
    theta /= np.linalg.norm(theta)
    upper = np.triu(rng.normal(size=(d, d)))
    noise, z = upper + np.triu(upper, 1).T, rng.normal(size=d)

    def estimate(t):
        return np.linalg.solve(np.eye(d) + t * noise, theta + t * z)

    slope = [optimize.approx_fprime([0.0], lambda t, j=j: estimate(t[0])[j], 1e-7)[0] for j in range(d)]
    assert slope == pytest.approx(z - noise @ theta, abs=1e-5)
    assert lp.coordinate_variance(100.0, (3.0, 2.0), 1.0) == pytest.approx((9 + 4 + 1) / 100)
    assert lp.coordinate_variance(100.0, (3.0, 2.0), 1.0, public=True) == pytest.approx((2 + 4 + 1) / 100)


@pytest.mark.parametrize("variant", ["private", "unshrunk", "public"])
def test_error_of_the_whole_estimate_by_simulating_its_coordinates(variant):
    """Normal errors of the variance written out from the formulas, thresholded as the estimate says."""
    n, d, k, eps, delta, noise, beta = 1e13, 8, 2, 0.7, 1e-5, 0.5, 0.02
    regression = lp.PrivateRegression(delta, noise, beta)
    log_x, log_y = np.log(4 * n * d / beta), np.log(4 * n / beta)
    gauss = 8 * np.log(2.5 / delta) / eps**2
    on_xx, on_xy = gauss * 2 * d**2 * 4 * log_x**2, gauss * 4 * d * 4 * (1 + noise) * log_x * log_y
    variance = ((2 if variant == "public" else on_xx) + on_xy + noise) / n
    assert regression.variance(n, d, eps, variant) == pytest.approx(variance)
    threshold = 0 if variant == "unshrunk" else np.sqrt(2 * np.log(d) * variance)
    assert regression.threshold(n, d, eps, variant) == pytest.approx(threshold)
    theta = np.r_[np.full(k, k**-0.5), np.zeros(d - k)]
    u = theta + np.sqrt(variance) * generator(1, "errors").standard_normal((100_000, d))
    squares = ((np.sign(u) * np.maximum(np.abs(u) - threshold, 0) - theta) ** 2).sum(axis=1)
    error = regression.error(n, d, k, eps, variant) ** 2
    assert error == pytest.approx(squares.mean(), abs=5 * squares.std() / np.sqrt(squares.size))


def test_moment_noise_is_the_norm_of_a_random_matrix():
    n, d = 1e12, 150
    regression = lp.PrivateRegression(1e-6, 1.0, 0.01)
    upper = np.triu(generator(2, "matrix").normal(size=(d, d)))
    noise = regression.scales(n, d, 0.5)[0] / np.sqrt(n) * (upper + np.triu(upper, 1).T)
    assert regression.moment_noise(n, d, 0.5) == pytest.approx(np.linalg.norm(noise, 2), rel=0.1)
    assert regression.moment_noise(n, d, 0.5, "public") == 0


def test_unknown_variants_are_refused():
    with pytest.raises(ValueError, match="variant"):
        lp.PrivateRegression(1e-6, 1.0, 0.01).error(1e12, 4, 1, 0.5, "interactive")
