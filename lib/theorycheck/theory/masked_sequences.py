"""Conditionals of clean data given some of the tokens, likelihoods in random order, and how often a sampler reveals.

A sequence has l tokens in {0, ..., V - 1}; index V on an axis stands for a masked token.
"""

from itertools import permutations

import numpy as np


def unmasked_marginal(p0):
    """p_0(x^{UM}), the probability of the unmasked tokens, for every partly masked sequence x.

    Parameters
    ----------
    p0 : array (V,) * l
        Law of clean sequences.

    Returns
    -------
    array (V + 1,) * l; index V on an axis sums over that token
    """
    for axis in range(np.ndim(p0)):
        p0 = np.concatenate([p0, p0.sum(axis=axis, keepdims=True)], axis=axis)
    return p0


def masked_conditional(p0):
    """p_0(x^i = v | x^{UM}) for every partly masked sequence, every masked position i and every token v.

    Returns
    -------
    array (V + 1,) * l + (l, V); NaN where position i is not masked
    """
    known = unmasked_marginal(p0)
    length, tokens = p0.ndim, p0.shape[0]
    table = np.full((*known.shape, length, tokens), np.nan)
    for i in range(length):
        masked = np.moveaxis(known, i, -1)
        # With position i put to token v, over the same with position i masked; axes of x without i, then v.
        ratio = masked[..., :tokens] / masked[..., tokens:]
        np.moveaxis(table[..., i, :], i, 0)[tokens] = ratio
    return table


def conditionals_in_a_row(table, masks=True):
    """Entries of `masked_conditional` that are defined, position by position, as one vector.

    For each position i in turn: over all states of the other positions (in order), then over the tokens v at i.

    Parameters
    ----------
    table : array (V + 1,) * l + (l, V)
    masks : bool
        Whether the other positions may be masked too; if not, only states with all of them known.
    """
    length, tokens = table.shape[-2:]
    others = (slice(None if masks else tokens),) * (length - 1)
    rows = [np.moveaxis(table[..., i, :], i, 0)[tokens][others] for i in range(length)]
    return np.concatenate([row.ravel() for row in rows])


def score_factor(noise):
    """e^{-σ̄}/(1 - e^{-σ̄}) for total noise σ̄ > 0: the factor between concrete score and clean conditional."""
    return 1 / np.expm1(noise)


def any_order_nll(q, x0):
    """Expected negative log-likelihood of x_0 when its tokens are predicted in a uniformly random order.

    (1/l!) Σ_π Σ_k -log q(x_0^{π_k} | x_0^{π_1}, ..., x_0^{π_{k-1}}), over all l! orders.

    Parameters
    ----------
    q : array (V + 1,) * l + (l, V)
        q[x][i, v] = q(x^i = v | unmasked tokens of x).
    x0 : sequence of l ints
    """
    masked = q.shape[-1]
    total, orders = 0.0, list(permutations(range(len(x0))))
    for order in orders:
        state = [masked] * len(x0)
        for i in order:
            total -= np.log(q[(*state, i, x0[i])])
            state[i] = x0[i]
    return total / len(orders)


def reveal_probabilities(schedule, steps):
    """Probability r_k that a token is revealed in step k = 1, ..., n of n equal steps of time, first reveal first.

    The masking probability is λ = 1 - e^{-σ̄}. "loglinear": λ = t, so r_k = 1/n; "geometric": σ̄ = 0.001^{1-t} 20^t,
    with λ rescaled to run over [0, 1].
    """
    t = np.linspace(1, 0, steps + 1)
    if schedule == "loglinear":
        masked = t
    elif schedule == "geometric":
        masked = -np.expm1(-(0.001 ** (1 - t)) * 20**t)
        masked = (masked - masked[-1]) / (masked[0] - masked[-1])
    else:
        raise ValueError(f"schedule must be 'loglinear' or 'geometric'; got {schedule!r}")
    return -np.diff(masked)


def expected_evaluations(reveal, length):
    """Σ_k (1 - (1 - r_k)^l): expected number of steps in which some of l independent tokens is revealed."""
    return float(-np.expm1(length * np.log1p(-np.asarray(reveal))).sum()) if len(reveal) > 1 else 1.0


def evaluations_of(schedule, length, steps):
    """`expected_evaluations` of a schedule of `reveal_probabilities`, for arrays of lengths and of steps."""
    pairs = np.broadcast(length, steps)
    found = [expected_evaluations(reveal_probabilities(schedule, n), tokens) for tokens, n in pairs]
    return np.reshape(found, pairs.shape)
