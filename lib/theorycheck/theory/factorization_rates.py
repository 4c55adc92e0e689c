"""How fast gradient descent on a factorized matrix converges, from the data of the problem and the initial point.

The loss is ||X X^T - M||_F^2 / 4 or ||F G^T - M||_F^2 / 2, with M of rank r and factors of k columns; its steps are
X <- X - eta (X X^T - M) X and F <- F - eta E G, G <- G - eta E^T F with E = F G^T - M.
"""

import numpy as np


def overparameterized_error(steps, eta, surplus):
    """||X X^T - M||_F^2 -> surplus / (4 eta^2 T^2) for k > r columns, as T grows.

    Once the signal is fitted, the part of X orthogonal to col(M) and to the signal's rows has singular values obeying
    s <- s (1 - eta s^2), so 1/s_T^2 = 1/s_0^2 + 2 eta T + O(log T), and the error is the sum of their fourth powers.

    Parameters
    ----------
    steps : array
        T.
    eta : float
    surplus : int
        min(k - r, n - r) >= 1, the number of surplus directions.
    """
    return surplus / (4 * eta**2 * np.asarray(steps, dtype=float) ** 2)


def exact_rate(eta, smallest):
    """Exponential rate of ||X X^T - M||_F^2 a step for k = r: -2 log(1 - eta sigma_r).

    The slowest mode at the solution moves X out of col(M) and has Hessian eigenvalue sigma_r, the least singular value
    of M; the others have at least 2 sigma_r.
    """
    return -2 * np.log1p(-eta * smallest)


def imbalance_rate(left, right, u, v):
    """lambda: ||F G^T - M||_F^2 decays like (1 - eta lambda)^(2T) for k > r columns and small initial factors.

    F^T F - G^T G = Delta is conserved up to O(eta^2). On the k - r directions outside the signal's rows G -> 0 and
    F^T F -> Delta, so that G decays at the rate of the least eigenvalue of Delta there. For small factors the signal's
    rows are those of the part that grows in the linearized flow, W = row(U^T F_0 + V^T G_0).

    Parameters
    ----------
    left, right : arrays (..., n, k)
        F_0 and G_0, with F_0^T F_0 - G_0^T G_0 positive definite outside W.
    u, v : arrays (..., n, r)
        Left and right singular vectors of M.

    Returns
    -------
    array (...)
        lambda; quadratic in the scale of the factors.
    """
    imbalance = left.swapaxes(-1, -2) @ left - right.swapaxes(-1, -2) @ right
    growing = u.swapaxes(-1, -2) @ left + v.swapaxes(-1, -2) @ right
    outside = np.linalg.svd(growing, full_matrices=True)[2][..., growing.shape[-2] :, :]
    return np.linalg.eigvalsh(outside @ imbalance @ outside.swapaxes(-1, -2))[..., 0]
