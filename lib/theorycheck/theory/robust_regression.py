r"""Linear regression against the worst perturbation of every input in a sup-norm box: a convex programme.

    R* = min over beta of mean_i (|y_i - beta . x_i| + eps |beta|_1)^2 / 2.

It is the least worst-case loss of any factored linear network w . W x over exact boxes, and also over the boxes of
interval propagation, since a factorization with consistent signs propagates exactly.
"""

import numpy as np
from scipy.optimize import nnls


def robust_linear_optimum(X, y, eps):
    r"""Minimize mean (|y - X beta| + eps |beta|_1)^2 / 2 over beta.

    Parameters
    ----------
    X : array (n, m)
    y : array (n,)
    eps : float, non-negative

    Returns
    -------
    (beta, value) : array (m,) and float

    Notes
    -----
    With beta = (u - v) / scale, u, v >= 0, this is the point p, u, v of least norm under the linear inequalities
    p >= |y - X beta| + eps |beta|_1: a least-distance problem, whose dual is a non-negative least-squares problem. The
    term |u|^2 + |v|^2, foreign to the loss, moves beta by O(scale^2) and so the value by O(scale^4), about 1e-10 of it
    for data of order one; the value is always that of the returned beta, so it is never too low.
    """
    n, m = X.shape
    scale = 1e-2
    slope, size = np.hstack([X, -X]) / scale, np.full((n, 2 * m), eps / scale)
    inequalities = np.block(
        [[np.eye(n), slope - size], [np.eye(n), -slope - size], [np.zeros((2 * m, n)), np.eye(2 * m)]]
    )
    limits = np.concatenate([y, -y, np.zeros(2 * m)])
    dual = np.vstack([inequalities.T, limits])
    target = np.zeros(len(dual))
    target[-1] = 1.0
    residual = dual @ nnls(dual, target)[0] - target
    u, v = np.split(-residual[n:-1] / residual[-1] / scale, 2)
    return u - v, robust_linear_loss(X, y, u - v, eps)


def robust_linear_loss(X, y, beta, eps):
    """mean (|y - X beta| + eps |beta|_1)^2 / 2."""
    return float(0.5 * ((np.abs(y - X @ beta) + eps * np.abs(beta).sum()) ** 2).mean())
