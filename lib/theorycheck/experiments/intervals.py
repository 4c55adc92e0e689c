r"""Interval bound propagation (IBP) through fully connected networks, and what its boxes lose.

A network is a list of weight matrices W_1, ..., W_L of shapes (..., d_l, d_{l-1}) and a list of biases of
shapes (..., d_l), or None where there are none:

    z_l = W_l h_{l-1} + b_l,   h_0 = x,   h_l = phi(z_l) for l < L,   f(x) = z_L.

The activation phi(z) = left * min(z, 0) + right * max(z, 0) is given by its two slopes (left, right): (0, 1)
is ReLU, (1, 1) the identity (a deep linear network), (a, 1) leaky ReLU, (-1, 1) the absolute value. Leading
axes hold independent networks and broadcast as in numpy.matmul.

Reference: Gowal et al., On the effectiveness of interval bound propagation for training verifiably robust
models (arXiv:1810.12715).
"""

from itertools import product

import numpy as np

RELU = (0.0, 1.0)
LINEAR = (1.0, 1.0)
SLOPES = {"relu": RELU, "linear": LINEAR, "leaky": (0.3, 1.0), "abs": (-1.0, 1.0)}


def activate(z, slopes=RELU):
    """Evaluate phi(z) = left * min(z, 0) + right * max(z, 0) entry by entry."""
    left, right = slopes
    return left * np.minimum(z, 0.0) + right * np.maximum(z, 0.0)


def check_network(weights, biases=None):
    """Return the biases as a list (None where a layer has none) after checking that the layers fit together.

    Raises
    ------
    ValueError
        If there is no layer, if neighbouring layers disagree on a width, or if a bias does not fit its layer.
    """
    if not len(weights):
        raise ValueError("a network needs at least one weight matrix")
    biases = [None] * len(weights) if biases is None else list(biases)
    if len(biases) != len(weights):
        raise ValueError(f"expected one bias per weight matrix; got {len(biases)} for {len(weights)}")
    for layer, (W, b) in enumerate(zip(weights, biases, strict=True), start=1):
        if np.ndim(W) < 2:
            raise ValueError(f"layer {layer}: expected a matrix (..., d_out, d_in); got shape {np.shape(W)}")
        if layer > 1 and W.shape[-1] != weights[layer - 2].shape[-2]:
            above, below = W.shape[-1], weights[layer - 2].shape[-2]
            raise ValueError(f"layer {layer} takes {above} inputs, but layer {layer - 1} gives {below}")
        if b is not None and np.shape(b)[-1:] != W.shape[-2:-1]:
            raise ValueError(f"layer {layer}: expected a bias of {W.shape[-2]} entries; got shape {np.shape(b)}")
    return biases


def preactivations(weights, biases, x, slopes=RELU):
    """Evaluate the network at x of shape (..., d_0); returns [z_1, ..., z_L], z_l of shape (..., d_l)."""
    biases = check_network(weights, biases)
    z, h = [], np.asarray(x)
    for W, b in zip(weights, biases, strict=True):
        z.append(np.matvec(W, h) if b is None else np.matvec(W, h) + b)
        h = activate(z[-1], slopes)
    return z


def corner_range(weights, biases, center, radius, slopes=RELU):
    """Least and largest outputs at the 2^d_0 corners of the box |x - center|_inf <= radius.

    Where the network is affine on the box these are the ends of its exact output box; elsewhere the true range may be
    larger. The network is evaluated, nothing is bounded.

    Parameters
    ----------
    weights, biases
        The network, as described at the top of this module.
    center : array (..., d_0)
    radius : array (...) or float, non-negative
        Of the box around each centre.
    slopes : (float, float)
        Slopes of the activation left and right of zero.

    Returns
    -------
    (low, high) : two arrays (..., d_L)
    """
    center, radius = np.asarray(center), np.asarray(radius)[..., None]
    images = [
        preactivations(weights, biases, center + radius * np.array(corner), slopes)[-1]
        for corner in product([-1.0, 1.0], repeat=center.shape[-1])
    ]
    return np.min(images, axis=0), np.max(images, axis=0)


def interval_bounds(weights, biases, lower, upper, slopes=RELU):
    """Boxes that contain every pre-activation when the input ranges over a box (IBP).

    Each layer is bounded alone, as if its inputs moved independently:
    [W]_+ lower + [W]_- upper + b <= W h + b <= [W]_+ upper + [W]_- lower + b, and phi maps intervals exactly.
    Sound in exact arithmetic; rounding is not directed outwards.

    Parameters
    ----------
    weights, biases
        The network, as described at the top of this module.
    lower, upper : arrays (..., d_0)
        The input box, lower <= upper.
    slopes : (float, float)
        Slopes of the activation left and right of zero.

    Returns
    -------
    list of (lower, upper), one pair of arrays (..., d_l) for each layer; the last is the output box.

    Raises
    ------
    ValueError
        If the layers do not fit together, or if lower > upper somewhere.
    """
    biases = check_network(weights, biases)
    lower, upper = np.asarray(lower), np.asarray(upper)
    if np.any(lower > upper):
        raise ValueError("the input box is empty: lower > upper in some coordinate")
    boxes = []
    for W, b in zip(weights, biases, strict=True):
        positive, negative = np.maximum(W, 0), np.minimum(W, 0)
        low = np.matvec(positive, lower) + np.matvec(negative, upper)
        high = np.matvec(positive, upper) + np.matvec(negative, lower)
        boxes.append((low, high) if b is None else (low + b, high + b))
        lower, upper = _activate_interval(*boxes[-1], slopes)
    return boxes


