"""Bayesian mixtures under log-loss, computed exactly: redundant coins by quadrature, Boolean functions by factorizing.

Log-loss regret against the truth P_0 is ln P_0(y) - ln Q(y) in nats, with Q the mixture's probability of the data.
"""

import math

import numpy as np
from scipy import special, stats


def _log_scale_nodes(n):
    """Gauss-Legendre nodes and weights in s = -ln|phi|, fine enough for a posterior of width n^(-1/2)."""
    fine = min(0.025, 2 / math.sqrt(n))
    edges = np.concatenate(
        [np.linspace(0, 4, math.ceil(4 / fine) + 1), np.linspace(4, 12, 161)[1:], np.linspace(12, 60, 41)[1:]]
    )
    x, w = np.polynomial.legendre.leggauss(6)
    half = np.diff(edges)[:, None] / 2
    return (edges[:-1, None] + half * (1 + x)).ravel(), (half * w).ravel()


def expected_regret_bernoulli(n, phi0, K, support_gap=0.0):
    """Expected regret of the mixture over coins with K redundant parameters, after n tosses of the coin phi0.

    Parameters theta_1, ..., theta_K are uniform on [-1, 1], phi is their product, P(y = 1) = (1 + phi)/2. As
    s = -ln|phi| has the density s^(K-1) e^(-s)/(K-1)!, the probability of k ones in n tosses is a one-dimensional
    integral over s for each sign of phi; the expectation is a sum over k within nine standard deviations.

    Parameters
    ----------
    n : int >= 1
    phi0 : float in (-1, 1)
    K : int or list of ints >= 1
        Several K share the work.
    support_gap : float
        Removes the prior mass with |phi - phi0| < support_gap and renormalizes.

    Returns
    -------
    float, or array with one entry per K.
    """
    if n < 1 or not -1 < phi0 < 1:
        raise ValueError(f"need n >= 1 and -1 < phi0 < 1; got n = {n}, phi0 = {phi0}")
    orders = np.atleast_1d(K)
    p0 = (1 + phi0) / 2
    spread = 9 * math.sqrt(n * p0 * (1 - p0)) + 1
    k = np.arange(max(0, math.floor(n * p0 - spread)), min(n, math.ceil(n * p0 + spread)) + 1)[:, None]
    s, weight = _log_scale_nodes(n)
    prior = 0.5 * weight[:, None] * np.exp(special.xlogy(orders - 1, s[:, None]) - s[:, None] - special.gammaln(orders))
    log_mixture, mass = -np.inf, 0.0
    for sign in (1, -1):
        phi = sign * np.exp(-s)
        kept = np.abs(phi - phi0) >= support_gap
        phi, weights = phi[kept], prior[kept]
        mass = mass + weights.sum(axis=0)
        if kept.any():
            exponent = k * np.log1p(phi) + (n - k) * np.log1p(-phi) - n * math.log(2)
            # Relative to the best coin that is left: far from the truth the likelihood itself underflows.
            best = exponent.max(axis=1, keepdims=True)
            exponent -= best
            log_mixture = np.logaddexp(log_mixture, best + np.log(np.exp(exponent, out=exponent) @ weights))
    truth = special.xlogy(k, p0) + special.xlogy(n - k, 1 - p0)
    regret = truth - log_mixture + np.log(mass)
    expected = stats.binom.pmf(k.ravel(), n, p0) @ regret
    return expected if np.ndim(K) else float(expected[0])


def draw_prefix_rule(J, j0, n, eta, replicates, rng):
    """Draw noisy labels of random Boolean functions that depend on exactly the first j0 of J bits.

    Each replicate has its own table of 2^j0 values, fair coins conditioned on a dependence on the j0-th bit, and n
    inputs uniform on {0, 1}^J; every label is flipped with probability eta.

    Returns
    -------
    x : int array (replicates, n), inputs as numbers whose highest bit is the first
    y : int array (replicates, n), labels
    flipped : bool array (replicates, n)
    """
    if not 0 <= j0 <= J:
        raise ValueError(f"need 0 <= j0 <= J; got j0 = {j0}, J = {J}")
    table = rng.integers(2, size=(replicates, 2**j0))
    while j0 and (same := (table[:, ::2] == table[:, 1::2]).all(axis=1)).any():
        table[same] = rng.integers(2, size=(same.sum(), 2**j0))
    x = rng.integers(2**J, size=(replicates, n))
    flipped = rng.random((replicates, n)) < eta
    return x, np.take_along_axis(table, x >> (J - j0), axis=1) ^ flipped, flipped


def depth_mixture_regret(x, y, flipped, J, eta, prior="prefix"):
    """Regret of the mixture over all Boolean functions of a prefix of the J input bits, for each data set.

    A hypothesis is a depth j in 0..J and a table on the first j bits; labels are its values flipped with probability
    eta. Within a depth the mixture factorizes over the 2^j cells of equal prefix: a cell with a ones and b zeros
    contributes ((1-eta)^a eta^b + eta^a (1-eta)^b)/2.

    Parameters
    ----------
    x, y, flipped : arrays (replicates, n)
        As from `draw_prefix_rule`; `flipped` gives the truth's own likelihood.
    prior : {"prefix", "uniform"}
        "prefix": depth j < J has mass 2^-(j+1), depth J the rest. "uniform": all mass on depth J, the same for each of
        the 2^(2^J) functions.

    Returns
    -------
    array (replicates,), ln P_0 - ln Q in nats.
    """
    if prior not in ("prefix", "uniform"):
        raise ValueError(f"prior must be 'prefix' or 'uniform'; got {prior!r}")
    replicates, n = x.shape
    cell = (x + 2**J * np.arange(replicates)[:, None]).ravel()
    size = replicates * 2**J
    ones = np.bincount(cell, weights=y.ravel(), minlength=size).reshape(replicates, -1)
    zeros = np.bincount(cell, weights=1 - y.ravel(), minlength=size).reshape(replicates, -1)
    right, wrong = math.log1p(-eta), math.log(eta)
    log_depths = []
    for j in range(J, -1, -1):
        per_cell = np.logaddexp(ones * right + zeros * wrong, ones * wrong + zeros * right) - math.log(2)
        depth_mass = -math.log(2) * (j + (j < J)) if prior == "prefix" else (0.0 if j == J else -math.inf)
        log_depths.append(depth_mass + per_cell.sum(axis=1))
        if j:
            ones, zeros = (count.reshape(replicates, -1, 2).sum(axis=2) for count in (ones, zeros))
    mistakes = flipped.sum(axis=1)
    return mistakes * wrong + (n - mistakes) * right - special.logsumexp(log_depths, axis=0)


def prefix_rule_regret(J, j0, lengths, eta, replicates, rng, prior="prefix"):
    """Regret of the mixture over Boolean functions of J bits along sequences whose truth depends on the first j0.

    Parameters
    ----------
    J, j0, eta, replicates, rng
        As for `draw_prefix_rule`: each replicate has a true function of its own.
    lengths : increasing sequence of int
        Numbers of labels after which the regret is read.
    prior : {"prefix", "uniform"}
        See `depth_mixture_regret`.

    Returns
    -------
    array (len(lengths), replicates), in nats.
    """
    data = draw_prefix_rule(J, j0, lengths[-1], eta, replicates, rng)
    return np.array([depth_mixture_regret(*(part[:, :n] for part in data), J, eta, prior) for n in lengths])
