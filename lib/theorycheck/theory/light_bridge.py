"""Schrödinger bridges whose potential is a Gaussian mixture: plan, moments and drift in closed form.

Entropic transport on the line with cost |x - y|²/2 and strength ε has plans π(y|x) = e^{xy/ε} v(y)/c(x). For
v(y) = Σ_k α_k N(y | r_k, ε S_k) everything follows by completing the square; a potential is given as theta = (log α, r,
S), arrays of shape (K,).
"""

import numpy as np
from scipy import linalg, special


def component_log_weights(theta, x, eps):
    """log α̃_k(x) = log α_k + (S_k x² + 2 r_k x)/(2ε), normalized over k: array (X, K)."""
    log_alpha, r, s = theta
    logs = log_alpha + (s * x[:, None] ** 2 + 2 * r * x[:, None]) / (2 * eps)
    return logs - special.logsumexp(logs, axis=1, keepdims=True)


def plan_log_density(theta, x, y, eps):
    """log π(y|x), π = Σ_k α̃_k(x) N(y | r_k + S_k x, ε S_k), array (X, Y), for x (X,) and y (Y,).

    By logarithms, since far from the diagonal the density underflows.
    """
    _, r, s = theta
    variance = eps * s
    total = -np.inf
    for k, weight in enumerate(component_log_weights(theta, x, eps).T):
        square = (y - (r[k] + s[k] * x)[:, None]) ** 2
        total = np.logaddexp(total, weight[:, None] - square / (2 * variance[k]) - np.log(2 * np.pi * variance[k]) / 2)
    return total


def log_plan(theta, x, p, y, eps):
    """Logarithms of the plan's probabilities on a grid, log(p_i π(y_j|x_i) dy): array (X, Y).

    Parameters
    ----------
    theta : (log α, r, S)
    x, p : arrays (X,)
        Atoms of the first marginal, with positive weights.
    y : array (Y,)
        Uniform grid.
    eps : float
    """
    return np.log(p)[:, None] + plan_log_density(theta, x, y, eps) + np.log(y[1] - y[0])


def conditional_moments(theta, x, eps):
    """E[Y|x] and E[Y²|x], arrays (X,)."""
    weights = np.exp(component_log_weights(theta, x, eps))
    _, r, s = theta
    mean = r + s * x[:, None]
    return (weights * mean).sum(axis=1), (weights * (mean**2 + eps * s)).sum(axis=1)


def second_marginal_cdf(theta, x, p, y, eps):
    """P(Y <= y) for X with atoms x of weights p, array (Y,)."""
    weights = p[:, None] * np.exp(component_log_weights(theta, x, eps))
    _, r, s = theta
    scores = (np.asarray(y)[:, None, None] - r - s * x[:, None]) / np.sqrt(eps * s)
    return (weights * special.ndtr(scores)).sum(axis=(1, 2))


def drift(theta, x, t, eps):
    """Drift g of the bridge dX = g dt + √ε dW: (E[X_1 | X_t = x] - x)/(1 - t), array (X,), for t in [0, 1).

    X_1 given X_t = x has density proportional to v(y) exp(y²/(2ε) - (y - x)²/(2ε(1 - t))): a mixture with precisions
    P_k = 1/(ε(1 - t)) - 1/ε + 1/(ε S_k) and means b_k/P_k, b_k = x/(ε(1 - t)) + r_k/(ε S_k).
    """
    log_alpha, r, s = theta
    precision = 1 / (eps * (1 - t)) - 1 / eps + 1 / (eps * s)
    linear = x[:, None] / (eps * (1 - t)) + r / (eps * s)
    logs = log_alpha - r**2 / (2 * eps * s) - np.log(s * precision) / 2 + linear**2 / (2 * precision)
    weights = special.softmax(logs, axis=1)
    return ((weights * linear / precision).sum(axis=1) - x) / (1 - t)


def entropic_gaussian(first, second, eps):
    """Slope S of the entropic plan between N(m_0, Σ_0) and N(m_1, Σ_1): Y|x ~ N(m_1 + S (x - m_0), ε S).

    The second covariance is S Σ_0 S + ε S = Σ_1, whose positive solution is
    S = Σ_0^{-1/2} [(Σ_0^{1/2} Σ_1 Σ_0^{1/2} + ε²/4)^{1/2} - ε/2] Σ_0^{-1/2}.

    Parameters
    ----------
    first, second : arrays (d, d)
        Positive definite covariances Σ_0, Σ_1.
    eps : float
        At least 0; 0 gives the slope of the unregularized transport map.
    """
    root = np.real(linalg.sqrtm(first))
    inverse = np.linalg.inv(root)
    identity = np.eye(len(first))
    inner = np.real(linalg.sqrtm(root @ second @ root + eps**2 / 4 * identity))
    return inverse @ (inner - eps / 2 * identity) @ inverse
