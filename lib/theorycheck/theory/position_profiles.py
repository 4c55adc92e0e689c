"""Targets t_i <u, x> on constant sequences: what token-blind networks miss, and Toeplitz factors that reach them."""

import numpy as np


def error_floor(profile, projections):
    """Least mean squared error of a prediction that is the same for all tokens of a sequence.

    Parameters
    ----------
    profile : array (n,)
        t_i.
    projections : array (sequences,)
        <u, x> of each constant sequence.

    Returns
    -------
    float
        Var_i(t_i) times the mean of <u, x>^2, reached by the prediction mean(t) <u, x>.
    """
    return float(np.var(profile) * np.mean(np.square(projections)))


def toeplitz_from_row_sums(profile):
    """Entries c_{i-j} of an n x n Toeplitz matrix whose rows sum to n t_i, with c = 0 above the diagonal.

    Returns
    -------
    array (2n - 1,)
        c at the offsets i - j = -(n - 1), ..., n - 1: c_0 = n t_0 and c_k = n (t_k - t_{k-1}) for k >= 1.
    """
    t = np.asarray(profile, dtype=float)
    return len(t) * np.concatenate([np.zeros(len(t) - 1), np.diff(t, prepend=0.0)])


def row_sum_map(n):
    """Integer matrix (n, 2n - 1) that maps the entries c of an n x n Toeplitz matrix to its row sums; its rank is n."""
    offsets = np.arange(-(n - 1), n)
    i = np.arange(n)[:, None]
    return ((offsets <= i) & (offsets > i - n)).astype(int)
