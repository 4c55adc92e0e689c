"""Degree of a polynomial that replaces exp in attention of order k with bounded entries.

Scores of order k with entries bounded by B lie in [-R, R], R = B^k. The error is relative,
E_g(R) = min over polynomials P of degree g of max_{|x| <= R} |P(x) exp(-x) - 1|.
"""

from math import comb

import numpy as np
from scipy import optimize


def log_relative_error(degree, radius):
    """Natural logarithm of the asymptotic form of E_g(R), for g + 1 > R.

    With nu = g + 1 and cosh(alpha) = nu/R the form is 2 exp(-nu (alpha - tanh alpha)) / (sqrt(2 pi nu) tanh alpha). A
    saddle point gives the exponent; for small R the prefactor becomes that of Chebyshev's 2 (R/2)^nu / nu!.

    Parameters
    ----------
    degree, radius : float or array
        At least 0; positive, with radius < degree + 1.

    Raises
    ------
    ValueError
        Where the radius is not below degree + 1: there the error does not decay.
    """
    nu, radius = np.asarray(degree, dtype=float) + 1, np.asarray(radius, dtype=float)
    if np.any(radius >= nu) or np.any(radius <= 0):
        raise ValueError("log_relative_error needs 0 < radius < degree + 1")
    alpha = np.arccosh(nu / radius)
    tanh = np.tanh(alpha)
    return np.log(2) - nu * (alpha - tanh) - np.log(2 * np.pi * nu) / 2 - np.log(tanh)


def next_term(degree, radius):
    """Size 1/(nu tanh(alpha)^3) of the term that the form of `log_relative_error` neglects, relative to it.

    In this the saddle-point expansion proceeds near the cutoff, radius = nu, as Debye's of Bessel functions does, where
    the coefficient is (5 - 3 tanh(alpha)^2)/24; here no coefficient is derived. Arguments as there.
    """
    nu = np.asarray(degree, dtype=float) + 1
    return 1 / (nu * np.tanh(np.arccosh(nu / np.asarray(radius, dtype=float))) ** 3)


def admissible_radius(degree, log_error):
    """Radius at which a polynomial of this degree reaches the relative error exp(-log_error)."""

    def excess(log_radius):
        return log_relative_error(degree, np.exp(log_radius)) + log_error

    return float(np.exp(optimize.brentq(excess, -20, np.log((degree + 1) * (1 - 1e-9)), xtol=1e-14)))


def needed_degree(radius, log_error):
    """Real degree at which the relative error on [-radius, radius] falls to exp(-log_error)."""

    def excess(log_surplus):
        return log_relative_error(radius * (1 + np.exp(log_surplus)) - 1, radius) + log_error

    return float(radius * (1 + np.exp(optimize.brentq(excess, -18, 18))) - 1)


def radius_share(degree_share):
    """Limit rho of R/L for degree g = gamma L and error exp(-L), gamma = `degree_share`.

    It solves gamma arccosh(gamma/rho) - sqrt(gamma^2 - rho^2) = 1.
    """
    gamma = degree_share

    def excess(rho):
        return gamma * np.arccosh(gamma / rho) - np.sqrt(gamma**2 - rho**2) - 1

    return float(optimize.brentq(excess, 1e-9, gamma * (1 - 1e-12)))


def output_bound(entry_error):
    """2E/(1 - E): bound on the error of attention over max |V|, for weights exp(x) of relative error at most E < 1."""
    return 2 * np.asarray(entry_error) / (1 - np.asarray(entry_error))


def polynomial_rank(degree, dim):
    """Rank of P(<q, m>) for a generic polynomial P and generic vectors: the monomials of degree <= g in d variables."""
    return comb(dim + degree, degree)
