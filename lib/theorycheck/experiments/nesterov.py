"""Nesterov acceleration with and without gradients at extrapolated points, and Adan.

All runs start with empty memory. `gradient` maps arrays (..., d) to arrays (..., d); `noise` has shape (T, ..., d), one
row is added to the gradient of each of the T steps, and methods that share it see the same noise.
"""

import numpy as np


def nesterov(gradient, x0, step, mu, noise):
    """Two-point form: g at x = theta - step mu m, then m <- mu m + g and theta <- theta - step m.

    Returns
    -------
    array (T + 1, ..., d)
        The extrapolated points x, at which gradients are taken (not theta).
    """
    theta, m = np.array(x0, dtype=float), np.zeros(np.shape(x0))
    points = [theta]
    for xi in noise:
        g = gradient(points[-1]) + xi
        m = mu * m + g
        theta = theta - step * m
        points.append(theta - step * mu * m)
    return np.array(points)


def nesterov_estimation(gradient, x0, step, mu, noise, *, difference=None, decay=0.0):
    """One-point form: g at x, n <- mu n + g + difference (g - g_old), x <- (x - step n)/(1 + decay step).

    `difference` is mu if not given. Returns the points x, (T + 1, ..., d).
    """
    coefficient = mu if difference is None else difference
    x, n, old = np.array(x0, dtype=float), 0.0, 0.0
    points = [x]
    for xi in noise:
        g = gradient(x) + xi
        n = mu * n + g + coefficient * (g - old)
        x, old = (x - step * n) / (1 + decay * step), g
        points.append(x)
    return np.array(points)


def adan(gradient, x0, step, betas, eps, noise, *, decay=0.0):
    """Adan without bias correction, from m = v = s = g_old = 0.

    m <- (1 - b1) m + b1 g, v <- (1 - b2) v + b2 (g - g_old), s <- (1 - b3) s + b3 (g + (1 - b2)(g - g_old))^2,
    x <- (x - step (m + (1 - b2) v)/(sqrt(s) + eps))/(1 + decay step).

    Parameters
    ----------
    betas : (b1, b2, b3), in (0, 1)
    eps : float > 0, or array that broadcasts against x

    Returns
    -------
    array (T + 1, ..., d)
    """
    b1, b2, b3 = betas
    x, m, v, s, old = np.array(x0, dtype=float), 0.0, 0.0, 0.0, 0.0
    points = [x]
    for xi in noise:
        g = gradient(x) + xi
        m = (1 - b1) * m + b1 * g
        v = (1 - b2) * v + b2 * (g - old)
        s = (1 - b3) * s + b3 * (g + (1 - b2) * (g - old)) ** 2
        x = (x - step * (m + (1 - b2) * v) / (np.sqrt(s) + eps)) / (1 + decay * step)
        old = g
        points.append(x)
    return np.array(points)


def deviation(path, reference):
    """Largest distance between two paths at the same step, over the largest distance of `reference` from its start.

    Paths have shape (T + 1, ..., d) and broadcast against each other; returns an array (...).
    """
    excursion = np.linalg.norm(reference - reference[0], axis=-1).max(axis=0)
    return np.linalg.norm(path - reference, axis=-1).max(axis=0) / excursion
