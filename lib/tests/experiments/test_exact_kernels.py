"""Exact kernels against quadrature, against double precision, and ranks against SymPy and known matrices."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from scipy import special

from theorycheck.experiments import exact_kernels
from theorycheck.seeds import generator

POLYNOMIALS = exact_kernels.POLYNOMIALS
FUNCTIONS = {
    "relu": (lambda u: np.sqrt(2) * np.maximum(u, 0), lambda u: np.sqrt(2) * (u > 0)),
    "erf": (special.erf, lambda u: 2 / np.sqrt(np.pi) * np.exp(-(u**2))),
    "sin": (np.sin, np.cos),
    "quadratic": (lambda u: u + u**2, lambda u: 1 + 2 * u),
    "cubic": (lambda u: u + u**3 / 3, lambda u: 1 + u**2),
}


def by_quadrature(c, q, r, activation, depth, beta2):
    """Theta of one pair by a two-dimensional Gauss-Hermite rule in polar form, which resolves the kinks of relu."""
    sigma, derivative = FUNCTIONS[activation]
    c, q, r = c + beta2, q + beta2, r + beta2
    theta = c
    angle = (np.arange(4000) + 0.5) * 2 * np.pi / 4000
    radius, weight = special.roots_genlaguerre(60, 0)  # E over |Z|^2 / 2 ~ exponential
    z1, z2 = (np.sqrt(2 * radius)[:, None] * f(angle) for f in (np.cos, np.sin))

    def mean(f, c, q, r):
        rho = c / np.sqrt(q * r)
        v = rho * z1 + np.sqrt(max(1 - rho**2, 0)) * z2
        return weight @ (f(np.sqrt(q) * z1) * f(np.sqrt(r) * v)).mean(axis=1)

    for _ in range(depth - 1):
        new = mean(sigma, c, q, r) + beta2
        theta = theta * mean(derivative, c, q, r) + new
        c, q, r = new, mean(sigma, q, q, q) + beta2, mean(sigma, r, r, r) + beta2
    return theta


@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_kernel_of_a_pair_is_what_quadrature_gives(activation, depth):
    points = np.array([[Fraction(3, 5), Fraction(4, 5)], [Fraction(-5, 13), Fraction(6, 13)]], dtype=object)
    matrix = exact_kernels.tangent_matrix(points, activation, depth, Fraction(1, 4), 30)
    x = points.astype(float)
    gram = x @ x.T / 2
    for i, j in ((0, 0), (0, 1), (1, 1)):
        expected = by_quadrature(gram[i, j], gram[i, i], gram[j, j], activation, depth, 0.25)
        # A kink costs the polar rule a few digits; the smooth ones are exact to rounding.
        assert float(matrix[i, j]) == pytest.approx(expected, rel=1e-3 if activation == "relu" else 1e-9)


@pytest.mark.parametrize("activation", POLYNOMIALS)
@pytest.mark.parametrize("beta_squared", [Fraction(0), Fraction(1, 4)])
def test_exact_polynomial_agrees_with_many_digits(activation, beta_squared):
    points = exact_kernels.rational_sphere_points(4, 3, generator(0, "points"))
    coefficients = exact_kernels.zonal_tangent_kernel(POLYNOMIALS[activation], 3, 3, beta_squared)
    matrix = exact_kernels.tangent_matrix(points, activation, 3, beta_squared, 40)
    u = points @ points.T
    exact = sum(c * u**k for k, c in enumerate(coefficients))
    difference = np.vectorize(lambda a, b: float(abs(mpmath.mpf(a.numerator) / a.denominator - b)))(exact, matrix)
    assert difference.max() < 1e-14


def test_points_are_distinct_and_on_the_sphere():
    points = exact_kernels.rational_sphere_points(40, 4, generator(1, "points"))
    assert all(sum(c * c for c in x) == 1 for x in points) and len({tuple(x) for x in points}) == 40


@pytest.mark.parametrize("rank", [0, 1, 3, 5])
def test_rank_modulo_agrees_with_sympy(rank):
    rng = generator(2, "rank", rank)
    matrix = rng.integers(-9, 10, (6, rank)) @ rng.integers(-9, 10, (rank, 5)) if rank else np.zeros((6, 5), int)
    assert exact_kernels.rank_modulo(matrix, exact_kernels.PRIME) == sympy.Matrix(matrix).rank()


def test_pivots_of_a_known_matrix():
    """Determinants of Hilbert matrices are known; the product of the pivots must give them."""
    n = 6
    hilbert = np.array([[mpmath.mpf(1) / (i + j + 1) for j in range(n)] for i in range(n)], dtype=object)
    pivots = exact_kernels.relative_pivots(hilbert, 40)
    determinant = sympy.Matrix(n, n, lambda i, j: sympy.Rational(1, i + j + 1)).det()
    assert float(np.prod(pivots)) == pytest.approx(float(determinant), rel=1e-12)


def test_pivots_show_a_rank():
    vectors = np.array([[mpmath.mpf(v) for v in row] for row in generator(3, "v").normal(size=(8, 3))], dtype=object)
    pivots = exact_kernels.relative_pivots(vectors @ vectors.T, 15)
    assert (pivots[:3] > 1e-6).all() and (pivots[3:] < 1e-12).all()
