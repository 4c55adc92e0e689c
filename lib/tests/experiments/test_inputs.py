import numpy as np
from scipy import stats

from theorycheck.experiments.inputs import uniform_sphere, wave_and_step


def test_sphere_has_its_radius_and_the_law_of_one_coordinate():
    x = uniform_sphere(np.random.default_rng(0), 4000, 5)
    np.testing.assert_allclose(np.sum(x**2, axis=1), 5)
    # (1 + x_1 / sqrt(d)) / 2 has the law Beta((d - 1)/2, (d - 1)/2)
    for coordinate in x.T:
        assert stats.kstest((1 + coordinate / np.sqrt(5)) / 2, stats.beta(2, 2).cdf).pvalue > 1e-4
    assert uniform_sphere(np.random.default_rng(0), (2, 3), 4).shape == (2, 3, 4)


def test_labels_are_a_scaled_function_of_one_direction():
    """In one dimension u is 1 or -1, and the labels are known up to their scale."""
    x = np.linspace(-2, 2, 9)[:, None] + 0.01
    y = wave_and_step(np.random.default_rng(3), np.stack([x] * 5))
    np.testing.assert_allclose(np.mean(y**2, axis=(1, 2)), 1)
    candidates = [np.sin(2 * s * x) + (s * x > 0) - 0.5 for s in (1, -1)]
    for labels in y:
        assert min(np.ptp(labels / c) for c in candidates) < 1e-12
