"""Errors at sizes that double (steps, dimensions): their exponent, their leading term, their distance to a prediction.

Let errors e(N) = c N^{-p} + c' N^{-p-1} + ... be vectors. Slopes alone do not tell c, and many errors fall at the same
rate; from two sizes the next term cancels and c can be compared entry by entry.
"""

import numpy as np

from theorycheck import statistics


def size(errors, axes=(-2, -1)):
    """Root mean square of errors (..., R, entries) over replicates and entries, or over other `axes`."""
    return np.sqrt(np.mean(np.square(errors), axis=axes))


def exponents(sizes, errors):
    """Exponents in the size of the root mean square over the entries, fitted in each replicate alone.

    Parameters
    ----------
    sizes : array (m,)
    errors : array (m, ..., R, entries)
        Errors at each size, of R replicates that are the same at all sizes.

    Returns
    -------
    Estimate of shape (...)
    """
    return statistics.paired_slope(np.log(sizes), np.log(size(errors, axes=-1)))


def leading_term(errors, order):
    """Leading term c N^{-p} of the errors at the last size, the next term cancelled: 2 e(N) - 2^{-p} e(N/2).

    Parameters
    ----------
    errors : array (m, ...)
        m >= 2 sizes, of which the last is twice the last but one.
    order : number or array that broadcasts with errors[0]
        p.
    """
    return 2 * errors[-1] - errors[-2] / 2.0 ** np.asarray(order)


def relative_distances(found, predicted):
    """|found - predicted| / |predicted|, Euclidean norms over all but the first axis: array (m,)."""
    found, predicted = (np.reshape(a, (len(a), -1)) for a in (found, predicted))
    return np.linalg.norm(found - predicted, axis=1) / np.linalg.norm(predicted, axis=1)
