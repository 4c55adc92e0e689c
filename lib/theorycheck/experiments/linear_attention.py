"""One layer of linear self-attention with a scalar read-out, trained on prompts of in-context regression.

Tokens are v_i = (x_i, y_i) and v_q = (x_q, 0). The layer's prediction is

    h^T x_q + u^T (sum_i v_i v_i^T) M x_q,     u = W_V^T h in R^(d+1),   M = W_K^T W_Q without its last column.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from scipy import optimize

from theorycheck import statistics


class Prompts(NamedTuple):
    """N prompts: examples `x` (N, n, d) and `y` (N, n), query `x_query` (N, d) and its response `y_query` (N,)."""

    x: np.ndarray
    y: np.ndarray
    x_query: np.ndarray
    y_query: np.ndarray


class Layer(NamedTuple):
    """Parameters u (d + 1,), m (d + 1, d), h (d,) of the layer."""

    u: np.ndarray
    m: np.ndarray
    h: np.ndarray


def draw_prompts(count, n, d, noise_var, rng, *, link=None, covariates="gauss", root=None):
    """Draw `count` prompts of n examples, each with a function of its own.

    Parameters
    ----------
    link : callable, optional
        f(x) = link(w^T x), w uniform on the unit sphere; without it f(x) = w^T x, w ~ N(0, I).
    covariates : "gauss", "rademacher" or "sphere"
        Law of the white covariates: N(0, I), independent signs, or uniform on the sphere of radius sqrt(d).
    root : array (d, d), optional
        Symmetric square root S^(1/2); the covariates then have covariance S, and w has covariance S^-1.

    Raises
    ------
    ValueError
        If `covariates` is none of the three.
    """
    if covariates == "gauss":
        z = rng.standard_normal((count, n + 1, d))
    elif covariates == "rademacher":
        z = rng.choice([-1.0, 1.0], size=(count, n + 1, d))
    elif covariates == "sphere":
        z = rng.standard_normal((count, n + 1, d))
        z *= np.sqrt(d) / np.linalg.norm(z, axis=-1, keepdims=True)
    else:
        raise ValueError(f"covariates must be 'gauss', 'rademacher' or 'sphere'; got {covariates!r}")
    w = rng.standard_normal((count, d))
    if link is not None:
        w /= np.linalg.norm(w, axis=1, keepdims=True)
    f = (z @ w[..., None])[..., 0]  # (S^(1/2) z)^T (S^(-1/2) w) = z^T w
    y = (f if link is None else link(f)) + np.sqrt(noise_var) * rng.standard_normal((count, n + 1))
    x = z if root is None else z @ root
    return Prompts(x[:, :n], y[:, :n], x[:, n], y[:, n])


def predict(layer, prompts):
    """The layer's predictions (N,): attention scores v_i^T M x_q times values u^T v_i, summed over the prompt."""
    d = len(layer.h)
    key = prompts.x_query @ layer.m.T
    score = (prompts.x @ key[:, :d, None])[..., 0] + prompts.y * key[:, d:]
    value = prompts.x @ layer.u[:d] + prompts.y * layer.u[d]
    return prompts.x_query @ layer.h + (score * value).sum(axis=1)


@cache
def _pairs(k):
    """Indices of the entries of a symmetric k x k matrix on or above the diagonal."""
    return np.triu_indices(k)


def features(prompts):
    """All products (N, p) of an entry of sum_i v_i v_i^T (on or above the diagonal) and one of x_q; then x_q itself."""
    v = np.concatenate([prompts.x, prompts.y[..., None]], axis=2)
    scatter = v.swapaxes(1, 2) @ v
    rows, columns = _pairs(v.shape[2])
    products = scatter[:, rows, columns][..., None] * prompts.x_query[:, None, :]
    return np.concatenate([products.reshape(len(v), -1), prompts.x_query], axis=1)


def moments(prompts):
    """Means of F F^T (p, p), F y_q (p,) and y_q^2 for the `features` F: the squared loss of every layer follows."""
    f, y = features(prompts), prompts.y_query
    return f.T @ f / len(y), y @ f / len(y), y @ y / len(y)


def block_moments(blocks):
    """The `moments` of each of B blocks of prompts, stacked along a last axis: (p, p, B), (p, B), (B,)."""
    return [np.stack(part, axis=-1) for part in zip(*map(moments, blocks), strict=True)]


def coefficients(layer):
    """The layer's prediction as a linear function of the `features`: their coefficients (p,)."""
    rows, columns = _pairs(len(layer.u))
    pairs = layer.u[rows, None] * layer.m[columns] + layer.u[columns, None] * layer.m[rows]
    pairs[rows == columns] /= 2
    return np.concatenate([pairs.ravel(), layer.h])


def loss_and_gradient(layer, a, b, c):
    """Mean squared error of the layer under the `moments` (a, b, c), and its gradient as a `Layer`."""
    k, d = layer.m.shape
    theta = coefficients(layer)
    half = a @ theta - b
    gradient = 2 * half
    rows, columns = _pairs(k)
    full = np.empty((k, k, d))
    full[rows, columns] = full[columns, rows] = gradient[:-d].reshape(-1, d)
    parts = Layer(np.einsum("jkl,kl->j", full, layer.m), np.einsum("jkl,j->kl", full, layer.u), gradient[-d:])
    return theta @ (half - b) + c, parts


