"""HiPPO-LegS matrices: resolvents by linear solves, diagonalization after a perturbation, exact condition numbers."""

from fractions import Fraction
from math import fsum, log
from typing import NamedTuple

import numpy as np


def legs(size, off_diagonal=1.0):
    """A (N, N), B (N,), P (N,) of HiPPO-LegS; `off_diagonal` scales A below its diagonal (1 is the true matrix)."""
    n = np.arange(size)
    root = np.sqrt(2 * n + 1)
    a = -off_diagonal * np.tril(np.outer(root, root), -1) - np.diag(n + 1.0)
    return a, root, np.sqrt(n + 0.5)


def solve_resolvent(matrix, b, s):
    """(s - matrix)^-1 b for an array of complex s, by one linear solve each; shape (..., N)."""
    shifted = np.asarray(s)[..., None, None] * np.eye(len(b)) - matrix
    return np.linalg.solve(shifted, np.broadcast_to(b, shifted.shape[:-1])[..., None])[..., 0]


class Comparison(NamedTuple):
    """S4 against S4D at several frequencies of several sizes: arrays of one entry for each."""

    relative: np.ndarray  # (G - G_D)/G_D for a random output, complex
    worst: np.ndarray  # largest |G - G_D| over outputs of norm 1
    norm: np.ndarray  # largest |G| over outputs of norm 1


def compare_diagonal(sizes, w, rngs, *, half=True, off_diagonal=1.0):
    """Solve S4, (i w - A)^-1 B, and S4D, (i w - A_N)^-1 B/2, and compare them.

    Parameters
    ----------
    sizes : sequence of k ints
        State dimensions N.
    w : array (k, m)
        Frequencies for each size.
    rngs : sequence of k generators
        Each draws its size's outputs C, a complex Gaussian vector (N,) for each frequency.
    half : bool
        False leaves B unhalved in S4D.
    off_diagonal : float
        As for `legs`.

    Returns
    -------
    Comparison of arrays (k, m)
    """
    found = []
    for size, row, rng in zip(sizes, np.asarray(w), rngs, strict=True):
        a, b, p = legs(size, off_diagonal)
        c = rng.normal(size=(2, len(row), size))
        full = solve_resolvent(a, b, 1j * row)
        diagonal = solve_resolvent(a + np.outer(p, p), b / 2 if half else b, 1j * row)
        g, g_diagonal = (((c[0] + 1j * c[1]) * x).sum(axis=1) for x in (full, diagonal))
        found.append(((g - g_diagonal) / g_diagonal, distance(full, diagonal), distance(full, 0)))
    return Comparison(*map(np.stack, zip(*found, strict=True)))


def gaussian_perturbation(size, norm, rng):
    """Complex Gaussian matrix (N, N), scaled to spectral norm `norm`."""
    e = rng.standard_normal((size, size)) + 1j * rng.standard_normal((size, size))
    return norm * e / np.linalg.norm(e, 2)


def diagonalize(matrix):
    """Eigenvalues (N,), eigenvectors as unit columns (N, N), and the inverse of these."""
    values, vectors = np.linalg.eig(matrix)
    return values, vectors, np.linalg.inv(vectors)


def diagonal_resolvent(diagonalization, b, s):
    """V (s - Lambda)^-1 V^-1 b for an array of complex s: what a diagonal state space model computes."""
    values, vectors, inverse = diagonalization
    return ((inverse @ b) / (np.asarray(s)[..., None] - values)) @ vectors.T


def backward_error(diagonalization, matrix):
    """Spectral norm of V Lambda V^-1 - matrix."""
    values, vectors, inverse = diagonalization
    return np.linalg.norm((vectors * values) @ inverse - matrix, 2)


def log_condition_exact(size):
    """Logarithm of the sum of A's eigenvalue condition numbers, from eigenvectors in rational arithmetic.

    With D = diag(2n + 1), T = D^(-1/2) A D^(1/2) is an integer triangular matrix. The right and left eigenvectors v, w
    of its eigenvalue -(i + 1), with v_i = w_i = 1, follow by substitution, and

        c_i^2 = sum_n (2n + 1) v_n^2 * sum_n w_n^2 / (2n + 1).

    The sum of the c_i is the least Frobenius condition number of the eigenvectors over scalings of their columns.
    """
    logs = []
    for i in range(size):
        v, weighted, right = Fraction(1), Fraction(0), Fraction(2 * i + 1)
        for n in range(i + 1, size):
            weighted += (2 * n - 1) * v
            v = -weighted / (n - i)
            right += (2 * n + 1) * v * v
        w, total, left = Fraction(1), Fraction(0), Fraction(1, 2 * i + 1)
        for k in range(i - 1, -1, -1):
            total += w
            w = (2 * k + 1) * total / (i - k)
            left += w * w / (2 * k + 1)
        square = right * left
        logs.append((log(square.numerator) - log(square.denominator)) / 2)
    top = max(logs)
    return top + log(fsum(np.exp(np.array(logs) - top)))


def largest_frequency(size):
    """Largest eigenvalue of -i (A_N + I/2), for A_N = A + P P^T = -I/2 + skew."""
    a, _, p = legs(size)
    return float(np.linalg.eigvalsh(-1j * (a + np.outer(p, p) + np.eye(size) / 2))[-1])


def distance(first, second):
    """Euclidean distance along the last axis: the largest difference of the outputs over unit C."""
    return np.sqrt((np.abs(first - second) ** 2).sum(axis=-1))
