import numpy as np
import pytest
from scipy import stats

from theorycheck.experiments.separable_data import separable_gaussian, two_directions
from theorycheck.seeds import generator


def test_gaussian_points_are_separated_and_have_the_stated_scales():
    unshifted, shifted = (separable_gaussian(20_000, 4, 8.0, shift, generator(0, "data")) for shift in (0.0, 0.5))
    shift = shifted - unshifted
    assert np.ptp(shift, axis=0) == pytest.approx(np.zeros(4), abs=1e-12)
    assert np.linalg.norm(shift[0]) == pytest.approx(0.5)
    assert np.all(unshifted @ shift[0] >= 0)
    assert np.sqrt((unshifted**2).mean(axis=0)) == pytest.approx([1, 0.5, 0.25, 0.125], rel=0.03)
    # A random sign undoes the label.
    signs = np.sign(generator(0, "signs").normal(size=20_000))
    assert stats.kstest(unshifted[:, 0] * signs, "norm").pvalue > 1e-3


@pytest.mark.parametrize("cosine", [0.05, 0.6])
def test_two_directions_geometry(cosine):
    u = two_directions(5, 0.3, cosine)
    assert u.shape == (5, 2)
    gram = u @ u.T
    assert gram[:4, :4] == pytest.approx(np.ones((4, 4)))
    assert gram[4, :4] == pytest.approx(np.full(4, -cosine * 0.3))
    assert gram[4, 4] == pytest.approx(0.09)
