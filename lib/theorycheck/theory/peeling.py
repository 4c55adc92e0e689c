"""Peeling of sparse random hypergraphs by density evolution, and confusion of signatures seen in Gaussian noise.

K coefficients fall into c groups of B = eta K bins, independently and uniformly in each group. A bin with one
coefficient reveals it, and it is removed from its other bins.
"""

import numpy as np
from scipy import optimize, stats


def density_evolution(ratio, groups):
    """Share of coefficients that peeling leaves over for K -> infinity at B / K = `ratio`.

    (1 - exp(-x / eta))^c at the largest fixed point x in [0, 1] of x = (1 - exp(-x / eta))^{c-1}, iterated from 1: x is
    the chance that a coefficient is not yet known from its other bins.

    Parameters
    ----------
    ratio : float
        eta > 0.
    groups : int
        c >= 2.
    """
    x = 1.0
    for _ in range(100_000):
        following = (1 - np.exp(-x / ratio)) ** (groups - 1)
        if x - following < 1e-14:
            break
        x = following
    return float((1 - np.exp(-x / ratio)) ** groups)


def peeling_threshold(groups):
    """Least B / K above which peeling recovers all: sup over 0 < x < 1 of x / -ln(1 - x^{1/(c-1)}).

    1, 0.40726..., 0.32372... for c = 2, 3, 4.
    """
    if groups == 2:
        return 1.0  # the supremum is the limit at x = 0

    def negative(x):
        return x / np.log1p(-(x ** (1 / (groups - 1))))

    return float(-optimize.minimize_scalar(negative, bounds=(1e-6, 1 - 1e-12), options={"xatol": 1e-10}).fun)


def colliding_share(ratio):
    """Share left over if all groups have the same bins: those that are not alone, 1 - exp(-1 / eta)."""
    return -np.expm1(-1 / ratio)


def confusions(offsets, candidates, coefficients, snr):
    """Expected number of coefficients ±1 taken for another index, when bins are seen at random offsets.

    The signatures of two indices differ at D ~ Bin(P, 1/2) of P offsets, and noise of variance 1/snr confuses them
    with probability Q(sqrt(D snr)); the negative of a signature counts likewise: 2 K (N/B - 1) E_D Q(sqrt(D snr)).

    Parameters
    ----------
    offsets : int array (m,)
        P >= 0.
    candidates : float
        N / B, indices that share a bin.
    coefficients : int
        K.
    snr : float

    Returns
    -------
    array (m,)
    """
    offsets = np.asarray(offsets)
    d = np.arange(offsets.max() + 1)
    q = stats.binom.pmf(d, offsets[:, None], 0.5) @ stats.norm.sf(np.sqrt(d * snr))
    return 2 * coefficients * (candidates - 1) * q


def mean_offsets(candidates, coefficients, snr, most=400):
    """Mean of the least P without confusion, sum_P (1 - exp(-confusions(P))), for nested offsets."""
    return float(-np.expm1(-confusions(np.arange(most), candidates, coefficients, snr)).sum())


def offsets_per_bit(snr):
    """Growth of P with log2 N by Chernoff's bound E_D exp(-D snr / 2) = ((1 + exp(-snr/2)) / 2)^P."""
    return float(np.log(2) / np.log(2 / (1 + np.exp(-snr / 2))))
