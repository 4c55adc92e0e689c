"""Finite multilayer perceptrons, many at a time: outputs, tangent kernels and gradient descent.

A network of depth L maps x = a^(0) in R^{n_0} to f(x) = h^(L) in R^{n_L} through

    h^(l) = s_l W^(l) a^(l-1) + t_l b^(l),    a^(l) = sigma(h^(l)),

where the multipliers s_l and t_l are fixed and W, b are trained. Which share of a layer's scale stands in its
multiplier and which in the law of its weights is its *parametrization*: it changes nothing about a network at
initialization (the readout of "mu" apart), and everything about its gradients.

Every array has the R networks of a batch on its first axis, so that one matrix product serves them all.
"""

import copy
import itertools
import math
from dataclasses import dataclass

import numpy as np
from scipy import special

PARAMETRIZATIONS = ("ntk", "standard", "mu")


def _relu(h):
    out = np.maximum(h, 0)
    out *= math.sqrt(2)
    return out


def _erf_derivative(h):
    out = h * h
    np.negative(out, out=out)
    np.exp(out, out=out)
    out *= 2 / math.sqrt(math.pi)
    return out


# A descent that diverges is for its caller to judge; it ends in infinities and NaNs, not in warnings.
_diverging = {"over": "ignore", "invalid": "ignore"}

_ACTIVATIONS = {
    "relu": (_relu, lambda h: math.sqrt(2) * (h > 0)),
    "erf": (special.erf, _erf_derivative),
    "tanh": (np.tanh, lambda h: 1 - np.tanh(h) ** 2),
    "softplus": (lambda h: np.logaddexp(0, h), special.expit),
}


@dataclass
class Networks:
    """R networks of one architecture.

    Attributes
    ----------
    weights : list of arrays (R, n_l, n_{l-1})
        W^(1) .. W^(L), trained in place by `gradient_descent`.
    biases : list of arrays (R, n_l)
    weight_multipliers, bias_multipliers : list of floats
        s_l and t_l.
    activation : str or pair of callables
        "relu" (which means sqrt(2) max(0, h)), "erf", "tanh", "softplus", or (sigma, sigma'), vectorized.
    """

    weights: list
    biases: list
    weight_multipliers: list
    bias_multipliers: list
    activation: object

    def __post_init__(self):
        if isinstance(self.activation, str):
            if self.activation not in _ACTIVATIONS:
                names = ", ".join(_ACTIVATIONS)
                raise ValueError(f"activation must be one of {names}; got {self.activation!r}")
            self.activation = _ACTIVATIONS[self.activation]

    def copy(self):
        """Networks with their own weights, so that training them leaves these as they are."""
        return copy.deepcopy(self)

    def scale_output(self, factor):
        """The networks `factor` times f, on the same weights (not copies of them)."""
        *weight_multipliers, s = self.weight_multipliers
        *bias_multipliers, t = self.bias_multipliers
        return Networks(
            self.weights,
            self.biases,
            [*weight_multipliers, factor * s],
            [*bias_multipliers, factor * t],
            self.activation,
        )

    def __call__(self, x):
        """Outputs (R, P, n_L) at the inputs `x`: (P, n_0), or (R, P, n_0) if every network has its own."""
        return self._forward(x)[0][-1]

    def preactivations(self, x):
        """[h^(1) .. h^(L)] at the inputs `x`, arrays (R, P, n_l)."""
        return self._forward(x)[0]

    @np.errstate(**_diverging)
    def _forward(self, x):
        """Pre-activations [h^(1) .. h^(L)] and activations [a^(0) .. a^(L-1)]; the first axis of a^(0) may be 1."""
        x = np.asarray(x, dtype=float)
        count, _, dimension = self.weights[0].shape
        if x.ndim not in (2, 3) or x.shape[-1] != dimension or (x.ndim == 3 and len(x) != count):
            raise ValueError(f"inputs must have shape (P, {dimension}) or ({count}, P, {dimension}); got {x.shape}")
        hidden, active = [], [x.reshape(-1, *x.shape[-2:])]
        for w, b, s, t in zip(self.weights, self.biases, self.weight_multipliers, self.bias_multipliers, strict=True):
            if hidden:
                active.append(self.activation[0](hidden[-1]))
            h = (s * active[-1]) @ w.swapaxes(1, 2)
            if t:
                h += t * b[:, None]
            hidden.append(h)
        return hidden, active

    def _backward(self, hidden):
        """Yield (l, d f_k / d h^(l)) (R, K, P, n_l) for l = L - 1 .. 1; at l = L it is the identity."""
        count, points, outputs = hidden[-1].shape
        delta = None
        for layer in range(len(self.weights) - 1, 0, -1):
            w, s = self.weights[layer], self.weight_multipliers[layer]
            if delta is None:
                delta = np.repeat(w[:, :, None], points, axis=2)
            else:
                delta = (delta.reshape(count, outputs * points, -1) @ w).reshape(count, outputs, points, -1)
            delta *= s * self.activation[1](hidden[layer - 1])[:, None]
            yield layer, delta


