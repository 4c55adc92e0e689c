"""Smooth functions with their gradients, evaluated at many points at once: arrays (..., d) of points."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import linalg
from scipy.special import expit


class Problem(NamedTuple):
    """A function, its gradient, and the largest curvature at a point, by central differences of the gradient."""

    d: int
    value: Callable
    gradient: Callable

    def curvature(self, x, width=1e-5):
        """Largest absolute eigenvalue of the Hessian at x (d,)."""
        shifts = width * np.eye(self.d)
        hessian = (self.gradient(x + shifts) - self.gradient(x - shifts)) / (2 * width)
        return float(np.abs(linalg.eigvalsh((hessian + hessian.T) / 2)).max())


def quadratic(d, kappa):
    """x^T diag(h) x / 2 with h geometric from 1 / kappa to 1."""
    h = np.geomspace(1 / kappa, 1, d)
    return Problem(d, lambda x: (h * x**2).sum(axis=-1) / 2, lambda x: h * x)


def logistic(points, labels, ridge):
    """Mean of log(1 + exp(-y_i u_i^T x)) plus ridge ||x||^2 / 2, for points (n, d) and labels of +-1."""
    u = points * labels[:, None]
    n, d = u.shape

    def value(x):
        return np.logaddexp(0, -x @ u.T).mean(axis=-1) + ridge * (x**2).sum(axis=-1) / 2

    return Problem(d, value, lambda x: ridge * x - expit(-x @ u.T) @ u / n)


def tanh_network(inputs, targets, hidden):
    """Half the mean squared error of f(z) = a^T tanh(V z), over inputs (n, p) and targets (n,).

    The point is (V, a) in one vector of length hidden (p + 1): not convex.
    """
    n, p = inputs.shape

    def parts(x):
        V, a = x[..., : hidden * p].reshape(*x.shape[:-1], hidden, p), x[..., hidden * p :]
        activation = np.tanh(inputs @ np.swapaxes(V, -1, -2))
        return a, activation, np.einsum("...nh,...h->...n", activation, a) - targets

    def value(x):
        return (parts(x)[2] ** 2).mean(axis=-1) / 2

    def gradient(x):
        a, activation, error = parts(x)
        signal = error[..., None] * (1 - activation**2) * a[..., None, :]
        V = np.swapaxes(signal, -1, -2) @ inputs / n
        return np.concatenate([V.reshape(*x.shape[:-1], -1), np.einsum("...nh,...n->...h", activation, error) / n], -1)

    return Problem(hidden * (p + 1), value, gradient)


def draw(kind, d, rng):
    """A random problem with d variables: "quadratic" (kappa = 100), "logistic" or "tanhnet", both on 60 points.

    The logistic regression has inputs in R^d, random labels and ridge 0.01; the network has inputs in R^3, d/4 hidden
    units and normal targets.
    """
    inputs, targets = rng.normal(size=(60, d)), rng.normal(size=60)
    if kind == "quadratic":
        return quadratic(d, 100)
    if kind == "logistic":
        return logistic(inputs, np.sign(targets), 0.01)
    if kind == "tanhnet" and d % 4 == 0 and d >= 4:
        return tanh_network(inputs[:, :3], targets, d // 4)
    raise ValueError(f"expected quadratic, logistic or, for d a multiple of 4, tanhnet; got {kind!r} with d = {d}")
