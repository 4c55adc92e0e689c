"""Sparse Walsh-Hadamard transform by hashing the spectrum into bins and peeling.

x[t] = sum_k X_k (-1)^{<k, t>} over n-bit integers. A group subsamples x along the span of b independent columns, which
adds up the coefficients k with the same hash; offsets d multiply X_k by (-1)^{<d, k>}.
"""

from functools import cached_property

import numpy as np


def signs(k, offsets):
    """(-1)^{<d, k>} for arrays of integers k and d, shape k.shape + d.shape."""
    return 1.0 - 2.0 * (np.bitwise_count(np.asarray(k)[..., None] & np.asarray(offsets)) & 1)


def random_columns(n, b, rng):
    """b linearly independent vectors of F_2^n, as an array of n-bit integers."""
    columns, reduced = [], []
    while len(columns) < b:
        column = int(rng.integers(1, 2**n))
        rest = column
        for pivot in reduced:  # each has a leading bit of its own
            rest = min(rest, rest ^ pivot)
        if rest:
            columns.append(column)
            reduced = sorted([*reduced, rest], reverse=True)
    return np.array(columns)


def hash_family(groups, n, b, rng, independent=True):
    """Columns (b,) of a hash for each group; with `independent` False all groups have the first one."""
    drawn = [random_columns(n, b, rng) for _ in range(groups)]
    return drawn if independent else drawn[:1] * groups


def span(columns):
    """All 2^b sums of b columns: the sum over the bits of l stands at l."""
    points = np.zeros(1, dtype=columns.dtype)
    for column in columns:
        points = np.concatenate([points, points ^ column])
    return points


def hashes(columns, k):
    """Bins of indices k (any shape): bit i of the bin is <column i, k>."""
    bits = np.bitwise_count(columns & np.asarray(k)[..., None]) & 1
    return bits.astype(np.int64) @ (1 << np.arange(len(columns)))


def all_hashes(family, k):
    """Bins of indices k (K,) in every group, array (c, K)."""
    return np.array([hashes(columns, k) for columns in family])


def support(n, count, rng):
    """`count` distinct random n-bit indices."""
    return rng.choice(2**n, size=count, replace=False)


def peel(bins, size):
    """Which of K coefficients peeling leaves over, from their bins (c, K) of 0..size-1; boolean array (K,)."""
    left = np.ones(bins.shape[1], dtype=bool)
    flat = bins + size * np.arange(len(bins))[:, None]
    while True:
        alone = np.bincount(flat[:, left].ravel(), minlength=size * len(bins)) == 1
        found = left & alone[flat].any(axis=0)
        if not found.any():
            return left
        left &= ~found


def largest_peelable(bins, size, share):
    """Largest K such that peeling the first K columns of `bins` leaves at most that share over, by bisection."""
    low, high = 0, bins.shape[1]
    while high - low > 1:
        middle = (low + high) // 2
        if peel(bins[:, :middle], size).mean() <= share:
            low = middle
        else:
            high = middle
    return low


def noiseless_decode(k, values, columns, n, tolerance=1e-9):
    """Peel the bins of a spectrum without noise, from offsets 0 and all unit vectors.

    A bin whose entries have one modulus holds one coefficient; the signs of its entries spell its index, which must
    have the hash of the bin.

    Parameters
    ----------
    k, values : arrays (K,)
        Support and coefficients, which serve to compute the bins only.
    columns : list of arrays (b,)
        One for each group.
    n : int

    Returns
    -------
    indices, coefficients : arrays
        What was decoded, in any order.
    """
    offsets, size = np.concatenate([[0], 1 << np.arange(n)]), 2 ** len(columns[0])
    bins = np.zeros((len(columns), size, n + 1))
    _add(bins, k, values, columns, offsets)
    found = {}
    while True:
        modulus = np.abs(bins)
        single = (modulus[..., 0] > tolerance) & (np.ptp(modulus, axis=-1) < tolerance)
        index = (bins[single][:, 1:] * bins[single][:, :1] < 0) @ (1 << np.arange(n))
        group, place = np.nonzero(single)
        own = np.choose(group, [hashes(c, index) for c in columns]) == place
        index, first = np.unique(index[own], return_index=True)
        new = [i for i, entry in enumerate(index.tolist()) if entry not in found]
        if not new:
            return np.array(list(found), dtype=np.int64), np.array(list(found.values()))
        index, value = index[new], bins[single][own][first[new], 0]
        found |= dict(zip(index.tolist(), value.tolist(), strict=True))
        _add(bins, index, -value, columns, offsets)


