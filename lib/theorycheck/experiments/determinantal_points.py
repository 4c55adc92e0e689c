"""Weighted least squares from dependent points: by enumeration on finite sets, and by exact samples on the circle."""

from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from scipy import stats


class Subsets(NamedTuple):
    """All m-subsets of N points: `chance` under the DPP, interpolation `coefficients`, `inverse` of Q_S^T Q_S."""

    chance: np.ndarray
    coefficients: np.ndarray
    inverse: np.ndarray


class Tuples(NamedTuple):
    """All n-tuples of N points: chance under nu^n, det G, adj G, weighted least-squares coefficients, shuffled law."""

    chance: np.ndarray
    determinant: np.ndarray
    adjugate: np.ndarray
    coefficients: np.ndarray
    shuffled: np.ndarray


def enumerate_subsets(q, f):
    """Interpolate f at every m-subset S of N points in the span of m orthonormal columns.

    Parameters
    ----------
    q : array (N, m)
        Orthonormal columns; the projection DPP has P(S) = det(q_S)^2.
    f : array (N,)

    Returns
    -------
    Subsets, arrays (s,), (s, m), (s, m, m) with s = C(N, m)
        A singular q_S has chance 0; its coefficients are those of minimal norm.
    """
    subsets = np.array(list(combinations(range(len(q)), q.shape[1])))
    inverse = np.linalg.pinv(q[subsets])
    coefficients = (inverse @ f[subsets][..., None])[..., 0]
    return Subsets(np.linalg.det(q[subsets]) ** 2, coefficients, inverse @ inverse.swapaxes(1, 2))


def enumerate_tuples(q, f, n):
    """Weighted least squares of f from every n-tuple (with repetition) of N points under the uniform law mu.

    Parameters
    ----------
    q : array (N, m)
        Orthonormal columns; phi = sqrt(N) q, w = m / ||phi||^2 and nu = ||q_x||^2 / m.
    f : array (N,)
    n : int
        At least m.

    Returns
    -------
    Tuples, first axis of length N^n
        `shuffled` is the probability of "m points of the DPP and n - m i.i.d. points of nu, in random order".
    """
    points, m = q.shape
    tuples = np.array(list(product(range(points), repeat=n)))
    nu = np.sum(q**2, axis=1) / m
    phi = np.sqrt(points) * q
    root = np.sqrt(m / np.sum(phi**2, axis=1))[tuples]  # square root of the weight
    rows = root[..., None] * phi[tuples]
    gram = rows.swapaxes(1, 2) @ rows / n
    coefficients = np.linalg.pinv(rows) @ (root * f[tuples])[..., None]
    places = list(combinations(range(n), m))
    shuffled = np.zeros(len(tuples))
    for place in places:
        rest = [i for i in range(n) if i not in place]
        block = np.linalg.det(q[tuples[:, place]]) ** 2 / np.prod(np.arange(1, m + 1))
        shuffled += block * nu[tuples[:, rest]].prod(axis=1) / len(places)
    return Tuples(nu[tuples].prod(axis=1), np.linalg.det(gram), adjugate(gram), coefficients[..., 0], shuffled)


def adjugate(matrices):
    """Adjugate of a stack of square matrices (s, m, m), singular ones included, by their minors."""
    m = matrices.shape[-1]
    result = np.empty_like(matrices)
    for i, j in product(range(m), repeat=2):
        minor = np.delete(np.delete(matrices, i, axis=-2), j, axis=-1)
        result[..., j, i] = (-1) ** (i + j) * np.linalg.det(minor)
    return result


def circle_sums(law, m, rounds, runs, orders, rng):
    """Sums s_l = sum_i e^{il theta_i} over the first r m points, for r = 1, ..., rounds, of each of `runs` draws.

    Parameters
    ----------
    law : str
        "dpp": in each round the eigenvalue angles of a Haar unitary m x m matrix, which are the projection DPP of
        span{e^{ik theta}, k < m}; "iid": uniform angles; "volume": the first round as "dpp", the others as "iid".
    m, rounds, runs, orders : int
        The orders are l = 0, ..., orders.

    Returns
    -------
    complex array (orders + 1, rounds, runs)
    """
    if law not in ("dpp", "volume", "iid"):
        raise ValueError(f"law must be dpp, volume or iid; got {law!r}")
    z = np.exp(2j * np.pi * rng.random((rounds, runs, m)))
    repeated = {"dpp": rounds, "volume": 1, "iid": 0}[law]
    if repeated:
        unitary = stats.unitary_group.rvs(m, size=repeated * runs, random_state=rng)
        z[:repeated] = np.linalg.eigvals(unitary).reshape(repeated, runs, m)
    power, sums = np.ones_like(z), []
    for _ in range(orders + 1):
        sums.append(power.sum(axis=-1))
        power = power * z
    return np.cumsum(sums, axis=1)


def gram_matrices(sums, m):
    """Gram matrices (..., m, m) of e^{ik theta}, k < m, from sums (at least m, ...): G_{jk} = s_{j-k} / s_0."""
    lag = np.subtract.outer(np.arange(m), np.arange(m))
    both = np.where(lag.reshape(m, m, *(1,) * (sums.ndim - 1)) >= 0, sums[np.abs(lag)], sums[np.abs(lag)].conj())
    return np.moveaxis(both / sums[0].real, (0, 1), (-2, -1))


def noise_vectors(sums, m, q):
    """Noise vectors (..., m) of g = e^{iq theta}: v_k = s_{q-k} / s_0, from sums of orders up to q >= m."""
    return np.moveaxis(sums[q - np.arange(m)] / sums[0].real, 0, -1)
