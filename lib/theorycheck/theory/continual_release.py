"""Errors of private sums and maxima under continual observation, and how well a member can be traced from a release.

Privacy is rho-zCDP (zero-concentrated differential privacy): a release with sensitivity 1 and Gaussian noise of
variance s^2 costs 1/(2 s^2), and costs add up over releases.
"""

import numpy as np
from scipy.special import ndtr, ndtri

# Weights of the n records and of the read variance in the tracer's noise: 36/30 and 36/6.
SAMPLING, READS = 1.2, 6.0


def gaussian_scale(rho, releases=1):
    """Standard deviation of the noise on each of several releases of sensitivity 1: sqrt(releases / (2 rho))."""
    return np.sqrt(releases / (2 * rho))


def recompute_error(horizon, period, rho, points=4000):
    """Expected largest error of recomputing a growing maximum every `period` steps and holding it in between.

    On the stream whose maximum grows by 1 in every step, a block of length l with noise Z has errors Z, Z - 1, ...,
    Z - (l - 1), so the largest of all k = ceil(horizon / period) blocks is at most a with probability
    prod_j [Phi(a/s) - Phi((l_j - 1 - a)/s)]_+, s^2 = k / (2 rho); all blocks but the last have l_j = period. The
    expectation is the integral of its complement, by the trapezoidal rule.

    Parameters
    ----------
    horizon, period : int
        1 <= period <= horizon.
    rho : float
        Privacy cost of the whole output.
    points : int
        Of the quadrature.
    """
    if not 1 <= period <= horizon:
        raise ValueError(f"period must be between 1 and the horizon {horizon}; got {period}")
    blocks = -(-horizon // period)
    scale, last = gaussian_scale(rho, blocks), horizon - (blocks - 1) * period
    low = (period - 1) / 2  # no smaller error is possible
    a = low + np.linspace(0, low + scale * (3 + np.sqrt(2 * np.log(blocks) + 30)), points)

    def below(length):
        return np.maximum(ndtr(a / scale) - ndtr((length - 1 - a) / scale), 1e-300)

    law = np.exp((blocks - 1) * np.log(below(period)) + np.log(below(last)))
    return float(low + np.trapezoid(1 - law, a)) if blocks > 1 else float(_single(last, scale))


def _single(length, scale):
    """E max(|Z|, |Z - (length - 1)|) for Z ~ N(0, scale^2): half the length plus E|Z - half the length|."""
    half = (length - 1) / 2
    u = half / scale
    return half + scale * (np.sqrt(2 / np.pi) * np.exp(-(u**2) / 2) + u * (2 * ndtr(u) - 1))


def best_period(horizon, rho, candidates=60):
    """The period with the least `recompute_error` among log-spaced ones around (horizon / rho)^(1/3)."""
    centre = (horizon / rho) ** (1 / 3)
    periods = np.unique(np.geomspace(max(0.2 * centre, 1), min(6 * centre, horizon), candidates).astype(int))
    return int(min(periods, key=lambda period: recompute_error(horizon, int(period), rho, 400)))


def tree_levels(horizon):
    """Levels of the binary tree over a stream: floor(log2 horizon) + 1, so many nodes contain a given record."""
    return int(horizon).bit_length()


def tree_growth(horizon):
    """Error of the binary tree mechanism up to a constant: levels * sqrt(ln horizon)."""
    return tree_levels(horizon) * np.sqrt(np.log(horizon))


def tree_variance(times, horizon, rho):
    """Variance of the tree mechanism at prefixes: popcount(time) nodes, each of variance levels/(2 rho)."""
    nodes = np.array([int(t).bit_count() for t in np.ravel(times)])
    return nodes * tree_levels(horizon) / (2 * rho)


def tracing_advantage(n, d, variance):
    """True minus false positive rate of tracing a member of n records from d column sums with read noise.

    Marginals p_j are uniform, q_j is the noisy mean of column j, and z is traced if
    sum_j (z_j - p_j)(q_j - p_j) > d/(12 n). Members exceed others by d E[p(1-p)]/n = d/(6 n) on average, the variance
    is d (1/(30 n) + v/(6 n^2)), since E[p^2 (1-p)^2] = 1/30, and for large d the score is normal; so the advantage is
    2 Phi(r/2) - 1 with r^2 = d / (1.2 n + 6 v).

    Parameters
    ----------
    n, d : int
    variance : float or array
        v, of the noise on a read column sum (the mean over columns if it differs).
    """
    return 2 * ndtr(np.sqrt(d / (SAMPLING * n + READS * np.asarray(variance, dtype=float))) / 2) - 1


def advantage_ceiling(rho):
    """Largest advantage that rho-zCDP allows: KL <= rho, so total variation <= sqrt(rho/2) by Pinsker's inequality."""
    return np.sqrt(rho / 2)


def critical_error(n, d, rho):
    """Read error (standard deviation) at which `tracing_advantage` meets `advantage_ceiling`; less is not rho-zCDP.

    sqrt((d/r^2 - 1.2 n) / 6), r = 2 Phi^-1((1 + sqrt(rho/2))/2); NaN where sampling alone hides the members, or
    where the ceiling is 1 or more.
    """
    ratio = 2 * ndtri((1 + advantage_ceiling(rho)) / 2)
    with np.errstate(invalid="ignore"):
        return np.sqrt((np.asarray(d) / ratio**2 - SAMPLING * np.asarray(n)) / READS)