class NoisyDecoder:
    """Peels bins of a spectrum of entries ±1 seen in noise, at the first P of some offsets.

    In each bin the best index is the one whose signature has the largest correlation, among all with the hash of the
    bin; `spell` takes the signs of the entries for its bits instead, as without noise. It is accepted if the bin has
    mean energy above noise + 1/2 and what is left of it below.

    Parameters
    ----------
    columns : list of arrays (b,)
        One for each group.
    n : int
    offsets : int array (most,)
        For `spell` 0 and the unit vectors.
    """

    def __init__(self, columns, n, offsets):
        every = np.arange(2**n)
        self.signature = signs(every, offsets)
        self.home = np.array([hashes(c, every) for c in columns])
        self.cells = np.argsort(self.home, axis=1, kind="stable").reshape(len(columns), 2 ** len(columns[0]), -1)

    @cached_property
    def lists(self):
        """Signatures of the candidates of each bin, (c, B, most, N/B): the first P offsets lie together."""
        return np.ascontiguousarray(self.signature.T.astype(np.float32)[:, self.cells].transpose(1, 2, 0, 3))

    def correlate(self, bins):
        """Index and sign of the largest correlation in each bin, arrays (c, B)."""
        score = (bins.astype(np.float32)[..., None, :] @ self.lists[:, :, : bins.shape[-1]])[..., 0, :]
        best = np.abs(score).argmax(axis=-1)[..., None]
        index, value = (np.take_along_axis(x, best, axis=-1)[..., 0] for x in (self.cells, score))
        return index, np.sign(value)

    def spell(self, bins):
        """Index and sign from the signs of the entries in each bin."""
        bits = bins[..., 1:] * bins[..., :1] < 0
        return bits @ (1 << np.arange(bits.shape[-1])), np.sign(bins[..., 0])

    def decode(self, bins, noise, choose=None, rounds=8):
        """Estimated spectrum, array (2^n,), from bins (c, B, P) with noise of variance `noise` in every entry."""
        choose, bins, count = choose or self.correlate, bins.copy(), bins.shape[-1]
        estimate, threshold = np.zeros(len(self.signature)), noise + 0.5
        for _ in range(rounds):
            index, value = choose(bins)
            rest = bins - value[..., None] * self.signature[index, :count]
            good = (np.mean(bins**2, axis=-1) > threshold) & (np.mean(rest**2, axis=-1) < threshold)
            good &= np.take_along_axis(self.home, index, axis=1) == np.arange(bins.shape[1])
            new, first = np.unique(index[good], return_index=True)
            if new.size == 0:
                break
            value = value[good][first]
            estimate[new] += value
            for group, home in zip(bins, self.home, strict=True):
                np.subtract.at(group, home[new], value[:, None] * self.signature[new, :count])
        return estimate

    def offsets_needed(self, bins, noise, truth):
        """Number of offsets from which on `decode` finds `truth`, by bisection; the number of all if it never does."""
        low, high = 0, bins.shape[-1]
        while high - low > 1:
            middle = (low + high) // 2
            if np.array_equal(self.decode(bins[..., :middle], noise), truth):
                high = middle
            else:
                low = middle
        return high


def noisy_bins(k, values, columns, offsets, noise, rng):
    """Bins (c, B, P) of a spectrum at some offsets, with Gaussian noise of variance `noise` in every entry."""
    bins = rng.normal(scale=np.sqrt(noise), size=(len(columns), 2 ** len(columns[0]), len(offsets)))
    _add(bins, k, values, columns, offsets)
    return bins


def _add(bins, k, values, columns, offsets):
    for group, own in zip(bins, columns, strict=True):
        np.add.at(group, hashes(own, k), values[:, None] * signs(k, offsets))
