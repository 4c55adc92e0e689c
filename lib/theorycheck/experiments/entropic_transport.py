"""Entropic transport by algorithms that know no closed form: Sinkhorn scaling, minimization, simulation."""

import numpy as np
from scipy import optimize, special


def grid_law(points, kind):
    """Probabilities of the points of a uniform grid, proportional to a density.

    Parameters
    ----------
    points : array (P,)
    kind : str
        "mixture" of two Gaussians, "quartic" e^{-x⁴/4}, "laplace" e^{-1.5|x|}, or "kinks", which no Gaussian mixture
        has: e^{-|x|³/3} + 0.7 e^{-8 ||x - 1.8| - 0.6|}.

    Returns
    -------
    array (P,)
    """
    if kind == "mixture":
        parts = ((0.6, -1.2, 0.25), (0.4, 1.0, 0.49))
        density = sum(w * np.exp(-((points - m) ** 2) / (2 * v)) / np.sqrt(v) for w, m, v in parts)
    elif kind == "quartic":
        density = np.exp(-(points**4) / 4)
    elif kind == "laplace":
        density = np.exp(-1.5 * np.abs(points))
    elif kind == "kinks":
        density = np.exp(-(np.abs(points) ** 3) / 3) + 0.7 * np.exp(-8 * np.abs(np.abs(points - 1.8) - 0.6))
    else:
        raise ValueError(f"kind must be 'mixture', 'quartic', 'laplace' or 'kinks'; got {kind!r}")
    return density / density.sum()


def divergence(plan, log_other):
    """KL(plan || other) of two laws on a grid: a matrix of probabilities, zeros allowed, and the logs of another."""
    seen = plan > 0
    return (plan[seen] * (np.log(plan[seen]) - log_other[seen])).sum()


def draw_potential(components, rng):
    """Random (log weights, means, scales): Dirichlet(3), uniform on ±1.5, uniform on [0.25, 0.8]."""
    weights = rng.dirichlet(np.full(components, 3.0))
    return np.log(weights), rng.uniform(-1.5, 1.5, components), rng.uniform(0.25, 0.8, components)


def sinkhorn(x, p, y, q, eps, tolerance=1e-13, most=5000):
    """Plan between atoms x of weights p and y of weights q with kernel exp(-(x - y)²/(2ε)), by alternate scaling.

    Returns
    -------
    plan : array (X, Y)
    log_c, log_v : arrays (X,), (Y,)
        The potentials in plan = p e^{xy/ε} v/c, with respect to the counting measure.
    """
    kernel = np.exp(-((x[:, None] - y) ** 2) / (2 * eps))
    b = np.ones_like(y)
    for _ in range(most):
        a = p / (kernel @ b)
        reached = b * (kernel.T @ a)
        if np.abs(reached - q).sum() <= tolerance:
            break
        b = q / (kernel.T @ a)
    return a[:, None] * kernel * b, np.log(p) + x**2 / (2 * eps) - np.log(a), np.log(b) - y**2 / (2 * eps)


def objective(theta, x, p, y, q, eps, gradient=False):
    """L(theta) = E_p log c - E_q log v from the two marginals alone, theta = (log α, r, S) of shape (3, K).

    v(y) = Σ α_k N(y | r_k, ε S_k), and c(x) = ∫ e^{xy/ε} v(y) dy = Σ α_k exp((S_k x² + 2 r_k x)/(2ε)). With
    `gradient` also its derivative with respect to (log α, r, S).
    """
    log_alpha, r, s = theta
    square = (y[:, None] - r) ** 2
    log_v = log_alpha - square / (2 * eps * s) - np.log(2 * np.pi * eps * s) / 2
    log_c = log_alpha + (s * x[:, None] ** 2 + 2 * r * x[:, None]) / (2 * eps)
    total_v, total_c = (special.logsumexp(logs, axis=1, keepdims=True) for logs in (log_v, log_c))
    value = p @ total_c[:, 0] - q @ total_v[:, 0]
    if not gradient:
        return value
    of_v, of_c = q[:, None] * np.exp(log_v - total_v), p[:, None] * np.exp(log_c - total_c)
    by_weight = of_c.sum(axis=0) - of_v.sum(axis=0)
    by_mean = (of_c * x[:, None] / eps).sum(axis=0) - (of_v * (y[:, None] - r)).sum(axis=0) / (eps * s)
    by_scale = (of_c * x[:, None] ** 2).sum(axis=0) / (2 * eps)
    by_scale -= (of_v * (square / (2 * eps * s**2) - 1 / (2 * s))).sum(axis=0)
    return value, np.array([by_weight, by_mean, by_scale])


