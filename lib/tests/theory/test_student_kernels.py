from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, stats

from theorycheck.seeds import generator
from theorycheck.theory.student_kernels import (
    denoiser,
    marginal_cdf,
    marginal_quantile,
    total_variation_coefficient,
    trajectory,
)


def student_posterior_mean(x, data, weights, sigma, degrees):
    """With SciPy's multivariate Student law instead of the expansion."""
    laws = [stats.multivariate_t(y, sigma**2 * np.eye(len(y)), df=degrees) for y in data]
    posterior = np.array([w * law.pdf(x) for w, law in zip(weights, laws, strict=True)])
    return posterior.T @ data / posterior.sum(axis=0)[:, None]


@pytest.mark.parametrize("dimension", [1, 2, 5, 30])
def test_total_variation_coefficient_by_quadrature(dimension):
    def integrand(u):
        h = u**2 / 4 - dimension * u / 2 + dimension * (dimension - 2) / 4
        return abs(h) * stats.chi2.pdf(u, dimension) / 2

    edges = [1e-12, max(dimension - np.sqrt(2 * dimension), 1e-12), dimension + np.sqrt(2 * dimension), 300]
    total = sum(integrate.quad(integrand, a, b, limit=200)[0] for a, b in pairwise(edges))
    assert total_variation_coefficient(dimension) == pytest.approx(total, rel=1e-5)


def test_denoiser_is_the_limit_and_the_slope_of_student_posteriors():
    rng = generator(0, "student")
    data, weights, x = rng.normal(size=(4, 2)), np.full(4, 0.25), rng.normal(size=(3, 2))
    limit, coefficient = denoiser(x, data, weights, 0.8)
    far, near = (student_posterior_mean(x, data, weights, 0.8, d) - limit for d in (10**4, 2 * 10**4))
    np.testing.assert_allclose(limit + far, limit, atol=1e-3)
    # Two values of D cancel the term 1/D².
    np.testing.assert_allclose(2 * 2e4 * near - 1e4 * far, coefficient, atol=1e-4)


@pytest.mark.parametrize("degrees", [1, 4, np.inf])
def test_quantile_inverts_the_cdf(degrees):
    rng = generator(1, "line")
    data, weights = 2 * rng.normal(size=(3, 5)), rng.dirichlet(np.ones(5), size=3)
    u = np.array([0.04, 0.5, 0.96])
    x = marginal_quantile(u, data, weights, 0.7, degrees)
    np.testing.assert_allclose(marginal_cdf(x, data, weights, 0.7, degrees), np.tile(u, (3, 1)), atol=1e-12)


def test_cdf_by_sampling_free_integration():
    data, weights, x = np.array([-1.0, 2.0]), np.array([0.3, 0.7]), np.array([0.4])
    area = integrate.quad(lambda s: 0.3 * stats.t.pdf(s + 1, 3) + 0.7 * stats.t.pdf(s - 2, 3), -np.inf, 0.4)[0]
    assert marginal_cdf(x, data, weights, 1.0, 3)[0] == pytest.approx(area, rel=1e-7)


def test_trajectory_against_quantiles_of_student_marginals():
    """Conservation of the distribution function with SciPy's Student law at two large D."""
    rng = generator(2, "line")
    data, weights, u = 2 * rng.normal(size=(2, 5)), rng.dirichlet(np.ones(5), size=2), np.array([0.1, 0.4, 0.8])
    start, end, coefficient = trajectory(u, data, weights, 5.0, 0.5)
    shift = []
    for degrees in (10**4, 2 * 10**4):
        level = marginal_cdf(start, data, weights, 5.0, degrees)
        reached = [
            [marginal_quantile([v], data[m : m + 1], weights[m : m + 1], 0.5, degrees)[0, 0] for v in level[m]]
            for m in range(2)
        ]
        shift.append(np.array(reached) - end)
    np.testing.assert_allclose(4e4 * shift[1] - 1e4 * shift[0], coefficient, rtol=1e-3, atol=1e-4)
