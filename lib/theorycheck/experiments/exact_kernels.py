r"""Tangent kernels of infinitely wide networks in exact and in many-digit arithmetic, and the ranks of their matrices.

Double precision cannot decide whether a kernel matrix is singular: eigenvalues of size 1e-18 of a positive definite
matrix drown in rounding. Here points are rational. A polynomial activation with rational coefficients gives a rational
kernel, whose rank is found modulo a prime; for other activations pivots are computed with as many digits as asked for.

A perceptron of depth L has Sigma^(1) = Theta^(1) = x.x'/d + beta^2 and, with (U, V) ~ N(0, Sigma^(l)),

    Sigma^(l+1) = E[sigma(U) sigma(V)] + beta^2,    Theta^(l+1) = Theta^(l) E[sigma'(U) sigma'(V)] + Sigma^(l+1).
"""

from fractions import Fraction
from math import factorial

import mpmath
import numpy as np

PRIME = 2**61 - 1
POLYNOMIALS = {  # coefficients of 1, u, u^2, ...
    "quadratic": (0, 1, 1),
    "square": (0, 0, 1),
    "cubic": (0, 1, 0, Fraction(1, 3)),
    "hermite2": (-1, 0, 1),
}


def rational_sphere_points(n, d, rng):
    """Draw n distinct rational points of the unit sphere of R^d: an array (n, d) of Fractions.

    The inverse stereographic projection x = (2t, |t|^2 - 1) / (|t|^2 + 1) of random rational t in R^(d-1).
    """
    seen = {}
    while len(seen) < n:
        t = [
            Fraction(int(a), int(b))
            for a, b in zip(rng.integers(-40, 41, d - 1), rng.integers(1, 12, d - 1), strict=True)
        ]
        square = sum(c * c for c in t)
        seen[(*(2 * c / (square + 1) for c in t), (square - 1) / (square + 1))] = None
    return np.array(list(seen), dtype=object)


