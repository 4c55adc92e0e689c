"""Random fully connected networks, many at once: weights on leading axes, as `intervals` takes them."""

from itertools import pairwise

import numpy as np

LAWS = {
    "gaussian": lambda rng, shape: rng.standard_normal(shape),
    "uniform": lambda rng, shape: rng.uniform(-np.sqrt(3), np.sqrt(3), shape),
    "rademacher": lambda rng, shape: 2.0 * rng.integers(2, size=shape) - 1.0,
    "shifted": lambda rng, shape: rng.standard_normal(shape) + 0.5,
}


def random_weights(sizes, networks, rng, law="gaussian", gain=None):
    """Weights of independent networks with layer sizes d_0, ..., d_L and independent entries.

    Parameters
    ----------
    sizes : sequence of int
    networks : int
    rng : numpy.random.Generator
    law : {"gaussian", "uniform", "rademacher", "shifted"}
        Law of an entry before scaling: N(0, 1), uniform or on {-1, 1} with mean 0 and variance 1, or N(1/2, 1).
    gain : float, optional
        If given, W_l is multiplied by sqrt(gain / d_{l-1}); gain 2 is He's initialization.

    Returns
    -------
    list of arrays (networks, d_l, d_{l-1})
    """
    if law not in LAWS:
        raise ValueError(f"law must be one of {', '.join(LAWS)}; got {law!r}")
    weights = [LAWS[law](rng, (networks, b, a)) for a, b in pairwise(sizes)]
    return weights if gain is None else [np.sqrt(gain / W.shape[-1]) * W for W in weights]


def random_biases(weights, std, rng):
    """Gaussian biases of standard deviation `std` for networks with these weights: list of arrays (networks, d_l)."""
    return [std * rng.standard_normal(W.shape[:-1]) for W in weights]


def weight_count(sizes):
    """Number of weights of a network with layer sizes d_0, ..., d_L."""
    return sum(a * b for a, b in pairwise(sizes))


def within_budget(sizes, budget, most, least=200):
    """How many networks of layer sizes d_0, ..., d_L to draw for `budget` weights in all, at most and at least."""
    return min(most, max(least, budget // weight_count(sizes)))


def in_batches(measure, networks, sizes, numbers_at_once=2**19):
    """Call `measure(n)` for batches of n networks and join what it returns along the first axis.

    Keeps the weights of a batch of networks with layer sizes d_0, ..., d_L within the processor's cache. `measure`
    returns a tuple of arrays whose first axis holds its n networks.
    """
    size = max(1, min(networks, numbers_at_once // weight_count(sizes)))
    parts = [measure(min(size, networks - start)) for start in range(0, networks, size)]
    return tuple(np.concatenate(part) for part in zip(*parts, strict=True))
