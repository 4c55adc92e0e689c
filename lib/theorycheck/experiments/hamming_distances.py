"""Hamming distances of a pattern to every window of a text: exactly in four ways, and estimated by hashing.

A text has shape (n,), a pattern (m,), letters are integers of at least 0. Distances are indexed by the shift
i = 0, ..., n - m.
"""

import numpy as np
from scipy import fft


def runs(length, run, letters, rng):
    """Word of `length` letters in runs of `run` equal ones, each run of a random letter below `letters`."""
    return np.repeat(rng.integers(letters, size=-(-length // run)), run)[:length]


def zipf_words(lengths, exponent, largest, rng):
    """Words of independent letters with P(letter = k) proportional to k^-exponent, k = 1, 2, ..., cut at `largest`."""
    return [np.minimum(rng.zipf(exponent, length), largest) for length in lengths]


def balanced_words(m, frequency, rng):
    """Text of 4 m random letters, and pattern of m in which each of the m / frequency letters occurs equally often.

    Raises
    ------
    ValueError
        Unless `frequency` divides m.
    """
    if m % frequency:
        raise ValueError(f"balanced_words: the frequency must divide m = {m}; got {frequency}")
    letters = m // frequency
    return rng.integers(letters, size=4 * m), rng.permutation(np.repeat(np.arange(letters), frequency))


def sliding(text, pattern):
    """Hamming distances by comparison at every shift, array (n - m + 1,)."""
    windows = np.lib.stride_tricks.sliding_window_view(text, len(pattern))
    return np.count_nonzero(windows != pattern, axis=1)


def correlate(text, pattern):
    """sum_j text[..., i + j] pattern[..., j] at every shift, summed over all leading axes but the first.

    Parameters
    ----------
    text, pattern : arrays (a, b, n) and (a, b, m)

    Returns
    -------
    array (a, n - m + 1)
    """
    n, m = text.shape[-1], pattern.shape[-1]
    product = (fft.rfft(text, n) * fft.rfft(pattern, n).conj()).sum(axis=-2)
    return fft.irfft(product, n)[..., : n - m + 1]


def heavy_light(text, pattern, threshold):
    """Hamming distances, by one convolution for each letter with more than `threshold` occurrences, else by pairs.

    Returns
    -------
    distances : array (n - m + 1,)
    operations : int
        n for each convolution, and 1 for each pair of a text position and an occurrence of its letter in the pattern.
    """
    n, m = len(text), len(pattern)
    occurrences = np.bincount(pattern, minlength=max(text.max(), pattern.max()) + 1)
    heavy = np.flatnonzero(occurrences > threshold)
    matches = np.zeros(n - m + 1)
    for letter in heavy:
        matches += correlate((text == letter)[None, None], (pattern == letter)[None, None])[0]
    matches = np.rint(matches).astype(int)
    light = np.flatnonzero(occurrences[text] <= threshold)
    pairs = int(occurrences[text[light]].sum())
    first, order = np.concatenate([[0], np.cumsum(occurrences)]), np.argsort(pattern, kind="stable")
    for some in np.array_split(light, 1 + pairs // 2**22):  # a few million pairs at a time
        counts = occurrences[text[some]]
        start = first[text[some]] - np.concatenate([[0], np.cumsum(counts)[:-1]])
        shifts = np.repeat(some, counts) - order[np.repeat(start, counts) + np.arange(counts.sum())]
        matches += np.bincount(shifts[(shifts >= 0) & (shifts <= n - m)], minlength=n - m + 1)
    return m - matches, n * len(heavy) + pairs


def cost(text, pattern, exponent):
    """Operations of `heavy_light` per text position, with threshold m^exponent."""
    return heavy_light(text, pattern, len(pattern) ** exponent)[1] / len(text)


def three_sum(text, pattern, stride=None):
    """Hamming distances by counting solutions of x - y = i in [0, n - m], x = M T[t] + t and y = M P[p] + p.

    Each interval [y, y + n - m] is looked up in the sorted x. `stride` is M, n + m + 1 by default; one of at most n - m
    mixes letters up.
    """
    n, m = len(text), len(pattern)
    stride = n + m + 1 if stride is None else stride
    x, y = np.sort(stride * text + np.arange(n)), stride * pattern + np.arange(m)
    low, high = np.searchsorted(x, y), np.searchsorted(x, y + n - m, side="right")
    counts = high - low
    place = np.repeat(low - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) + np.arange(counts.sum())
    return m - np.bincount(x[place] - np.repeat(y, counts), minlength=n - m + 1)


def hash_tables(values, letters, count, rng, family="random"):
    """Tables (count, letters) of the hash value, below `values`, of each letter.

    Parameters
    ----------
    family : str
        "random": independent and uniform. "mod": a fixed function of the letter, its remainder modulo `values`, on an
        alphabet that was chosen against it: letter a stands for the number a * values.
    """
    if family not in ("random", "mod"):
        raise ValueError(f"hash_tables: family must be random or mod; got {family!r}")
    if family == "random":
        return rng.integers(values, size=(count, letters))
    return np.tile(np.arange(letters) * values % values, (count, 1))


def relative_errors(estimate, text, pattern):
    """|estimate - distance| / distance at the shifts where the distance is positive."""
    distances = sliding(text, pattern)
    positive = distances > 0
    return np.abs(distances - estimate)[positive] / distances[positive]


def hashed(text, pattern, tables):
    """Hamming distances of hashed letters, for each of several hash tables, by one convolution a value.

    Parameters
    ----------
    tables : int array (q, letters)
        The value of each letter.

    Returns
    -------
    array (q, n - m + 1)
    """
    values = np.arange(tables.max() + 1)[:, None]
    matches = [correlate((t[text] == values)[None], (t[pattern] == values)[None])[0] for t in tables]
    return len(pattern) - np.rint(matches)


def signed(text, pattern, labels):
    """Hamming distances estimated from random signs of the letters, the mean over r labellings of m - <signs, signs>.

    Parameters
    ----------
    labels : array (r, letters)
        Entries ±1.

    Returns
    -------
    array (n - m + 1,)
    """
    return len(pattern) - correlate(labels[None, :, text], labels[None, :, pattern])[0] / len(labels)
