"""Attention of order k with exp replaced by a polynomial: minimax polynomials, tensors of scores, exact ranks."""

from itertools import product
from typing import NamedTuple

import numpy as np
from scipy import optimize


class ExpPolynomial(NamedTuple):
    """A polynomial P of degree g for exp on [-R, R], as P(x) exp(-x) in a basis orthonormal on sample points.

    `error` is max |P(x) exp(-x) - 1| over the sample, and `lower` a certified lower bound of its minimum there. The
    basis starts as exp(-x - R)/norm, and x/R times function j is the combination `recurrence`[:, j] of functions.
    """

    radius: float
    norm: float
    recurrence: np.ndarray  # (g + 1, g)
    coefficients: np.ndarray  # (g + 1,)
    error: float
    lower: float

    def relative_error(self, x):
        """P(x) exp(-x) - 1 at any x in [-R, R]."""
        basis = [np.exp(-x - self.radius) / self.norm]
        for j in range(len(self.coefficients) - 1):
            new = x / self.radius * basis[j] - sum(self.recurrence[i, j] * q for i, q in enumerate(basis))
            basis.append(new / self.recurrence[j + 1, j])
        return sum(c * q for c, q in zip(self.coefficients, basis, strict=True)) - 1


def minimax_exp(radius, degree, *, stop=1.02, steps=40):
    """Polynomial of least relative error for exp on [-radius, radius], by Lawson's reweighted least squares.

    The sample is 6 degree + 80 Chebyshev points. In a plain basis the error at -radius would lose exp(2 radius) digits,
    so the basis carries the weight exp(-x) and is orthogonalized (Arnoldi). Weights w that sum to 1 are multiplied by
    the error until it is at most `stop` times sqrt(sum w error^2), a lower bound of the minimax error for any w.

    Returns
    -------
    ExpPolynomial
    """
    m = 6 * degree + 80
    t = np.cos((np.arange(m) + 0.5) * np.pi / m)
    first = np.exp(-radius * (t + 1))
    norm = np.linalg.norm(first)
    basis, recurrence = np.empty((m, degree + 1)), np.zeros((degree + 1, degree))
    basis[:, 0] = first / norm
    for j in range(degree):
        new = t * basis[:, j]
        for _ in range(2):  # the second pass restores what rounding has lost
            overlap = basis[:, : j + 1].T @ new
            recurrence[: j + 1, j] += overlap
            new = new - basis[:, : j + 1] @ overlap
        recurrence[j + 1, j] = np.linalg.norm(new)
        basis[:, j + 1] = new / recurrence[j + 1, j]
    w, best, lower = np.full(m, 1 / m), (np.inf, None), 0.0
    for _ in range(steps):
        root = np.sqrt(w)
        coefficients = np.linalg.lstsq(basis * root[:, None], root, rcond=None)[0]
        error = np.abs(basis @ coefficients - 1)
        lower = max(lower, float(np.sqrt(w @ error**2)))
        if error.max() < best[0]:
            best = (float(error.max()), coefficients)
        if best[0] <= stop * lower:
            break
        w = w * error
        w /= w.sum()
    return ExpPolynomial(radius, norm, recurrence, best[1], best[0], lower)


def taylor_relative_error(degree, x):
    """T(x) exp(-x) - 1 for the Taylor polynomial T of exp at 0."""
    term, total = np.ones_like(x), np.ones_like(x)
    for j in range(1, degree + 1):
        term = term * x / j
        total = total + term
    return total * np.exp(-x) - 1


def corner_tokens(n, d, order, bound, rng, *, bounded_factors=0):
    """Q and the order - 1 key factors, each (n, d), uniform in [-B, B] but for two tokens all +B and all -B.

    The last `bounded_factors` factors keep B = 1 instead, whatever `bound` is.
    """
    factors = []
    for i in range(order):
        size = 1.0 if i >= order - bounded_factors else bound
        factor = rng.uniform(-size, size, size=(n, d))
        factor[0], factor[1] = size, -size
        factors.append(factor)
    return factors


def scores(factors):
    """Tensor X of shape (n,) * k: X[i, j2, ..., jk] = (1/d) sum_l Q[i, l] K2[j2, l] ... Kk[jk, l]."""
    product = factors[0]
    for factor in factors[1:]:
        product = product[..., None, :] * factor
    return product.mean(axis=-1)


