"""Gradient descent of a two-layer network with the activation h + (epsilon/2) h^2, however many its neurons."""

import numpy as np


def second_moment(rng, replicates, neurons, dimension):
    """(1/N) sum_i w_i w_i' of N standard normal weight vectors from which their mean was taken: (R, D, D)."""
    w = rng.standard_normal((replicates, neurons, dimension))
    w -= w.mean(axis=1, keepdims=True)
    return w.swapaxes(1, 2) @ w / neurons


def descend(x, y, moment, *, alpha, epsilon, rate, records):
    """Train, and yield the outputs on the way.

    The network is f(x) = (alpha/N) sum_i [phi(h_i) - phi(h_i^0)] with phi(h) = h + (epsilon/2) h^2 and
    h_i = w_i . x / sqrt(D). Only w is trained, on the cost (1/2m) sum (f - y)^2 over the first m points, with the step
    rate N/alpha^2. A step moves all neurons by one affine map,

        w_i <- (I - rate epsilon/alpha Q) w_i - rate/alpha u,    u = <r x>/sqrt(D),   Q = <r x x'>/D,   r = f - y,

    and f depends on them through their mean and second moment alone, so that these are all that is stored. Nothing is
    approximated.

    Parameters
    ----------
    x : array (R, P, D)
        Inputs of R data sets: m training points, then others at which the output is only watched.
    y : array (R, m)
    moment : array (R, D, D)
        Second moments of the initial weights, whose mean is 0.
    alpha, epsilon, rate : float
        Positive.
    records : increasing sequence of int
        Numbers of steps after which to yield.

    Yields
    ------
    step : int
    outputs : array (R, P)
    """
    if min(alpha, epsilon, rate) <= 0:
        raise ValueError(f"alpha, epsilon and rate must be positive; got {alpha}, {epsilon}, {rate}")
    z, m = x / np.sqrt(x.shape[-1]), y.shape[1]
    inner, moment = z[:, :m], np.array(moment, dtype=float)
    start, mean, wanted = moment.copy(), np.zeros((len(z), 1, z.shape[-1])), set(records)

    def output(points):
        quadratic = ((points @ (moment - start)) * points).sum(axis=-1)
        return alpha * ((points * mean).sum(axis=-1) + epsilon / 2 * quadratic)

    for step in range(max(wanted) + 1):
        if step in wanted:
            yield step, output(z)
        weighted = inner * ((output(inner) - y) / m)[..., None]
        turn = np.eye(z.shape[-1]) - rate * epsilon / alpha * (weighted.swapaxes(1, 2) @ inner)
        shift = -rate / alpha * weighted.sum(axis=1, keepdims=True)
        mean = mean @ turn
        cross = mean.swapaxes(1, 2) @ shift
        moment = turn @ moment @ turn + cross + cross.swapaxes(1, 2) + shift.swapaxes(1, 2) @ shift
        mean = mean + shift
