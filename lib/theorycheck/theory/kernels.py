"""Kernels of infinitely wide perceptrons: the Gaussian-process kernel (NNGP) and the tangent kernel (NTK).

A perceptron of depth L (the number of weight matrices) computes, for an input x in R^d,

    h^(1) = sqrt(w) W^(1) x / sqrt(d) + sqrt(b) B^(1),
    h^(l+1) = sqrt(w) W^(l+1) sigma(h^(l)) / sqrt(n_l) + sqrt(b) B^(l+1),        f(x) = h^(L),

with all entries of W and B independent N(0, 1), weight variance w and bias variance b. As the hidden
widths n_l grow, each h^(l) becomes a Gaussian process with covariance Sigma^(l), and the kernel
sum_p df(x)/dp df(x')/dp of the gradients tends to Theta^(L) (Jacot, Gabriel and Hongler, NeurIPS 2018,
Theorem 1):

    Sigma^(1) = Theta^(1) = w x.x' / d + b,
    Sigma^(l+1) = w E[sigma(u) sigma(v)] + b,
    Theta^(l+1) = w E[sigma'(u) sigma'(v)] Theta^(l) + Sigma^(l+1),      (u, v) ~ N(0, Sigma^(l)).

How the digits are kept. The duals of a kinked activation depend on the angle between two inputs, and an
angle near 0 or pi that is computed from its cosine loses half its digits. Here every pair carries 1 - rho
and 1 + rho (rho the correlation) instead of rho: computed from differences and sums of the inputs where
they are nearly parallel, and propagated from layer to layer by formulas that subtract nothing large.
"""

import functools
import math
from typing import NamedTuple

import numpy as np
from scipy import special

_TILE = 1 << 14  # elements of one tile: all temporaries of a tile fit in a second-level cache
_ROWS = 128  # rows of one tile; at least as many columns fit
_NEAR = 1e-4  # below this 1 - |rho| is recomputed from differences of the inputs
_SIGNS = np.array([[1.0], [-1.0]])


class Kernels(NamedTuple):
    """The two limiting kernels on the same pairs of points."""

    nngp: np.ndarray
    ntk: np.ndarray


# Activations -----------------------------------------------------------------------------------------
#
# Each has `profile(q)`, an array (k, n) with whatever it needs to know of n points with variances q,
# whose first row is m(q) = E sigma(sqrt(q) Z)^2, and `pair(left, right, gap, total)`: for profiles shaped
# to broadcast against each other, gap = 1 - rho and total = 1 + rho, it overwrites gap with
# 1 - E[sigma sigma'] / sqrt(m m') and returns E[sigma' sigma']. It may overwrite total as well.


class _Relu:
    """sigma(u) = sqrt(2) max(0, u): the arc-cosine kernel, with m(q) = q.

    With theta the angle, E[sigma sigma'] = sqrt(q q') (sin theta + (pi - theta) cos theta) / pi and
    E[sigma' sigma'] = (pi - theta) / pi (Cho and Saul, NeurIPS 2009).
    """

    def profile(self, q):
        return q[None]

    def pair(self, left, right, gap, total):
        sine = np.sqrt(gap)
        half = np.sqrt(total, out=total)
        theta = sine / half  # the tangent of half the angle, infinite where total is 0
        np.arctan(theta, out=theta)
        theta *= 2 / math.pi
        sine *= half
        sine *= 1 / math.pi
        slope = np.subtract(1, theta, out=half)
        # 1 - kappa_1 = gap - (sin theta - theta cos theta) / pi with cos theta = 1 - gap
        gap *= slope
        gap += theta
        gap -= sine
        return slope


class _Erf:
    """sigma = erf: E[sigma sigma'] = (2 / pi) arcsin(2 c / sqrt((1 + 2q)(1 + 2q'))) (Williams, NeurIPS
    1996).

    Taken as arctan(2 c / r), r^2 = (1 + 2q)(1 + 2q') - 4 c^2 = 1 + 2q + 2q' + 4 q q' (1 - rho)(1 + rho).
    """

    def profile(self, q):
        mean_square = 2 / math.pi * np.arctan2(2 * q, np.sqrt(1 + 4 * q))
        return np.stack([mean_square, 0.5 + 2 * q, np.sqrt(2 * q), np.sqrt(2 / math.pi / _positive(mean_square))])

    def pair(self, left, right, gap, total):
        scale = left[2] * right[2]
        total *= gap
        total *= scale
        total *= scale
        total += left[1]
        total += right[1]
        root = np.sqrt(total, out=total)
        mean = np.subtract(1, gap, out=gap)
        mean *= scale
        mean /= root
        np.arctan(mean, out=mean)
        mean *= left[3]
        mean *= right[3]
        np.subtract(1, mean, out=gap)
        return np.divide(4 / math.pi, root, out=root)