def hermite_means(coefficients, q):
    """Means a_j = E[sigma^(j)(sqrt(q) Z)], j = 0, 1, ..., of a polynomial activation, in the arithmetic of q.

    They give E[sigma(U) sigma(V)] = sum_j a_j(q) a_j(q') c^j / j! for a normal pair with variances q, q' and covariance
    c (Mehler's formula), and the same sum over a_(j+1) for the derivatives.
    """
    degree = len(coefficients) - 1
    moments = [1 if m == 0 else 0 for m in range(degree + 1)]
    for m in range(2, degree + 1, 2):
        moments[m] = moments[m - 2] * (m - 1) * q
    return [
        sum(coefficients[k] * (factorial(k) // factorial(k - j)) * moments[k - j] for k in range(j, degree + 1))
        for j in range(degree + 1)
    ]


def zonal_tangent_kernel(coefficients, d, depth, beta_squared):
    """Coefficients of Theta as a polynomial in u = x.x' on the unit sphere of R^d, for a polynomial activation.

    Everything is a Fraction, so the result is exact. `coefficients` are those of sigma, the constant first.
    """
    sigma = np.array([Fraction(beta_squared), Fraction(1, d)], dtype=object)
    theta = sigma
    for _ in range(depth - 1):
        a = hermite_means(coefficients, sigma.sum())
        powers = [np.array([Fraction(1)], dtype=object)]
        for _ in a[1:]:
            powers.append(np.convolve(powers[-1], sigma))
        mean = _total([a[j] ** 2 / Fraction(factorial(j)) * powers[j] for j in range(len(a))])
        slope = _total([a[j + 1] ** 2 / Fraction(factorial(j)) * powers[j] for j in range(len(a) - 1)])
        sigma = _total([mean, np.array([Fraction(beta_squared)], dtype=object)])
        theta = _total([np.convolve(theta, slope), sigma])
    return theta


def _total(polynomials):
    """Sum of polynomials of different lengths."""
    total = np.array([Fraction(0)] * max(map(len, polynomials)), dtype=object)
    for p in polynomials:
        total[: len(p)] += p
    return total


def zonal_rank(coefficients, points):
    """Rank of the matrix of a zonal polynomial with rational `coefficients` at rational points, modulo a prime.

    The rank modulo a prime can only be lower than the true one, and is so with probability about n / 2^61.
    """

    def residue(x):
        return x.numerator * pow(x.denominator, -1, PRIME) % PRIME

    x = np.vectorize(residue, otypes=[object])(points)
    u = x @ x.T % PRIME
    matrix = np.full(u.shape, 0, dtype=object)
    for c in coefficients[::-1]:
        matrix = (matrix * u + residue(c)) % PRIME
    return rank_modulo(matrix, PRIME)


def rank_modulo(matrix, prime):
    """Rank of an integer matrix over the field of `prime` elements, by Gaussian elimination."""
    rows, rank = np.array(matrix, dtype=object) % prime, 0
    for column in range(rows.shape[1]):
        nonzero = np.flatnonzero(rows[rank:, column])
        if nonzero.size == 0:
            continue
        rows[[rank, rank + nonzero[0]]] = rows[[rank + nonzero[0], rank]]
        pivot = rows[rank] * pow(rows[rank, column], -1, prime) % prime
        below = rows[rank + 1 :]
        rows[rank + 1 :] = (below - np.outer(below[:, column], pivot)) % prime
        rank += 1
        if rank == rows.shape[0]:
            break
    return rank


def tangent_matrix(points, activation, depth, beta_squared, digits):
    """Kernel matrix Theta of rational points in `digits`-digit arithmetic: a symmetric array (n, n) of mpf.

    Parameters
    ----------
    points : array (n, d) of Fractions
    activation : str
        "relu" (sqrt(2) max(0, u)), "erf", "sin", or a name in `POLYNOMIALS`.
    depth : int, at least 1
    beta_squared : Fraction, at least 0
    digits : int
        Decimal digits that are carried.
    """
    n, d = points.shape
    gram = (points @ points.T) / d
    matrix = np.empty((n, n), dtype=object)
    with mpmath.workdps(digits):
        for i in range(n):
            for j in range(i + 1):
                pair = _pair_kernel(gram[i, j], gram[i, i], gram[j, j], activation, depth, beta_squared)
                matrix[i, j] = matrix[j, i] = pair
    return matrix


def _pair_kernel(c, q, r, activation, depth, beta_squared):
    """Theta of one pair from exact inner products: c = x.x'/d, q = |x|^2/d, r = |x'|^2/d."""
    exact = c + beta_squared, q + beta_squared, r + beta_squared
    parallel = exact[0] ** 2 == exact[1] * exact[2] and exact[0] > 0
    # A determinant of exact numbers is exact: its root would turn a rounding of 1e-60 into 1e-30.
    det = _real(exact[1] * exact[2] - exact[0] ** 2)
    c, q, r = map(_real, exact)
    beta, theta = _real(beta_squared), c
    for _ in range(depth - 1):
        mean, slope = _dual(c, q, r, det, activation)
        theta = theta * slope + mean + beta
        same = parallel and (q == r or (activation == "relu" and beta == 0))
        c, q, r = mean + beta, *(_dual(v, v, v, mpmath.mpf(0), activation)[0] + beta for v in (q, r))
        # Of a point with itself, and of parallel points under a homogeneous activation without bias.
        parallel, det = same, mpmath.mpf(0) if same else q * r - c**2
    return theta


def _real(x):
    return mpmath.mpf(x.numerator) / x.denominator


def _dual(c, q, r, det, activation):
    """(E[sigma(U) sigma(V)], E[sigma'(U) sigma'(V)]) for variances q, r, covariance c and det = q r - c^2."""
    if activation == "relu":
        root = mpmath.sqrt(det)
        angle = mpmath.pi - mpmath.atan2(root, c)
        return (root + angle * c) / mpmath.pi, angle / mpmath.pi
    if activation == "erf":
        square = (1 + 2 * q) * (1 + 2 * r)
        return 2 / mpmath.pi * mpmath.asin(2 * c / mpmath.sqrt(square)), 4 / mpmath.pi / mpmath.sqrt(square - 4 * c**2)
    if activation == "sin":
        damping = mpmath.exp(-(q + r) / 2)
        return damping * mpmath.sinh(c), damping * mpmath.cosh(c)
    coefficients = [_real(Fraction(k)) for k in POLYNOMIALS[activation]]
    a, b = hermite_means(coefficients, q), hermite_means(coefficients, r)
    terms = range(len(a))
    mean = sum(a[j] * b[j] * c**j / factorial(j) for j in terms)
    return mean, sum(a[j + 1] * b[j + 1] * c**j / factorial(j) for j in terms[:-1])


def relative_pivots(matrix, digits):
    """Pivots of L D L^T with diagonal pivoting, in the order they come, over the first: an array (n,) of mpf.

    Elimination ends at the first pivot below the square root of the precision, since dividing by rounding errors would
    make them grow; what is left of the diagonal stands for the rest.
    """
    a, pivots = np.array(matrix, dtype=object), []
    with mpmath.workdps(digits):
        zero = mpmath.mpf(10) ** (-digits // 2) * max(abs(np.diag(a)))
        while a.shape[0]:
            k = int(np.argmax(np.abs(np.diag(a))))
            pivot, column = a[k, k], np.delete(a[:, k], k)
            if abs(pivot) < zero:
                pivots += sorted(np.abs(np.diag(a)), reverse=True)
                break
            pivots.append(abs(pivot))
            a = np.delete(np.delete(a, k, 0), k, 1) - np.outer(column, column / pivot)
        return np.array([p / pivots[0] for p in pivots], dtype=object)
