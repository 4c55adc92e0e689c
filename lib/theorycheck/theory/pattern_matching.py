"""Operation counts of the heavy/light algorithm for text-to-pattern Hamming distances, and errors of hashed letters.

Costs are per position of the text: a letter handled by one convolution costs 1, any other letter costs the number of
its occurrences in the pattern at each text position that shows it.
"""

import numpy as np


def balanced_cost(frequency, m):
    """Cost per text position with threshold sqrt(m) when each of m / f letters occurs f times in the pattern.

    Every text position shows one of these letters: f <= sqrt(m) costs f pairs a position, f > sqrt(m) one convolution
    for each of the m / f letters. So min(f, m / f), with the maximum sqrt(m) at f = sqrt(m).

    Parameters
    ----------
    frequency : int or array
        f, a divisor of m.
    m : int or array
        Length of the pattern.
    """
    f = np.asarray(frequency)
    if np.any(f < 1) or np.any(m % f):
        raise ValueError(f"balanced_cost: f must divide m = {m}; got {f.tolist()}")
    return np.minimum(f, m // f)


def worst_cost(m):
    """Upper bound 2 sqrt(m) with threshold sqrt(m), for every text and pattern.

    Fewer than sqrt(m) letters occur more than sqrt(m) times, and any other letter makes at most sqrt(m) pairs.
    """
    return 2 * np.sqrt(m)


def hashed_share(values):
    """E HD_h / HD = 1 - 1 / R when letters are hashed independently and uniformly to R values: a mismatch survives."""
    return 1 - 1 / np.asarray(values, dtype=float)
