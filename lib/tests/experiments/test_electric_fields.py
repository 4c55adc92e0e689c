import numpy as np
import pytest
from scipy import stats

from theorycheck.experiments.electric_fields import (
    continuity_residual,
    draw_charges,
    draw_near,
    follow,
    mean_position,
    total_variation,
)
from theorycheck.seeds import generator


def test_charges():
    data, weights = draw_charges(4, 6, 3, 1.5, 2, generator(0, "charges"))
    assert data.shape == (4, 6, 3)
    np.testing.assert_allclose(weights.sum(axis=1), 1)


def test_points_lie_around_charges_at_the_given_spread():
    """Charges far apart, so that the nearest one is the one picked: |x - y|²/σ² has mean N and variance 2 N."""
    rng = generator(0, "near")
    data, spreads, count = 1e3 * rng.normal(size=(2, 5, 3)), [0.1, 2.0], 4000
    away = draw_near(data, spreads, count, rng)[:, :, :, None] - data[:, None]
    distance, nearest = (f((away**2).sum(axis=-1), axis=-1) for f in (np.min, np.argmin))
    np.testing.assert_allclose(distance.mean(axis=-1) / np.square(spreads)[:, None], 3, atol=5 * np.sqrt(6 / count))
    np.testing.assert_array_equal(nearest[0], nearest[1])
    assert np.bincount(nearest.ravel(), minlength=5).min() > 2 * count / 5


def test_mean_position_at_several_distances_at_once():
    rng = generator(0, "several")
    data, weights = draw_charges(2, 4, 3, 1.0, 2, rng)
    x, radii = rng.normal(size=(3, 2, 5, 3)), np.array([0.3, 1.0, 4.0])
    found = mean_position(x, data, weights, radii[:, None, None, None], 7)
    for at, r, means in zip(x, radii, found, strict=True):
        q = weights[:, None] * (((at[:, :, None] - data[:, None]) ** 2).sum(axis=-1) + r**2) ** -3.5
        wanted = np.einsum("spi,sin->spn", q, data) / q.sum(axis=-1)[..., None]
        np.testing.assert_allclose(means, wanted, rtol=1e-11, atol=1e-12)


def test_mean_position_is_the_field_line_of_point_charges():
    """(x - ȳ)/r against E_x/E_r summed over charges directly in N + D dimensions."""
    rng = generator(0, "charges")
    data, weights, x, r = rng.normal(size=(5, 2)), rng.dirichlet(np.ones(5)), rng.normal(size=2), 0.7
    away = np.concatenate([x - data, np.full((5, 1), r)], axis=1)
    field = (weights[:, None] * away / np.linalg.norm(away, axis=1)[:, None] ** 5).sum(axis=0)
    mean = mean_position(x[None], data, weights, r, 5)[0]
    np.testing.assert_allclose((x - mean) / r, field[:2] / field[2])


def test_mean_position_does_not_underflow():
    data = np.array([[-1.0], [1.0]])
    mean = mean_position(np.array([[0.5]]), data, np.array([0.5, 0.5]), 0.3 * np.sqrt(10**6), 10**6 + 1)
    gauss = np.exp(-((0.5 - data[:, 0]) ** 2) / (2 * 0.09))
    assert mean[0, 0] == pytest.approx(gauss @ data[:, 0] / gauss.sum(), rel=1e-4)


@pytest.mark.parametrize("dimension", [1, 2])
def test_lines_of_one_charge_are_straight(dimension):
    data = np.full((1, 1), 0.5)
    end = follow(np.array([[2.0]]), data, np.ones((1, 1)), 3.0, 0.6, dimension + 4)
    assert end[0, 0] == pytest.approx(0.5 + 1.5 * 0.6 / 3.0, rel=1e-9)


def test_lines_keep_the_cauchy_quantile():
    """N = D = 1: the marginals are Cauchy mixtures."""
    data, weights = np.array([[-1.0, 0.2, 2.0]]), np.array([[0.2, 0.5, 0.3]])
    start = np.array([[-4.0, 0.3, 6.0]])
    end = follow(start, data, weights, 5.0, 0.5, 2)

    def level(x, r):
        return stats.cauchy.cdf((x[0][:, None] - data[0]) / r) @ weights[0]

    np.testing.assert_allclose(level(end, 0.5), level(start, 5.0), atol=1e-8)


def test_continuity_holds_for_the_electric_field_only():
    rng = generator(1, "charges")
    data, weights, x = rng.normal(size=(6, 3)), rng.dirichlet(np.ones(6)), rng.normal(size=(4, 3))
    for extra in (1, 3, 100):
        assert continuity_residual(x, data, weights, extra**0.5, extra, 3 + extra).max() < 1e-11
        assert continuity_residual(x, data, weights, extra**0.5, extra, 2 + extra).min() > 1e-5


@pytest.mark.parametrize("degrees", [1, 3, 30])
def test_total_variation_in_one_dimension(degrees):
    """On the line the densities cross at two symmetric pairs of points at most; count the mass between by SciPy."""
    grid = np.linspace(0, 60, 600001)
    gap = stats.t.pdf(grid, degrees) - stats.norm.pdf(grid)
    signs = np.flatnonzero(np.diff(np.sign(gap)))
    edges = np.concatenate([[0], grid[signs], [np.inf]])
    mass = np.diff(stats.t.cdf(edges, degrees)) - np.diff(stats.norm.cdf(edges))
    assert total_variation(1, degrees) == pytest.approx(np.abs(mass).sum(), rel=1e-3)


def test_total_variation_in_two_dimensions_by_closed_form():
    """N = 2: P(|T|² > u) = (1 + u/D)^{-D/2} and P(|Z|² > u) = e^{-u/2}; the densities of the square cross twice."""
    degrees = 5
    u = np.linspace(0, 200, 400001)
    student, normal = (1 + u / degrees) ** (-degrees / 2), np.exp(-u / 2)
    distance = np.abs(np.diff(student) - np.diff(normal)).sum() + student[-1]
    assert total_variation(2, degrees) == pytest.approx(distance / 2, rel=1e-4)
