"""Exact moments of weighted least squares from projection determinantal points, volume sampling and i.i.d. points.

V is an m-dimensional space with orthonormal basis phi in L^2(mu), K(x, y) = phi(x)^T phi(y), w = m / K(x, x) the
optimal weight and nu = mu / w. From points x_1, ..., x_n the Gram matrix is G = (1/n) sum_i w(x_i) phi(x_i) phi(x_i)^T,
and for a function f = P f + g with g orthogonal to V the noise vector is v = (1/n) sum_i w(x_i) phi(x_i) g(x_i), so
that weighted least squares misses the coefficients of P f by G^{-1} v. All formulas are exact.
"""

from math import factorial

import numpy as np

LAWS = ("dpp", "volume", "iid")


def interpolation_factor(m):
    """E||f - f_hat||^2 / ||g||^2 = m + 1 for interpolation at the m points of the projection DPP.

    By Cramer's rule (Phi^{-1} g)_j det(Phi) is the determinant of Phi with column j replaced by g, whose square has
    integral m! ||g||^2; each of the m coefficients costs ||g||^2 beside the error ||g||^2 of the projection.
    """
    return m + 1


def inverse_gram(points, m):
    """c with E (Q_S^T Q_S)^{-1} = c I for the DPP of `points` x m orthonormal columns Q: c = points - m + 1."""
    return points - m + 1


def volume_normaliser(n, m):
    """E_{nu^n} det G = n! / ((n - m)! n^m), n >= m: the total mass of the volume-sampling density det G."""
    return factorial(n) / (factorial(n - m) * n**m)


def expected_adjugate(n, m):
    """c with E_{nu^n} adj G = c I: c = n! / ((n - m + 1)! n^{m-1}), n >= m."""
    return factorial(n) / (factorial(n - m + 1) * n ** (m - 1))


def inverse_gram_limit(n, m):
    """Largest possible eigenvalue n / (n - m + 1) of E G^{-1} under volume sampling of n >= m points.

    It is `expected_adjugate` / `volume_normaliser`, attained unless tuples of determinant 0 have positive nu^n mass.
    """
    return n / (n - m + 1)


def gram_fluctuation(m, n, law):
    """E||G - I||_F^2 for span{e^{ik theta}, k < m} on the circle with the uniform law, from n points.

    An i.i.d. point contributes m (m - 1) / n^2; a block of m DPP points (m / n)^2 (m - iint |K|^4 / (K_xx K_yy)), where
    the double integral is the number (2 m^3 + m) / 3 of solutions of a + b = c + d in {0, ..., m - 1}, over m^2. Blocks
    and points are independent.

    Parameters
    ----------
    m, n : int
        m dividing n for law "dpp" (n / m blocks); n >= m for "volume" (one block and n - m i.i.d. points).
    law : str
        One of `LAWS`.
    """
    blocks, singles = _composition(m, n, law)
    block = m**2 * (m - (2 * m**3 + m) / (3 * m**2))
    return (blocks * block + singles * m * (m - 1)) / n**2


def noise_energy(m, n, law, q):
    """E||v||^2 in the setting of `gram_fluctuation` for g = e^{iq theta}, q >= m.

    An i.i.d. point contributes m / n^2 and a block of m DPP points (m / n)^2 (1 - T), where m^2 T is the number of
    (a, b, c) in {0, ..., m - 1}^3 with a + b - c = q.
    """
    if q < m:
        raise ValueError(f"noise_energy: g must be orthogonal to the space, q >= {m}; got {q}")
    blocks, singles = _composition(m, n, law)
    # a + b = q + c; for s >= m - 1 there are max(2 m - 1 - s, 0) pairs with a + b = s.
    solutions = np.maximum(2 * m - 1 - (q + np.arange(m)), 0).sum()
    return float((blocks * m**2 * (1 - solutions / m**2) + singles * m) / n**2)


def _composition(m, n, law):
    """Number of DPP blocks of m points and of i.i.d. points."""
    if law not in LAWS:
        raise ValueError(f"law must be one of {', '.join(LAWS)}; got {law!r}")
    if (law == "dpp" and n % m) or (law == "volume" and n < m):
        raise ValueError(f"law {law!r} needs n {'a multiple of' if law == 'dpp' else 'at least'} m = {m}; got {n}")
    return {"dpp": (n // m, 0), "volume": (1, n - m), "iid": (0, n)}[law]