class _Hermite:
    """Any activation, by its Hermite coefficients from Gauss-Hermite quadrature; exact for polynomials.

    With a_j(q) the coefficients of sigma(sqrt(q) z) in the orthonormal Hermite polynomials, Mehler's
    formula gives E[sigma sigma'] = sum_j a_j(q) a_j(q') rho^j, and likewise for the derivative. The m
    coefficients come from m nodes, at which the polynomials are orthonormal under the quadrature as well:
    at rho = 1 the sum *is* the one-dimensional quadrature of E sigma^2.
    """

    def __init__(self, function, derivative, nodes):
        self.function, self.derivative, self.nodes = function, derivative, nodes

    def profile(self, q):
        points, transform = _hermite_transform(self.nodes)
        u = points[:, None] * np.sqrt(q)
        a, da = transform @ self.function(u), transform @ self.derivative(u)
        # Coefficients whose share of the squares is below rounding are dropped, the same for both
        # functions.
        tails = [np.cumsum((c * c)[::-1], axis=0)[::-1] for c in (a, da)]
        shares = [np.max(tail / _positive(tail[0]), axis=1) for tail in tails]
        keep = max(1, int(np.sum(np.maximum(*shares) > 1e-17)))
        square = (a * a).sum(0, keepdims=True)
        return np.concatenate([square, a[:keep] / np.sqrt(_positive(square)), da[:keep]])

    def pair(self, left, right, gap, total):
        rho = np.where(gap < total, 1 - gap, total - 1)
        terms = (len(left) - 1) // 2
        mean, slope = (_power_sum(left[i], right[i], rho) for i in (slice(1, 1 + terms), slice(1 + terms, None)))
        np.subtract(1, mean, out=gap)
        return slope


def _power_sum(left, right, rho):
    """sum_j left_j right_j rho^j by Horner's rule."""
    total = np.zeros(np.broadcast_shapes(left.shape[1:], right.shape[1:], rho.shape))
    for a, b in zip(left[::-1], right[::-1], strict=True):
        total *= rho
        total += a * b
    return total


@functools.lru_cache(maxsize=8)
def _hermite_transform(nodes):
    """Nodes z (m,), and the matrix (m, m) from values at z to orthonormal Hermite coefficients."""
    points, weights = special.roots_hermitenorm(nodes)
    weights = weights / weights.sum()
    rows = np.empty((nodes, nodes))  # sqrt(weight) times polynomial: bounded by 1, so the recurrence cannot overflow
    rows[0] = np.sqrt(weights)
    previous = np.zeros(nodes)
    for j in range(nodes - 1):
        rows[j + 1] = (points * rows[j] - math.sqrt(j) * previous) / math.sqrt(j + 1)
        previous = rows[j]
    return points, rows * rows[0]


def polynomial(coefficients):
    """The activation sigma(u) = sum_k coefficients[k] u^k, for `kernels` and `zonal_kernels`; exact.

    Raises
    ------
    ValueError
        If there is no finite coefficient of degree 1 or more.
    """
    coefficients = np.asarray(coefficients, dtype=float)
    if coefficients.ndim != 1 or coefficients.size < 2 or not np.isfinite(coefficients).all():
        raise ValueError(f"a polynomial needs at least two finite coefficients; got {coefficients}")
    function = np.polynomial.Polynomial(coefficients)
    return _Hermite(function, function.deriv(), nodes=coefficients.size + 1)


def quadrature(function, derivative, nodes=200):
    """An arbitrary activation, for `kernels` and `zonal_kernels`, by Gauss-Hermite quadrature.

    Parameters
    ----------
    function, derivative : callable
        sigma and sigma', vectorized.
    nodes : int
        From 2 to 300. For an activation analytic in the strip |Im u| < a the error at variance q is of
        order exp(-2 a sqrt(2 nodes / q)): at 200 nodes rounding for tanh up to q = 3, 1e-8 at q = 10.
        With a kink or a jump it falls like a power of `nodes` only; use "relu" where that is meant.
    """
    if not 2 <= nodes <= 300:
        raise ValueError(f"nodes must lie between 2 and 300; got {nodes}")
    return _Hermite(function, derivative, nodes)


