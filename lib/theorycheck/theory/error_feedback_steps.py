"""Step sizes of error feedback (EF21) with contractive compressors: what is safe, and where it breaks.

A compressor C is contractive with parameter alpha if ||C(v) - v||^2 <= (1 - alpha) ||v||^2. Throughout
rho = sqrt(1 - alpha) and xi = rho / (1 - rho).
"""

import numpy as np


def safe_step(smoothness, mean_smoothness, alpha):
    """1 / (L + xi M): no larger step keeps the Lyapunov function of `lyapunov` falling in the proof.

    Parameters
    ----------
    smoothness : float or array
        L of the average function.
    mean_smoothness : float or array
        M: the arithmetic mean of the clients' constants L_i for weights L_i / sum L_j, the quadratic for equal ones.
    alpha : float or array in (0, 1)
    """
    rho = np.sqrt(1 - np.asarray(alpha))
    return 1 / (smoothness + rho / (1 - rho) * mean_smoothness)


def critical_step(curvatures, alpha):
    """Largest stable step of EF21 on f_i(x) = h_i x^2 / 2 with the compressors C_i(v) = (1 + sign(h_i) rho) v.

    The iteration is linear. At its eigenvalue -1 the errors are e_i = eta_i x with eta_i = 2 xi h_i where h_i > 0 and
    eta_i = 2 rho |h_i| / (1 + rho) where h_i < 0, and x -> -x needs 2 / step = mean h + mean eta.

    Parameters
    ----------
    curvatures : array (..., n)
        h_i, not zero, of positive mean.
    alpha : array (...)

    Returns
    -------
    array (...)
    """
    h, rho = np.asarray(curvatures, dtype=float), np.sqrt(1 - np.asarray(alpha))[..., None]
    eta = np.where(h > 0, 2 * rho / (1 - rho) * h, -2 * rho / (1 + rho) * h)
    return 2 / (h + eta).mean(axis=-1)


def lyapunov(value, errors, weights, step, alpha):
    """f(x) + step / (2 (1 - rho)) (1/n^2) sum_i ||e_i||^2 / w_i.

    With steps up to `safe_step` and w_i proportional to L_i it falls by at least step/2 ||grad f||^2 at every step.

    Parameters
    ----------
    value : array (...)
        f(x).
    errors : array (..., n, d)
        e_i = g_i - grad f_i(x).
    weights : array (..., n)
        Positive, of sum 1.
    step, alpha : float or array (...)
    """
    n = errors.shape[-2]
    spread = ((errors**2).sum(axis=-1) / weights).sum(axis=-1) / n**2
    return value + step / (2 * (1 - np.sqrt(1 - alpha))) * spread


def logistic_smoothness(points, regularizer):
    """Gradient Lipschitz constant of (1/m) sum_j log(1 + exp(-p_j^T x)) + regularizer * sum_k x_k^2 / (1 + x_k^2).

    lambda_max(P^T P) / (4 m) + 2 * regularizer, since the logistic loss has curvature at most 1/4 and the penalty 2.

    Parameters
    ----------
    points : array (..., m, d)
    """
    return np.linalg.norm(points, 2, axis=(-2, -1)) ** 2 / (4 * points.shape[-2]) + 2 * regularizer
