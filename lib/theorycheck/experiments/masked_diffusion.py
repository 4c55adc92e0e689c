"""Absorbing diffusion on short sequences by enumeration: marginals, concrete scores, training losses, a cached sampler.

Tokens are 0, ..., V - 1, and V is the mask.
"""

from itertools import product

import numpy as np


def draw_law(tokens, length, concentration, rng):
    """Law of clean sequences, array (tokens,) * length: Dirichlet plus 1e-4, normalized."""
    p = rng.dirichlet(np.full(tokens**length, concentration)) + 1e-4
    return (p / p.sum()).reshape((tokens,) * length)


def forward_kernel(tokens, noise, kind="absorb", bias=0.0):
    """Transition matrix of one token after total noise σ̄, λ = 1 - e^{-σ̄}.

    "absorb": (V, V + 1), a token becomes the mask with probability λ, where token 0 has 1 + bias times the noise;
    "uniform": (V, V), replaced by a uniformly random token with probability λ.
    """
    chance = -np.expm1(-noise)
    if kind == "uniform":
        return (1 - chance) * np.eye(tokens) + chance / tokens
    if kind != "absorb":
        raise ValueError(f"kind must be 'absorb' or 'uniform'; got {kind!r}")
    masked = np.full(tokens, chance)
    masked[0] = -np.expm1(-(1 + bias) * noise)
    return np.column_stack([np.diag(1 - masked), masked])


def apply_per_axis(p, kernel):
    """Push the law p, array (V,) * l, through the same kernel (V, W) of every token; returns (W,) * l."""
    for axis in range(p.ndim):
        p = np.moveaxis(np.tensordot(p, kernel, axes=(axis, 0)), -1, axis)
    return p


def concrete_scores(p_t, tokens, position):
    """p_t(x with token v at `position`)/p_t(x) for x masked there, array (W,) * (l - 1) + (V,).

    Without masks (W = V) the denominator is the sum over the tokens at `position`.
    """
    p_t = np.moveaxis(p_t, position, -1)
    below = p_t[..., tokens:] if p_t.shape[-1] > tokens else p_t.sum(axis=-1, keepdims=True)
    return p_t[..., :tokens] / below


def scores_in_a_row(p0, noise, kind="absorb", bias=0.0):
    """All concrete scores after total noise σ̄, for clean sequences of law p0 and the noise of `forward_kernel`.

    One vector: for each position in turn, over all states of the other positions, then over the tokens put there.
    """
    tokens = p0.shape[0]
    p_t = apply_per_axis(p0, forward_kernel(tokens, noise, kind, bias))
    return np.concatenate([concrete_scores(p_t, tokens, i).ravel() for i in range(p0.ndim)])


def masks(length):
    """All sets of masked positions, bool array (2^l, l)."""
    return np.array(list(product([False, True], repeat=length)))


def _negative_logs(q, x0, pattern):
    """-log q(x_0^i | x_0 masked by `pattern`) of the masked positions i."""
    tokens = q.shape[-1]
    state = tuple(np.where(pattern, tokens, x0).tolist())
    positions = np.flatnonzero(pattern)
    return -np.log(q[state][positions, np.asarray(x0)[positions]])


def _over_noise(integrand, upper, nodes=24):
    """Gauss-Legendre integral of `integrand(λ)` over [0, upper]."""
    points, gauss = np.polynomial.legendre.leggauss(nodes)
    return upper / 2 * gauss @ np.array([integrand(upper * (p + 1) / 2) for p in points])


def _mask_probability(pattern, chance):
    count = pattern.sum()
    return chance**count * (1 - chance) ** (len(pattern) - count)


def denoising_cross_entropy(q, x0, upper=1.0):
    """∫_0^upper dλ/λ E Σ_{i masked} -log q(x_0^i | unmasked), the mean over masks drawn with probability λ a token."""
    patterns = [m for m in masks(len(x0)) if m.any()]
    losses = [_negative_logs(q, x0, m).sum() for m in patterns]

    def integrand(chance):
        return sum(_mask_probability(m, chance) * a for m, a in zip(patterns, losses, strict=True)) / chance

    return _over_noise(integrand, upper)


def score_entropy(q, x0, time_factor=0.0, upper=1.0):
    """Denoising score entropy of the scores s_v = c (1 + time_factor λ) q(v | unmasked), c = (1 - λ)/λ.

    ∫ σ dt E Σ_{i masked} [Σ_v s_v - c log s_{x_0^i} + c (log c - 1)] with σ dt = dλ/(1 - λ), since the ratio
    p_t(x with v at i | x_0)/p_t(x | x_0) is c for v = x_0^i and 0 for the other tokens.
    """
    patterns = [m for m in masks(len(x0)) if m.any()]
    tokens = q.shape[-1]

    def integrand(chance):
        c, total = (1 - chance) / chance, 0.0
        for pattern in patterns:
            positions = np.flatnonzero(pattern)
            s = c * (1 + time_factor * chance) * q[tuple(np.where(pattern, tokens, x0).tolist())][positions]
            of_truth = s[np.arange(len(positions)), np.asarray(x0)[positions]]
            entropy = s.sum(axis=1) - c * np.log(of_truth) + c * (np.log(c) - 1)
            total += _mask_probability(pattern, chance) * entropy.sum()
        return total / (1 - chance)

    return _over_noise(integrand, upper)


def sample_with_cache(conditional, reveal, chains, rng):
    """Run the reverse sampler, with the network's output cached while the sequence does not change.

    All tokens start masked. In step k each masked token is revealed with probability r_k/(r_k + ... + r_n) and drawn
    from the cached conditional. The cache is refreshed before a step whose sequence differs from the cached one and is
    not yet complete.

    Parameters
    ----------
    conditional : array (V + 1,) * l + (l, V)
    reveal : array (n,)
        Probabilities r_k, with sum 1.
    chains : int

    Returns
    -------
    samples : int array (chains, l)
    evaluations : int array (chains,)
        Refreshes of the cache.
    """
    length, tokens = conditional.shape[-2:]
    left = np.cumsum(reveal[::-1])[::-1]
    x = np.full((chains, length), tokens)
    cached, stale = np.empty((chains, length, tokens)), np.ones(chains, dtype=bool)
    evaluations = np.zeros(chains, dtype=int)
    for r, rest in zip(reveal, left, strict=True):
        refresh = stale & (x == tokens).any(axis=1)
        cached[refresh] = conditional[tuple(x[refresh].T)]
        evaluations += refresh
        chosen = (x == tokens) & (rng.random(x.shape) < r / rest)
        levels = np.cumsum(cached, axis=-1)
        drawn = (rng.random(x.shape)[..., None] > levels[..., :-1]).sum(axis=-1)
        x = np.where(chosen, drawn, x)
        stale = chosen.any(axis=1)
    return x, evaluations


def count_evaluations(length, reveal, runs, rng):
    """Evaluations of the same sampler on long sequences, of which only the number of masked tokens is kept.

    Returns
    -------
    int array (runs,)
    """
    left = np.cumsum(reveal[::-1])[::-1]
    masked, evaluations = np.full(runs, length), np.zeros(runs, dtype=int)
    stale = np.ones(runs, dtype=bool)
    for r, rest in zip(reveal, left, strict=True):
        refresh = stale & (masked > 0)
        evaluations += refresh
        revealed = rng.binomial(masked, min(1.0, r / rest))
        stale = revealed > 0
        masked = masked - revealed
    return evaluations
