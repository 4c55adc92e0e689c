"""Errors of sketched least squares on a design of unit vectors, for Gaussian, Hadamard, sparse and count sketches.

The design is the first d unit vectors of R^n, the residual a unit vector supported on further coordinates, so only the
corresponding columns of the sketch S (m rows) are drawn. Each function returns e = (S A)^+ S r, array (d,).
"""

import numpy as np
from scipy import linalg, sparse


def bartlett_factor(m, d, rng):
    """Lower triangular L, d x d, such that L L^T has the law of G^T G for a standard normal G of m rows, m >= d."""
    factor = np.tril(rng.normal(size=(d, d)), -1)
    factor[np.diag_indices(d)] = np.sqrt(rng.chisquare(m - np.arange(d)))
    return factor


def gaussian_error(m, d, rng):
    """Gaussian sketch, any residual: given G, e is N(0, (G^T G)^{-1}), drawn as L^{-T} z."""
    return linalg.solve_triangular(bartlett_factor(m, d, rng), rng.normal(size=d), trans=1, lower=True)


def sparse_sign_columns(m, count, s, rng):
    """`count` columns with ±1/sqrt(s) in s distinct random rows out of m, as a sparse matrix (m, count)."""
    rows = np.sort(rng.integers(m, size=(count, s)), axis=1)
    while True:
        repeated = (rows[:, 1:] == rows[:, :-1]).any(axis=1)
        if not repeated.any():
            break
        rows[repeated] = np.sort(rng.integers(m, size=(repeated.sum(), s)), axis=1)
    signs = rng.choice([-1.0, 1.0], size=count * s) / np.sqrt(s)
    return sparse.csc_array((signs, rows.ravel(), np.arange(0, count * s + 1, s)), shape=(m, count))


def sparse_error(m, d, s, rng):
    """Sparse sketch of s entries a column; the residual is one further unit vector."""
    columns = sparse_sign_columns(m, d + 1, s, rng)
    gram = (columns.T @ columns).toarray()
    return linalg.solve(gram[:d, :d], gram[:d, d], assume_a="pos")


def count_sketch_error(m, d, k, rng):
    """One entry ±1 a column; the residual has k entries 1/sqrt(k). The solution of least norm, where S A loses rank."""
    row, sign = rng.integers(m, size=d), rng.choice([-1.0, 1.0], size=d)
    target = np.bincount(rng.integers(m, size=k), rng.choice([-1.0, 1.0], size=k) / np.sqrt(k), minlength=m)
    return sign * target[row] / np.bincount(row, minlength=m)[row]


def hadamard_error(m, d, n, rng):
    """Randomised Hadamard sketch: m distinct rows of a Hadamard matrix of order n, a power of two.

    The residual is a unit vector. Columns are d + 1 random ones, of random signs: which coordinates the design uses
    must not matter.
    """
    if n & (n - 1) or n < m:
        raise ValueError(f"hadamard_error: n must be a power of two of at least m = {m}; got {n}")
    rows, columns = rng.choice(n, size=m, replace=False), rng.choice(n, size=d + 1, replace=False)
    entries = 1.0 - 2.0 * (np.bitwise_count(rows[:, None] & columns) % 2)
    entries *= rng.choice([-1.0, 1.0], size=d + 1)
    gram = entries.T @ entries
    return linalg.solve(gram[:d, :d], gram[:d, d], assume_a="pos")
