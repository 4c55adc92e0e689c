r"""Full-batch training of two-layer networks on worst-case losses over input boxes, many networks at once.

Inputs range over boxes of radius eps, and the squared loss of one output is taken at its worst:

    R(eps) = mean_i (|y_i - c_i| + r_i)^2 / 2,

where c_i and r_i are centre and radius of an interval of outputs. Networks have leading axes: in a batch of `reps`
networks W has shape (reps, d, m), w (reps, d), and each network has its own data X (reps, n, m), y (reps, n).

For the linear network f(x) = w . W x the centre is f(x_i), and the radius is eps B by interval propagation, or eps A
exactly, with A = |W^T w|_1 and B = sum_k |w_k| |W_k|_1. The tightness is A / B.
"""

import numpy as np

from theorycheck.experiments.intervals import local_box_radii

LOSSES = ("ibp", "adversarial", "standard")


def linear_radii(W, w):
    """A = |W^T w|_1 (exact) and B = sum_k |w_k| |W_k|_1 (interval propagation), arrays (reps,)."""
    return np.abs(np.vecmat(w, W)).sum(axis=-1), np.vecdot(np.abs(w), np.abs(W).sum(axis=-1))


def linear_tightness(W, w):
    """A / B of each linear network, array (reps,)."""
    return np.divide(*linear_radii(W, w))


def radius_gradients(W, w, kind):
    """Value of B (kind "ibp") or A ("adversarial") and its (sub)gradients in W and w; sign(0) = 0."""
    if kind == "ibp":
        size = np.abs(W).sum(axis=-1)
        return np.vecdot(np.abs(w), size), np.abs(w)[..., None] * np.sign(W), np.sign(w) * size
    beta = np.vecmat(w, W)
    direction = np.sign(beta)
    return np.abs(beta).sum(axis=-1), w[..., None] * direction[..., None, :], np.matvec(W, direction)


def linear_loss(W, w, X, y, eps, kind="ibp"):
    """R(eps) of each linear network, array (reps,); kind "standard" ignores eps."""
    residual = np.abs(y - np.matvec(X, np.vecmat(w, W)))
    if kind != "standard":
        exact, propagated = linear_radii(W, w)
        residual = residual + (eps * (propagated if kind == "ibp" else exact))[..., None]
    return 0.5 * (residual**2).mean(axis=-1)


def linear_gradients(W, w, X, y, eps, kind="ibp"):
    """(Sub)gradients of `linear_loss` in W and w; sign(0) = 0."""
    residual = y - np.matvec(X, np.vecmat(w, W))
    error = np.abs(residual)
    if kind != "standard":
        radius, radius_W, radius_w = radius_gradients(W, w, kind)
        error = error + (eps * radius)[..., None]
    slope = np.vecmat(-error * np.sign(residual), X) / X.shape[-2]
    grad_W, grad_w = w[..., None] * slope[..., None, :], np.matvec(W, slope)
    if kind != "standard":
        pull = (eps * error.mean(axis=-1))[..., None]
        grad_W += pull[..., None] * radius_W
        grad_w += pull * radius_w
    return grad_W, grad_w


def drift_terms(W, w):
    """|grad B|^2, B, <grad A, grad B> and A of each linear network, four arrays (reps,)."""
    (B, *grad_B), (A, *grad_A) = (radius_gradients(W, w, kind) for kind in ("ibp", "adversarial"))
    return _inner(grad_B, grad_B), B, _inner(grad_A, grad_B), A


def mean_drift(terms):
    """E|grad B|^2 / E B - E<grad A, grad B> / E A, with means over the last axis of `drift_terms` (..., 4, reps).

    This is the rate of log(E A / E B) under gradient descent on B, from the networks drawn.
    """
    squared, B, inner, A = np.moveaxis(terms.mean(axis=-1), -1, 0)
    return squared / B - inner / A


def interval_pull(W, w, X, y, eps):
    """Rate of log(A / B) under gradient descent on R(eps) - R(0), the part of the loss that the boxes add; (reps,)."""
    boxes = [g - g0 for g, g0 in zip(linear_gradients(W, w, X, y, eps), linear_gradients(W, w, X, y, 0.0), strict=True)]
    (B, *grad_B), (A, *grad_A) = (radius_gradients(W, w, kind) for kind in ("ibp", "adversarial"))
    return _inner(boxes, grad_B) / B - _inner(boxes, grad_A) / A


def _inner(first, second):
    return np.vecdot(first[1], second[1]) + (first[0] * second[0]).sum(axis=(-2, -1))


