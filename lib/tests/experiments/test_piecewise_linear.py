from itertools import pairwise

import numpy as np
import pytest

from theorycheck.experiments import piecewise_linear as pl


def random_network(sizes, rng):
    weights = [rng.normal(size=(b, a)) for a, b in pairwise(sizes)]
    return weights, [0.5 * rng.normal(size=W.shape[0]) for W in weights]


def evaluate(weights, biases, x):
    for layer, (W, b) in enumerate(zip(weights, biases, strict=True)):
        x = np.maximum(x, 0) if layer else x
        x = x @ W.T + b
    return x


def inside(polygon, points, slack=1e-9):
    edges = np.roll(polygon, -1, axis=0) - polygon
    relative = points[:, None, :] - polygon
    return (edges[:, 0] * relative[..., 1] - edges[:, 1] * relative[..., 0] >= -slack).all(axis=1)


def test_cutting_a_square_in_halves():
    above, below = pl.cut(pl.square([0.0, 0.0], 1.0), np.array([1.0, 1.0]), 0.0)
    assert pl.area(above) == pytest.approx(2.0) and pl.area(below) == pytest.approx(2.0)
    assert (above.sum(axis=1) >= -1e-15).all() and (below.sum(axis=1) <= 1e-15).all()
    whole, nothing = pl.cut(pl.square([0.0, 0.0], 1.0), np.array([1.0, 0.0]), 5.0)
    assert pl.area(whole) == pytest.approx(4.0) and len(nothing) == 0


@pytest.mark.parametrize("sizes", [(2, 5, 1), (2, 4, 4, 2), (2, 3, 3, 3, 1)])
def test_cells_tile_the_square_and_carry_the_networks_affine_maps(sizes):
    rng = np.random.default_rng(0)
    for _ in range(4):
        weights, biases = random_network(sizes, rng)
        box = pl.square(rng.normal(size=2), 1.3)
        cells = pl.linear_cells(weights, biases, box)
        assert sum(pl.area(c.polygon) for c in cells) == pytest.approx(pl.area(box), rel=1e-9)
        points = rng.uniform(box.min(axis=0), box.max(axis=0), size=(400, 2))
        covered = np.zeros(len(points), dtype=int)
        for cell in cells:
            held = inside(cell.polygon, points)
            covered += held
            affine = points[held] @ cell.jacobian.T + cell.offset
            np.testing.assert_allclose(affine, evaluate(weights, biases, points[held]), atol=1e-8)
        assert (covered >= 1).all()


def test_number_of_cells_of_one_layer_is_that_of_a_line_arrangement():
    # Lines in general position that all cross inside: 1 + lines + crossings.
    rng = np.random.default_rng(1)
    for _ in range(5):
        weights, biases = random_network((2, 6, 1), rng)
        box = pl.square([0.0, 0.0], 1e4)
        assert len(pl.linear_cells(weights, biases, box)) == 1 + 6 + 15


def test_patterns_are_the_active_neurons():
    rng = np.random.default_rng(2)
    weights, biases = random_network((2, 5, 4, 1), rng)
    for cell in pl.linear_cells(weights, biases, pl.square([0.0, 0.0], 2.0)):
        x = cell.polygon.mean(axis=0)
        z1 = weights[0] @ x + biases[0]
        z2 = weights[1] @ np.maximum(z1, 0) + biases[1]
        assert (cell.pattern[0] == (z1 > 0)).all() and (cell.pattern[1] == (z2 > 0)).all()


def test_local_lipschitz_is_attained_and_never_exceeded():
    rng = np.random.default_rng(3)
    for _ in range(6):
        weights, biases = random_network((2, 5, 5, 1), rng)
        center = rng.normal(size=2)
        constant, cell, _ = pl.local_lipschitz(weights, biases, center, 0.8)
        x, y = center + 0.8 * rng.uniform(-1, 1, size=(2, 4000, 2))
        quotient = np.abs(evaluate(weights, biases, x) - evaluate(weights, biases, y))[:, 0] / np.abs(x - y).max(axis=1)
        assert quotient.max() <= constant * (1 + 1e-9)
        middle, direction = cell.polygon.mean(axis=0), np.sign(cell.jacobian[0])
        step = 1e-3 * np.sqrt(pl.area(cell.polygon))
        ends = evaluate(weights, biases, np.array([middle + step * direction, middle - step * direction]))
        assert abs(ends[0, 0] - ends[1, 0]) / (2 * step) == pytest.approx(constant, rel=1e-6)
        assert pl.steepest_quotient(weights, biases, cell) == pytest.approx(constant, rel=1e-7)


def test_range_of_two_layers_against_cells_and_samples():
    rng = np.random.default_rng(4)
    nets = [random_network((2, 7, 1), rng) for _ in range(5)]
    centers, radii = rng.normal(size=(5, 2)), rng.uniform(0.05, 3.0, size=5)
    stacked = [np.stack(layer) for layer in zip(*(W for W, _ in nets), strict=True)]
    offsets = [np.stack(layer) for layer in zip(*(b for _, b in nets), strict=True)]
    low, high = pl.two_layer_range(stacked, offsets, centers, radii)
    for n, (weights, biases) in enumerate(nets):
        vertices = np.concatenate(
            [c.polygon for c in pl.linear_cells(weights, biases, pl.square(centers[n], radii[n]))]
        )
        values = evaluate(weights, biases, vertices)
        np.testing.assert_allclose([low[n], high[n]], [values.min(), values.max()], rtol=1e-9, atol=1e-9)
        samples = evaluate(weights, biases, centers[n] + radii[n] * rng.uniform(-1, 1, size=(2000, 2)))
        assert low[n] - 1e-9 <= samples.min() and samples.max() <= high[n] + 1e-9


def test_parallel_kinks_do_no_harm():
    weights = [np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 0.0]]), np.array([[1.0, -1.0, 1.0]])]
    low, high = pl.two_layer_range(weights, [np.array([0.0, -1.0, 0.5]), None], np.zeros(2), np.array(1.0))
    # relu(x) - relu(2x - 1) + 0.5 on [-1, 1]
    np.testing.assert_allclose([low, high], [0.5, 1.0])


def test_networks_with_other_inputs_or_outputs_are_refused():
    with pytest.raises(ValueError, match="2 inputs"):
        pl.linear_cells([np.ones((1, 3))], None, pl.square([0.0, 0.0], 1.0))
    with pytest.raises(ValueError, match="one output"):
        pl.local_lipschitz([np.ones((2, 2))], None, np.zeros(2), 1.0)


def test_range_with_another_activation_against_a_grid():
    rng = np.random.default_rng(5)
    weights, biases = random_network((2, 4, 1), rng)
    low, high = pl.two_layer_range(weights, biases, np.zeros(2), np.array(1.0), slopes=(-1.0, 1.0))
    x = np.stack(np.meshgrid(*[np.linspace(-1, 1, 301)] * 2), axis=-1).reshape(-1, 2)
    values = np.abs(x @ weights[0].T + biases[0]) @ weights[1][0] + biases[1]
    step = 2 / 300 * np.abs(weights[1]) @ np.abs(weights[0]).sum(axis=1)
    assert low - 1e-9 <= values.min() <= low + step and high - step <= values.max() <= high + 1e-9
