import numpy as np
import pytest
from scipy import integrate, linalg, stats

from theorycheck.seeds import generator
from theorycheck.theory.light_bridge import (
    conditional_moments,
    drift,
    entropic_gaussian,
    log_plan,
    plan_log_density,
    second_marginal_cdf,
)

EPS = 0.6
THETA = (np.log([0.3, 0.7]), np.array([-0.8, 1.1]), np.array([0.3, 0.7]))


def potential(y):
    log_alpha, r, s = THETA
    return np.exp(log_alpha) @ stats.norm.pdf(y, r[:, None], np.sqrt(EPS * s)[:, None])


def by_definition(x, power=0):
    """∫ y^power e^{xy/ε} v(y) dy."""
    return integrate.quad(lambda y: y**power * np.exp(x * y / EPS) * potential(np.array([y]))[0], -15, 15, limit=200)[0]


def test_plan_against_its_definition():
    x, y = np.array([-1.0, 0.4]), np.array([-0.5, 0.2, 1.3])
    expected = [np.exp(a * y / EPS) * potential(y) / by_definition(a) for a in x]
    np.testing.assert_allclose(np.exp(plan_log_density(THETA, x, y, EPS)), expected, rtol=1e-7)


def test_plan_does_not_underflow():
    far = plan_log_density(THETA, np.array([0.0]), np.array([40.0]), EPS)
    law = stats.norm.logpdf(40.0, 1.1, np.sqrt(EPS * 0.7))
    assert far[0, 0] == pytest.approx(law, abs=1)


def test_moments_against_their_definition():
    x = np.array([-1.0, 0.4, 1.5])
    mean, square = conditional_moments(THETA, x, EPS)
    for i, a in enumerate(x):
        mass = by_definition(a)
        assert mean[i] == pytest.approx(by_definition(a, 1) / mass, rel=1e-7)
        assert square[i] == pytest.approx(by_definition(a, 2) / mass, rel=1e-7)


def test_marginal_cdf_is_the_integral_of_the_plan():
    x, p = np.array([-1.0, 0.4]), np.array([0.25, 0.75])

    def density(y):
        return p @ np.exp(plan_log_density(THETA, x, np.array([y]), EPS))[:, 0]

    for y in (-0.6, 0.9):
        area = integrate.quad(density, -12, y, limit=200)[0]
        assert second_marginal_cdf(THETA, x, p, [y], EPS)[0] == pytest.approx(area, rel=1e-7)


def test_plan_on_a_grid_has_both_marginals():
    """Rows sum to p; the columns' partial sums are the distribution function, half a step further."""
    x, p, y = np.array([-1.0, 0.4]), np.array([0.25, 0.75]), np.linspace(-9, 9, 1801)
    plan = np.exp(log_plan(THETA, x, p, y, EPS))
    np.testing.assert_allclose(plan.sum(axis=1), p)
    below = second_marginal_cdf(THETA, x, p, y[900:1100:50] + 0.005, EPS)
    np.testing.assert_allclose(np.cumsum(plan.sum(axis=0))[900:1100:50], below, atol=1e-5)


@pytest.mark.parametrize("t", [0.0, 0.5, 0.9])
def test_drift_is_the_gradient_of_the_heat_evolved_potential(t):
    """g = ε ∂_x log h_t with h_t(x) = E ψ(x + √(ε(1 - t)) Z) and ψ(y) = v(y) e^{y²/(2ε)}; by quadrature."""
    spread = np.sqrt(EPS * (1 - t))

    def log_h(x):
        def integrand(y):
            return potential(np.array([y]))[0] * np.exp(y**2 / (2 * EPS) - (y - x) ** 2 / (2 * spread**2))

        return np.log(integrate.quad(integrand, -14, 14, limit=400, epsrel=1e-11)[0])

    for x in (-0.7, 0.8):
        slope = EPS * (log_h(x + 1e-4) - log_h(x - 1e-4)) / 2e-4
        assert drift(THETA, np.array([x]), t, EPS)[0] == pytest.approx(slope, rel=1e-5)


def test_gaussian_slope_solves_its_equation_and_has_the_known_limits():
    rng = generator(0, "covariances")
    first, second = (a @ a.T + 0.2 * np.eye(3) for a in rng.normal(size=(2, 3, 3)))
    s = entropic_gaussian(first, second, EPS)
    np.testing.assert_allclose(s @ first @ s + EPS * s, second)
    assert np.linalg.eigvalsh(s).min() > 0
    # ε = 0: the transport map between Gaussians, by the other of its two standard forms.
    root = np.real(linalg.sqrtm(second))
    other = root @ np.linalg.inv(np.real(linalg.sqrtm(root @ first @ root))) @ root
    np.testing.assert_allclose(entropic_gaussian(first, second, 0.0), other, rtol=1e-6)
    # Large ε: independent, S = Σ_1/ε.
    np.testing.assert_allclose(1e6 * entropic_gaussian(first, second, 1e6), second, rtol=1e-3)
