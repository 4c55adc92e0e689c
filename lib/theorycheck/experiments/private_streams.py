"""Private counters over streams: recompute and hold, the binary tree, and tracing members from what is released."""

import numpy as np


def reduction_stream(rows):
    """Stream that makes a running maximum reveal the column sums of a binary matrix one after the other.

    The n rows; then for each column j, n copies of the unit vector e_j, a read, and n copies of 1 - e_j.

    Parameters
    ----------
    rows : int array (n, d)

    Returns
    -------
    stream : int array (n (2 d + 1), d)
    reads : int array (d,)
        Numbers of records after which the maximum is read.
    """
    n, d = rows.shape
    unit = np.eye(d, dtype=int)
    pairs = np.stack([unit, 1 - unit], axis=1)  # (d, 2, d)
    return np.concatenate([rows, np.repeat(pairs.reshape(-1, d), n, axis=0)]), 2 * n * np.arange(1, d + 1)


def running_maximum(stream):
    """max_j of the column sums after every record, counted record by record."""
    counts, found = np.zeros(stream.shape[1], dtype=int), []
    for record in stream:
        counts += record
        found.append(counts.max())
    return np.array(found)


def release_noise(rho, releases):
    """Standard deviation of Gaussian noise with which `releases` values of sensitivity 1 cost rho (zCDP) together."""
    return (0.5 * releases / rho) ** 0.5


def recompute_errors(horizon, period, rho, replicates, rng):
    """Largest error over a stream whose maximum grows by 1 a step, released at the start of each block and held.

    Parameters
    ----------
    horizon, period : int
    rho : float
        Privacy cost of all releases together.

    Returns
    -------
    array (replicates,)
    """
    starts = np.arange(0, horizon, period)
    growth = np.minimum(period, horizon - starts) - 1  # of the maximum until the next release
    worst, scale = np.empty(replicates), release_noise(rho, len(starts))
    for r in range(replicates):
        noise = scale * rng.standard_normal(len(starts))
        worst[r] = np.maximum(np.abs(noise), np.abs(noise - growth)).max()
    return worst


def tree_noise(times, horizon, rho, replicates, rng):
    """Noise of the binary tree mechanism at increasing times in [1, horizon], (replicates, times).

    The prefix of length t is the disjoint union of one dyadic block for each set bit of t; each block has one Gaussian
    that all prefixes with it share. A record is in one block of each of the levels, which together cost rho.
    """
    times, levels = np.asarray(times), int(np.floor(np.log2(horizon))) + 1
    scale = release_noise(rho, levels)
    noise = np.zeros((replicates, len(times)))
    for level in range(levels):
        uses = np.flatnonzero(times >> level & 1)
        _, node = np.unique(times[uses] >> level, return_inverse=True)
        if uses.size:
            noise[:, uses] += (scale * rng.standard_normal((replicates, node[-1] + 1)))[:, node]
    return noise


def tracing_rates(n, d, scales, replicates, rng, read_noise=None):
    """Share of members minus share of strangers that a score picks out, from noisy column sums.

    In each replicate p_j ~ U(0, 1), and n members and n strangers with independent bits of probability p_j. From the
    members' column means q, with noise on the sums, z is picked if sum_j (z_j - p_j)(q_j - p_j) > d/(12 n).

    Parameters
    ----------
    n, d : int
    scales : array (m,)
        Standard deviations of independent noise on the sums.
    replicates : int
    read_noise : array (replicates, d), optional
        Further noise on the sums, one more row of the result.

    Returns
    -------
    array (m, replicates), or (m + 1, replicates)
    """
    scales = np.asarray(scales, dtype=float)
    found = np.empty((len(scales) + (read_noise is not None), replicates))
    for r in range(replicates):
        p = rng.random(d, dtype=np.float32)
        centred = (rng.random((2, n, d), dtype=np.float32) < p).astype(np.float32) - p  # members, strangers
        noise = scales[:, None] * rng.standard_normal((len(scales), d))
        if read_noise is not None:
            noise = np.vstack([noise, read_noise[r]])
        deviation = (centred[0].sum(axis=0, dtype=float) + noise) / n  # q - p
        # In double precision, so that no score near the threshold depends on the order of a sum.
        picked = centred @ deviation.T > d / (12 * n)
        found[:, r] = picked[0].mean(axis=0) - picked[1].mean(axis=0)
    return found


def fitted_crossing(x, curves, level):
    """Where a parabola through the mean of replicate curves (points, replicates) crosses a level.

    x is positive and the parabola is in log x; of two crossings the one nearer to x = 1. NaN if there is none.
    """
    roots = (np.polynomial.Polynomial.fit(np.log(x), curves.mean(axis=-1), 2) - level).roots()
    roots = roots.real[np.abs(roots.imag) < 1e-9]
    return np.exp(roots[np.argmin(np.abs(roots))]) if roots.size else np.nan
