"""The hard margin of separable data."""

import numpy as np
from scipy.optimize import nnls


def hard_margin(u):
    """Largest margin of labelled points: mu = max over ||v|| = 1 of min_i u_i^T v, and the direction that attains it.

    The dual is the point of least norm in the convex hull, mu = min ||u^T a|| over a >= 0 with sum a = 1. Appending a
    row of ones turns it into a nonnegative least-squares problem: for a = t b with b in the simplex,
    ||u^T a||^2 + (sum a - 1)^2 = t^2 ||u^T b||^2 + (t - 1)^2 has the same minimizer b whatever the weight of the row.

    Parameters
    ----------
    u : array (n, d)
        Points multiplied by their labels, u_i = y_i a_i.

    Returns
    -------
    (float, array (d,))
        The margin mu > 0 and the unit vector v.

    Raises
    ------
    ValueError
        If no v has min_i u_i^T v > 0: the data are not separable by a hyperplane through the origin.
    """
    u = np.asarray(u, dtype=float)
    scale = np.linalg.norm(u, axis=1).max()
    weights, _ = nnls(np.vstack([u.T / scale, np.ones(len(u))]), np.append(np.zeros(u.shape[1]), 1.0))
    nearest = weights @ u / weights.sum()
    margin = np.linalg.norm(nearest)
    if margin <= 1e-10 * scale or (u @ nearest).min() <= 0:
        raise ValueError("hard_margin: the data are not separable by a hyperplane through the origin")
    return float(margin), nearest / margin
