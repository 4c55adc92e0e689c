r"""Nesterov acceleration on a quadratic, mode by mode.

Along an eigenvector with eigenvalue h of the Hessian, step size 1 and momentum mu, the extrapolated points obey

.. math:: x_{k+1}=(1+\mu)(1-h)\,x_k-\mu(1-h)\,x_{k-1},\qquad x_1=(1-(1+\mu)h)\,x_0,

the latter when the memory is empty at the start. With spectrum in [1/kappa, 1] the tuned momentum makes the roots of
the slowest mode h = 1/kappa coincide; all others are complex and decay faster.
"""

import numpy as np
from scipy.special import lambertw


def tuned_momentum(kappa):
    """mu = (sqrt(kappa) - 1)/(sqrt(kappa) + 1), for a condition number kappa > 1."""
    if not np.all(np.asarray(kappa) > 1):
        raise ValueError(f"the condition number must be above 1; got {kappa}")
    root = np.sqrt(kappa)
    return (root - 1) / (root + 1)


def tuned_modes(steps, h, kappa):
    r"""x_k/x_0 of the tuned method in modes of eigenvalue h, for k = 0, ..., steps.

    With r = sqrt(mu (1 - h)) and cos(phi) = (1 + mu) sqrt(1 - h)/(2 sqrt(mu)),

    .. math:: x_k=x_1U_{k-1}-r^2U_{k-2},\qquad U_k=r^k\,\frac{\sin((k+1)\varphi)}{\sin\varphi},

    where U_k = (k + 1) r^k at h = 1/kappa: there x_k = (1 + c k) rho^k with rho = 1 - 1/sqrt(kappa).

    Parameters
    ----------
    steps : int >= 1
    h : array (m,), in [1/kappa, 1]
    kappa : float > 1

    Returns
    -------
    array (steps + 1, m)
    """
    h, mu = np.asarray(h, dtype=float), tuned_momentum(kappa)
    if np.any(h < (1 - 1e-12) / kappa) or np.any(h > 1):
        raise ValueError(f"eigenvalues must lie in [1/kappa, 1]; got {h.min():g} to {h.max():g}")
    r = np.sqrt(mu * (1 - h))
    phi = np.arccos(np.minimum((1 + mu) * np.sqrt(1 - h) / (2 * np.sqrt(mu)), 1))
    k = np.arange(-1, steps)[:, None]
    # sin(phi) is 0 at the double root, known only as well as arccos near 1 allows.
    double = np.abs(h * kappa - 1) < 1e-9
    sine = np.where(double, 1.0, np.sin(phi))
    chebyshev = np.where(double, k + 1.0, np.sin((k + 1) * phi) / sine)
    U = np.where(k < 0, 0.0, r ** np.maximum(k, 0) * chebyshev)
    first = 1 - (1 + mu) * h
    return np.concatenate([np.ones((1, h.size)), first * U[1:] - r**2 * U[:-1]])


def slow_mode(kappa):
    """(rho, c) of the slowest mode x_k = (1 + c k) rho^k: rho = 1 - 1/sqrt(kappa), c = (1 - (1 + mu)/kappa)/rho - 1."""
    rho = 1 - 1 / np.sqrt(kappa)
    return rho, (1 - (1 + tuned_momentum(kappa)) / kappa) / rho - 1


def steps_to_accuracy(kappa, accuracy):
    r"""First k with (1 + c k) rho^k <= accuracy, for accuracy in (0, 1).

    With l = log(rho), q = accuracy (l/c) rho^(1/c) and the lower branch of Lambert's function the real solution of
    (1 + c k) rho^k = accuracy is k = W_{-1}(q)/l - 1/c.
    """
    if not 0 < accuracy < 1:
        raise ValueError(f"accuracy must lie in (0, 1); got {accuracy}")
    rho, c = slow_mode(np.asarray(kappa, dtype=float))
    log_rho = np.log(rho)
    k = lambertw(accuracy * log_rho / c * rho ** (1 / c), -1).real / log_rho - 1 / c
    return np.ceil(k).astype(int)
