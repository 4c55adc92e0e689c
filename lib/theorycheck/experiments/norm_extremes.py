"""Extremes of ||B x||_p over unit vectors by monotone iterations, and sensitivities of rows, for 1 <= p <= 2."""

import numpy as np
from scipy import linalg


def largest_norm(b, p, rng, steps=30, starts=4):
    """Largest ||b x||_p over unit x: a lower bound of it, from local ascent.

    The gradient map x <- b^T (|b x|^{p-1} sign(b x)), normalised, never decreases a convex norm. It starts from the two
    top right singular vectors and `starts` random ones.

    Parameters
    ----------
    b : array (m, d), d >= 2
    p : float in [1, 2]
    """
    top = np.linalg.eigh(b.T @ b)[1][:, -2:]
    x = np.concatenate([top, rng.normal(size=(b.shape[1], starts))], axis=1)
    for _ in range(steps):
        x /= np.linalg.norm(x, axis=0)
        y = b @ x
        x = b.T @ (np.sign(y) if p == 1 else np.sign(y) * np.abs(y) ** (p - 1))
    x /= np.linalg.norm(x, axis=0)
    return float(np.max(np.sum(np.abs(b @ x) ** p, axis=0)) ** (1 / p))


def smallest_norm(b, p, steps=12, floor=1e-6):
    """Smallest ||b x||_p over unit x: an upper bound of it, from local descent.

    Majorise and minimise: |y|^p is at most quadratic in y around the current one, so x becomes the bottom eigenvector
    of b^T diag(|b x|^{p-2}) b, with |b x| at least `floor`; from the two bottom right singular vectors.
    """
    best = np.inf
    for x in np.linalg.eigh(b.T @ b)[1][:, :2].T:
        for _ in range(steps):
            weight = np.maximum(np.abs(b @ x), floor) ** (p - 2)
            x = linalg.eigh(b.T @ (weight[:, None] * b), subset_by_index=(0, 0))[1][:, 0]
        best = min(best, np.sum(np.abs(b @ x) ** p))
    return float(best ** (1 / p))


def distortion(b, p, rng):
    """max over unit x of | ||b x||_p - 1 |, from both extremes."""
    return max(largest_norm(b, p, rng) - 1, 1 - smallest_norm(b, p))


def sphere_rows(m, d, rng):
    """m unit rows in uniform directions, array (m, d)."""
    rows = rng.normal(size=(m, d))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def sensitivity(a, i, p, steps=60, floor=1e-8):
    """Sensitivity of row i of a: 1 / min{||a x||_p^p : a_i^T x = 1}, by iteratively reweighted least squares.

    Parameters
    ----------
    a : array (n, d) of rank d
    i : int
    p : float in [1, 2]
    """
    x = np.linalg.solve(a.T @ a, a[i])
    for _ in range(steps):
        x /= a[i] @ x
        weight = np.maximum(np.abs(a @ x), floor) ** (p - 2)
        x = np.linalg.solve(a.T @ (weight[:, None] * a), a[i])
    x /= a[i] @ x
    return float(1 / np.sum(np.abs(a @ x) ** p))
