"""What a linear recurrence of finite precision can remember and which permutations it can follow."""

import numpy as np


def memory_length(bits, decay):
    """Step from which 1 - decay^k, stored with a significand of `bits` bits, is constant.

    The spacing of stored numbers just below 1 is 2^-bits, so the value rounds to 1 once decay^k <= 2^-(bits + 1).

    Parameters
    ----------
    bits : int or array
        At least 1.
    decay : float or array
        In (0, 1).

    Returns
    -------
    int or array
        ceil((bits + 1) ln 2 / -ln decay).
    """
    exact = (np.asarray(bits) + 1) * np.log(2) / -np.log(decay)
    return np.ceil(exact - 1e-12).astype(int)  # a whole number is not to be rounded up by the last digit


def fewest_factors(permutation):
    """Least number of factors I - b u u^T whose product is a permutation matrix P of n entries: n - cycles.

    m factors differ from I by rank at most m, and rank(I - P) = n - cycles, fixed points counted as cycles.
    """
    unseen, cycles = set(range(len(permutation))), 0
    while unseen:
        cycles += 1
        i = unseen.pop()
        while permutation[i] in unseen:
            i = permutation[i]
            unseen.remove(i)
    return len(permutation) - cycles


def places_and_factors(generators):
    """Number of places n that a group's generators permute, and mean over them of `fewest_factors`."""
    return len(generators[0]), float(np.mean([fewest_factors(g) for g in generators]))


def first_misread(n, factors_per_letter, shrink):
    """Letters until the entry farthest from the mean of (1, ..., n) is misread by rounding.

    Every factor has the eigenvalue -(1 - shrink) instead of -1 in one of n - 1 directions, so a deviation from the mean
    decays like exp(-shrink t factors_per_letter / (n - 1)); the largest, (n - 1)/2, is misread once it has lost 1/2.

    Parameters
    ----------
    n : int or array
        Number of entries, at least 3.
    factors_per_letter : float or array
        Mean number of factors that a letter is made of.
    shrink : float or array
        Small and positive.
    """
    largest = (np.asarray(n) - 1) / 2
    return (np.asarray(n) - 1) / (factors_per_letter * np.asarray(shrink)) * np.log(largest / (largest - 0.5))
