"""Branch and bound for the local Lipschitz constant of ReLU networks: two inputs, two hidden layers."""

import heapq
from dataclasses import dataclass
from itertools import count

import numpy as np

from theorycheck.experiments.intervals import interval_bounds, local_linear_map
from theorycheck.experiments.linear_bounds import activation_ranges, jacobian_norm_bound
from theorycheck.experiments.piecewise_linear import area, cut, square


@dataclass(frozen=True)
class Search:
    """Outcome of `lipschitz_search`.

    Attributes
    ----------
    lower, upper : float
        Final bounds of the local Lipschitz constant.
    history : array (branchings + 1, 2)
        Lower and upper bound before the first and after every branching.
    """

    lower: float
    upper: float
    history: np.ndarray

    @property
    def branchings(self):
        return len(self.history) - 1


def lipschitz_search(weights, biases, center, radius, geometry=True, tolerance=1e-10, max_branchings=100_000):
    r"""Bound max |grad f|_1 over the square |x - center|_inf <= radius by branching on neurons' signs.

    A node is a polygon of inputs together with the neurons whose sign is known on it. Its upper bound is its
    parent's or, if smaller, `jacobian_norm_bound` (kind "linear") with the gates that remain free:
    first-layer pre-activations are bounded at the polygon's vertices, second-layer ones by interval
    arithmetic or, once the first layer is fixed and the second therefore affine, at the vertices too. The
    gradient at the polygon's centroid bounds from below. The node with the largest upper bound is split along
    its free neuron with the largest absolute row sum of weights, first layer first, by cutting its polygon
    along that neuron's kink. The search ends when the bounds meet or the largest upper bound belongs to a
    node without free neurons, where it is exact.

    Parameters
    ----------
    weights, biases
        Shapes (d_1, 2), (d_2, d_1), (1, d_2) and (d_1,), (d_2,), (1,) or None.
    center, radius : array (2,), float
    geometry : bool
        If false, signs are fixed without cutting the polygon, so that impossible combinations of signs are
        kept. The upper bound stays valid and in general never meets the constant. For comparison.
    tolerance : float
        Relative gap at which the bounds count as met.
    max_branchings : int
        Give up (with valid bounds) after that many.

    Returns
    -------
    Search
    """
    if len(weights) != 3 or weights[0].shape[-1] != 2:
        raise ValueError("the search takes networks with two inputs and two hidden layers")
    polygon = square(center, radius)
    smallest = 1e-14 * area(polygon)
    ticket = count()
    none_fixed = (np.zeros(len(biases[0])), np.zeros(len(biases[1])))
    bound, free = _bound(weights, biases, polygon, none_fixed)
    queue = [(-bound, next(ticket), free, polygon, none_fixed)]
    lower = _gradient_norm(weights, biases, polygon)
    history = [(lower, bound)]
    while len(history) <= max_branchings:
        upper, _, free, polygon, fixed = queue[0]
        if -upper <= lower * (1 + tolerance) or not any(layer.any() for layer in free):
            break
        heapq.heappop(queue)
        for piece, signs in _children(weights, biases, polygon, fixed, free, geometry, smallest):
            bound, still_free = _bound(weights, biases, piece, signs)
            lower = max(lower, _gradient_norm(weights, biases, piece))
            heapq.heappush(queue, (max(-bound, upper), next(ticket), still_free, piece, signs))
        history.append((lower, -queue[0][0]))
    return Search(*history[-1], np.array(history))


def _children(weights, biases, polygon, fixed, free, geometry, smallest):
    layer = 0 if free[0].any() else 1
    size = np.abs(weights[layer]).sum(axis=-1)
    neuron = int(np.argmax(np.where(free[layer], size, -1.0)))
    pieces = [polygon, polygon]
    if geometry:
        normal, offset = weights[0], biases[0]
        if layer == 1:
            gates = _boxes(weights, biases, polygon, fixed)[0][1] > 0
            normal, offset = weights[1] @ (gates[:, None] * normal), weights[1] @ (gates * offset) + biases[1]
        pieces = cut(polygon, normal[neuron], offset[neuron])
    for piece, sign in zip(pieces, (1.0, -1.0), strict=True):
        if len(piece) > 2 and area(piece) > smallest:
            signs = [layer_signs.copy() for layer_signs in fixed]
            signs[layer][neuron] = sign
            yield piece, tuple(signs)


def _bound(weights, biases, polygon, fixed):
    """Upper bound on a node, and which neurons of each hidden layer are free there."""
    ranges = activation_ranges(_boxes(weights, biases, polygon, fixed))
    return float(jacobian_norm_bound(weights, ranges)), [low < high for low, high in ranges]


def _boxes(weights, biases, polygon, fixed):
    """Intervals of the pre-activations of both hidden layers on a node."""
    z = polygon @ weights[0].T + biases[0]
    low, high = _impose(z.min(axis=0), z.max(axis=0), fixed[0])
    if np.any((low < 0) & (high > 0)):
        above = interval_bounds(weights[1:2], biases[1:2], np.maximum(low, 0), np.maximum(high, 0))[0]
    else:
        z = (z * (high > 0)) @ weights[1].T + biases[1]
        above = z.min(axis=0), z.max(axis=0)
    return [(low, high), _impose(*above, fixed[1])]


def _impose(low, high, signs):
    return np.where(signs > 0, np.maximum(low, 0), low), np.where(signs < 0, np.minimum(high, 0), high)


def _gradient_norm(weights, biases, polygon):
    first, second, last = local_linear_map(weights, biases, polygon.mean(axis=0))
    return float(np.abs(last @ second @ first).sum())
