"""Newton's method on logistic regression, regularized by a power of the gradient norm.

h = -((1 + delta) H + lambda I)^{-1} g with lambda = ||g||^a/gamma. Far out on separable data f underflows, so
everything is kept in units of f: log f, g/f and H/f.
"""

import mpmath
import numpy as np
from scipy.special import logsumexp

TAILS = ("logistic", "alg")


def relative_state(u, x, tail="logistic"):
    """log f, g/f and H/f at x, for f = mean loss(u_i^T x) with loss log(1 + e^-m) or (sqrt(1 + m^2) - m)/2 ("alg").

    u has shape (..., n, d) and x (..., d); returns arrays (...), (..., d) and (..., d, d).
    """
    m = np.einsum("...nd,...d->...n", u, x)
    if tail == "logistic":
        log_p = -np.logaddexp(0, m)
        # log(1 + e^-m) is e^-m to all digits for large m
        log_loss = np.where(m > 30, -m, np.log(np.logaddexp(0, -np.minimum(m, 30))))
        log_curvature = log_p - np.logaddexp(0, -m)
    elif tail == "alg":
        root = np.hypot(1, m)
        log_loss = np.log(np.where(m > 0, 0.5 / (root + np.abs(m)), 0.5 * (root - m)))
        log_p = log_loss - np.log(root)
        log_curvature = -np.log(2) - 3 * np.log(root)
    else:
        raise ValueError(f"tail must be one of {', '.join(TAILS)}; got {tail!r}")
    n = u.shape[-2]
    log_f = logsumexp(log_loss, axis=-1) - np.log(n)
    p, curvature = (np.exp(part - log_f[..., None]) / n for part in (log_p, log_curvature))
    return log_f, -np.einsum("...n,...nd->...d", p, u), np.swapaxes(u * curvature[..., None], -1, -2) @ u


def step(state, gamma, delta=0.0, power=1.0):
    """The step h (..., d) from a relative state, and log lambda (...); gamma, delta and power broadcast to (...)."""
    log_f, g, H = state
    log_lambda = power * (np.log(np.linalg.norm(g, axis=-1)) + log_f) - np.log(gamma)
    scale, shift = (np.asarray(part)[..., None, None] for part in (1 + np.asarray(delta), np.exp(log_lambda - log_f)))
    return -np.linalg.solve(scale * H + shift * np.eye(g.shape[-1]), g[..., None])[..., 0], log_lambda


def descend(u, gamma, steps, *, delta=0.0, power=1.0, tail="logistic"):
    """Run from x = 0; return log f (steps + 1, ...) and the progress (steps, ...).

    Progress is (f - f+)/((gamma/2) ||g+||^2/||g||) at every step. u is (..., n, d); the others broadcast to (...).
    """
    u, shape = np.asarray(u), np.broadcast_shapes(u.shape[:-2], np.shape(gamma), np.shape(delta), np.shape(power))
    x = np.zeros((*shape, u.shape[-1]))
    state = relative_state(u, x, tail)
    logs, progress = [state[0]], []
    for _ in range(steps):
        x = x + step(state, gamma, delta, power)[0]
        new = relative_state(u, x, tail)
        fall = new[0] - state[0]
        least = gamma / 2 * np.exp(2 * fall) * (new[1] ** 2).sum(axis=-1) / np.linalg.norm(state[1], axis=-1)
        progress.append(-np.expm1(fall) / least)
        state = new
        logs.append(state[0])
    return np.array(logs), np.array(progress)


def adaptive(u, gamma, steps, tail="logistic"):
    """Accepted gammas, (steps,), of the search: halve gamma until f - f+ >= ||g+||^2/(8 lambda), then double it."""
    x, accepted = np.zeros(u.shape[1]), []
    for _ in range(steps):
        state = relative_state(u, x, tail)
        while True:
            h, log_lambda = step(state, gamma)
            new = relative_state(u, x + h, tail)
            fall = new[0] - state[0]
            needed = new[1] @ new[1] * np.exp(2 * fall + state[0] - log_lambda) / 8
            if -np.expm1(fall) >= needed:
                break
            gamma /= 2
        accepted.append(gamma)
        x, gamma = x + h, 2 * gamma
    return np.array(accepted)


def steps_from_distance(points, distance, gamma, power=1.0, limit=100_000):
    """Steps in one dimension from `distance` beyond the minimizer until |g| < 1e-8, logistic loss of points (n,)."""

    def derivatives(x):
        p = 1 / (1 + np.exp(np.clip(points * x, -700, 700)))
        return -(p * points).mean(), (p * (1 - p) * points**2).mean()

    x = 0.0
    for _ in range(200):
        g, H = derivatives(x)
        x -= g / (H + 0.01 * abs(g))
    x += distance
    for k in range(limit):
        g, H = derivatives(x)
        if abs(g) < 1e-8:
            return k
        x -= g / (H + abs(g) ** power / gamma)
    return limit


def local_gradients(u, ridge, delta, power, stop, digits=400):
    """Logarithms of gradient norms along a run on ridge-regularized logistic regression in R^2, until below `stop`.

    gamma = 1/M, starting from 0, in `digits`-digit arithmetic.
    """
    with mpmath.workdps(digits):
        rows = [[mpmath.mpf(float(v)) for v in row] for row in u]
        gamma = 1 / mpmath.sqrt(max(a * a + b * b for a, b in rows))
        x, y, logs, n = mpmath.mpf(0), mpmath.mpf(0), [], len(rows)
        for _ in range(500):
            p = [1 / (1 + mpmath.exp(a * x + b * y)) for a, b in rows]
            w = [q * (1 - q) / n for q in p]
            g0 = ridge * x - mpmath.fsum(q * a for q, (a, _) in zip(p, rows, strict=True)) / n
            g1 = ridge * y - mpmath.fsum(q * b for q, (_, b) in zip(p, rows, strict=True)) / n
            norm = mpmath.sqrt(g0**2 + g1**2)
            logs.append(mpmath.log(norm))
            if norm < stop:
                break
            lam, scale = norm**power / gamma, 1 + mpmath.mpf(delta)
            H00 = scale * (ridge + mpmath.fsum(v * a * a for v, (a, _) in zip(w, rows, strict=True))) + lam
            H11 = scale * (ridge + mpmath.fsum(v * b * b for v, (_, b) in zip(w, rows, strict=True))) + lam
            H01 = scale * mpmath.fsum(v * a * b for v, (a, b) in zip(w, rows, strict=True))
            det = H00 * H11 - H01**2
            x, y = x - (H11 * g0 - H01 * g1) / det, y - (H00 * g1 - H01 * g0) / det
        return np.array([float(value) for value in logs])