_NAMED = {
    "relu": _Relu(),
    "erf": _Erf(),
    "tanh": quadrature(np.tanh, lambda u: 1 / np.cosh(u) ** 2),
    "softplus": quadrature(lambda u: np.logaddexp(0, u), special.expit),
}


# The recursion ---------------------------------------------------------------------------------------


def kernels(x, x2=None, *, depth, activation="relu", weight_variance=1.0, bias_variance=0.0):
    """Sigma^(L) and Theta^(L) between the rows of `x` and of `x2`.

    Parameters
    ----------
    x : array (n, d)
        Inputs.
    x2 : array (n2, d), optional
        Second set of inputs; `x` itself if not given (then only one triangle is computed).
    depth : int
        L >= 1, the number of weight matrices; at L = 1 both kernels are linear.
    activation : str or object
        "relu" (which means sqrt(2) max(0, u), so that E sigma(u)^2 = Var u), "erf", "tanh", "softplus",
        or what `polynomial` or `quadrature` returns.
    weight_variance, bias_variance : float or sequence of `depth` floats
        w > 0 and b >= 0, for all layers or layer by layer.

    Returns
    -------
    Kernels
        `nngp` and `ntk`, arrays (n, n2).

    Raises
    ------
    ValueError
        If a shape, the depth, a variance or the activation is not as above, or an input is not finite.

    Notes
    -----
    Works through tiles that fit in the cache; besides the two results no n x n2 array is held. Inputs of
    norm zero are allowed. Without quadrature the error is of the order of rounding times
    sqrt(K(x, x) K(x', x')), at parallel, nearly parallel, opposite and identical inputs too.

    References
    ----------
    A. Jacot, F. Gabriel, C. Hongler, Neural Tangent Kernel, NeurIPS 2018, arXiv:1806.07572, Theorem 1.

    Examples
    --------
    >>> x = np.eye(2) * np.sqrt(2)
    >>> kernels(x, depth=2).ntk.round(6)  # 2 on the diagonal, 1/pi off it
    array([[2.     , 0.31831],
           [0.31831, 2.     ]])
    """
    network = _Network(depth, activation, weight_variance, bias_variance)
    symmetric = x2 is None
    unit, length = network.first_layer(x)
    n = n2 = len(unit)
    offset, unit2 = 0, unit
    if not symmetric:
        unit2, length2 = network.first_layer(x2)
        if unit.shape[1] != unit2.shape[1]:
            shapes = f"{np.shape(x)} and {np.shape(x2)}"
            raise ValueError(f"x and x2 must have the same number of columns; got shapes {shapes}")
        offset, n2, length = n, len(unit2), np.concatenate([length, length2])
    layers = network.layers(length)
    nngp, ntk = np.empty((n, n2)), np.empty((n, n2))
    rows = min(n, _ROWS)
    columns = _TILE // rows
    for top in range(0, n, rows):
        i = slice(top, min(top + rows, n))
        left = [layer.at((i, None)) for layer in layers]
        for first in range(top if symmetric else 0, n2, columns):
            j = slice(first, min(first + columns, n2))
            right = [layer.at(slice(offset + j.start, offset + j.stop)) for layer in layers]
            tiles = network.propagate(left, right, *_gap_and_sum(unit[i], unit2[j]))
            for kernel, tile in zip((nngp, ntk), tiles, strict=True):
                if symmetric and first == top:  # against rounding in the block on the diagonal
                    block = tile[:, : len(tile)]
                    block[...] = (block + block.T) / 2
                kernel[i, j] = tile
                if symmetric:
                    kernel[j, i] = tile.T
    return Kernels(nngp, ntk)


