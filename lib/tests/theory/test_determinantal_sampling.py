from itertools import product

import numpy as np
import pytest

from theorycheck.theory import determinantal_sampling as sampling


@pytest.mark.parametrize(("m", "r"), [(2, 1), (3, 2), (7, 3)])
def test_moments_of_the_circle_against_traces_of_haar_unitaries(m, r):
    """Diaconis and Shahshahani: E|Tr U^l|^2 = min(l, m), summed over the entries of G - I and v."""
    off = sum(min(abs(j - k), m) for j, k in product(range(m), repeat=2)) / (m**2 * r)
    assert sampling.gram_fluctuation(m, r * m, "dpp") == pytest.approx(off)
    for q in (m, m + 1, 2 * m, 3 * m):
        noise = sum(min(q - k, m) for k in range(m)) / (m**2 * r)
        assert sampling.noise_energy(m, r * m, "dpp", q) == pytest.approx(noise)


def test_volume_sampling_mixes_one_block_with_single_points():
    m, n = 4, 12
    for moment in (sampling.gram_fluctuation, lambda *a: sampling.noise_energy(*a, 5)):
        one = moment(m, m, "dpp") * m**2 + moment(m, 1, "iid") * (n - m)
        assert moment(m, n, "volume") == pytest.approx(one / n**2)


def test_constants_of_volume_sampling_for_one_dimension_and_for_many_points():
    assert sampling.volume_normaliser(5, 1) == sampling.expected_adjugate(5, 1) == 1
    assert sampling.volume_normaliser(10**3, 2) == pytest.approx(1, abs=2e-3)
    for n, m in ((3, 2), (6, 3), (9, 9)):
        ratio = sampling.expected_adjugate(n, m) / sampling.volume_normaliser(n, m)
        assert sampling.inverse_gram_limit(n, m) == pytest.approx(ratio)


def test_moments_of_the_circle_by_quadrature_of_the_weyl_density():
    """m = 2: the pair of angles has density |e^{ia} - e^{ib}|^2 / 2 with respect to the uniform law."""
    a = 2 * np.pi * np.arange(64) / 64
    z, w = np.meshgrid(np.exp(1j * a), np.exp(1j * a))
    density = np.abs(z - w) ** 2 / 2
    entry = np.abs((z + w) / 2) ** 2
    assert np.mean(density * 2 * entry) == pytest.approx(sampling.gram_fluctuation(2, 2, "dpp"))
    noise = np.abs((z**3 + w**3) / 2) ** 2 + np.abs((z**2 + w**2) / 2) ** 2
    assert np.mean(density * noise) == pytest.approx(sampling.noise_energy(2, 2, "dpp", 3))


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="orthogonal"):
        sampling.noise_energy(4, 8, "dpp", 3)
    with pytest.raises(ValueError, match="multiple of m = 4; got 9"):
        sampling.gram_fluctuation(4, 9, "dpp")
    with pytest.raises(ValueError, match="one of dpp"):
        sampling.gram_fluctuation(4, 8, "uniform")
