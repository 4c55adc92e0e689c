r"""ReLU networks with two inputs, taken apart exactly: linear cells, ranges, local Lipschitz constants.

A ReLU network is affine on each of finitely many polygons. With two inputs they can be listed by cutting the
input square along the kinks of one layer after the other, so that maxima over the square are maxima over a
finite list. Nothing here uses interval or linear bounds: it is what those are checked against.

Networks are lists of weights (d_l, d_{l-1}) and biases (d_l,), d_0 = 2.
"""

from dataclasses import dataclass

import numpy as np

from theorycheck.experiments.intervals import RELU, activate, check_network, preactivations


@dataclass(frozen=True)
class Cell:
    """A polygon on which the network is affine.

    Attributes
    ----------
    polygon : array (k, 2)
        Vertices of a convex polygon, in order.
    pattern : list of boolean arrays (d_l,)
        Which hidden neurons are active inside.
    jacobian, offset : arrays (d_L, 2) and (d_L,)
        The network is x -> jacobian @ x + offset on the polygon.
    """

    polygon: np.ndarray
    pattern: list
    jacobian: np.ndarray
    offset: np.ndarray


def square(center, radius):
    """Corners of the square |x - center|_inf <= radius, counter-clockwise, shape (4, 2)."""
    return np.asarray(center) + radius * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])


def area(polygon):
    """Area of a polygon (shoelace formula; positive if its vertices run counter-clockwise)."""
    x, y = (polygon - polygon[0]).T
    return 0.5 * float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


def cut(polygon, normal, offset):
    """The parts of a convex polygon where normal @ x + offset is >= 0 and <= 0: two polygons, maybe empty."""
    values = polygon @ normal + offset
    if values.min() >= 0:
        return polygon, polygon[:0]
    if values.max() <= 0:
        return polygon[:0], polygon
    above, below = [], []
    for i, (point, value) in enumerate(zip(polygon, values, strict=True)):
        before = values[i - 1]
        if before * value < 0:
            crossing = polygon[i - 1] + (point - polygon[i - 1]) * (before / (before - value))
            above.append(crossing)
            below.append(crossing)
        if value >= 0:
            above.append(point)
        if value <= 0:
            below.append(point)
    return np.array(above), np.array(below)


def linear_cells(weights, biases, polygon, smallest=1e-14):
    """Cut a convex polygon into the cells on which the network is affine.

    Parameters
    ----------
    weights, biases
        A ReLU network with two inputs.
    polygon : array (k, 2)
        Vertices in counter-clockwise order, e.g. `square(center, radius)`.
    smallest : float
        Pieces of less than this share of the polygon's area are dropped: they are slivers made by rounding.

    Returns
    -------
    list of Cell
        Their polygons cover the given one and overlap in edges only.
    """
    biases = check_network(weights, biases)
    if weights[0].shape[-1] != 2:
        raise ValueError(f"cells are polygons, so the network needs 2 inputs; got {weights[0].shape[-1]}")
    threshold = smallest * area(polygon)
    cells = [Cell(np.asarray(polygon, dtype=float), [], np.eye(2), np.zeros(2))]
    for layer, (W, b) in enumerate(zip(weights, biases, strict=True)):
        b = 0.0 if b is None else b
        affine = [Cell(c.polygon, c.pattern, W @ c.jacobian, W @ c.offset + b) for c in cells]
        if layer == len(weights) - 1:
            return affine
        cells = [
            Cell(piece, [*c.pattern, active], active[:, None] * c.jacobian, active * c.offset)
            for c in affine
            for piece, active in _cut_along_kinks(c, threshold)
        ]


def _cut_along_kinks(cell, threshold):
    """Pieces of a cell's polygon on which no coordinate of its affine map changes sign, and the signs."""
    values = cell.polygon @ cell.jacobian.T + cell.offset
    crossing = np.flatnonzero((values.min(axis=0) < 0) & (values.max(axis=0) > 0))
    pieces = [cell.polygon]
    for k in crossing:
        halves = [half for piece in pieces for half in cut(piece, cell.jacobian[k], cell.offset[k])]
        pieces = [half for half in halves if len(half) > 2 and area(half) > threshold]
    return [(piece, cell.jacobian @ piece.mean(axis=0) + cell.offset > 0) for piece in pieces]


