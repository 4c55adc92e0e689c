import numpy as np
import pytest
from scipy import optimize

from theorycheck.experiments import norm_extremes
from theorycheck.seeds import generator


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0])
def test_extremes_against_a_grid_of_directions_in_the_plane(p):
    b = norm_extremes.sphere_rows(40, 2, generator(0, "rows"))
    angle = np.linspace(0, np.pi, 20_001)
    norms = np.sum(np.abs(b @ [np.cos(angle), np.sin(angle)]) ** p, axis=0) ** (1 / p)
    assert norm_extremes.largest_norm(b, p, generator(0, "starts")) == pytest.approx(norms.max(), rel=1e-6)
    found = norm_extremes.smallest_norm(b, p, steps=100)
    assert norms.min() * (1 - 1e-5) <= found <= norms.min() * 1.02


def test_extremes_are_singular_values_at_two():
    b = generator(0, "b").normal(size=(30, 5))
    values = np.linalg.svd(b, compute_uv=False)
    assert norm_extremes.largest_norm(b, 2, generator(0)) == pytest.approx(values[0])
    assert norm_extremes.smallest_norm(b, 2) == pytest.approx(values[-1])
    expected = max(values[0] - 1, 1 - values[-1])
    assert norm_extremes.distortion(b, 2, generator(0)) == pytest.approx(expected)


def test_rows_with_a_kernel_are_found():
    b = norm_extremes.sphere_rows(4, 5, generator(0, "rows"))
    assert norm_extremes.smallest_norm(b, 1.3) == pytest.approx(0, abs=1e-8)


def test_sensitivity_is_the_leverage_at_two_and_a_linear_program_at_one():
    a = generator(0, "a").normal(size=(25, 3))
    leverage = np.diag(a @ np.linalg.solve(a.T @ a, a.T))
    assert [norm_extremes.sensitivity(a, i, 2) for i in range(3)] == pytest.approx(leverage[:3])
    # min sum t subject to -t <= a x <= t and a_0 x = 1
    cost = np.concatenate([np.zeros(3), np.ones(25)])
    upper = np.block([[a, -np.eye(25)], [-a, -np.eye(25)]])
    equal = np.concatenate([a[0], np.zeros(25)])[None]
    bounds = [(None, None)] * 3 + [(0, None)] * 25
    solved = optimize.linprog(cost, upper, np.zeros(50), equal, [1], bounds=bounds)
    assert norm_extremes.sensitivity(a, 0, 1, steps=400) == pytest.approx(1 / solved.fun, rel=1e-4)
