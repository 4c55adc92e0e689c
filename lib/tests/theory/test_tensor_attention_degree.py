import mpmath
import numpy as np
import pytest
import sympy
from scipy import special

from theorycheck.theory import tensor_attention_degree as tad


@pytest.mark.parametrize("degree", [3, 8, 15])
def test_small_radius_is_chebyshevs_error(degree):
    """exp is x^nu / nu! plus a polynomial to leading order, whose best approximation is a Chebyshev polynomial."""
    radius, nu = 1e-3, degree + 1
    expected = mpmath.log(2 * (mpmath.mpf(radius) / 2) ** nu / mpmath.factorial(nu))
    # Stirling's formula stands for the factorial, with a relative error of 1/(12 nu)
    assert tad.log_relative_error(degree, radius) == pytest.approx(float(expected), abs=1.2 / (12 * nu))


def test_exponent_is_the_integral_of_arccosh():
    """d/d nu of nu (alpha - tanh alpha) at fixed R is alpha: the exponent is the integral of arccosh(nu/R)."""
    nu, radius = 30.0, 12.0
    integral = float(mpmath.quad(lambda v: mpmath.acosh(v / radius), [radius, nu]))
    alpha = np.arccosh(nu / radius)
    prefactor = np.log(2 / (np.sqrt(2 * np.pi * nu) * np.tanh(alpha)))
    assert tad.log_relative_error(nu - 1, radius) == pytest.approx(prefactor - integral)


@pytest.mark.parametrize(("degree", "radius"), [(9, 9.0), (30, 20.0), (200, 190.0)])
def test_next_term_is_debyes_parameter(degree, radius):
    """2 J_nu(R)/sqrt(tanh alpha) has the same leading form; what it is off by is Debye's next term."""
    nu = degree + 1
    tanh = np.sqrt(1 - (radius / nu) ** 2)
    ratio = 2 * special.jv(nu, radius) / np.sqrt(tanh) / np.exp(tad.log_relative_error(degree, radius))
    term = tad.next_term(degree, radius)
    assert 1 - ratio == pytest.approx(term * (5 - 3 * tanh**2) / 24, abs=term**2 / 2)


def test_inverse_functions():
    radius = tad.admissible_radius(14, 7.0)
    assert tad.log_relative_error(14, radius) == pytest.approx(-7.0)
    assert tad.needed_degree(radius, 7.0) == pytest.approx(14, rel=1e-8)
    with pytest.raises(ValueError, match="radius"):
        tad.log_relative_error(5, 6.0)


def test_radius_share_is_the_limit():
    rho = tad.radius_share(2.0)
    assert rho == pytest.approx(0.945, abs=1e-3)
    size = 1e6
    assert tad.admissible_radius(2 * size, size) / size == pytest.approx(rho, rel=1e-4)


def test_output_bound_by_two_keys():
    """Two keys of values ±1 with weights changed to the two extremes."""
    e = 0.1
    p = np.linspace(0, 1, 1001)
    changed = (p * (1 + e) - (1 - p) * (1 - e)) / (p * (1 + e) + (1 - p) * (1 - e))
    assert np.abs(changed - (2 * p - 1)).max() <= tad.output_bound(e)


def test_polynomial_rank_counts_monomials():
    x, y, z = sympy.symbols("x y z")
    assert tad.polynomial_rank(3, 3) == len(sympy.Poly((1 + x + y + z) ** 3).monoms())