def train(a, b, c, start):
    """Minimize the loss over u, M and h together by L-BFGS from the `Layer` start; returns (layer, loss).

    The start is first rescaled to (t u, M/t), the same function, such that u and M have the same norm in units in which
    the products of the `features` are of the size of x_q: badly scaled, the descent would need many more steps.
    """
    k, d = start.m.shape
    cuts = [k, k + k * d]
    unit = _unit(a, d)
    t = np.sqrt(unit * np.linalg.norm(start.m) / np.linalg.norm(start.u))

    def split(vector):
        u, m, h = np.split(vector, cuts)
        return Layer(u, m.reshape(k, d) / unit, h)

    def objective(vector):
        loss, gradient = loss_and_gradient(split(vector), a, b, c)
        return loss, np.concatenate([gradient.u, gradient.m.ravel() / unit, gradient.h])

    flat = np.concatenate([start.u * t, start.m.ravel() * (unit / t), start.h])
    options = {"maxiter": 5000, "maxfun": 20000, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 30}
    found = optimize.minimize(objective, flat, jac=True, method="L-BFGS-B", options=options)
    return split(found.x), float(found.fun)


def _unit(a, d):
    """Size of a typical product among the features, relative to x_q."""
    log_sizes = np.log(np.diag(a)) / 2
    return np.exp(log_sizes[:-d].mean() - log_sizes[-d:].mean())


def lower_bound(a, b, c):
    """Least loss over *all* linear functions of the features: a convex problem that contains every layer."""
    return float(c - b @ np.linalg.lstsq(a, b, rcond=1e-12)[0])


def train_globally(a, b, c, d, rng, *, starts=4, limit=20, slack=0.005):
    """Best of random starts N(0, 0.3^2), with M in the units of `train`.

    After `starts` of them it stops once the best is within `slack` of the lower bound, and after `limit` in any case.

    Returns
    -------
    layer, loss, ratio : Layer, float, float
        `ratio` is loss / `lower_bound`: at most 1 + `slack` certifies that no layer is better by more than that.
    """
    floor, best = lower_bound(a, b, c), None
    for attempt in range(limit):
        u, m, h = (0.3 * rng.standard_normal(shape) for shape in (d + 1, (d + 1, d), d))
        found = train(a, b, c, Layer(u, m / _unit(a, d), h))
        best = found if best is None or found[1] < best[1] else best
        if attempt + 1 >= starts and best[1] <= (1 + slack) * floor:
            break
    return *best, best[1] / floor


def effective_map(layer):
    """Coefficients G (d, d) of (X^T y)_j x_q,l in the layer's prediction: u_j M_yl + u_y M_jl."""
    d = len(layer.h)
    return np.outer(layer.u[:d], layer.m[d]) + layer.u[d] * layer.m[:d]


class Trained(NamedTuple):
    """What training on several blocks of prompts found, with errors from leaving out one block at a time.

    With W = S^(1/2) G S^(1/2) for the `effective_map` G, `step` is tr(W)/d, `rest` is W - tr(W)/d and
    `rest_unwhitened` is G - tr(G)/d, both (d, d).
    """

    layer: Layer
    ratio: float  # loss over the lower bound of the convex problem
    step: statistics.Estimate
    rest: statistics.Estimate
    rest_unwhitened: statistics.Estimate


def train_on_blocks(blocks, d, rng, *, root=None):
    """Train globally on all blocks of prompts together, then again from there without each of them in turn.

    Parameters
    ----------
    blocks : iterable of Prompts
        At least two, of equal size.
    d : int
        Dimension of the covariates.
    rng : Generator
        Of the starting points.
    root : array (d, d), optional
        Symmetric square root S^(1/2) of the covariates' covariance; the identity if not given.

    Returns
    -------
    Trained
    """
    everything = block_moments(blocks)
    root = np.eye(d) if root is None else root

    def pool(parts):
        return [part.mean(axis=-1) for part in parts]

    layer, _, ratio = train_globally(*pool(everything), d, rng)

    def maps(*kept):
        g = effective_map(train(*pool(kept), layer)[0])
        whitened = root @ g @ root
        step, step_unwhitened = (np.trace(m) / d * np.eye(d) for m in (whitened, g))
        return np.array([step, whitened - step, g - step_unwhitened])

    found = statistics.jackknife(maps, *everything)
    return Trained(layer, ratio, found[0, 0, 0], found[1], found[2])


def compare_with_step(layer, blocks, direction):
    """The layer on blocks of prompts beside one preconditioned step of gradient descent.

    Parameters
    ----------
    layer : Layer
    blocks : iterable of Prompts
    direction : array (d, d)
        Symmetric: the preconditioner times the step size.

    Returns
    -------
    array (3, blocks)
        Means over each block of (output - y_q)^2, (output - step)^2 and step^2, where step = x_q^T direction X^T y.
    """
    rows = []
    for p in blocks:
        step = ((p.y[:, None] @ p.x)[:, 0] @ direction * p.x_query).sum(axis=1)
        output = predict(layer, p)
        rows.append([np.mean((output - p.y_query) ** 2), np.mean((output - step) ** 2), np.mean(step**2)])
    return np.array(rows).T
