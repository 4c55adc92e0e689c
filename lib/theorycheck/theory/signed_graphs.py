r"""When interval propagation through a deep linear network is exact: conditions on the signs of its weights.

The network W_L ... W_1 of layer sizes d_0, ..., d_L is a layered graph with V = sum d_k vertices (neurons)
and E = sum d_k d_{k-1} edges (weights), each with the sign of its weight. Propagation is exact iff no two
paths with the same ends have products of opposite signs. Without zero weights that means that the signed
graph is balanced.

Arrays of sign patterns are lists S_1, ..., S_L of shape (..., d_l, d_{l-1}) with entries in {-1, 0, 1}.
"""

from itertools import pairwise

import numpy as np


def edges(sizes):
    """Number of weights, E = sum_k d_k d_{k-1}."""
    return sum(a * b for a, b in zip(sizes[1:], sizes[:-1], strict=True))


def independent_cycles(sizes):
    """Number of independent cycles E - V + 1 of the layered graph, at least two layers of weights."""
    if len(sizes) < 3 or min(sizes) < 1:
        raise ValueError(f"need at least three layers of at least one neuron each; got {list(sizes)}")
    return edges(sizes) - sum(sizes) + 1


def balanced_patterns(sizes):
    """Number 2^(V-1) of the 2^E patterns of non-zero signs for which propagation is exact."""
    return 2 ** (edges(sizes) - independent_cycles(sizes))


def exactness_probability(sizes):
    """Probability 2^-(E-V+1) that propagation is exact if the signs are independent fair coins."""
    return 2.0 ** -independent_cycles(sizes)


def independent_pairs_probability(sizes):
    """The wrong value 2^-((P-1) d_0 d_L) that treating the d_0 d_L pairs of ends as independent would give.

    Each pair is joined by P = d_1 ... d_{L-1} paths, whose signs must agree.
    """
    return 2.0 ** (-(np.prod(sizes[1:-1]) - 1) * sizes[0] * sizes[-1])


def product_patterns(sizes):
    """Number 2^(d_0 + d_L - 1) of sign patterns that the product W_L ... W_1 of an exact network can have."""
    return 2 ** (sizes[0] + sizes[-1] - 1)


def path_signs(signs):
    """Whether a path of positive, and one of negative, sign product leads from input j to output i.

    Returns two boolean arrays (..., d_L, d_0), by Boolean matrix products; magnitudes play no part.
    """
    positive, negative = signs[0] > 0, signs[0] < 0
    for S in signs[1:]:
        up, down = S > 0, S < 0
        positive, negative = (
            np.matmul(up, positive) | np.matmul(down, negative),
            np.matmul(up, negative) | np.matmul(down, positive),
        )
    return positive, negative


def paths_agree(signs):
    """Whether no pair of ends is joined by paths of opposite signs; boolean array (...)."""
    positive, negative = path_signs(signs)
    return ~(positive & negative).any(axis=(-2, -1))


def is_balanced(signs):
    r"""Whether neuron signs s_0, ..., s_L exist with sign(W_l) = s_l s_{l-1}^T at all non-zero weights.

    Equivalently: flipping the signs of some neurons makes all weights non-negative. Decided by trying all
    2^(V-1) assignments (the first neuron's sign is free).
    """
    sizes = [signs[0].shape[-1], *(S.shape[-2] for S in signs)]
    total = sum(sizes)
    stacked = np.concatenate([S.reshape(*S.shape[:-2], -1) for S in signs], axis=-1).astype(np.int8)
    balanced = np.zeros(stacked.shape[:-1], dtype=bool)
    for code in range(2 ** (total - 1)):
        neurons = 1 - 2 * ((code >> np.arange(total)) & 1)
        parts = np.split(neurons, np.cumsum(sizes)[:-1])
        wanted = np.concatenate([np.outer(b, a).ravel() for a, b in pairwise(parts)])
        balanced |= ~(stacked == -wanted.astype(np.int8)).any(axis=-1)
    return balanced


def has_rank_one_signs(matrix):
    """Whether a matrix of non-zero entries has signs of the form s t^T; boolean array (...)."""
    signs = np.sign(matrix)
    aligned = signs * signs[..., :1, :] * signs[..., :, :1] * signs[..., :1, :1]
    return (aligned > 0).all(axis=(-2, -1))
