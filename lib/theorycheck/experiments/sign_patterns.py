"""Exhaustive lists of sign patterns of small deep linear networks, and integer propagation through them."""

from functools import reduce
from itertools import pairwise

import numpy as np

from theorycheck.experiments.intervals import box_radii
from theorycheck.experiments.random_networks import in_batches, random_weights, weight_count


def sign_patterns(sizes, values=(-1, 1)):
    """All assignments of `values` to the weights of a network with layer sizes d_0, ..., d_L.

    Returns
    -------
    list of int64 arrays (len(values)^E, d_l, d_{l-1}), E = sum_l d_l d_{l-1}
        Pattern n is the n-th E-digit number in base len(values).

    Raises
    ------
    ValueError
        If there would be more than 2^21 patterns.
    """
    shapes = [(b, a) for a, b in pairwise(sizes)]
    edges = weight_count(sizes)
    if len(values) ** edges > 2**21:
        raise ValueError(f"{len(values)}^{edges} patterns of layer sizes {list(sizes)} are too many to list")
    numbers = np.arange(len(values) ** edges)
    digits = numbers[:, None] // len(values) ** np.arange(edges) % len(values)
    entries = np.asarray(values)[digits]
    ends = np.cumsum([a * b for a, b in shapes])
    return [part.reshape(-1, *shape) for part, shape in zip(np.split(entries, ends[:-1], axis=1), shapes, strict=True)]


def propagates_exactly(weights, radius):
    """Whether interval propagation is exact in every output: |W_L ... W_1| r = |W_L| ... |W_1| r.

    Integer weights and radii are compared without rounding. Returns a boolean array (...).
    """
    exact, propagated = box_radii(weights, radius)
    return (exact == propagated).all(axis=-1)


def propagate_patterns(signs, rng):
    """Give sign patterns random magnitudes, and propagate boxes through these networks in integers.

    Magnitudes and the random radii are uniform on 1, ..., 9.

    Parameters
    ----------
    signs : list of integer arrays (N, d_l, d_{l-1})
        As `sign_patterns` lists them.
    rng : numpy.random.Generator

    Returns
    -------
    exact, exact_too : boolean arrays (N,)
        Whether propagation is exact for boxes of radii 1, and for boxes of random radii.
    image : integer array (N, d_L, d_0)
        Signs of the product W_L ... W_1.
    """
    weights = [S * rng.integers(1, 10, size=S.shape) for S in signs]
    inputs = weights[0].shape[-1]
    exact = propagates_exactly(weights, np.ones(inputs, dtype=int))
    exact_too = propagates_exactly(weights, rng.integers(1, 10, size=inputs))
    return exact, exact_too, np.sign(reduce(lambda product, W: W @ product, weights))


def exact_share(sizes, networks, rng, law="gaussian", rounding=1e-9):
    """Share of random networks (`random_networks.random_weights`) in which interval propagation is exact.

    Weights are real numbers, so a network counts as exact if every exact half-width reaches the propagated one up to
    the relative error `rounding`.
    """

    def measure(n):
        exact, propagated = box_radii(random_weights(sizes, n, rng, law), np.ones(sizes[0]))
        return ((exact >= propagated * (1 - rounding)).all(axis=-1),)

    (found,) = in_batches(measure, networks, sizes)
    return float(found.mean())
