import itertools

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import special

from theorycheck.theory import gegenbauer


@pytest.mark.parametrize("dimension", [2, 3, 5, 8])
def test_homogeneous_polynomials_split_into_harmonics(dimension):
    """Every homogeneous polynomial of degree m is sum_i |x|^2i (harmonic of degree m - 2i), uniquely."""
    for degree in range(5):
        monomials = sum(1 for _ in itertools.combinations_with_replacement(range(dimension), degree))
        harmonics = gegenbauer.harmonic_dimension(dimension, np.arange(degree, -1, -2))
        assert harmonics.sum() == monomials


def test_degenerate_dimensions_are_refused():
    with pytest.raises(ValueError, match="d >= 2"):
        gegenbauer.harmonic_dimension(1, 2)
    with pytest.raises(ValueError, match="degree >= 0"):
        gegenbauer.harmonic_dimension(3, [1, -1])
    with pytest.raises(ValueError, match="at least 3; got 2"):
        gegenbauer.quadrature(2)


@given(st.integers(2, 40), st.lists(st.floats(-1, 1), min_size=1, max_size=5))
def test_polynomials_agree_with_scipy(dimension, points):
    u = np.array(points)
    values = gegenbauer.polynomials(9, dimension, u)
    for j in range(10):
        if dimension == 2:
            expected = special.eval_chebyt(j, u)
        else:
            index = dimension / 2 - 1
            expected = special.eval_gegenbauer(j, index, u) / special.eval_gegenbauer(j, index, 1.0)
        assert_allclose(values[j], expected, atol=1e-12)


def test_orthogonality_gives_the_dimensions():
    u, weights = gegenbauer.quadrature(7, nodes=40)
    p = gegenbauer.polynomials(10, 7, u)
    assert_allclose((p * weights) @ p.T, np.diag(1 / gegenbauer.harmonic_dimension(7, np.arange(11))), atol=1e-14)


@pytest.mark.parametrize("dimension", [3, 24, 112])
def test_masses_of_the_exponential_kernel(dimension):
    """e^u = sum_j N_j Gamma(v + 1) 2^v I_(v+j)(1) P_j(u), v = d/2 - 1 (Gegenbauer's addition theorem)."""
    v = mpmath.mpf(dimension) / 2 - 1
    masses, tail = gegenbauer.spectrum(np.exp, dimension, max_degree=8)
    for j in range(9):
        exact = mpmath.gamma(v + 1) * 2**v * mpmath.besseli(v + j, 1)
        exact *= gegenbauer.harmonic_dimension(dimension, j)
        rounding = 1e-11 + 1e-15 * np.sqrt(gegenbauer.harmonic_dimension(dimension, j))
        assert_allclose(masses[j], float(exact), rtol=1e-9, atol=rounding)
    assert 0 < tail < 1e-4


def test_an_even_kernel_has_no_odd_modes_and_the_masses_restore_the_kernel():
    kernel = lambda u: u**2 + 0.3 * u**6  # noqa: E731
    masses, tail = gegenbauer.spectrum(kernel, 9)
    u = np.linspace(-1, 1, 7)
    assert not masses[1::2].any()
    assert abs(tail) < 1e-12
    assert_allclose(masses @ gegenbauer.polynomials(12, 9, u), kernel(u), atol=1e-12)


def test_radial_law_has_the_moments_of_chi_squared():
    t, weights = gegenbauer.radial_law("gaussian", 6)
    moments = [weights @ (6 * t) ** power for power in range(4)]
    assert_allclose(moments, [1, 6, 6 * 8, 6 * 8 * 10])
    with pytest.raises(ValueError, match="'gaussian' or 'sphere'"):
        gegenbauer.radial_law("cube", 6)


def test_quadratic_kernel_on_gaussian_inputs():
    """E_y (x.y)^2 f(y) is 2 f for a traceless quadratic form f, and (d + 2) f for f = |x|^2; nothing else survives."""
    d = 6
    spectrum = gegenbauer.InvariantSpectrum(lambda inner, x2, y2: inner**2, d, "gaussian")
    kept = spectrum.eigenvalues > 1e-12
    assert_allclose(spectrum.eigenvalues[kept], [(d + 2) / d**2, 2 / d**2])
    assert_allclose(spectrum.multiplicities[kept], [1, d * (d + 1) / 2 - 1])
    assert abs(spectrum.tail) < 1e-12


def test_sphere_is_the_case_of_one_norm():
    masses, tail = gegenbauer.spectrum(np.exp, 10)
    spectrum = gegenbauer.InvariantSpectrum(lambda inner, x2, y2: np.exp(inner), 10, "sphere")
    assert_allclose(spectrum.eigenvalues * spectrum.multiplicities, masses, atol=1e-10)
    assert_allclose(spectrum.tail, tail, atol=1e-10)
    assert_allclose(spectrum.coefficients({3: np.array([0.7])}) ** 2, np.where(np.arange(13) == 3, 0.49, 0))


def test_spectrum_agrees_with_a_sampled_gram_matrix():
    """The leading eigenvalues of K/n on many Gaussian points are those of the integral operator."""
    d, rng = 4, np.random.default_rng(0)
    kernel = lambda inner, x2, y2: np.exp(inner - (x2 + y2) / 2)  # noqa: E731
    spectrum = gegenbauer.InvariantSpectrum(kernel, d, "gaussian")
    expected = np.sort(np.repeat(spectrum.eigenvalues, spectrum.multiplicities.astype(int)))[::-1][:9]
    x = rng.standard_normal((1500, d))
    squares = (x**2).sum(axis=1) / d
    gram = kernel(x @ x.T / d, squares[:, None], squares)
    sampled = np.linalg.eigvalsh(gram / len(x))[::-1][:9]
    groups = [[0], range(1, 5)]
    for group in groups:
        assert_allclose(sampled[list(group)].mean(), expected[list(group)].mean(), rtol=0.05)


def test_coefficients_satisfy_parseval():
    spectrum = gegenbauer.InvariantSpectrum(lambda inner, x2, y2: np.exp(inner), 8, "gaussian")
    t = spectrum.square_norms
    energy = (spectrum.coefficients({2: t, 4: t**2}) ** 2).sum()
    # E t^2 + E t^4 for t = chi^2_8 / 8
    assert_allclose(energy, 10 / 8 + 8 * 10 * 12 * 14 / 8**4)
