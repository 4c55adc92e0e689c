"""Closed forms for the transfer function of HiPPO-LegS, of its diagonal part, and of its perturbed diagonalization.

A has entries -sqrt((2n + 1)(2k + 1)) below the diagonal and -(n + 1) on it, n = 0, ..., N - 1; B_n = sqrt(2n + 1) and
P_n = sqrt(n + 1/2). A = A_N - P P^T with A_N = -I/2 + skew. S4 has the transfer function G = C (s - A)^-1 B, S4D has
G_D = C (s - A_N)^-1 B / 2. Sizes N are integers, frequencies numbers or arrays; all but `resolvent` take arrays of
sizes too, and broadcast.
"""

import numpy as np


def relative_deviation(size, s):
    """(G - G_D)/G_D at complex s, the same for every C: prod_{k<N} (s - k) / prod_{k=1..N} (s + k).

    From det(s - A_N -+ P P^T) = det(s - A_N)(1 -+ f), f = P^T (s - A_N)^-1 P, and the Sherman-Morrison formula. On the
    imaginary axis its modulus is |w| / sqrt(N^2 + w^2).
    """
    size, s = np.asarray(size)[..., None], np.asarray(s, dtype=complex)[..., None]
    k = np.arange(size.max())
    return np.prod(np.where(k < size, (s - k) / (s + k + 1), 1), axis=-1)


def resolvent(size, s):
    """(s - A)^-1 B, shape (..., N): sqrt(2n + 1) prod_{k<n} (s - k) / prod_{k<=n} (s + k + 1)."""
    s = np.asarray(s, dtype=complex)[..., None]
    n = np.arange(size)
    ratios = np.concatenate([np.ones_like(s), (s - n[:-1]) / (s + n[:-1] + 1)], axis=-1)
    return np.sqrt(2 * n + 1) * np.cumprod(ratios, axis=-1) / (s + n + 1)


def resolvent_norm(size, w):
    """Norm of (i w - A)^-1 B, the largest |G| over unit C: N / sqrt(N^2 + w^2)."""
    return size / np.hypot(size, w)


def diagonal_deviation(size, w):
    """Largest |G - G_D| over unit C at frequency w: N |w| / (N^2 + w^2) / |1 + q(i w)|, q the relative deviation."""
    w = np.asarray(w, dtype=float)
    return size * np.abs(w) / (size**2 + w**2) / np.abs(1 + relative_deviation(size, 1j * w))


def diagonal_supremum(size):
    """Leading order of the supremum over w of `diagonal_deviation`: 2 N / pi, near w = N^2 / pi."""
    return 2 * size / np.pi


def perturbed_bound(norm):
    """Bound on |G_E - G| over all frequencies and unit C, for A perturbed by E of spectral norm below 1/2.

    The symmetric part of A is at most -1/2, so |G_E - G| <= norm / (1/2 - norm) sup |(i w - A)^-1 B| and the last
    factor is at most 1: 2 norm / (1 - 2 norm), whatever the size.
    """
    norm = np.asarray(norm, dtype=float)
    return 2 * norm / (1 - 2 * norm)


def condition_growth():
    """Growth per state of the logarithm of A's eigenvector condition number: ln(3 + 2 sqrt 2).

    The condition number of eigenvalue i grows like binom(N + i, 2 i) 4^i, which is largest at i = N / sqrt 2.
    """
    return np.log(3 + 2 * np.sqrt(2))
