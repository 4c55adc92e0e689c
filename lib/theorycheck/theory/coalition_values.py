"""Values of players in a game: semivalues by enumeration, and the law of their estimates from random orders.

A game on n players is an array V of 2^n utilities: V[m] belongs to the coalition whose members are the set bits of m.
"""

import numpy as np
from scipy.special import comb


def shapley_weights(n):
    """Weight of a coalition of size s = 0, ..., n - 1 in the Shapley value: 1 / (n binom(n - 1, s))."""
    return 1 / (n * comb(n - 1, np.arange(n)))


def banzhaf_weights(n):
    """Weights of the Banzhaf value: 2^-(n - 1) for every size."""
    return np.full(n, 0.5 ** (n - 1))


def leave_one_out_weights(n):
    """Weights of leaving one out: only the coalition of all others counts."""
    return np.eye(n)[n - 1]


def semivalue(utilities, weights):
    """phi_i = sum over S without i of w_|S| (V(S + i) - V(S)), by enumeration.

    Parameters
    ----------
    utilities : array (..., 2^n)
    weights : array (n,)
        One weight for each size |S| = 0, ..., n - 1.

    Returns
    -------
    array (..., n)
    """
    n = _players(utilities)
    return np.stack([_marginals(utilities, i) @ np.asarray(weights)[sizes(n)[_without(n, i)]] for i in range(n)], -1)


def sizes(n):
    """Number of members of each of the 2^n coalitions."""
    return np.array([mask.bit_count() for mask in range(2**n)])


def marginal_variances(utilities):
    """Variance of a player's marginal V(S + i) - V(S) in a uniformly random order, for each player.

    Since S has the Shapley weight of its size, Var_i = sum_S w_|S| (V(S + i) - V(S))^2 - phi_i^2. The mean over m
    independent orders has the variance Var_i / m.
    """
    n = _players(utilities)
    square = [_marginals(utilities, i) ** 2 @ shapley_weights(n)[sizes(n)[_without(n, i)]] for i in range(n)]
    return np.array(square) - semivalue(utilities, shapley_weights(n)) ** 2


def truncated_means(utilities, tolerance):
    """Expectations for random orders that stop at the first prefix S with |V(D) - V(S)| < tolerance.

    From q(S), the probability that a random order reaches S without having stopped, which passes from S to S + i with
    probability 1 / (n - |S|) while S is alive, i.e. not within the tolerance.

    Returns
    -------
    values : array (n,)
        E of a player's marginal, counted as 0 after the stop: sum over alive S of q(S) / (n - |S|) (V(S + i) - V(S)).
    gap : float
        E[V(D) - V(S_stop)]; equals V(D) - V(empty) - sum of values, since the marginals telescope.
    evaluations : float
        Expected number of marginals that an order computes.
    """
    V, n = np.asarray(utilities, dtype=float), _players(utilities)
    size, alive = sizes(n), ~stops(V, tolerance)
    reached, step = np.zeros(2**n), 1 / np.maximum(n - size, 1)
    reached[0] = 1.0
    for s in range(n):
        for i in range(n):
            parents = np.flatnonzero((size == s) & _without(n, i) & alive)
            reached[parents | 1 << i] += reached[parents] * step[parents]
    flow = np.where(alive, reached * step, 0.0)
    values = np.array([_marginals(V, i) @ flow[_without(n, i)] for i in range(n)])
    return values, float(reached[~alive] @ (V[-1] - V[~alive])), float(reached[alive].sum())


def stops(utilities, tolerance):
    """Whether each coalition is within the tolerance of all players; ties, which rounding would decide, are not."""
    return np.abs(utilities[-1] - utilities) < tolerance * (1 - 1e-9)


def nearest_neighbour_values(hits, neighbours):
    """Shapley values of training points in a K-nearest-neighbour vote, by a recursion from far to near.

    The game is V(S) = (1/K) sum over the min(K, |S|) nearest members of S of [label is the test point's]. With the
    points sorted by distance, phi_n = hit_n / n and
    phi_i = phi_{i+1} + (hit_i - hit_{i+1}) / K * min(K, i) / i (Jia et al., 2019).

    Parameters
    ----------
    hits : array (n,)
        Whether the label of the i-th nearest training point is right.
    neighbours : int
        K, at most n.
    """
    hits = np.asarray(hits, dtype=float)
    n = len(hits)
    if not 1 <= neighbours <= n:
        raise ValueError(f"neighbours must be between 1 and the number of points {n}; got {neighbours}")
    i = np.arange(1, n)
    steps = (hits[:-1] - hits[1:]) / neighbours * np.minimum(neighbours, i) / i
    return hits[-1] / n + np.append(np.cumsum(steps[::-1])[::-1], 0.0)


def _players(utilities):
    count = np.shape(utilities)[-1]
    if count < 2 or count & (count - 1):
        raise ValueError(f"a game on n players has 2^n utilities; got {count}")
    return count.bit_length() - 1


def _without(n, i):
    """Which coalitions do not contain player i."""
    return np.arange(2**n) >> i & 1 == 0


def _marginals(utilities, i):
    """V(S + i) - V(S) for all S without i, in the order of their masks."""
    utilities = np.asarray(utilities, dtype=float)
    rest = np.flatnonzero(_without(_players(utilities), i))
    return utilities[..., rest | 1 << i] - utilities[..., rest]
