"""The Lyapunov function of signed momentum with decoupled weight decay, for K(m) = sum_i log cosh m_i.

The flow is, with a convex K, decay lam and constants alpha, gamma, eps,

    x' = grad K(n) - lam x,    n = m - eps (alpha grad f(x) + gamma m),    m' = -alpha grad f(x) - gamma m.

log cosh is a smooth stand-in for |.|: its gradient is tanh, its conjugate the binary entropy on [-1, 1].
"""

import numpy as np


def entropy(y):
    """Conjugate of sum log cosh: K*(y) = sum ((1 + y) log(1 + y) + (1 - y) log(1 - y)) / 2 on [-1, 1], last axis."""
    with np.errstate(divide="ignore", invalid="ignore"):
        halves = [np.where(np.abs(p) > 0, p * np.log(p), 0.0) for p in (1 + y, 1 - y)]
    return sum(halves).sum(axis=-1) / 2


def lyapunov(f, x, m, *, lam, alpha, gamma, eps):
    """H = alpha f(x) + (gamma/lam) K*(lam x) + c (K*(lam x) + K(m) - lam m^T x), c = (1 - eps gamma)/(1 + eps lam).

    Parameters
    ----------
    f : array (...)
        Values f(x).
    x, m : arrays (..., d)
        ||lam x||_inf <= 1.
    lam, alpha, gamma, eps : float
        Positive constants of the flow.

    Returns
    -------
    array (...)
    """
    c = (1 - eps * gamma) / (1 + eps * lam)
    conjugate = entropy(lam * x)
    kernel = (np.logaddexp(m, -m) - np.log(2)).sum(axis=-1)
    return alpha * f + gamma / lam * conjugate + c * (conjugate + kernel - lam * (m * x).sum(axis=-1))


def dissipation(gradient, x, m, *, lam, alpha, gamma, eps):
    """-dH/dt = a D1 + b D2 along the flow, both D at least 0 by convexity of K and K*.

    a = (gamma + lam)/(1 + eps lam), b = (1 - eps gamma)/(eps (1 + eps lam)), D1 = x'^T (n - grad K*(lam x)) and
    D2 = (grad K(n) - grad K(m))^T (n - m). Hence H falls whenever eps gamma <= 1.

    Parameters
    ----------
    gradient : array (..., d)
        grad f(x).
    """
    n = m - eps * (alpha * gradient + gamma * m)
    a = (gamma + lam) / (1 + eps * lam)
    b = (1 - eps * gamma) / (eps * (1 + eps * lam))
    first = ((np.tanh(n) - lam * x) * (n - np.arctanh(lam * x))).sum(axis=-1)
    second = ((np.tanh(n) - np.tanh(m)) * (n - m)).sum(axis=-1)
    return a * first + b * second