def sampled_quotient(weights, biases, center, radius, pairs, rng, slopes=RELU):
    """Largest |f(x) - f(y)| / |x - y|_inf of scalar networks over random pairs x, y of a box: array (...).

    It bounds the local Lipschitz constant on |x - center|_inf <= radius from below, by evaluating the network alone.

    Parameters
    ----------
    weights, biases
        The network, as described at the top of this module, with one output.
    center : array (..., d_0)
    radius : float
    pairs : int
        How many pairs are drawn, uniformly, for each network.
    rng : numpy.random.Generator
    """
    x, y = center + radius * rng.uniform(-1, 1, size=(2, pairs, *np.shape(center)))
    change = preactivations(weights, biases, x, slopes)[-1] - preactivations(weights, biases, y, slopes)[-1]
    return np.max(np.abs(change[..., 0]) / np.abs(x - y).max(axis=-1), axis=0)


def output_box(weights, biases, center, radius, slopes=RELU):
    """IBP's box of outputs (lower, upper), arrays (..., d_L), over the input boxes |x - center|_inf <= radius.

    The arguments are those of `corner_range`.
    """
    center, radius = np.asarray(center), np.asarray(radius)[..., None]
    return interval_bounds(weights, biases, center - radius, center + radius, slopes)[-1]


def _activate_interval(lower, upper, slopes):
    ends = activate(lower, slopes), activate(upper, slopes)
    low, high = np.minimum(*ends), np.maximum(*ends)
    kink_inside = (lower < 0) & (upper > 0)
    return np.where(kink_inside, np.minimum(low, 0), low), np.where(kink_inside, np.maximum(high, 0), high)


def box_radii(weights, radius):
    r"""Half-widths of the output boxes of a deep linear network: exact image, and layer by layer.

    The image of a box of radii r under W_L ... W_1 has half-widths |W_L ... W_1| r; propagating a box through
    every layer gives |W_L| ... |W_1| r, never less (absolute values entry by entry).

    Parameters
    ----------
    weights : list of arrays (..., d_l, d_{l-1})
        Integers stay integers, so that equality can be decided without rounding.
    radius : array (..., d_0)
        Radii of the input box, non-negative.

    Returns
    -------
    (exact, interval) : two arrays (..., d_L)
    """
    check_network(weights)
    product = weights[-1]
    for W in reversed(weights[:-1]):
        product = product @ W
    propagated = np.asarray(radius)
    for W in weights:
        propagated = np.matvec(np.abs(W), propagated)
    return np.matvec(np.abs(product), np.asarray(radius)), propagated


def local_linear_map(weights, biases, x, slopes=RELU):
    """The deep linear network that the network is near x: its weight matrices D_l W_l (the last one W_L).

    D_l is diagonal and holds phi'(z_l(x)), with the left slope at z = 0. The product of the returned matrices
    is the Jacobian of f at x wherever f is differentiable.

    Parameters
    ----------
    x : array (..., d_0)
        One input for each network.

    Returns
    -------
    list of arrays (..., d_l, d_{l-1})
    """
    left, right = slopes
    z = preactivations(weights, biases, x, slopes)
    hidden = [np.where(zl > 0, right, left)[..., None] * W for zl, W in zip(z[:-1], weights[:-1], strict=True)]
    return [*hidden, weights[-1]]


def local_box_radii(weights, biases, x, slopes=RELU):
    """Half-widths per unit radius at x: exact |W_L D_{L-1} ... D_1 W_1| 1, IBP |W_L| |D_{L-1}| ... |W_1| 1.

    For inputs within `stable_radius` of x these are the half-widths of the exact image of the box and of
    IBP's output box, divided by the radius. Returns two arrays (..., d_L).
    """
    local = local_linear_map(weights, biases, x, slopes)
    return box_radii(local, np.ones(np.shape(x)[-1]))


def without_dead(weights, biases, x, slopes=RELU, most=None):
    """Return (weights, biases, x) of the first `most` networks, on the first axis, whose Jacobian at x does not vanish.

    A layer without active neurons makes a ReLU network constant near x, and then there is no tightness to speak of.
    """
    alive = np.flatnonzero(local_box_radii(weights, biases, x, slopes)[0].any(axis=-1))[:most]
    return [W[alive] for W in weights], [b[alive] for b in biases], x[alive]


def one_by_one(weights, biases, x):
    """List of (weights, biases, x) of each network on the first axis, for what takes one network at a time."""
    return [([W[n] for W in weights], [b[n] for b in biases], x[n]) for n in range(len(x))]


def stable_radius(weights, biases, x, slopes=RELU):
    r"""Largest radius at which IBP around x keeps every hidden pre-activation away from zero.

    IBP's boxes grow with the radius, so the set of such radii is an interval. On it the network is linear, so
    that the half-widths of the pre-activations are the radius times R_l, R_l = |W_l| |D_{l-1}| R_{l-1}, R_0 =
    1, and the largest radius is the minimum over hidden neurons of |z_l(x)| / R_l.

    Returns
    -------
    array (...), one radius per network; infinite if no neuron can ever reach zero.
    """
    z = preactivations(weights, biases, x, slopes)
    local = local_linear_map(weights, biases, x, slopes)
    growth = np.ones(np.shape(x)[-1])
    radius = np.inf
    for W, D_W, zl in zip(weights[:-1], local[:-1], z[:-1], strict=True):
        with np.errstate(divide="ignore"):
            radius = np.minimum(radius, np.min(np.abs(zl) / np.matvec(np.abs(W), growth), axis=-1))
        growth = np.matvec(np.abs(D_W), growth)
    return radius