def local_lipschitz(weights, biases, center, radius):
    r"""Exact Lipschitz constant of a scalar network on the square |x - center|_inf <= radius, for that norm.

    sup |f(x) - f(y)| / |x - y|_inf over the square is the largest l1 norm of the gradient over its linear
    cells, as f is continuous and the square convex.

    Returns
    -------
    (constant, cell, cells) : float, the cell where it is attained, and the list of all cells
    """
    if weights[-1].shape[-2] != 1:
        raise ValueError(f"the network must have one output; got {weights[-1].shape[-2]}")
    cells = linear_cells(weights, biases, square(center, radius))
    norms = [np.abs(c.jacobian).sum() for c in cells]
    best = int(np.argmax(norms))
    return float(norms[best]), cells[best], cells


def steepest_quotient(weights, biases, cell):
    """Difference quotient |f(x) - f(y)| / |x - y|_inf of a scalar network across a cell, in its steepest direction.

    The pair x, y lies inside the cell, symmetric about its centroid along sign(gradient), half way to the edges.
    """
    middle, direction = cell.polygon.mean(axis=0), np.sign(cell.jacobian[0])
    edges = np.roll(cell.polygon, -1, axis=0) - cell.polygon
    inward = edges @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    with np.errstate(divide="ignore"):
        room = np.min(((middle - cell.polygon) * inward).sum(axis=1) / np.abs(inward @ direction))
    pair = middle + np.array([[0.5], [-0.5]]) * room * direction
    first, second = preactivations(weights, biases, pair)[-1][:, 0]
    return abs(first - second) / room


def two_layer_range(weights, biases, center, radius, slopes=RELU):
    r"""Exact range of f(x) = w_2 . phi(W_1 x + b_1) + b_2 over squares |x - center|_inf <= radius.

    f is affine between the kink lines, so its extrema are attained where two of the kink lines and sides
    meet. Leading axes of all arguments hold independent networks and squares.

    Parameters
    ----------
    weights : [array (..., d, 2), array (..., 1, d)]
    biases : [array (..., d), array (..., 1) or None]
    center : array (..., 2)
    radius : array (...)
    slopes : (float, float)
        Slopes of phi left and right of zero.

    Returns
    -------
    (low, high) : two arrays (...)
    """
    (W1, W2), (b1, b2) = weights, check_network(weights, biases)
    b1 = np.zeros(W1.shape[:-1]) if b1 is None else b1
    center, radius = np.asarray(center, dtype=float), np.asarray(radius, dtype=float)[..., None]
    # In units of the square: lines n . t + o = 0 for x = center + radius t, the sides last.
    normals = W1 * radius[..., None]
    offsets = np.matvec(W1, center) + b1
    lead = np.broadcast_shapes(normals.shape[:-2], offsets.shape[:-1])
    sides = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    normals = np.concatenate(
        [np.broadcast_to(normals, (*lead, *W1.shape[-2:])), np.broadcast_to(sides, (*lead, 4, 2))], -2
    )
    ends = np.array([1.0, -1.0, 1.0, -1.0])
    offsets = np.concatenate([np.broadcast_to(offsets, (*lead, W1.shape[-2])), np.broadcast_to(ends, (*lead, 4))], -1)
    i, j = np.triu_indices(normals.shape[-2], k=1)
    (a, b), (c, d) = np.moveaxis(normals[..., i, :], -1, 0), np.moveaxis(normals[..., j, :], -1, 0)
    e, f = offsets[..., i], offsets[..., j]
    determinant = a * d - b * c
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.stack([(b * f - d * e) / determinant, (c * e - a * f) / determinant], axis=-1)
    # A point outside the square is moved onto it: every point of the square is a valid one to look at.
    t = np.clip(np.where(np.isfinite(t), t, 0.0), -1.0, 1.0)
    x = center[..., None, :] + radius[..., None] * t
    hidden = activate(np.einsum("...kj,...pj->...pk", W1, x) + b1[..., None, :], slopes)
    values = np.einsum("...pk,...k->...p", hidden, W2[..., 0, :])
    values = values if b2 is None else values + b2
    return values.min(axis=-1), values.max(axis=-1)
