"""Utilities of all subsets of a training set, permutation estimates of data values, and axioms as linear equations.

A subset is a bit mask m: training point i belongs to it if bit i of m is set.
"""

from itertools import combinations

import numpy as np


def ridge_utilities(x, y, x_test, y_test, penalty):
    """Whether a ridge classifier trained on each subset gets each test point right.

    The classifier is sign(x theta), theta = (X_S' X_S + penalty I)^-1 X_S' y_S; a score of 0 counts one half.

    Parameters
    ----------
    x, y : arrays (n, d), (n,)
    x_test, y_test : arrays (k, d), (k,) with labels -1 and 1

    Returns
    -------
    array (k, 2^n) of 0, 1/2 and 1
    """
    chosen = _members(len(y)).astype(float)
    gram = chosen @ np.einsum("ni,nj->nij", x, x).reshape(len(y), -1)
    theta = np.linalg.solve(
        gram.reshape(-1, x.shape[1], x.shape[1]) + penalty * np.eye(x.shape[1]), (chosen @ (y[:, None] * x))[..., None]
    )[..., 0]
    score = x_test @ theta.T
    return (1 + np.where(np.abs(score) < 1e-12, 0.0, np.sign(score)) * y_test[:, None]) / 2


def neighbour_utilities(distances, right, neighbours):
    """Share of right labels among the K nearest members of each subset, out of K also where fewer are there.

    Parameters
    ----------
    distances : array (n,)
        From the test point to the training points, all different.
    right : array (n,) of bool
        Whether a training point has the test point's label.
    neighbours : int

    Returns
    -------
    array (2^n,)
    """
    utilities = []
    for members in _members(len(distances)):
        nearest = np.flatnonzero(members)[np.argsort(distances[members])][:neighbours]
        utilities.append(np.sum(right[nearest]) / neighbours)
    return np.array(utilities)


def permutation_marginals(utilities, orders, rng, tolerance=None):
    """Marginals of all n players in random orders.

    Parameters
    ----------
    utilities : array (2^n,)
    orders : int
    tolerance : float, optional
        Stop an order at the first prefix S with |V(D) - V(S)| < tolerance (ties are not below it); later marginals
        count 0.

    Returns
    -------
    marginals : array (orders, n)
    computed : int array (orders,)
        Marginals that were computed, at most n.
    gap : array (orders,)
        V(D) - V(S) at the prefix where the order stopped.
    """
    n = len(utilities).bit_length() - 1
    order = rng.permuted(np.broadcast_to(np.arange(n), (orders, n)), axis=1)
    prefix = np.concatenate([np.zeros((orders, 1), dtype=int), np.cumsum(1 << order, axis=1)], axis=1)
    path = utilities[prefix]
    counted = np.ones((orders, n), dtype=bool)
    if tolerance is not None:
        far = np.abs(utilities[-1] - path[:, :-1]) >= tolerance * (1 - 1e-9)
        counted = np.logical_and.accumulate(far, axis=1)
    marginals = np.empty((orders, n))
    np.put_along_axis(marginals, order, np.where(counted, np.diff(path, axis=1), 0.0), axis=1)
    computed = counted.sum(axis=1)
    return marginals, computed, utilities[-1] - path[np.arange(orders), computed]


def permutation_estimates(utilities, orders, replicates, rng):
    """Means of `permutation_marginals` over `orders` random orders, (n, replicates), a batch of memory at a time."""
    n, batch = len(utilities).bit_length() - 1, max(1, 2**16 // orders)
    parts = []
    for start in range(0, replicates, batch):
        count = min(batch, replicates - start)
        marginals, *_ = permutation_marginals(utilities, orders * count, rng)
        parts.append(marginals.reshape(count, orders, n).mean(axis=1))
    return np.concatenate(parts).T


def axiom_solutions(n, efficiency):
    """Linear valuations phi_i(V) = sum_T a[i, T] V(T) that obey axioms, from a linear system for the n 2^n numbers a.

    A player whose marginals all vanish gets 0, so a[i, S] + a[i, S + i] = 0 for every S without i. Players i and j
    with equal marginals, V(S + i) = V(S + j) for every S without both, get the same, so a[i, .] - a[j, .] vanishes at S
    and at S + i + j, and in sum over S + i and S + j.

    Parameters
    ----------
    n : int
        Number of players; the system has n 2^n unknowns.
    efficiency : bool
        Whether the values must add up to V(D) - V(empty).

    Returns
    -------
    dimension : int
        Of the affine space of solutions.
    solution : array (n, 2^n)
        The one of least norm.
    residual : float
        Largest violation; not 0 if there is no solution.
    """
    unknown = np.arange(n * 2**n).reshape(n, -1)
    rows, right = [], []

    def equation(plus, minus=(), value=0.0):
        row = np.zeros(unknown.size)
        np.add.at(row, list(plus), 1.0)
        np.add.at(row, list(minus), -1.0)
        rows.append(row)
        right.append(value)

    for i in range(n):
        for s in range(2**n):
            if not s >> i & 1:
                equation([unknown[i, s], unknown[i, s | 1 << i]])
    for i, j in combinations(range(n), 2):
        for s in (mask for mask in range(2**n) if not (mask >> i | mask >> j) & 1):
            with_i, with_j, both = s | 1 << i, s | 1 << j, s | 1 << i | 1 << j
            equation([unknown[i, s]], [unknown[j, s]])
            equation([unknown[i, both]], [unknown[j, both]])
            equation([unknown[i, with_i], unknown[i, with_j]], [unknown[j, with_i], unknown[j, with_j]])
    if efficiency:
        for t in range(2**n):
            equation(unknown[:, t], value=float(t == 2**n - 1) - float(t == 0))
    system, right = np.array(rows), np.array(right)
    solution, _, rank, _ = np.linalg.lstsq(system, right, rcond=None)
    return unknown.size - int(rank), solution.reshape(n, -1), float(np.abs(system @ solution - right).max())


def _members(n):
    """Bool array (2^n, n): who belongs to each subset."""
    return (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(bool)