def zonal_kernels(cosine, *, depth, activation="relu", weight_variance=1.0, bias_variance=0.0, square_norm=1.0):
    """The same kernels on a sphere, as functions of the cosine between two inputs.

    Parameters
    ----------
    cosine : array of any shape
        x.x' / (|x| |x'|), in [-1, 1].
    square_norm : float
        |x|^2 / d, the same for all inputs: 1 on the sphere of radius sqrt(d), 1/d on the unit sphere.
    depth, activation, weight_variance, bias_variance
        As for `kernels`.

    Returns
    -------
    Kernels
        `nngp` and `ntk`, of the shape of `cosine`.
    """
    network = _Network(depth, activation, weight_variance, bias_variance)
    cosine = np.asarray(cosine, dtype=float)
    if not (np.abs(cosine) <= 1).all():
        raise ValueError("cosine must lie in [-1, 1]")
    if not 0 < square_norm < np.inf:
        raise ValueError(f"square_norm must be positive; got {square_norm}")
    w, b = network.weight[0] * square_norm, network.bias[0]
    point = network.layers(np.array([math.sqrt(w + b)]))
    flat = cosine.ravel()
    gap, total = w * (1 - flat) / (w + b), (w * (1 + flat) + 2 * b) / (w + b)
    return Kernels(*(part.reshape(cosine.shape) for part in network.propagate(point, point, gap, total)))


class _Layer(NamedTuple):
    """What the recursion needs to know of n points at layer l; the arrays below are (n,)."""

    scale: np.ndarray  # standard deviation of h^(l) times the square root of w in all layers to come
    profile: np.ndarray  # (k, n): of the activation at layer l
    # The next standard deviation is the length of (sqrt(w m), sqrt(b)), a vector at an angle phi to the axis.
    share: np.ndarray  # cos phi
    turn: np.ndarray  # (2, n): sin(phi/2) and cos(phi/2), times the fourth root of 2

    def at(self, index):
        return _Layer(*(part[..., *(index if isinstance(index, tuple) else (index,))] for part in self))


class _Network:
    """The checked architecture, and the recursion on tiles of pairs."""

    def __init__(self, depth, activation, weight_variance, bias_variance):
        if isinstance(depth, bool) or not isinstance(depth, int | np.integer) or depth < 1:
            raise ValueError(f"depth must be an integer of at least 1; got {depth!r}")
        if isinstance(activation, str):
            if activation not in _NAMED:
                raise ValueError(f"activation must be one of {', '.join(_NAMED)}; got {activation!r}")
            activation = _NAMED[activation]
        self.activation = activation
        self.weight = _per_layer("weight_variance", weight_variance, depth)
        self.bias = _per_layer("bias_variance", bias_variance, depth)
        if not (self.weight > 0).all():
            raise ValueError(f"weight_variance must be positive; got {weight_variance}")

    def first_layer(self, x):
        """Unit vectors along (sqrt(w) x / sqrt(d), sqrt(b)), and their lengths sqrt(Sigma^(1)(x, x))."""
        x = np.asarray(x, dtype=float)
        if x.ndim != 2 or x.size == 0 or not np.isfinite(x).all():
            raise ValueError(f"inputs must be a finite array of shape (n, d); got shape {x.shape}")
        n, d = x.shape
        extended = np.hstack([x * math.sqrt(self.weight[0] / d), np.full((n, 1), math.sqrt(self.bias[0]))])
        length = np.linalg.norm(extended, axis=1)
        return extended / np.where(length > 0, length, 1.0)[:, None], length

    def layers(self, root):
        """The layers' data, given the standard deviations (n,) of the first."""
        layers = []
        for layer, (w, b) in enumerate(zip(self.weight[1:], self.bias[1:], strict=True), start=1):
            profile = self.activation.profile(root**2)
            signal, noise = np.sqrt(w * profile[0]), math.sqrt(b)
            half = np.arctan2(noise, signal) / 2
            turn = 2**0.25 * np.stack([np.sin(half), np.cos(half)])
            following = np.hypot(signal, noise)
            scale = root * math.sqrt(math.prod(self.weight[layer:]))
            layers.append(_Layer(scale, profile, signal / _positive(following), turn))
            root = following
        return [*layers, _Layer(root, root[None], root, root[None])]

    @np.errstate(divide="ignore")
    def propagate(self, left, right, gap, total):
        """Both kernels of the last layer, from 1 - rho and 1 + rho of the first (both overwritten).

        Theta^(l) is carried times the weight variances of the layers to come, which stand in the layers' scales.
        """
        ntk = 1 - gap
        ntk *= left[0].scale
        ntk *= right[0].scale
        for p, q, after, after2, b in zip(left, right, left[1:], right[1:], self.bias[1:], strict=False):
            ntk *= self.activation.pair(p.profile, q.profile, gap, total)
            if b > 0:
                gap *= p.share
                gap *= q.share
                # 1 - cos(phi - phi') = 2 sin^2((phi - phi') / 2), the sine as an outer product of rank two
                sine = p.turn[..., 0].T @ (q.turn[::-1] * _SIGNS)
                sine *= sine
                gap += sine
            np.abs(gap, out=gap)  # rounding may leave -0 < gap
            nngp = 1 - gap
            nngp *= after.scale
            nngp *= after2.scale
            ntk += nngp
            np.subtract(2, gap, out=total)
        return (nngp, ntk) if len(left) > 1 else (ntk, ntk.copy())


