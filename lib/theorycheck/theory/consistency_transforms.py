"""From surrogate to zero-one excess: consistency transforms of the comp-sum losses.

With softmax probabilities q over n classes the comp-sum loss of label y is l_tau(q, y) = (q_y^(tau-1) - 1)/(1 - tau)
(tau = 1: -log q_y; tau = 0: sum-exponential; 1 < tau < 2: generalized cross-entropy; tau = 2: 1 - q_y). Given the
conditional law p of the label, a prediction q whose largest label j has p_max - p_j = t has surrogate excess

    sum_y p_y l_tau(q, y) - C*_tau(p) >= T_tau(t),

with T_tau convex and increasing, so that E[p_max - p_j] <= T_tau^(-1)(E[surrogate excess]) by Jensen's inequality.
"""

import numpy as np
from scipy import special


def _power_mean(t, tau):
    """S(t) = (((1+t)^a + (1-t)^a)/2)^(2-tau) with a = 1/(2-tau), for tau < 2."""
    a = 1 / (2 - tau)
    return (((1 + t) ** a + (1 - t) ** a) / 2) ** (2 - tau)


def comp_sum_transform(t, tau, n, form="n", scale=1.0):
    """The transform T_tau(t) of n classes.

    - 0 <= tau < 1: 2^(1-tau)/(1-tau) (1 - S); tau = 1: ((1+t) log(1+t) + (1-t) log(1-t))/2;
    - 1 < tau < 2: (S - 1)/((tau-1) n^(tau-1)); tau >= 2: t/((tau-1) n^(tau-1)).

    Parameters
    ----------
    t : float or array in [0, 1]
    tau : float >= 0
    n : int >= 2
    form : {"n", "two"}
        "two" puts 2^(tau-1) for n^(tau-1): the constant of two classes.
    scale : float
        Factor on the transform, 1 for the theorem.

    Raises
    ------
    ValueError outside these ranges.
    """
    t = np.asarray(t, dtype=float)
    if np.any((t < 0) | (t > 1)) or tau < 0 or n < 2:
        raise ValueError(f"need 0 <= t <= 1, tau >= 0 and n >= 2; got t in [{t.min()}, {t.max()}], {tau}, {n}")
    if form not in ("n", "two"):
        raise ValueError(f"form must be 'n' or 'two'; got {form!r}")
    classes = (n if form == "n" else 2) ** (tau - 1)
    if tau < 1:
        value = 2 ** (1 - tau) / (1 - tau) * (1 - _power_mean(t, tau))
    elif tau == 1:
        value = (special.xlogy(1 + t, 1 + t) + special.xlogy(1 - t, 1 - t)) / 2
    elif tau < 2:
        value = (_power_mean(t, tau) - 1) / ((tau - 1) * classes)
    else:
        value = t / ((tau - 1) * classes)
    return scale * value


def comp_sum_gamma(excess, tau, n, form="n", scale=1.0):
    """Largest zero-one excess that a surrogate excess allows: the inverse of T_tau, by bisection, at most 1.

    Parameters
    ----------
    excess : float or array >= 0
        Rounding errors below 0 count as 0.
    """
    excess = np.maximum(np.asarray(excess, dtype=float), 0.0)
    low, high = np.zeros_like(excess), np.ones_like(excess)
    for _ in range(60):
        middle = (low + high) / 2
        below = comp_sum_transform(middle, tau, n, form, scale) < excess
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return high


def comp_sum_bayes(p, tau):
    """Least conditional risk C*_tau(p) = inf_q sum_y p_y l_tau(q, y).

    For tau < 2, with a = 1/(2-tau): ((sum p^a)^(2-tau) - 1)/(1-tau), which is the entropy at tau = 1; for tau >= 2:
    (1 - p_max)/(tau-1).

    Parameters
    ----------
    p : array (..., n), probabilities on the last axis
    """
    p = np.asarray(p, dtype=float)
    if tau >= 2:
        return (1 - p.max(axis=-1)) / (tau - 1)
    if tau == 1:
        return special.entr(p).sum(axis=-1)
    return ((p ** (1 / (2 - tau))).sum(axis=-1) ** (2 - tau) - 1) / (1 - tau)


def is_attained(t, tau, n):
    """Whether T_tau(t) is attained by the pair of `extremal_pair` (derived for tau <= 1 and for tau = 2)."""
    return tau <= 1 or (tau == 2 and t <= 1 / (n - 1))


def extremal_pair(t, tau, n):
    """A conditional law p and a prediction q (predicting label 1) whose surrogate excess equals T_tau(t).

    tau <= 1: p = ((1+t)/2, (1-t)/2, 0, ...), q = (1/2, 1/2, 0, ...). tau = 2 and t <= 1/(n-1): p = (1+t)/n but for
    p_1 = (1+t)/n - t, q uniform. Ties of q count as predicting the worse label.
    """
    if not is_attained(t, tau, n):
        raise ValueError(f"no extremal pair is known for tau = {tau}, t = {t}, n = {n}")
    p, q = np.zeros(n), np.zeros(n)
    if tau <= 1:
        p[:2], q[:2] = ((1 + t) / 2, (1 - t) / 2), 0.5
    else:
        p[:], q[:] = (1 + t) / n, 1 / n
        p[1] -= t
    return p, q
