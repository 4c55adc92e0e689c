r"""Linear bound propagation (CROWN) through ReLU networks: outputs, and norms of Clarke Jacobians.

Networks are lists of weights and biases as in `theorycheck.experiments.intervals`; leading axes hold
independent networks. A nonlinear step y = g(v), v in [l, u], is replaced by two affine functions below and
above it, and a linear functional of the output is pulled back through them layer by layer, taking at each
step the upper one where its coefficient is positive and the lower one where it is negative. What remains at
the input is an affine function, whose maximum over a box is explicit.

References: Zhang et al., Efficient neural network robustness certification with general activation functions
(arXiv:1811.00866), for outputs; Shi et al., Efficiently computing local Lipschitz constants of neural
networks via bound propagation (arXiv:2210.07394), for Jacobians.
"""

from dataclasses import dataclass

import numpy as np

from theorycheck.experiments.intervals import check_network, interval_bounds


@dataclass(frozen=True)
class Relaxation:
    """Affine bounds on an interval: lower_slope v + lower_offset <= y <= upper_slope v + upper_offset."""

    lower_slope: np.ndarray
    lower_offset: np.ndarray
    upper_slope: np.ndarray
    upper_offset: np.ndarray

    def pull_back(self, coefficients, sign):
        """Bound sum_k c_k y_k by an affine function of v, from above (sign = 1) or from below (sign = -1).

        `coefficients` has shape (..., rows, width). Returns the coefficients of v and the constants (...,
        rows).
        """
        upper_first = np.maximum(sign * coefficients, 0) * sign
        lower_first = coefficients - upper_first
        slope = upper_first * self.upper_slope[..., None, :] + lower_first * self.lower_slope[..., None, :]
        constant = np.matvec(upper_first, self.upper_offset) + np.matvec(lower_first, self.lower_offset)
        return slope, constant


def relu_relaxation(lower, upper):
    """Affine bounds of max(v, 0) on [lower, upper]: the chord above; v or 0 below, whichever leaves less area.

    Where the interval does not contain zero inside, both bounds are the function itself.
    """
    lower, upper = np.broadcast_arrays(np.asarray(lower, dtype=float), np.asarray(upper, dtype=float))
    unstable = (lower < 0) & (upper > 0)
    active = (lower >= 0).astype(float)
    width = np.where(unstable, upper - lower, 1.0)
    chord = np.where(unstable, upper / width, active)
    return Relaxation(
        lower_slope=np.where(unstable, (upper > -lower).astype(float), active),
        lower_offset=np.zeros_like(lower),
        upper_slope=chord,
        upper_offset=np.where(unstable, -chord * lower, 0.0),
    )


def box_maximum(coefficients, lower, upper, sign=1):
    """Maximum (sign = 1) or minimum (-1) of the rows of `coefficients` @ x over lower <= x <= upper."""
    up = np.maximum(sign * coefficients, 0) * sign
    return np.matvec(up, np.asarray(upper)) + np.matvec(coefficients - up, np.asarray(lower))


def affine_bounds(weights, biases, lower, upper, boxes):
    """Affine functions of the input below and above the network's output, given boxes of its pre-activations.

    Parameters
    ----------
    weights, biases
        A ReLU network with L layers.
    lower, upper : arrays (..., d_0)
        Input box; only its shape and the boxes' validity on it matter here.
    boxes : list of (lower, upper)
        Intervals (..., d_l) that hold z_l for l = 1..L-1.

    Returns
    -------
    (A, a), (C, c) : lower function A x + a and upper function C x + c, shapes (..., d_L, d_0) and (..., d_L)
    """
    biases = check_network(weights, biases)
    relaxations = [relu_relaxation(*box) for box in boxes[: len(weights) - 1]]
    sides = []
    for sign in (-1, 1):
        coefficients = np.asarray(weights[-1], dtype=float)
        constant = np.zeros(coefficients.shape[:-1]) if biases[-1] is None else biases[-1]
        for W, b, relaxation in zip(weights[-2::-1], biases[-2::-1], relaxations[::-1], strict=True):
            coefficients, offset = relaxation.pull_back(coefficients, sign)
            constant = constant + offset
            if b is not None:
                constant = constant + np.matvec(coefficients, b)
            coefficients = coefficients @ W
        sides.append((coefficients, constant))
    return tuple(sides)