def output_error(x, relative_error, values):
    """Largest change of attention's output when the weight exp(x) of every key tuple gets a relative error.

    Parameters
    ----------
    x, relative_error : arrays (n, ...)
        Scores of each query against all tuples of keys.
    values : array (tuples, m)
    """
    x = x.reshape(len(x), -1)
    exact = np.exp(x - x.max(axis=1, keepdims=True))
    changed = exact * (1 + relative_error.reshape(x.shape))
    first, second = (w @ values / w.sum(axis=1, keepdims=True) for w in (exact, changed))
    return float(np.abs(first - second).max())


def reached_bound(degree, log_error, order, n, d, rng, *, bounded_factors=0, polynomial="minimax"):
    """Bound B on the entries at which a polynomial of this degree replaces exp to relative error exp(-log_error).

    The error is that of the entries of the score tensor of `corner_tokens`, and the polynomial is designed for the
    largest of these scores. Found by the secant method in logarithms.

    Returns
    -------
    bound, entry_error, output_error : float
        B, and at B the largest relative error of an entry and the largest error of the output for values in [-1, 1].
    """
    unit = corner_tokens(n, d, order, 1.0, rng, bounded_factors=bounded_factors)
    values = rng.uniform(-1, 1, size=(n ** (order - 1), 2))
    free = order - bounded_factors

    def errors(log_bound):
        x = scores([f * np.exp(log_bound) for f in unit[:free]] + unit[free:])
        if polynomial == "taylor":
            return x, taylor_relative_error(degree, x)
        return x, minimax_exp(np.abs(x).max(), degree).relative_error(x)

    def excess(log_bound):
        return np.log(np.abs(errors(log_bound)[1]).max()) + log_error

    start = np.log(0.25 * degree) / free
    found = optimize.root_scalar(excess, x0=start, x1=start + 0.1 / free, method="secant", xtol=1e-5).root
    x, error = errors(found)
    return float(np.exp(found)), float(np.abs(error).max()), output_error(x, error, values)


def reached_bounds(degrees, log_errors, orders, n_tokens, d, rngs, **options):
    """`reached_bound` for every order and degree.

    Parameters
    ----------
    degrees, log_errors : sequences of one length
    orders, n_tokens : sequences of one length
    d : int
    rngs : nested sequence of generators (orders, degrees)
    **options
        As for `reached_bound`.

    Returns
    -------
    array (3, orders, degrees)
        B, the largest error of an entry, and that of the output.
    """
    found = np.empty((3, len(orders), len(degrees)))
    for (i, (k, n)), (j, (g, log_error)) in product(
        enumerate(zip(orders, n_tokens, strict=True)), enumerate(zip(degrees, log_errors, strict=True))
    ):
        found[:, i, j] = reached_bound(g, log_error, k, n, d, rngs[i][j], **options)
    return found


def rank_mod_p(matrix, p=2**31 - 1):
    """Rank of an integer matrix over the field of p elements, p a prime below 2^31, by elimination."""
    a = np.array(matrix, dtype=object) % p
    a = a.astype(np.int64)
    rank = 0
    for column in range(a.shape[1]):
        pivots = np.flatnonzero(a[rank:, column])
        if pivots.size == 0:
            continue
        pivot = rank + pivots[0]
        a[[rank, pivot]] = a[[pivot, rank]]
        a[rank] = a[rank] * pow(int(a[rank, column]), -1, p) % p
        others = np.arange(len(a)) != rank
        a[others] = (a[others] - a[others, column, None] * a[rank] % p) % p
        rank += 1
        if rank == len(a):
            break
    return rank


def polynomial_rank(degree, d, order, rows, rng):
    """Rank mod 2^31 - 1 of P(d X) for random integer tokens in [-50, 50] and a random integer P of this degree.

    `rows` queries against `rows` + 20 tuples of keys.
    """
    queries = rng.integers(-50, 51, size=(rows, d)).astype(object)
    tuples = np.prod(rng.integers(-50, 51, size=(order - 1, rows + 20, d)).astype(object), axis=0)
    x = queries @ tuples.T
    total = np.zeros_like(x)
    for coefficient in rng.integers(1, 1000, size=degree + 1):
        total = total * x + int(coefficient)
    return rank_mod_p(total)