def relu_intervals(parameters, X, eps):
    """Centre and radius (reps, n) of the output interval of f(x) = w . relu(W x + b) + a over boxes of radius eps.

    `parameters` are W (reps, d, m), b (reps, d), w (reps, d), a (reps, 1); eps is a number or an array (reps,). Returns
    (center, radius, cache), where `cache` is what `relu_gradients` needs.
    """
    W, b, w, a = parameters
    middle = X @ np.swapaxes(W, -1, -2) + b[..., None, :]
    spread = (np.asarray(eps)[..., None] * np.abs(W).sum(axis=-1))[..., None, :]
    low, high = middle - spread, middle + spread
    half_low, half_high = 0.5 * np.maximum(low, 0), 0.5 * np.maximum(high, 0)
    hidden, hidden_radius = half_high + half_low, half_high - half_low
    return np.matvec(hidden, w) + a, np.matvec(hidden_radius, np.abs(w)), (low, high, hidden, hidden_radius)


def relu_gradients(parameters, X, y, eps):
    """(Sub)gradients of R(eps) of ReLU networks under interval propagation, in the order of `parameters`."""
    W, _, w, _ = parameters
    center, radius, (low, high, hidden, hidden_radius) = relu_intervals(parameters, X, eps)
    error = (np.abs(y - center) + radius) / X.shape[-2]
    d_center, d_radius = -error * np.sign(y - center), error
    to_hidden = d_center[..., None] * w[..., None, :]
    to_radius = d_radius[..., None] * np.abs(w)[..., None, :]
    d_high = 0.5 * (to_hidden + to_radius) * (high > 0)
    d_low = 0.5 * (to_hidden - to_radius) * (low > 0)
    d_middle, d_spread = d_high + d_low, (d_high - d_low).sum(axis=-2)
    grad_W = np.swapaxes(d_middle, -1, -2) @ X
    grad_W = grad_W + np.sign(W) * (np.asarray(eps)[..., None] * d_spread)[..., None]
    grad_w = np.vecmat(d_center, hidden) + np.sign(w) * np.vecmat(d_radius, hidden_radius)
    return grad_W, d_middle.sum(axis=-2), grad_w, d_center.sum(axis=-1, keepdims=True)


def relu_tightness(parameters, X):
    """Local tightness of each ReLU network, averaged over its inputs X (reps, n, m); array (reps,)."""
    W, b, w, a = parameters
    weights = [W[:, None], w[:, None, None, :]]
    exact, propagated = local_box_radii(weights, [b[:, None], a[:, None]], X)
    return (exact / np.where(propagated > 0, propagated, 1.0))[..., 0].mean(axis=-1)


def linear_problem(reps, n, m, d, noise, rng):
    r"""Data of a linear teacher and freshly drawn linear networks of width d, independent in each of `reps` replicates.

    X ~ N(0, 1), y = X beta + noise N(0, 1) with |beta_j| uniform in (0.5, 1.5) sqrt(2 / (pi m)) and random signs,
    W ~ N(0, 1/m) and w ~ N(0, 1/d): teacher and network have the same E|beta|_1.

    Returns
    -------
    (W, w), (X, y)
    """
    X = rng.standard_normal((reps, n, m))
    beta = rng.uniform(0.5, 1.5, (reps, m)) * rng.choice([-1.0, 1.0], (reps, m)) * np.sqrt(2 / (np.pi * m))
    y = np.matvec(X, beta) + noise * rng.standard_normal((reps, n))
    W, w = rng.standard_normal((reps, d, m)) / np.sqrt(m), rng.standard_normal((reps, d)) / np.sqrt(d)
    return (W, w), (X, y)


def train_linear(network, data, kind, rates, radii, at=()):
    """Gradient descent on R(radii[t]) with step rates[t]; returns ((W, w), tightness before each step in `at`)."""

    def gradients(parameters, t):
        return linear_gradients(*parameters, *data, radii[t], kind)

    network, records = descend(network, gradients, rates, lambda p: linear_tightness(*p), at)
    return network, np.array(records)


def warm_schedule(steps, rate, eps):
    """Step sizes, constant for one half and then linear to 0, and radii, linear up to `eps` over the first 30 %."""
    progress = np.arange(steps) / steps
    return rate * np.minimum(1, 2 * (1 - progress)), eps * np.minimum(1, progress / 0.3)


def lazy_tightness(network, data):
    """Tightness (reps,) if W and w stayed where they are and w W became the least-squares solution: |beta|_1 / B.

    Wide networks come close to this when trained without boxes, since their weights hardly move.
    """
    X, y = data
    return np.abs(np.matvec(np.linalg.pinv(X), y)).sum(axis=-1) / linear_radii(*network)[1]