def sample(
    rng,
    sizes,
    replicates=1,
    *,
    activation="relu",
    parametrization="ntk",
    weight_scale=1.0,
    bias_scale=0.0,
    law="normal",
):
    """Draw networks at initialization.

    Parameters
    ----------
    rng : numpy.random.Generator
    sizes : sequence of int
        n_0, n_1 .. n_L: inputs, hidden widths, outputs.
    replicates : int
        R, the number of independent networks.
    activation : str or pair of callables
        See `Networks`.
    parametrization : str
        Where the scales stand; u is weight_scale, v is bias_scale, and X ~ c means that the entries of X are
        independent with mean 0 and standard deviation c:

        - "ntk": s = u / sqrt(n_{l-1}), W ~ 1, t = v, b ~ 1;
        - "standard": s = 1, W ~ u / sqrt(n_{l-1}), t = 1, b ~ v;
        - "mu" (Yang and Hu, arXiv:2011.14522, with a = (-1/2, 0 .. 0, 1/2) and b = 1/2 in its notation):
          s = u sqrt(n_1 / n_0), W ~ 1 / sqrt(n_1) in the first layer, s = u, W ~ 1 / sqrt(n_{l-1}) in the
          hidden ones, s = u / sqrt(n_{L-1}), W ~ 1 / sqrt(n_{L-1}) in the last. Hidden biases are weights
          of a constant input: t = v sqrt(n_l), b ~ 1 / sqrt(n_l); the last bias has t = v, b ~ 1.
    weight_scale, bias_scale : float
        The square roots of the weight variance and of the bias variance.
    law : {"normal", "student"}
        Of the weights, scaled to the standard deviation above; "student" has 2.5 degrees of freedom, hence no
        fourth moment. Biases are normal.

    Returns
    -------
    Networks

    Raises
    ------
    ValueError
        If an argument is not as above.
    """
    sizes = [int(n) for n in sizes]
    if len(sizes) < 2 or min(sizes) < 1 or replicates < 1:
        given = f"{sizes}, {replicates}"
        raise ValueError(f"sizes needs two or more positive integers, replicates one; got {given}")
    if parametrization not in PARAMETRIZATIONS:
        names = ", ".join(PARAMETRIZATIONS)
        raise ValueError(f"parametrization must be one of {names}; got {parametrization!r}")
    if parametrization == "mu" and len(sizes) == 2:
        raise ValueError("parametrization 'mu' needs a hidden layer")
    if law not in ("normal", "student"):
        raise ValueError(f"law must be normal or student; got {law!r}")
    weights, biases, s, t = [], [], [], []
    for layer in range(1, len(sizes)):
        n_in, n_out = sizes[layer - 1 : layer + 1]
        last = layer == len(sizes) - 1
        multiplier = {
            "ntk": weight_scale / math.sqrt(n_in),
            "standard": 1.0,
            "mu": weight_scale * (math.sqrt(n_out / n_in) if layer == 1 else 1 / math.sqrt(n_in) if last else 1.0),
        }[parametrization]
        deviation = {
            "ntk": 1.0,
            "standard": weight_scale / math.sqrt(n_in),
            "mu": 1 / math.sqrt(n_out if layer == 1 else n_in),
        }[parametrization]
        bias_deviation = {
            "ntk": 1.0,
            "standard": bias_scale,
            "mu": 1.0 if last else 1 / math.sqrt(n_out),
        }[parametrization]
        shape = (replicates, n_out, n_in)
        w = rng.standard_normal(shape) if law == "normal" else rng.standard_t(2.5, shape) / math.sqrt(5)
        if deviation != 1:
            w *= deviation
        weights.append(w)
        biases.append(bias_deviation * rng.standard_normal((replicates, n_out)))
        s.append(multiplier)
        t.append(1.0 if parametrization == "standard" else bias_scale / bias_deviation)
    return Networks(weights, biases, s, t, activation)