def linear_bounds(weights, biases, lower, upper):
    """Boxes of all pre-activations of a ReLU network over an input box, by linear bound propagation.

    Layer by layer, each z_l is bounded by pulling it back to the input through the relaxations of the layers
    below it, and the result is intersected with the interval that one step of interval arithmetic gives from
    the box of layer l - 1. So these boxes are never larger than those of `interval_bounds`.

    Parameters
    ----------
    weights, biases
        A ReLU network with L layers.
    lower, upper : arrays (..., d_0)
        The input box, lower <= upper.

    Returns
    -------
    list of (lower, upper), one pair of arrays (..., d_l) for each layer; the last is the output box.

    Raises
    ------
    ValueError
        If the layers do not fit together, or if lower > upper somewhere.
    """
    biases = check_network(weights, biases)
    boxes = []
    for layer in range(1, len(weights) + 1):
        below = (lower, upper) if layer == 1 else tuple(np.maximum(side, 0) for side in boxes[-1])
        low, high = interval_bounds(weights[layer - 1 : layer], biases[layer - 1 : layer], *below)[0]
        if layer > 1:
            (A, a), (C, c) = affine_bounds(weights[:layer], biases[:layer], lower, upper, boxes)
            low = np.maximum(low, box_maximum(A, lower, upper, sign=-1) + a)
            high = np.minimum(high, box_maximum(C, lower, upper) + c)
        boxes.append((low, high))
    return boxes


def activation_ranges(boxes):
    """Ranges of each hidden ReLU's Clarke derivative: {0}, {1}, or [0, 1] where the box holds zero inside.

    `boxes` are intervals (lower, upper) of the hidden pre-activations; returns a list of pairs (low, high) of
    arrays of 0.0 and 1.0. A neuron whose interval only touches zero counts as stable, as the set where it is
    zero does not matter for the Lipschitz constant of a continuous piecewise linear function.
    """
    return [((low >= 0).astype(float), (high > 0).astype(float)) for low, high in boxes]


def gate_relaxation(lower, upper, low_gate, high_gate, kind):
    r"""Bounds of y = v s for v in [lower, upper] and a gate s in [low_gate, high_gate], the latter 0 or 1.

    Kinds, each at least as tight as the next:

    - "linear": the tightest affine functions of v, for a free gate the chords of max(v, 0) and min(v, 0) (Shi
      et al.).
    - "recursive": the same where v has one sign, constants where it has not (the relaxation of RecurJac).
    - "interval": constants everywhere.
    """
    lower, upper, low_gate, high_gate = np.broadcast_arrays(lower, upper, low_gate, high_gate)
    zero, one = np.zeros_like(lower, dtype=float), np.ones_like(lower, dtype=float)
    free = low_gate < high_gate
    smallest = np.where(free, np.minimum(lower, 0), low_gate * lower)
    largest = np.where(free, np.maximum(upper, 0), low_gate * upper)
    constants = Relaxation(zero, smallest, zero, largest)
    if kind == "interval":
        return constants
    mixed = free & (lower < 0) & (upper > 0)
    lower_slope = np.where(free, (upper <= 0).astype(float), low_gate)
    upper_slope = np.where(free, (lower >= 0).astype(float), low_gate)
    if kind == "recursive":
        return Relaxation(
            np.where(mixed, zero, lower_slope),
            np.where(mixed, smallest, zero),
            np.where(mixed, zero, upper_slope),
            np.where(mixed, largest, zero),
        )
    if kind != "linear":
        raise ValueError(f"kind must be 'linear', 'recursive' or 'interval'; got {kind!r}")
    width = np.where(mixed, upper - lower, one)
    return Relaxation(
        np.where(mixed, -lower / width, lower_slope),
        np.where(mixed, lower * upper / width, zero),
        np.where(mixed, upper / width, upper_slope),
        np.where(mixed, -lower * upper / width, zero),
    )


