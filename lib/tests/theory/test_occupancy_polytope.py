import numpy as np
import pytest
from scipy import optimize

from theorycheck.theory import occupancy_polytope as polytope

GAMMA = 0.8


@pytest.fixture
def world():
    return np.random.default_rng(3).dirichlet(np.ones(3), size=(3, 2))


@pytest.fixture
def corners(world):
    return polytope.vertices(world, np.full(3, 1 / 3), GAMMA)


def test_occupancy_of_a_policy_by_summing_over_time(world, corners):
    policy = np.array([1, 0, 1])  # row 101 in binary
    law, expected = np.full(3, 1 / 3), np.zeros((3, 2))
    for t in range(200):
        expected[np.arange(3), policy] += GAMMA**t * law
        law = law @ world[np.arange(3), policy]
    np.testing.assert_allclose(corners[0b101], expected.ravel(), atol=1e-12)


def test_directions_hold_all_differences_and_shaping_none(world, corners):
    basis = polytope.directions(world, GAMMA)
    assert basis.shape == (6, 3)
    differences = corners - corners[0]
    np.testing.assert_allclose(differences @ basis @ basis.T, differences, atol=1e-12)
    potential = np.array([1.0, -2.0, 0.5])
    shaping = GAMMA * world @ potential - potential[:, None]
    np.testing.assert_allclose(shaping.ravel() @ basis, 0, atol=1e-12)


def test_radii_of_a_rectangle():
    # Differences of the corners of [0, 2] x [0, 6] fill [-2, 2] x [-6, 6].
    inner, outer = polytope.radii(np.array([[0, 0], [2, 0], [0, 6], [2, 6]]), np.eye(2))
    assert inner == pytest.approx(2) and outer == pytest.approx(np.hypot(2, 6))


def test_radii_by_minimizing_and_maximizing_the_width(world, corners):
    basis = polytope.directions(world, GAMMA)
    inner, outer = polytope.radii(corners, basis)
    normals = np.random.default_rng(0).normal(size=(20000, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    widths = polytope.width(corners, normals @ basis.T)

    def width(direction):
        return polytope.width(corners, basis @ direction / np.linalg.norm(direction))

    least = optimize.minimize(width, normals[widths.argmin()], method="Nelder-Mead", options={"xatol": 1e-9}).fun
    assert least == pytest.approx(inner, rel=1e-5) and np.all(widths >= inner)
    assert outer == pytest.approx(widths.max(), rel=1e-3) and np.all(widths <= outer)


def test_section_width_by_linear_programming(corners):
    rng = np.random.default_rng(1)
    for _ in range(5):
        reward, normal = rng.normal(size=(2, 6))
        n = len(corners)
        found = optimize.linprog(
            np.concatenate([-corners @ reward, corners @ reward]),
            A_eq=np.vstack([np.concatenate([corners @ normal, -corners @ normal]), np.kron(np.eye(2), np.ones(n))]),
            b_eq=[0, 1, 1],
        )
        assert polytope.section_width(corners, reward, normal) == pytest.approx(-found.fun)


def test_levelling_condition_from_advantages(world):
    # Advantages of the uniform policy for each basis reward, by fixed-point iteration of its values.
    basis, levelled = polytope.directions(world, GAMMA), []
    for reward in basis.T.reshape(-1, 3, 2):
        values = np.zeros(3)
        for _ in range(200):
            values = (reward + GAMMA * world @ values).mean(axis=1)
        levelled.append((reward + GAMMA * world @ values - values[:, None]).ravel())
    expected = np.linalg.svd(levelled, compute_uv=False)
    assert polytope.levelling_condition(world, GAMMA) == pytest.approx(expected[0] / expected[-1])