def batches(rng, sizes, replicates, *, memory=1 << 25, **options):
    """Yield `replicates` networks in batches whose weights take at most `memory` bytes, or one network.

    For what needs each network once only, such as its tangent kernel at initialization:
    `np.concatenate([tangent_kernel(batch, x) for batch in batches(rng, sizes, 100)])`. The arguments are
    those of `sample`.
    """
    one = 8 * sum(int(a) * int(b) for a, b in itertools.pairwise(sizes))
    size = max(1, memory // one)
    for start in range(0, replicates, size):
        yield sample(rng, sizes, min(size, replicates - start), **options)


@np.errstate(**_diverging)
def tangent_kernel(networks, x, x2=None):
    """Empirical tangent kernel: inner products of the outputs' gradients with respect to all parameters.

    Theta_{kk'}(x, x') = sum_p df_k(x)/dp df_k'(x')/dp is computed layer by layer without the gradients:
    layer l contributes (delta_k . delta'_k') (s_l^2 a^(l-1) . a'^(l-1) + t_l^2) with delta_k = df_k / dh^(l),
    a product of two Gram matrices.

    Parameters
    ----------
    networks : Networks
        R networks with K outputs.
    x : array (P, n_0) or (R, P, n_0)
        Inputs, the same for all networks or one set for each.
    x2 : array (P2, n_0) or (R, P2, n_0), optional
        `x` itself if not given.

    Returns
    -------
    array (R, K, K, P, P2)
        [r, k, k'] is the block of the outputs k and k' of network r.
    """
    hidden, active = networks._forward(x)
    hidden2, active2 = (hidden, active) if x2 is None else networks._forward(x2)
    (count, points, outputs), points2 = hidden[-1].shape, hidden2[-1].shape[1]
    s, t = networks.weight_multipliers, networks.bias_multipliers

    def inputs(layer):  # s_l^2 a . a' + t_l^2 for the layer that reads active[layer]
        gram = active[layer] @ active2[layer].swapaxes(1, 2)
        gram *= s[layer] ** 2
        gram += t[layer] ** 2
        return gram

    kernel = np.zeros((count, outputs, points, outputs, points2))
    for k in range(outputs):
        kernel[:, k, :, k] = inputs(len(s) - 1)
    backward = networks._backward(hidden)
    for layer, delta in backward if x2 is None else _pairs(backward, networks._backward(hidden2)):
        left, right = (delta, delta) if x2 is None else delta
        left, right = (part.reshape(count, outputs * part.shape[2], -1) for part in (left, right))
        gram = (left @ right.swapaxes(1, 2)).reshape(kernel.shape)
        gram *= inputs(layer - 1)[:, None, :, None]
        kernel += gram
    return kernel.swapaxes(2, 3)


def _pairs(first, second):
    for (layer, left), (_, right) in zip(first, second, strict=True):
        yield layer, (left, right)


def jacobian(networks, x):
    """All derivatives df_k(x)/dp, for networks small enough to hold them.

    Returns
    -------
    array (R, K, P, N)
        The N parameters in the order W^(1), b^(1), .., W^(L), b^(L), matrices row by row.
    """
    hidden, active = networks._forward(x)
    count, points, outputs = hidden[-1].shape
    identity = np.broadcast_to(np.eye(outputs)[:, None], (count, outputs, points, outputs))
    blocks = []
    for layer, delta in [(len(networks.weights), identity), *networks._backward(hidden)]:
        by_weight = delta[..., None] * active[layer - 1][:, None, :, None]
        by_weight *= networks.weight_multipliers[layer - 1]
        by_bias = networks.bias_multipliers[layer - 1] * delta
        blocks += [by_bias, by_weight.reshape(count, outputs, points, -1)]
    return np.concatenate(blocks[::-1], axis=-1)


def least_squares(y):
    """The gradient, for `gradient_descent`, of the cost (1 / 2m) sum_i |f(x_i) - y_i|^2.

    Parameters
    ----------
    y : array (m, K) or (R, m, K)
        Labels of the first m inputs, the same for all networks or one set for each.
    """
    y = np.asarray(y, dtype=float)
    m = y.shape[-2]
    return lambda outputs: (outputs[:, :m] - y) / m


def gradient_descent(networks, x, cost_gradient, *, rate, steps):
    """Train by full-batch gradient descent, and yield the outputs on the way.

    All parameters move, p <- p - rate dC/dp, in place: between two steps `networks` is the network as it then
    is, for whoever wants its kernel.

    Parameters
    ----------
    networks : Networks
        Changed in place; use `networks.copy()` to keep the initial ones.
    x : array (P, n_0) or (R, P, n_0)
        Training inputs, then, if any, inputs at which the outputs are only watched; the same for all networks or
        one set for each.
    cost_gradient : callable
        Takes the outputs (R, P, K), returns dC/df at the training inputs, (R, m, K) with m <= P; for example
        `least_squares(y)`.
    rate : float or array (R,)
        Step of the descent, of all networks or of each.
    steps : int
        Number of steps.

    Yields
    ------
    array (R, P, K)
        Outputs before the first step and after each: `steps` + 1 arrays. Networks that diverge end in infinities and
        NaNs, without a warning.
    """
    rate = np.reshape(rate, (-1, 1, 1))
    for step in range(steps + 1):
        hidden, active = networks._forward(x)
        yield hidden[-1]
        if step < steps:
            _descend(networks, hidden, active, cost_gradient(hidden[-1]), rate)


@np.errstate(**_diverging)
def _descend(networks, hidden, active, delta, rate):
    """One step, given dC/dh^(L) in `delta` (R, m, K), and the rate as an array (R or 1, 1, 1)."""
    m = delta.shape[1]
    for layer in range(len(networks.weights) - 1, -1, -1):
        w, t = networks.weights[layer], networks.bias_multipliers[layer]
        scaled = networks.weight_multipliers[layer] * delta
        below = None
        if layer:
            below = scaled * w if w.shape[1] == 1 else scaled @ w
            below *= networks.activation[1](hidden[layer - 1][:, :m])
        w -= (rate * scaled).swapaxes(1, 2) @ active[layer][:, :m]
        if t:
            networks.biases[layer] -= rate[..., 0] * t * delta.sum(axis=1)
        delta = below
