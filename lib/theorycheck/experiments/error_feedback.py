"""Distributed gradient descent with compressed messages: EF21 and its weighted form, and compressors."""

from itertools import islice

import numpy as np


def ef21(gradients, x0, step, compressor, *, weights=None, memory=None):
    """Iterate EF21, without end.

    x <- x - step sum_i w_i g_i and g_i <- g_i + C(grad f_i(x) / (n w_i) - g_i), from g_i = C(grad f_i(x_0) / (n w_i)).
    Equal weights 1/n give EF21; others give EF21-W.

    Parameters
    ----------
    gradients : callable (..., d) -> (..., n, d)
        The clients' gradients at x.
    x0 : array (..., d)
    step : float, or array that broadcasts to x0
    compressor : callable on arrays (..., n, d)
    weights : array (n,), optional
        Positive, of sum 1.
    memory : array (..., n, d), optional
        The g_i to start from.

    Yields
    ------
    (x, g) : arrays (..., d) and (..., n, d)
    """
    x, local = np.asarray(x0, dtype=float), gradients(x0)
    n = local.shape[-2]
    w = np.full((n, 1), 1 / n) if weights is None else np.reshape(weights, (n, 1))
    g = compressor(local / (n * w)) if memory is None else memory
    while True:
        yield x, g
        x = x - step * (w * g).sum(axis=-2)
        g = g + compressor(gradients(x) / (n * w) - g)


def top_k(k):
    """Compressor that keeps the k entries of largest magnitude of each vector (contractive with alpha = k/d)."""

    def compress(v):
        kept = np.argpartition(-np.abs(v), k - 1, axis=-1)[..., :k]
        out = np.zeros_like(v)
        np.put_along_axis(out, kept, np.take_along_axis(v, kept, axis=-1), axis=-1)
        return out

    return compress


def powers_of_two(v):
    """Compressor that rounds each entry to the nearest power of two on a log scale; not homogeneous."""
    with np.errstate(divide="ignore"):
        return np.where(v == 0, 0.0, np.sign(v) * 2.0 ** np.round(np.log2(np.abs(v))))


def growth_rate(curvatures, factors, step, *, steps, block=100):
    """Mean log growth per step of EF21 on f_i(x) = h_i x^2 / 2 with linear compressors, over the second half of a run.

    The size of the state is |x| + (1/n) sum_i |g_i - h_i x|; every `block` steps it is recorded and scaled back to 1,
    which changes nothing else as the iteration is linear.

    Parameters
    ----------
    curvatures, factors : arrays (..., n)
        h_i, and c_i of the compressors C_i(v) = c_i v.
    step : array (...)
    steps : int
        Length of the run from x = 1, g_i = C_i(h_i).

    Returns
    -------
    array (...)
        Positive where the method diverges.
    """
    h, c, step = curvatures[..., None], factors[..., None], np.asarray(step)[..., None]
    x, memory, logs = np.ones(step.shape), None, []
    for _ in range(max(2, steps // block)):
        run = ef21(lambda x: h * x[..., None, :], x, step, lambda v: c * v, memory=memory)
        x, g = next(islice(run, block, None))
        size = np.abs(x) + np.abs(g - h * x[..., None, :]).mean(axis=-2)
        logs.append(np.log(size[..., 0]))
        x, memory = x / size, g / size[..., None, :]
    return np.mean(logs[len(logs) // 2 :], axis=0) / block


def largest_stable_step(curvatures, factors, low, high, *, steps, points=10, rounds=3):
    """Step size at which `growth_rate` first turns positive, by repeated refinement of a logarithmic grid.

    Parameters
    ----------
    curvatures, factors : arrays (cells, n)
    low, high : arrays (cells,)
        Steps between which to look.
    steps : int
        Length of each run.

    Returns
    -------
    array (cells,)
        Linear interpolation of the growth rate in the last interval; NaN where it does not change sign.
    """
    cells = np.arange(len(curvatures))
    for _ in range(rounds):
        grid = np.geomspace(low, high, points, axis=-1)
        rate = growth_rate(curvatures[:, None], factors[:, None], grid, steps=steps)
        after = np.maximum(np.argmax(rate > 0, axis=1), 1)
        low, high = grid[cells, after - 1], grid[cells, after]
        below, above = rate[cells, after - 1], rate[cells, after]
    located = low - below / (above - below) * (high - low)
    return np.where((below <= 0) & (above > 0), located, np.nan)


def mixed_curvatures(n, ratio, spread, rng):
    """Curvatures h_i with mean |h_i| = 1 and mean h_i = `ratio`, of alternating sign and lognormal size.

    |h_i| is lognormal with log-standard deviation `spread` before the positive and the negative ones are rescaled;
    all are positive if `ratio` is 1.

    Parameters
    ----------
    n : int
        Even.
    ratio : float in (0, 1]

    Returns
    -------
    array (n,)
    """
    h = np.exp(spread * rng.normal(size=n))
    if ratio == 1:
        return h / h.mean()
    positive, negative = h[::2], -h[1::2]
    h[::2] = positive * n * (1 + ratio) / (2 * positive.sum())
    h[1::2] = negative * n * (1 - ratio) / (2 * -negative.sum())
    return h


def logistic_clients(n, m, d, spread, rng):
    """Points of n clients with m points each, times their labels: Gaussian, scaled by exp(spread N(0, 1)) per client.

    Labels follow a random hyperplane with noise of the size of the signal.

    Returns
    -------
    array (n, m, d)
    """
    points, direction = rng.normal(size=(n, m, d)), rng.normal(size=d)
    labels = np.sign(points @ direction + np.linalg.norm(direction) * rng.normal(size=(n, m)))
    return np.exp(spread * rng.normal(size=(n, 1, 1))) * labels[..., None] * points


def penalized_logistic(points, regularizer):
    """(1/m) sum_j log(1 + exp(-p_j^T x)) + regularizer * sum_k x_k^2 / (1 + x_k^2) for each client.

    Parameters
    ----------
    points : array (n, m, d)

    Returns
    -------
    callable (d,) -> (n,) and callable (d,) -> (n, d)
        Values and gradients.
    """
    m = points.shape[1]

    def values(x):
        return np.logaddexp(0, -points @ x).mean(axis=1) + regularizer * (x**2 / (1 + x**2)).sum()

    def gradients(x):
        weight = 1 / (1 + np.exp(points @ x))
        return -np.einsum("nm,nmd->nd", weight, points) / m + 2 * regularizer * x / (1 + x**2) ** 2

    return values, gradients