def compare_losses(network, data, first, steps, rate, eps):
    """Train copies of linear networks on three losses by `warm_schedule`: tightness and losses that they end with.

    The copies are trained on `first`, "adversarial" and "standard", and judged by "ibp", "adversarial" and "standard".
    Losses without interval bounds settle sooner and take half of the steps.

    Parameters
    ----------
    network, data
        (W, w) and (X, y), as `linear_problem` returns them.
    first : one of `LOSSES`
    steps : int
    rate, eps : float
        Step size, and radius that is trained with and judged at.

    Returns
    -------
    (tightness, losses) : two arrays (3, reps)
    """
    tightness, losses = [], []
    for kind, judged_by in zip((first, *LOSSES[1:]), LOSSES, strict=True):
        schedule = warm_schedule(steps if kind == "ibp" else steps // 2, rate, eps)
        trained, _ = train_linear(network, data, kind, *schedule)
        tightness.append(linear_tightness(*trained))
        losses.append(linear_loss(*trained, *data, eps, judged_by))
    return np.array(tightness), np.array(losses)


def settled_pull(network, data, eps):
    """`interval_pull` of boxes of radius `eps` on linear networks trained without any: 200 steps of size 0.05; (reps,).

    At the random start the boxes act on large residuals, which is another question.
    """
    trained, _ = train_linear(network, data, "standard", np.full(200, 0.05), np.zeros(200))
    return interval_pull(*trained, *data, eps)


def tightness_in_products(network, data, eps, rate, products):
    """Tightness (len(products), reps) under IBP training at constant radius and step size, where eps t = product.

    Time t is the number of steps times `rate`; it is rounded to whole steps.
    """
    at = np.rint(np.asarray(products) / (eps * rate)).astype(int)
    seen, position = np.unique(at, return_inverse=True)
    steps = int(seen[-1])
    _, records = train_linear(network, data, "ibp", np.full(steps, rate), np.full(steps, eps), seen)
    return records[position]


def collapse_curves(network, data, radii, rate, products):
    """Tightness under IBP training at two small constant radii, against radius times time.

    Parameters
    ----------
    network, data
        (W, w) and (X, y), as `linear_problem` returns them.
    radii : (float, float)
        The smaller and the larger one, r and s.
    rate : float
    products : array (k,)
        Values of radius times time.

    Returns
    -------
    (smaller, larger, equal_times) : three arrays (k, reps)
        At equal `products`, and the smaller radius at the times products / s of the larger.
    """
    r, s = radii
    pairs = (r, products), (s, products), (r, products * r / s)
    return tuple(tightness_in_products(network, data, eps, rate, at) for eps, at in pairs)


def relu_problem(reps, d, rng, n=80):
    r"""Data y = |x_1| - |x_2| + x_3/2 + 0.3 N(0, 1), x ~ N(0, I_6), and ReLU networks of width d, with He's weights.

    Returns
    -------
    (W, b, w, a), (X, y)
    """
    X = rng.standard_normal((reps, n, 6))
    y = np.abs(X[..., 0]) - np.abs(X[..., 1]) + 0.5 * X[..., 2] + 0.3 * rng.standard_normal((reps, n))
    W, w = rng.standard_normal((reps, d, 6)) * np.sqrt(2 / 6), rng.standard_normal((reps, d)) / np.sqrt(d)
    return (W, np.zeros((reps, d)), w, np.zeros((reps, 1))), (X, y)


def train_relu(network, data, eps, steps, rate):
    """Train copies of ReLU networks with interval bounds, one for each entry of `eps`.

    The radius grows linearly over the first 30 % of the steps, whose size falls linearly from `rate` to 0.

    Returns
    -------
    tightness : array (1 + len(eps), reps)
        Mean local tightness at the data, before training and after it with each radius.
    r_squared : array (len(eps), reps)
        Share of the variance of y that the trained networks explain.
    """
    reps, copies, start = len(data[1]), len(eps), relu_tightness(network, data[0])
    network, (X, y) = ([np.concatenate([part] * copies) for part in parts] for parts in (network, data))
    radius = np.repeat(np.asarray(eps, dtype=float), reps)
    rates, ramp = rate * (1 - np.arange(steps) / steps), warm_schedule(steps, rate, 1.0)[1]
    network, _ = descend(network, lambda p, t: relu_gradients(p, X, y, radius * ramp[t]), rates)
    residual = y - relu_intervals(network, X, 0.0 * radius)[0]
    r_squared = 1 - (residual**2).mean(axis=-1) / y.var(axis=-1)
    tightness = np.concatenate([start, relu_tightness(network, X)])
    return tightness.reshape(1 + copies, reps), r_squared.reshape(copies, reps)


def descend(parameters, gradients, rates, record=None, at=()):
    """Gradient descent on copies of `parameters`: step t subtracts rates[t] times `gradients(parameters, t)`.

    Parameters
    ----------
    parameters : sequence of arrays
    gradients : callable
        `gradients(parameters, t)` returns as many arrays.
    rates : array (steps,)
    record : callable, optional
        `record(parameters)` is called before step t for each t in `at` (t = steps: after the last).

    Returns
    -------
    (parameters, records) : tuple of arrays, and the list of what `record` returned
    """
    parameters, records, wanted = tuple(np.array(p, dtype=float) for p in parameters), [], set(at)
    for t, rate in enumerate(rates):
        if t in wanted:
            records.append(record(parameters))
        for p, g in zip(parameters, gradients(parameters, t), strict=True):
            p -= rate * g
    if len(rates) in wanted:
        records.append(record(parameters))
    return parameters, records
