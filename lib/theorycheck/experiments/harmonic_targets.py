"""Targets on the sphere that consist of spherical harmonics of given degrees."""

import numpy as np
from scipy import special, stats


def sphere_points(count, d, rng):
    """Points uniform on the unit sphere of R^d: array (count, d)."""
    x = rng.standard_normal((count, d))
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def zonal_harmonic(degree, d, u):
    """Gegenbauer polynomial P_k of index d/2 - 1, normalized by P_k(1) = 1, at u in [-1, 1].

    (k + d - 3) P_k = (2k + d - 4) u P_(k-1) - (k - 1) P_(k-2), from P_0 = 1 and P_1 = u.
    """
    before, value = np.zeros_like(u), np.ones_like(u)
    for k in range(1, degree + 1):
        before, value = value, u if k == 1 else ((2 * k + d - 4) * u * value - (k - 1) * before) / (k + d - 3)
    return value


def harmonic_parts(x, degrees, rng, *, directions=None):
    """Values of one random harmonic of each degree, of mean square 1 over the sphere.

    f_k(x) is proportional to sum_j c_j P_k(w_j . x) over an orthonormal basis w_1, ..., w_d in random rotation, with
    half of the signs c_j positive. Since E[P_k(w . x) P_k(v . x)] = P_k(w . v) / N_k, its mean square is
    [d + P_k(0) (sum_j c_j)^2 - P_k(0) d] / N_k up to the scale, exactly.

    Parameters
    ----------
    x : array (n, d)
        Points of the unit sphere, d >= 3.
    degrees : sequence of int
        Degrees k, at least 1.
    directions : int, optional
        How many of the w_j are used; all of them if not given, 1 for zonal targets (which have heavy tails).

    Returns
    -------
    parts : array (len(degrees), n)
    first : array (d,)
        The direction w_1.
    """
    d = x.shape[1]
    count = directions or d
    w = stats.ortho_group.rvs(d, random_state=rng)[:count]
    c = np.where(np.arange(count) % 2, -1.0, 1.0)
    u = np.clip(x @ w.T, -1, 1)
    parts = []
    for k in degrees:
        overlap = np.full((count, count), float(zonal_harmonic(k, d, np.zeros(()))))
        np.fill_diagonal(overlap, 1.0)
        dimension = special.comb(d + k - 1, k) - (special.comb(d + k - 3, k - 2) if k >= 2 else 0)
        parts.append(zonal_harmonic(k, d, u) @ c / np.sqrt(c @ overlap @ c / dimension))
    return np.array(parts), w[0]
