"""Newton steps regularized by a power of the gradient norm.

h = -((1 + delta) H + lambda I)^{-1} g with lambda = ||g||^a/gamma. On separable logistic regression the loss is
exponential far out, with gamma = kappa/M, M the largest norm of a point and mu the hard margin.
"""

import numpy as np
from scipy import optimize


def fall_per_step(kappa, delta, M, mu):
    """c = 1/(1 + delta + M/(kappa mu)): fall of log f per step at a = 1, far out.

    Along the direction w of the hard margin g = -mu f w and H = mu^2 f w w^T, so the step c/mu w solves
    (1 + delta) mu^2 c/mu + (M/kappa) mu c/mu = mu. The arguments broadcast.
    """
    kappa, delta, M, mu = (np.asarray(part, dtype=float) for part in (kappa, delta, M, mu))
    if not (np.all(kappa > 0) and np.all(delta >= -1) and np.all(mu > 0) and np.all(mu <= M)):
        raise ValueError(f"need kappa > 0, delta >= -1, 0 < mu <= M; got {kappa}, {delta}, {mu}, {M}")
    return 1 / (1 + delta + M / (kappa * mu))


def tail_exponent(a):
    """f ~ k^(-1/(1 - a)) far out for a power a < 1: the step shrinks like f^(1 - a)."""
    if not np.all(np.asarray(a) < 1):
        raise ValueError(f"the power must be below 1; got {a}")
    return -1 / (1 - np.asarray(a))


def local_order(a):
    """Order of convergence at a strong minimum with the exact Hessian: 1 + a."""
    return 1 + np.asarray(a)


def local_factor(delta):
    """Factor per step at a strong minimum with (1 + delta) H: |delta|/(1 + delta), for delta > -1/2."""
    return np.abs(delta) / (1 + np.asarray(delta))


def accepted_limit(M, mu):
    """Largest kappa that the search f - f+ >= ||g+||^2/(8 lambda) accepts far out on separable data, at delta = 0.

    There f falls by the factor e^-c, c = fall_per_step(kappa, 0, M, mu), and g = mu f in norm, so the condition reads
    (1 - e^-c) e^(2c) >= kappa mu/(8 M); the right side outgrows the left, which c < 1 bounds. M and mu broadcast.
    """

    def excess(log_kappa, ratio):
        c = fall_per_step(np.exp(log_kappa), 0, ratio, 1)
        return np.log(-np.expm1(-c)) + 2 * c - log_kappa + np.log(8 * ratio)

    def root(ratio):
        return np.exp(optimize.brentq(excess, np.log(ratio), np.log(100 * ratio), args=(ratio,)))

    return np.vectorize(root, otypes=[float])(np.divide(M, mu))