def jacobian_norm_bound(weights, ranges, kind="linear"):
    r"""Upper bound of the l1 norm of every Clarke Jacobian of a scalar ReLU network with given gate ranges.

    The Jacobian is the row J = W_L S_{L-1} W_{L-1} ... S_1 W_1 with diagonal gates S_l. It is computed
    backwards as a network of its own, v_{L-1} = W_L, y_l = v_l S_l, v_{l-1} = y_l W_l, J = v_0, and bounded
    by the relaxations of y = v s in `gate_relaxation`. |J|_1 is the local Lipschitz constant of x -> f(x) for
    the sup norm on inputs.

    Parameters
    ----------
    weights : list of arrays (..., d_l, d_{l-1})
        The network; d_L = 1. Biases enter through the ranges alone.
    ranges : list of (low, high)
        For each hidden layer, arrays (..., d_l) of 0 and 1 (`activation_ranges`).
    kind : {"linear", "recursive", "interval", "product"}
        The first three name the relaxation. "linear" also bounds sum_j |J_j| jointly, through chords of |.|;
        the others add up the bounds of the entries. "product" ignores the ranges: |W_L|_1 times the largest
        absolute row sums of W_{L-1}, ..., W_1.

    Returns
    -------
    array (...)

    Notes
    -----
    With two hidden layers linear <= recursive <= interval <= product, since each relaxation lies inside the
    next. In deeper networks only soundness is guaranteed.
    """
    check_network(weights)
    if weights[-1].shape[-2] != 1:
        raise ValueError(f"the network must have one output; got {weights[-1].shape[-2]}")
    if kind == "product":
        rows = [np.abs(W).sum(axis=-1).max(axis=-1) for W in weights]
        return np.prod(np.broadcast_arrays(*rows), axis=0)
    if len(ranges) != len(weights) - 1:
        raise ValueError(f"expected gate ranges for {len(weights) - 1} hidden layers; got {len(ranges)}")
    # Backwards through the network, the first factor is the constant row W_L.
    row = weights[-1][..., 0, :]
    relaxations = [gate_relaxation(row, row, *ranges[-1], kind)]
    factors = []
    for W, gates in zip(weights[-2:0:-1], ranges[-2::-1], strict=True):
        factors.append(W)
        low, high = _backward_bounds(factors, relaxations, row)
        relaxations.append(gate_relaxation(low, high, *gates, kind))
    factors.append(weights[0])
    low, high = _backward_bounds(factors, relaxations, row)
    if kind != "linear":
        return np.maximum(np.abs(low), np.abs(high)).sum(axis=-1)
    span = np.where(high > low, high - low, 1.0)
    slope = np.where(high > low, (np.abs(high) - np.abs(low)) / span, 0.0)
    offset = np.abs(low) - slope * low
    joint = _pull_back_to(slope[..., None, :], factors, relaxations, row, sign=1)[..., 0]
    return joint + offset.sum(axis=-1)


def _backward_bounds(factors, relaxations, row):
    """Interval of every entry of y F for the last factor F; y is the relaxed output of the layer before."""
    identity = np.eye(factors[-1].shape[-1])
    return tuple(_pull_back_to(identity, factors, relaxations, row, sign) for sign in (-1, 1))


def _pull_back_to(coefficients, factors, relaxations, row, sign):
    """Bound the rows of coefficients . (y F) by pulling them back to the constant `row`."""
    constant = 0.0
    for F, relaxation in zip(factors[::-1], relaxations[::-1], strict=True):
        coefficients, offset = relaxation.pull_back(coefficients @ np.swapaxes(F, -1, -2), sign)
        constant = constant + offset
    return np.matvec(coefficients, row) + constant
