import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose

from theorycheck.theory import hermite, hierarchical_targets


def brute_force_energies(eigenvalues, alpha_squared):
    """Project g(p(x)) on all products of Hermite polynomials by a product quadrature."""
    d = len(eigenvalues)
    z, w = np.polynomial.hermite_e.hermegauss(7)
    w = w / w.sum()
    grid = np.array(list(itertools.product(z, repeat=d))).T
    weights = np.prod(np.array(list(itertools.product(w, repeat=d))), axis=1)
    p = eigenvalues @ (grid**2 - 1)
    h = np.sqrt(alpha_squared) * p + np.sqrt((1 - alpha_squared) / 2) * (p**2 - 1)
    basis = [hermite.polynomials(4, x) for x in grid]
    energies = np.zeros(5)
    for degrees in itertools.product(range(5), repeat=d):
        if sum(degrees) <= 4:
            product = np.prod([basis[i][k] for i, k in enumerate(degrees)], axis=0)
            energies[sum(degrees)] += (weights @ (h * product)) ** 2
    return energies, weights @ (h * p) / np.sqrt(weights @ p**2)


@pytest.mark.parametrize("eigenvalues", [[0.5, -0.5], [0.9, -0.2, 0.1]])
@pytest.mark.parametrize("alpha_squared", [0.0, 0.75])
def test_hermite_parts_agree_with_projection(eigenvalues, alpha_squared):
    parts = hierarchical_targets.hermite_parts(eigenvalues, alpha_squared)
    energies, overlap = brute_force_energies(np.array(eigenvalues), alpha_squared)
    assert_allclose(parts.energies, energies, atol=1e-12)
    assert_allclose(parts.overlap, overlap, atol=1e-12)


def test_balanced_form_in_closed_form():
    d, a2 = 14, 0.6
    signs = np.repeat([1.0, -1.0], d // 2)
    parts = hierarchical_targets.hermite_parts(signs / np.sqrt(2 * d), a2)
    assert_allclose(parts.plateau, (1 - a2) * (1 + 2 / d))
    assert_allclose(parts.ceiling, a2 / (a2 + 4 * (1 - a2) / d))


def test_sphere_kurtosis_agrees_with_sampling():
    d, rng = 8, np.random.default_rng(0)
    x = rng.standard_normal((400_000, d)) ** 2
    p = (x[:, : d // 2].sum(axis=1) - x[:, d // 2 :].sum(axis=1)) / x.sum(axis=1)
    sampled = np.mean(p**4) / np.mean(p**2) ** 2
    assert_allclose(hierarchical_targets.sphere_kurtosis(d), sampled, rtol=0.02)
    with pytest.raises(ValueError, match="even dimension; got 5"):
        hierarchical_targets.sphere_kurtosis(5)


@pytest.mark.parametrize("layer", ["relu", "even_relu", "quadratic"])
def test_layer_kernels_agree_with_their_definition(layer):
    """Average over the pre-activations (a, b) of two inputs, by a product Gauss-Hermite rule after rotation."""
    inner, x2, y2, bias = 0.3, 1.2, 0.7, 0.8
    z, w = np.polynomial.hermite_e.hermegauss(160)
    w = w / w.sum()

    def average(sign, sigma):
        c = sign * inner + bias**2
        factor = np.linalg.cholesky([[x2 + bias**2, c], [c, y2 + bias**2]])
        a = factor[0, 0] * z[:, None] + 0 * z
        b = factor[1, 0] * z[:, None] + factor[1, 1] * z
        return w @ (sigma(a) * sigma(b)) @ w

    if layer == "quadratic":
        expected = np.mean([average(s, lambda t: t**2 / np.sqrt(3)) for s in (1, -1)])
    else:
        signs = (1, -1) if layer == "even_relu" else (1,)
        expected = np.mean([average(s, lambda t: np.sqrt(2) * np.maximum(t, 0)) for s in signs])
    kernel = hierarchical_targets.layer_kernel(layer, bias)
    assert_allclose(kernel(np.array(inner), np.array(x2), np.array(y2)), expected, rtol=2e-3)


def test_unknown_layer_is_refused():
    with pytest.raises(ValueError, match="one of relu, even_relu, quadratic; got 'sine'"):
        hierarchical_targets.layer_kernel("sine", 1.0)


@pytest.mark.parametrize("distribution", ["gaussian", "sphere"])
def test_first_stage_conserves_energy_and_learns_degree_two_first(distribution):
    stage = hierarchical_targets.FirstStage(
        12, 0.7, distribution=distribution, first_layer="even_relu", bias_std=1.0, ridge=1e-3
    )
    assert_allclose((stage._target**2).sum(), stage.parts.energies.sum(), rtol=1e-10)
    assert_allclose((stage._feature**2).sum(), 1, rtol=1e-10)
    assert_allclose(stage._target @ stage._feature, stage.parts.overlap, rtol=1e-10)
    n = np.array([20.0, 78.0, 500.0, 2000.0])
    error = stage.curve(n).error
    assert (np.diff(error) < 0).all()
    assert stage.parts.plateau * 0.5 < error[2] < stage.parts.plateau * 1.6


def test_quadratic_layer_stays_on_the_plateau():
    """A first layer of degree 2 never learns degree 4, and its feature reaches the ceiling."""
    stage = hierarchical_targets.FirstStage(
        10, 0.75, distribution="sphere", first_layer="quadratic", bias_std=1.0, ridge=0.1
    )
    assert_allclose(stage.curve(1e6).error, stage.parts.plateau, rtol=1e-3)
    assert_allclose(stage.recovery(1e6), 1, atol=1e-3)
    assert_allclose(stage.three_layer_error(1e6), 0, atol=1e-3)


def test_samples_to_reach_inverts_the_curve():
    stage = hierarchical_targets.FirstStage(
        8, 0.75, distribution="sphere", first_layer="even_relu", bias_std=1.0, ridge=0.02
    )
    n = stage.samples_to_reach(0.5, lambda n: stage.curve(n).error)
    assert_allclose(stage.curve(n).error, stage.parts.plateau / 2)
    assert np.isnan(stage.samples_to_reach(0.5, lambda n: stage.parts.plateau))
