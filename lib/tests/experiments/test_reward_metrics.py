import numpy as np
import pytest
from scipy import optimize

from theorycheck.experiments import reward_metrics as rewards

GAMMA = 0.7


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def world(rng):
    return rewards.random_transitions(3, 2, 1.0, rng)


def test_transitions_are_laws(world):
    assert world.shape == (3, 2, 3) and np.all(world > 0)
    np.testing.assert_allclose(world.sum(axis=-1), 1)


def test_policy_values_by_iteration(rng, world):
    reward = rng.normal(size=(3, 2, 3))
    policy, values = np.array([0, 1, 1]), np.zeros(3)  # row 011 in binary
    for _ in range(200):
        values = np.array([world[s, a] @ (reward[s, a] + GAMMA * values) for s, a in enumerate(policy)])
    assert rewards.policy_values(reward, world, GAMMA)[0b011] == pytest.approx(values.mean())


def test_shaping_shifts_all_policies_alike_and_redistribution_none(rng, world):
    potential = rng.normal(size=3)
    moved = rewards.policy_values(rewards.shaping(potential, 2, GAMMA), world, GAMMA)
    np.testing.assert_allclose(moved, -potential.mean(), atol=1e-12)
    np.testing.assert_allclose(rewards.policy_values(rewards.redistribution(world, rng), world, GAMMA), 0, atol=1e-12)


def test_stacked_rewards_are_treated_one_by_one(rng, world):
    stack = rng.normal(size=(4, 5, 3, 2, 3))
    for function in (*rewards.CANONICAL.values(), rewards.policy_values):
        np.testing.assert_allclose(function(stack, world, GAMMA)[2, 3], function(stack[2, 3], world, GAMMA))


@pytest.mark.parametrize("metric, removes_noise", [("starc", True), ("val", True), ("epic", False), ("raw", False)])
def test_what_each_canonical_form_removes(rng, world, metric, removes_noise):
    reward, noise = rng.normal(size=(3, 2, 3)), rewards.redistribution(world, rng)
    shaped = 3 * (reward + rewards.shaping(rng.normal(size=3), 2, GAMMA))
    apart = rewards.distance(metric, reward, shaped, world, GAMMA)
    assert (apart < 1e-12) == (metric != "raw")
    assert (rewards.distance(metric, reward, reward + noise, world, GAMMA) < 1e-12) == removes_noise


def test_projection_is_orthogonal_to_shaping(rng, world):
    reward = rng.normal(size=(3, 2, 3))
    shapes = [np.sum(rewards.shaping(row, 2, GAMMA) * world, axis=-1).ravel() for row in np.eye(3)]
    np.testing.assert_allclose(shapes @ rewards.projected(reward, world, GAMMA), 0, atol=1e-12)


def test_epic_is_twice_the_pearson_distance(rng, world):
    first, second = rng.normal(size=(2, 3, 2, 3))
    one, two = (rewards.centred(r, world, GAMMA) for r in (first, second))
    pearson = np.sqrt((1 - np.corrcoef(one, two)[0, 1]) / 2)
    assert rewards.distance("epic", first, second, world, GAMMA) == pytest.approx(2 * pearson)


def test_worst_regret_by_linear_programming_over_occupancies(rng, world):
    one, two = rng.normal(size=(2, 3, 2, 3))
    flow = np.repeat(np.eye(3), 2, axis=1) - GAMMA * world.reshape(6, 3).T
    a, b = (np.sum(r * world, axis=-1).ravel() for r in (one, two))
    constraints = {"A_eq": np.kron(np.eye(2), flow), "b_eq": np.full(6, 1 / 3)}
    most = optimize.linprog(np.concatenate([-a, a]), **constraints).fun
    limited = {"A_ub": [np.concatenate([b, -b])], "b_ub": [0.0]}
    expected = optimize.linprog(np.concatenate([-a, a]), **constraints, **limited).fun / most
    values = rewards.policy_values(np.array([one, two]), world, GAMMA)
    assert rewards.worst_regret(*values) == pytest.approx(expected)


def test_worst_regret_of_equal_and_opposite_rewards(rng):
    values = rng.normal(size=8)
    assert rewards.worst_regret(values, 3 * values + 1) == pytest.approx(0, abs=1e-9)
    assert rewards.worst_regret(values, -values) == pytest.approx(1)
