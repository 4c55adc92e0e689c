from itertools import product

import numpy as np
import pytest
from scipy import integrate

from theorycheck.experiments.masked_diffusion import (
    apply_per_axis,
    concrete_scores,
    count_evaluations,
    denoising_cross_entropy,
    draw_law,
    forward_kernel,
    masks,
    sample_with_cache,
    score_entropy,
    scores_in_a_row,
)
from theorycheck.seeds import generator

LAW = draw_law(2, 3, 0.5, generator(0, "law"))


def test_law_is_a_law():
    assert LAW.shape == (2, 2, 2)
    assert LAW.sum() == pytest.approx(1)
    assert LAW.min() > 0


@pytest.mark.parametrize("kind, bias", [("absorb", 0.0), ("absorb", 0.2), ("uniform", 0.0)])
def test_kernel_rows_are_laws(kind, bias):
    kernel = forward_kernel(3, 0.7, kind, bias)
    assert kernel.min() >= 0
    np.testing.assert_allclose(kernel.sum(axis=1), 1)


def test_kernels_compose():
    """Noise σ̄ and then noise τ is noise σ̄ + τ, with the mask absorbing."""
    second = np.vstack([forward_kernel(3, 0.5), [0, 0, 0, 1]])
    np.testing.assert_allclose(forward_kernel(3, 0.4) @ second, forward_kernel(3, 0.9))
    uniform = forward_kernel(3, 0.4, "uniform") @ forward_kernel(3, 0.5, "uniform")
    np.testing.assert_allclose(uniform, forward_kernel(3, 0.9, "uniform"))


def test_unknown_noise_is_refused():
    with pytest.raises(ValueError, match="kind"):
        forward_kernel(3, 0.5, "gauss")


def test_marginals_by_listing():
    kernel = forward_kernel(2, 0.8)
    p_t = apply_per_axis(LAW, kernel)
    for state in product(range(3), repeat=3):
        total = sum(
            LAW[x] * np.prod([kernel[a, b] for a, b in zip(x, state, strict=True)]) for x in product(range(2), repeat=3)
        )
        assert p_t[state] == pytest.approx(total)
    scores = concrete_scores(p_t, 2, 1)
    assert scores[0, 2, 1] == pytest.approx(p_t[0, 1, 2] / p_t[0, 2, 2])


@pytest.mark.parametrize("kind", ["absorb", "uniform"])
def test_scores_in_a_row_by_listing_clean_sequences(kind):
    """From Σ_{x_0} p_0(x_0) Π_j k(x_0^j, x^j), state by state and in the order that is documented."""
    length, tokens, noise = 2, 3, 0.6
    p0 = draw_law(tokens, length, 0.7, generator(6, "law"))
    kernel, symbols = forward_kernel(tokens, noise, kind), range(tokens + (kind == "absorb"))

    def p_t(*state):
        clean = product(range(tokens), repeat=length)
        return sum(p0[x] * kernel[x[0], state[0]] * kernel[x[1], state[1]] for x in clean)

    wanted = []
    for i in range(length):
        for other in symbols:
            states = [(v, other) if i == 0 else (other, v) for v in symbols]
            below = p_t(*states[-1]) if kind == "absorb" else sum(p_t(*s) for s in states)
            wanted += [p_t(*states[v]) / below for v in range(tokens)]
    np.testing.assert_allclose(scores_in_a_row(p0, noise, kind), wanted)


def test_masks():
    assert masks(4).shape == (16, 4)
    assert len(np.unique(masks(4), axis=0)) == 16


def test_losses_against_adaptive_quadrature_and_monte_carlo_free_sums():
    """A model that ignores the context: the losses are sums of independent tokens, ∫ dλ/λ λ (-log q) = -log q."""
    rng = generator(1, "model")
    marginal = rng.dirichlet(np.ones(3), size=2)
    q = np.broadcast_to(marginal, (4, 4, 2, 3))
    x0 = np.array([2, 0])
    nll = -np.log(marginal[[0, 1], x0]).sum()
    assert denoising_cross_entropy(q, x0) == pytest.approx(nll)
    assert denoising_cross_entropy(q, x0, 0.3) == pytest.approx(0.3 * nll)
    assert score_entropy(q, x0) == pytest.approx(nll)
    # s multiplied by 1 + aλ: each masked token costs c (aλ - log(1 + aλ)) more.
    extra = integrate.quad(lambda s: 2 * (0.5 * s - np.log1p(0.5 * s)), 0, 1)[0]
    assert score_entropy(q, x0, 0.5) == pytest.approx(nll + extra)


def test_sampler_draws_the_law_when_tokens_come_one_by_one():
    """With many steps tokens are revealed singly, so samples follow p_0; evaluations then equal the length."""
    conditional = np.full((3, 3, 3, 3, 2), np.nan)
    known = LAW
    for axis in range(3):
        known = np.concatenate([known, known.sum(axis=axis, keepdims=True)], axis=axis)
    for state in product(range(3), repeat=3):
        for i in np.flatnonzero(np.array(state) == 2):
            for v in range(2):
                filled = (*state[:i], v, *state[i + 1 :])
                conditional[(*state, i, v)] = known[filled] / known[state]
    samples, evaluations = sample_with_cache(conditional, np.full(300, 1 / 300), 4000, generator(2, "chains"))
    counts = np.bincount(np.ravel_multi_index(samples.T, LAW.shape), minlength=8) / 4000
    np.testing.assert_allclose(counts, LAW.ravel(), atol=5 * np.sqrt(0.25 / 4000))
    assert evaluations.max() == 3
    assert evaluations.mean() > 2.95


def test_evaluations_of_one_step_and_of_short_and_long_samplers():
    conditional = np.full((3, 3, 2, 2), 0.5)
    rng = generator(3, "chains")
    assert np.all(sample_with_cache(conditional, np.ones(1), 10, rng)[1] == 1)
    assert np.all(count_evaluations(50, np.ones(1), 10, rng) == 1)
    reveal = np.array([0.2, 0.5, 0.3])
    short = sample_with_cache(conditional, reveal, 20000, rng)[1]
    long = count_evaluations(2, reveal, 20000, rng)
    assert abs(short.mean() - long.mean()) < 5 * np.sqrt((short.var() + long.var()) / 20000)
    # Two tokens need one evaluation when they come together, with probability Σ r².
    assert long.mean() == pytest.approx(2 - (reveal**2).sum(), abs=5 * long.std() / np.sqrt(20000))
