r"""Bounds on the regret of every group when one learner per group is combined by a rule for sleeping experts.

In each round some of N groups are active. The combination of the active learners' predictions loses $\ell_t\in[0,1]$,
learner g loses $\ell_{t,g}$; with $r_{t,g}=\ell_t-\ell_{t,g}$ where g is active and 0 elsewhere, $R_g=\sum_tr_{t,g}$
and $C_g=\sum_t|r_{t,g}|$. The loss is convex in the prediction.
"""

from itertools import product

import numpy as np


def potential(surplus, spread):
    r"""Mean over the groups (first axis) of AdaNormalHedge's potential $\exp([R_g]_+^2/(3C_g))$, 1 where $C_g=0$."""
    surplus, spread = np.maximum(surplus, 0.0), np.asarray(spread, dtype=float)
    exponent = np.divide(surplus**2, 3 * spread, out=np.zeros_like(spread), where=spread > 0)
    return np.exp(exponent).mean(axis=0)


def potential_cap(spread):
    r"""The cap $B=1+\frac32\,\mathrm{mean}_g(1+\ln(1+C_g))$ on `potential` (Luo and Schapire, 2015)."""
    return 1 + 1.5 * np.mean(1 + np.log1p(spread), axis=0)


def sleeping_bound(spread):
    r"""Bound $\sqrt{3C_g\ln(NB)}$ on $R_g$ for every group at once, which the cap on the potential implies.

    Parameters
    ----------
    spread : array (N, ...)
        C_g, groups on the first axis.

    Returns
    -------
    array (N, ...)
    """
    spread = np.asarray(spread, dtype=float)
    return np.sqrt(3 * spread * np.log(len(spread) * potential_cap(spread)))


def descent_bound(rounds):
    r"""Regret $\frac32\sqrt n$ of gradient descent on [-1, 1] with gradients of at most 1/2 and steps $4/\sqrt n$.

    From $\frac{D^2}{2\eta_n}+\frac{G^2}2\sum_{m\le n}\eta_m$ with D = 2, G = 1/2.
    """
    return 1.5 * np.sqrt(rounds)


def ridge_bound(rounds, dimension, square_norm, ridge=1.0):
    r"""Regret $\frac14\big(\lambda\|u\|^2+d\ln(1+n/\lambda)\big)$ of the Vovk-Azoury-Warmuth forecaster against u.

    For the loss $\frac14(p-y)^2$, labels in [-1, 1] and points in $[-1,1]^d$, whose squared norm is at most d.
    """
    return (ridge * np.asarray(square_norm) + dimension * np.log1p(np.asarray(rounds) / ridge)) / 4


def group_parameters(theta, probabilities):
    r"""Best linear parameter of each group when a round's parameter is the mean of those of its active groups.

    Group 0 is always active, group g = 1, 2, ... with probability q_g, independently of the others and of the points:
    $\theta_g^*$ is the mean over all patterns in which g is active.

    Parameters
    ----------
    theta : array (..., N, d)
    probabilities : array (N - 1,)

    Returns
    -------
    array (..., N, d)
    """
    theta, q = np.asarray(theta, dtype=float), np.asarray(probabilities, dtype=float)
    total, weight = np.zeros_like(theta), np.zeros(len(q) + 1)
    for pattern in product([0, 1], repeat=len(q)):
        active = np.array([1, *pattern])
        chance = np.prod(np.where(np.array(pattern) == 1, q, 1 - q))
        mixed = np.tensordot(active / active.sum(), theta, axes=(0, -2))
        total += chance * active[:, None] * mixed[..., None, :]
        weight += chance * active
    return total / weight[:, None]


def single_learner_rate(parameters):
    r"""Regret per round $\Delta_g=\frac1{12}\|\theta_g^*-\theta_0^*\|^2$ on each group of one learner for all rounds.

    For points uniform in $[-1,1]^d$ (covariance 1/3) and the loss $\frac14(p-y)^2$. Array (..., N, d) to (..., N).
    """
    parameters = np.asarray(parameters)
    return np.sum((parameters - parameters[..., :1, :]) ** 2, axis=-1) / 12
