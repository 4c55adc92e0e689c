"""Randomness: every random number in the suite comes from a generator made here."""

import zlib

import numpy as np


def generator(seed, *path):
    """Return an independent `numpy.random.Generator` for each (seed, path).

    Different paths give statistically independent streams, so adding one experiment to a notebook, or changing
    the number of replicates of another, leaves the rest of its random numbers as they were.

    Parameters
    ----------
    seed : int
        The notebook's `seed` parameter, at least 0.
    *path : int or str
        What the stream is for, e.g. `generator(seed, "weights", width)`. Integers must be at least 0.

    Examples
    --------
    >>> a, b = generator(0, "data"), generator(0, "weights")
    >>> bool(a.normal() == b.normal())
    False
    """
    words = [zlib.crc32(part.encode()) if isinstance(part, str) else int(part) for part in path]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([int(seed), *words])))
