"""Networks whose weights, multipliers and step carry powers of the width, and how far training moves their features."""

from itertools import pairwise

import numpy as np

from theorycheck.experiments.networks import Networks, gradient_descent, least_squares


def sample(rng, input_dim, width, replicates, a, b, activation="tanh"):
    """Networks without biases, one output, and W^l = n^(-a_l) w^l with w^l ~ N(0, n^(-2 b_l)), n the width.

    Parameters
    ----------
    rng : numpy.random.Generator
    input_dim, width, replicates : int
    a, b : sequences of L + 1 floats, for L hidden layers
    activation : str
        See `networks.Networks`.

    Returns
    -------
    Networks
    """
    if len(a) != len(b) or len(a) < 2:
        raise ValueError(f"a and b need one entry for each of two or more layers; got {len(a)} and {len(b)}")
    sizes = [input_dim, *[width] * (len(a) - 1), 1]
    shapes = [(replicates, n_out, n_in) for n_in, n_out in pairwise(sizes)]
    weights = [width**-exponent * rng.standard_normal(shape) for exponent, shape in zip(b, shapes, strict=True)]
    biases = [np.zeros(shape[:2]) for shape in shapes]
    return Networks(weights, biases, [width**-exponent for exponent in a], [0.0] * len(a), activation)


def feature_changes(networks, x, y, rate, steps, at):
    """How far full-batch gradient descent on the centred output f_t - f_0 moves the hidden layers.

    The cost is (1 / 2m) sum_i (f_t(x_i) - f_0(x_i) - y_i)^2 over the first m inputs; what is measured stands on the
    others.

    Parameters
    ----------
    networks : Networks
        R networks; they are trained in place.
    x : array (R, P, d)
        For each network m training inputs, then at least one test input.
    y : array (R, m)
        Labels, m < P.
    rate : float
    steps : int
    at : sequence of int
        Steps, increasing, at most `steps`, after which to measure.

    Returns
    -------
    hidden : array (len(at), L, R)
        Root mean square over neurons and test inputs of the change of each layer's pre-activations.
    gram : array (len(at), R)
        Change of the Gram matrix of the last layer's activations at all inputs, relative in the Frobenius norm.
    """
    m = y.shape[1]
    if not 0 < m < x.shape[1]:
        raise ValueError(f"need at least one training and one test input; got {m} labels for {x.shape[1]} inputs")
    sigma = networks.activation[0]

    def gram(hidden):
        active = sigma(hidden[-1])
        return active @ active.swapaxes(1, 2)

    *start, output = networks.preactivations(x)
    cost = least_squares(y[..., None] + output[:, :m])
    moved, turned = [], []
    for step, _ in enumerate(gradient_descent(networks, x, cost, rate=rate, steps=steps)):
        if step in at:
            hidden = networks.preactivations(x)[:-1]
            pairs = zip(hidden, start, strict=True)
            moved.append([np.sqrt(np.mean((h - h0)[:, m:] ** 2, axis=(1, 2))) for h, h0 in pairs])
            turned.append(_norm(gram(hidden) - gram(start)) / _norm(gram(start)))
    return np.array(moved), np.array(turned)


def _norm(matrices):
    return np.linalg.norm(matrices, axis=(1, 2))
