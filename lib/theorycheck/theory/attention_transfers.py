"""How many words attention must move between a fast memory of M words and slow memory, for N tokens of dimension d."""

import numpy as np


def lower_bound(tokens, dim, memory):
    """Words that any schedule moves which forms every product q_ik k_jk: M floor(N^2 d / (M^2/d + M^(3/2))).

    In a phase of M transfers at most 2M words of Q and K are present at some time, a and b of them, and c <= 3M - a - b
    partial sums of S = Q K^T cross its ends. Sums finished within the phase use whole rows, hence at most (a/d)(b/d) d
    products; the others at most sqrt(a b c) (Loomis and Whitney). Together at most M^2/d + M^(3/2).

    Parameters
    ----------
    tokens, dim, memory : int or array
        N, d and M, at least 1.
    """
    m = np.asarray(memory, dtype=float)
    return m * np.floor(np.asarray(tokens, dtype=float) ** 2 * dim / (m**2 / dim + m**1.5))


def product_bound(tokens, dim, memory):
    """The bound of matrix multiplication, M floor(N^2 d / M^(3/2)), which holds only if S must leave fast memory."""
    m = np.asarray(memory, dtype=float)
    return m * np.floor(np.asarray(tokens, dtype=float) ** 2 * dim / m**1.5)


def fused_cost(tokens, dim, memory):
    """Leading terms of the fused schedule: 4 N^2 d^2 / M + 2 N d."""
    n = np.asarray(tokens, dtype=float)
    return 4 * n**2 * dim**2 / memory + 2 * n * dim


def crossover():
    """M/d^2 at which the fused and the tiled schedule cost the same: ((sqrt 57 - 3)/6)^2.

    With x = sqrt(M)/d in (1/2, 1) their leading terms in N^2 are 4/x^2 and 3/x + 3: tiles of S and of the output have
    side sqrt(M), so exp(S) is written once and read twice.
    """
    return ((np.sqrt(57) - 3) / 6) ** 2
