"""Largest coordinate of the error of sketched least squares, for dense and for sparse sketches.

The design A is the first d unit vectors of R^n, the residual r a unit vector orthogonal to them, and S a sketch of m
rows, m > d. The solution of the sketched problem errs by e = (S A)^+ S r, and N = sqrt(m) ||e||_inf is the error in
units of ||A x* - b|| ||A^+|| / sqrt(m).
"""

import numpy as np
from scipy import integrate, special, stats


def gaussian_second_moment(m, d):
    """E||e||_2^2 = d / (m - d - 1) for a Gaussian S: given S A, e is N(0, (G^T G)^{-1}), G standard normal."""
    return d / (m - d - 1)


def dense_threshold(m, d, delta):
    """tau = sqrt(2 ln(2 d / delta) m / (m - d - 1)), which N exceeds with probability at most about delta.

    A union bound over d nearly normal coordinates of variance m / (m - d - 1); a Gaussian S meets it up to the
    fluctuation of G^T G.
    """
    return np.sqrt(2 * np.log(2 * d / delta) * m / (m - d - 1))


def dense_mean(m, d):
    """E N for a Gaussian S, treating the d coordinates as independent.

    Each coordinate of e is exactly t / sqrt(m - d + 1) with Student's t of m - d + 1 degrees of freedom, and the
    direction of e is uniform, so that coordinates depend on one another to order 1/d only.
    """
    dof = m - d + 1
    tail = integrate.quad(lambda x: 1 - (1 - 2 * stats.t.sf(x, dof)) ** d, 0, 30, limit=200)[0]
    return float(np.sqrt(m / dof) * tail)


def sparse_unit(m, d, s):
    """Error sqrt(m) / s * m / (m - d) in N of one shared row.

    Two columns of s entries ±1/sqrt(s) that share one row have inner product ±1/s, and a diagonal entry of
    ((S A)^T S A)^{-1} is about m / (m - d), as for every sketch whose Gram matrix follows the Marchenko-Pastur law.
    """
    return np.sqrt(m) / s * m / (m - d)


def shared_rows_tail(m, d, s):
    """P(M >= k), k = 0, 1, ..., s, where M is the largest |signed number of rows| shared by r's column with one of A's.

    Columns have s distinct random rows out of m and random signs; r is one unit vector. A column of A shares K rows,
    K hypergeometric, whose signs make a symmetric walk; columns are independent. P(M >= 1) is a little less than
    the probability of some shared row, since two can cancel.

    Returns
    -------
    array (s + 1,)
        N is about M times `sparse_unit`.
    """
    shared = np.arange(s + 1)
    law = stats.hypergeom.pmf(shared, m, s, s)
    steps = np.arange(-s, s + 1)
    walk = np.where((shared[:, None] + steps) % 2 == 0, _walk(shared[:, None], steps), 0.0)
    reached = np.array([law @ walk[:, np.abs(steps) >= k].sum(axis=1) for k in shared])
    return 1 - (1 - np.minimum(reached, 1)) ** d


def _walk(length, end):
    """P(symmetric walk of `length` steps ends at `end`), for equal parity."""
    return stats.binom.pmf((length + end) // 2, length, 0.5)


def collision_probability(m, d, k):
    """1 - (1 - 1/m)^{k d}: some of k residual rows meets one of d columns, all single entries in random rows of m."""
    return -special.expm1(k * d * np.log1p(-1 / m))
