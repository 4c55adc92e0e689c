"""Sensitivities of rows in l_p and the distortion of the norm that sampling rows by them leaves, 1 <= p <= 2.

The sensitivity of row a_i of A is max_x |a_i^T x|^p / ||A x||_p^p and S is the total over rows. Rows are spherical when
their directions are uniform on the sphere; then all formulas below are exact or asymptotically exact for many rows.
c_p is E|z|^p for a standard normal z.
"""

import numpy as np
from scipy import integrate, special


def absolute_moment(p):
    """c_p = E|z|^p = 2^{p/2} Gamma((p + 1)/2) / sqrt(pi) for a standard normal z, p > -1."""
    return 2 ** (p / 2) * special.gamma((np.asarray(p) + 1) / 2) / np.sqrt(np.pi)


def total_sensitivity(d, p):
    """S = 1 / E|u_1|^p for u uniform on the sphere of R^d: 2^{p/2} Gamma((d + p)/2) / (Gamma(d/2) c_p).

    All of infinitely many unit rows in uniform directions are equally sensitive, the maximum over x is attained at
    x = a_i, and ||A x||_p^p is the number of rows times E|u_1|^p. S = d at p = 2, and about d^{p/2} / c_p for large d.

    Parameters
    ----------
    d : int or array
    p : float in [1, 2]
    """
    d = np.asarray(d, dtype=float)
    return 2 ** (p / 2) * np.exp(special.gammaln((d + p) / 2) - special.gammaln(d / 2)) / absolute_moment(p)


def row_sensitivities(scales, norms, p):
    """Sensitivities s_i^p ||g_i||^p / (c_p sum_j s_j^p) of many rows s_i g_i, g_i standard normal of norms[i]."""
    weight = np.asarray(scales) ** p
    return weight * np.asarray(norms) ** p / (absolute_moment(p) * weight.sum())


def norm_distortion(total, m, p):
    """Bound (S^{2/p} / m)^{1/2} on the relative distortion of ||. ||_p by m spherical rows.

    For m Gaussian rows the inequalities of Chevet and Gordon give E max ||G x||_p <= E||g_m||_p + m^{1/p - 1/2} sqrt(d)
    over unit x, and the mirrored bound on the minimum: relative to (m c_p)^{1/p} a distortion of sqrt(d / m) times
    c_p^{-1/p}, which is the bound, as d is about c_p^{2/p} S^{2/p}. It is sharp at p = 2.
    """
    return np.sqrt(np.asarray(total) ** (2 / p) / m)


def distortion_limit(p):
    """Limit of distortion / `norm_distortion` for m / d -> infinity and then d -> infinity.

    The deviations sum_i (|g_i^T x|^p - c_p) / sqrt(m) are then a Gaussian process on the sphere with covariance
    k(r) = E|z_1|^p |z_2|^p - c_p^2, r = E z_1 z_2 the overlap, i.e. an even mixed spherical spin glass, with
    k''(r) = (p c_p)^2 2F1(1 - p/2, 1 - p/2; 1/2; r^2). As k''(r)^{-1/2} is concave on (0, 1] its maximum is
    sqrt(d) int_0^1 k''(r)^{1/2} dr, the ground state energy under full replica symmetry breaking (Chen and Sen,
    arXiv:1512.08492). In units of the bound this is c_p^{1/p} int_0^1 2F1(...)^{1/2} dr: 1 at p = 2, and
    B(1/2, 3/4) / sqrt(2 pi) at p = 1.
    """
    a = 1 - p / 2
    area = integrate.quad(lambda r: np.sqrt(special.hyp2f1(a, a, 0.5, r * r)), 0, 1, limit=200)[0]
    return absolute_moment(p) ** (1 / p) * area


def variance_inflation(sigma, p, scheme):
    """m E[w^2] / (m E[w])^2 of the weights of sampled rows whose scales s have log(s^p) ~ N(0, sigma^2).

    Rows are sampled in proportion to their sensitivity ("sensitivity": equal weights, 1), uniformly ("uniform":
    exp(sigma^2)), or by their l_2 leverage, proportional to s^2 ("leverage": exp(v sigma^2) with
    v = ((2 p - 2)^2 + 4) / (2 p^2) - 1). The distortion grows by the square root, as the sample size falls.
    """
    exponents = {"sensitivity": 0.0, "uniform": 1.0, "leverage": ((2 * p - 2) ** 2 + 4) / (2 * p**2) - 1}
    return float(np.exp(exponents[scheme] * sigma**2))