def fit(components, x, p, y, q, eps, rng, starts=6):
    """Minimize `objective` over potentials of K components with L-BFGS-B in (log α, r, log S); the best of some starts.

    Means start at jittered quantiles of q.
    """
    levels = np.cumsum(q)

    def loss(flat):
        log_alpha, r, log_s = flat.reshape(3, components)
        s = np.exp(log_s)
        value, slope = objective((log_alpha, r, s), x, p, y, q, eps, gradient=True)
        return value, (slope * np.array([np.ones_like(s), np.ones_like(s), s])).ravel()

    best = None
    for _ in range(starts):
        quantiles = (np.arange(components) + rng.uniform(0.2, 0.8, components)) / components
        means = y[np.searchsorted(levels, quantiles)] / 2
        start = np.concatenate([np.full(components, -np.log(components)), means, np.full(components, np.log(0.5))])
        options = {"maxiter": 3000, "maxfun": 5000, "ftol": 1e-16, "gtol": 1e-10, "maxcor": 30}
        found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
        best = found if best is None or found.fun < best.fun else best
    log_alpha, r, log_s = best.x.reshape(3, components)
    return log_alpha, r, np.exp(log_s)


def draw_covariance(dimension, rng):
    """G Gᵀ/d + 0.3 I with Gaussian G."""
    g = rng.normal(size=(dimension, dimension))
    return g @ g.T / dimension + 0.3 * np.eye(dimension)


def fit_gaussian(m0, first, m1, second, eps):
    """Minimize L over one component in d dimensions for Gaussian marginals, by BFGS from S = I, r = 0.

    L = [tr(S (Σ_0 + m_0 m_0ᵀ)) + 2 rᵀm_0]/(2ε) + log det S/2 + tr(S^{-1} (Σ_1 + (m_1 - r)(m_1 - r)ᵀ))/(2ε) up to a
    constant; S = A Aᵀ. Returns (S, r).
    """
    d = len(m0)
    moment = first + np.outer(m0, m0)

    def loss(flat):
        a, r = flat[: d * d].reshape(d, d), flat[d * d :]
        s = a @ a.T
        inverse, gap = np.linalg.inv(s), m1 - r
        spread = second + np.outer(gap, gap)
        value = (np.trace(s @ moment) + 2 * r @ m0 + np.trace(inverse @ spread)) / (2 * eps)
        value += np.linalg.slogdet(s)[1] / 2
        by_s = (moment - inverse @ spread @ inverse) / (2 * eps) + inverse / 2
        return value, np.concatenate([(2 * by_s @ a).ravel(), (m0 - inverse @ gap) / eps])

    start = np.concatenate([np.eye(d).ravel(), np.zeros(d)])
    found = optimize.minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-9, "maxiter": 2000})
    a = found.x[: d * d].reshape(d, d)
    return a @ a.T, found.x[d * d :]


def simulate(drift, x, eps, steps, rng):
    """Euler scheme for dX = drift(X, t) dt + √ε dW on [0, 1] from x, array (paths,); returns X_1."""
    dt = 1 / steps
    for k in range(steps):
        x = x + drift(x, k * dt) * dt + np.sqrt(eps * dt) * rng.normal(size=x.shape)
    return x