def _positive(x):
    """x, or the smallest normal number where x is 0: a divisor for numerators that are 0 there too."""
    return np.maximum(x, np.finfo(float).tiny)


def _per_layer(name, value, depth):
    value = np.asarray(value, dtype=float)
    if value.shape not in ((), (depth,)) or not (np.isfinite(value).all() and (value >= 0).all()):
        raise ValueError(f"{name} must be one number of at least 0, or one for each layer; got {value}")
    return np.broadcast_to(value, depth)


def _gap_and_sum(u, v):
    """1 - u.v and 1 + u.v for unit vectors in the rows of u and v, each to full relative precision."""
    total = u @ v.T
    gap = 1 - total
    total += 1
    if min(gap.min(), total.min()) < _NEAR:
        near = np.nonzero((gap < _NEAR) | (total < _NEAR))
        chunk = max(1, _TILE // u.shape[1])
        for start in range(0, len(near[0]), chunk):
            i, j = (index[start : start + chunk] for index in near)
            sign = np.sign(total[i, j] - 1)
            small = ((u[i] - sign[:, None] * v[j]) ** 2).sum(axis=1) / 2
            gap[i, j] = np.where(sign > 0, small, 2 - small)
            total[i, j] = np.where(sign > 0, 2 - small, small)
    return gap, total


# Finite width ----------------------------------------------------------------------------------------


def relu_tangent_variance(widths):
    """Exact variance of the tangent kernel Theta(x, x) of a finite ReLU network, whose mean is L.

    For sigma(u) = sqrt(2) max(0, u), weight variance 1, no bias, one output and an input with |x|^2 = d.
    Given the input of a layer its ReLU mask consists of independent fair coins, and the second moment
    contains every row of weights an even number of times, so that masks and weights may be taken
    independent. Then, with hidden widths n_1 .. n_{L-1},

        E Theta^2 = sum_l A(l-1) D(l) + 2 sum_{l<l'} A(l-1) T(l, l') D(l'),

    A(l) = prod_{m<=l} (1 + 5/n_m) and D(l) = prod_{m>=l} (1 + 5/n_m) being the second moments of the
    squared norms of activations and of back-propagated vectors, and T the correlation between two layers'
    terms.

    Parameters
    ----------
    widths : sequence of int
        Hidden widths n_1 .. n_{L-1}, at least one.

    Returns
    -------
    float
        Var Theta(x, x): 12/n for one hidden layer of width n, 58/n + 113/n^2 for two, 160/n + 640/n^2 +
        912/n^3 for three.
    """
    n = [int(width) for width in widths]
    if not n or min(n) < 1:
        raise ValueError(f"widths must be a list of at least one positive integer; got {widths!r}")
    depth = len(n) + 1
    growth = [1 + 5 / width for width in n]

    def between(low, high):  # T(l, l') through layers l .. l' - 1 (n[l - 1] is n_l)
        a, b = 1.0, 0.0
        for m in range(high - 2, low - 1, -1):
            a, b = a * (1 + 1 / n[m]) + 2 * b, (4 * a / n[m] + (n[m] + 3) * b) / n[m - 1]
        return a * (1 + 1 / n[low - 1]) + 2 * b

    second = 0.0
    for low in range(1, depth + 1):
        for high in range(low, depth + 1):
            middle = 1.0 if low == high else 2 * between(low, high)
            second += math.prod(growth[: low - 1]) * middle * math.prod(growth[high - 1 :])
    return second - depth**2
