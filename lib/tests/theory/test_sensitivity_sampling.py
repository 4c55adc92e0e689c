from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, special, stats

from theorycheck.theory import sensitivity_sampling as sampling


@pytest.mark.parametrize("p", [1, 1.3, 2])
def test_absolute_moment_by_quadrature(p):
    expected = 2 * integrate.quad(lambda z: z**p * stats.norm.pdf(z), 0, np.inf)[0]
    assert sampling.absolute_moment(p) == pytest.approx(expected)


@pytest.mark.parametrize(("d", "p"), [(3, 1), (8, 1.5), (300, 1.2)])
def test_total_sensitivity_by_quadrature_over_the_sphere(d, p):
    """A coordinate t of a uniform unit vector has density proportional to (1 - t^2)^{(d - 3)/2}."""
    angle = np.linspace(0, np.pi / 2, 20_001)
    weight = np.cos(angle) ** (d - 2)
    moment = integrate.simpson(weight * np.sin(angle) ** p, x=angle) / integrate.simpson(weight, x=angle)
    assert sampling.total_sensitivity(d, p) == pytest.approx(1 / moment, rel=1e-6)


def test_total_sensitivity_is_the_dimension_at_two_and_sums_the_rows():
    assert sampling.total_sensitivity([4, 50], 2) == pytest.approx([4, 50])
    rng = np.random.default_rng(0)
    scales, norms = np.exp(rng.normal(size=200_000)), np.linalg.norm(rng.normal(size=(200_000, 5)), axis=1)
    total = sampling.row_sensitivities(scales, norms, 1.5).sum()
    assert total == pytest.approx(sampling.total_sensitivity(5, 1.5), rel=0.02)


@pytest.mark.parametrize("p", [1.0, 1.4, 2.0])
def test_second_derivative_of_the_covariance_against_its_definition(p):
    """E|z_1|^p |z_2|^p by Gauss-Legendre in the angle of (z_1, z_2), differentiated twice numerically."""
    nodes, weights = np.polynomial.legendre.leggauss(400)

    def covariance(r):
        turn = np.arccos(r)
        edges = np.sort(np.mod([np.pi / 2, 3 * np.pi / 2, np.pi / 2 + turn, 3 * np.pi / 2 + turn], 2 * np.pi))
        edges = np.concatenate([edges, [edges[0] + 2 * np.pi]])
        total = 0.0
        for low, high in pairwise(edges):
            t = (low + high) / 2 + (high - low) / 2 * nodes
            total += (high - low) / 2 * weights @ (np.abs(np.cos(t)) ** p * np.abs(np.cos(t - turn)) ** p)
        return total / (2 * np.pi) * 2**p * special.gamma(1 + p)  # E R^{2p} of the radius

    r, h = 0.5, 0.01
    numeric = (covariance(r + h) - 2 * covariance(r) + covariance(r - h)) / h**2
    a = 1 - p / 2
    formula = (p * sampling.absolute_moment(p)) ** 2 * special.hyp2f1(a, a, 0.5, r * r)
    assert numeric == pytest.approx(formula, rel=2e-3)


def test_limit_of_the_distortion_at_both_ends():
    assert sampling.distortion_limit(2) == pytest.approx(1)
    assert sampling.distortion_limit(1) == pytest.approx(special.beta(0.5, 0.75) / np.sqrt(2 * np.pi))
    assert sampling.distortion_limit(1 + 1e-6) == pytest.approx(sampling.distortion_limit(1), abs=1e-4)


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0])
def test_bound_is_that_of_chevet_for_many_dimensions(p):
    d, m = 10**6, 10**8
    bound = sampling.norm_distortion(sampling.total_sensitivity(d, p), m, p)
    assert bound == pytest.approx(np.sqrt(d / m) * sampling.absolute_moment(p) ** (-1 / p), rel=1e-5)


def test_variance_inflation_against_weights_of_drawn_rows():
    z = np.random.default_rng(1).normal(size=400_000)
    for p in (1.0, 1.5):
        scale = np.exp(0.5 * z / p)
        for scheme, chance in (("uniform", np.ones_like(z)), ("leverage", scale**2), ("sensitivity", scale**p)):
            chance = chance / chance.sum()
            weight = scale**p / chance
            expected = (chance @ weight**2) / (chance @ weight) ** 2
            assert sampling.variance_inflation(0.5, p, scheme) == pytest.approx(expected, rel=0.02)
