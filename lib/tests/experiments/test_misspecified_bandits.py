import numpy as np
import pytest

from theorycheck.experiments import misspecified_bandits as bandits
from theorycheck.theory import sparse_misspecification


def test_random_unit_vectors_have_no_preferred_direction():
    points = bandits.random_unit_vectors(20000, 3, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1)
    np.testing.assert_allclose(points.T @ points / 20000, np.eye(3) / 3, atol=0.02)


def test_needle_rewards_are_within_the_error_and_hidden():
    code = bandits.random_unit_vectors(200, 6, np.random.default_rng(1))
    rewards = bandits.needle_rewards(code, 7, 3.0)
    linear = 3.0 * code @ code[7]
    assert np.all(np.abs(rewards - linear) <= 1 + 1e-12) and rewards[7] == pytest.approx(linear[7])
    others = np.arange(200) != 7
    np.testing.assert_array_equal((rewards == 0)[others], (np.abs(linear) <= 1)[others])


def test_queries_follow_the_fit_or_the_order():
    actions = np.array([[1.0, 0], [0, 1.0], [0.6, 0.8], [0.8, 0.6], [0, -1.0]])
    order = np.array([0, 1, 4, 3, 2])
    assert bandits.queries_to_needle(actions, np.zeros(5), 2, order, 2) == 5  # blind: as ordered
    linear = actions @ np.array([1.0, 2.0])
    assert bandits.queries_to_needle(actions, linear, 2, order, 2) == 3  # predicted best of the rest
    assert bandits.queries_to_needle(actions, linear, 3, order, 2) == 4
    assert bandits.queries_to_needle(actions, linear, 1, order, 2) == 2  # met in exploration


@pytest.mark.parametrize("d", [5, 40])
def test_fooled_least_squares_by_dense_algebra(d):
    epsilon = 0.1
    axes = np.vstack([np.eye(d), -np.eye(d)])
    theta, signs = np.zeros(d), np.r_[0.0, np.ones(d - 1)]
    theta[0] = 0.98 * epsilon * np.sqrt(d - 1)
    rewards = axes @ theta + epsilon * np.r_[signs, -signs]
    fitted = np.linalg.lstsq(axes, rewards, rcond=None)[0]
    u = signs / np.sqrt(d - 1)
    assert u @ fitted > (axes @ fitted).max()
    loss, net = bandits.fooled_least_squares(d, epsilon)
    assert loss == pytest.approx(rewards.max() - u @ theta) and net == pytest.approx(0)


def test_net_search_by_listing_the_net():
    rng = np.random.default_rng(2)
    actions, epsilon, points = bandits.random_unit_vectors(30, 3, rng), 0.2, 8
    theta = bandits.random_unit_vectors(1, 3, rng)[0]
    net = []
    for pair in ([0, 1], [0, 2], [1, 2]):
        for j in range(points):
            h = np.zeros(3)
            h[pair] = [np.cos(2 * np.pi * j / points), np.sin(2 * np.pi * j / points)]
            net.append(h)
    queried = {int(np.argmax(actions @ h)) for h in net}
    rewards = np.array([a @ theta + (-epsilon if i in queried else epsilon) for i, a in enumerate(actions)])
    loss, asked = bandits.net_search(actions, theta, epsilon, points)
    assert loss == pytest.approx(max(rewards) - max(rewards[i] for i in queried)) and asked == len(queried)


def test_sparse_direction_is_a_turning_pair():
    theta, across = bandits.sparse_direction(6, 0.7, np.random.default_rng(3))
    assert theta @ across == pytest.approx(0) and np.count_nonzero(theta) == 2
    later, _ = bandits.sparse_direction(6, 0.7 + 1e-6, np.random.default_rng(3))
    np.testing.assert_allclose((later - theta) / 1e-6, across, atol=1e-5)


def test_shielded_action_stays_unqueried_and_costs_nearly_three_errors():
    points = 40
    angle = np.pi / points
    theta, across = bandits.sparse_direction(4, 5 * angle, np.random.default_rng(4))
    actions = bandits.shielded_actions(theta, across, angle * (1 - 1e-9))
    assert np.linalg.norm(actions, axis=1) == pytest.approx([1, 1, 0.2])
    for turn in np.linspace(angle, 2 * np.pi - angle, 100):
        h = np.cos(turn) * theta + np.sin(turn) * across
        assert (actions[:2] @ h).max() > actions[2] @ h
    loss, asked = bandits.net_search(actions, theta, angle, points)
    assert asked == 2
    assert 2.9 * angle < loss < sparse_misspecification.net_guarantee(angle, angle)


def test_needles_hide_as_often_as_the_beta_law_says_and_take_half_the_actions():
    # On the sphere in 3 dimensions inner products are uniform on [-1, 1]: hidden with probability (1/2)^9 at gap 2,
    # (1 - 1/20)^9 at gap 20/19.
    queries, closest = bandits.needle_search(10, 3, [2.0, 20 / 19], 3, 4000, np.random.default_rng(5))
    hidden = closest <= 19 / 20
    assert abs(hidden.mean() - 0.95**9) < 0.03
    assert abs(np.mean(closest <= 0.5) - 0.5**9) < 0.003
    assert abs(queries[1, hidden].mean() - 5.5) < 0.2  # nothing but zeros until it is met
    assert queries[0].mean() < 5.5 and queries.min() == 1 and queries.max() == 10


def test_net_losses_are_searches_of_the_described_instances():
    points, epsilon = 20, 0.15
    losses, queries = bandits.net_losses(5, 400, epsilon, points, 2, np.random.default_rng(6))
    assert {kind: loss.shape for kind, loss in losses.items()} == dict.fromkeys(("sparse", "shielded", "dense"), (2,))
    assert np.all(queries <= 10 * points)  # ten pairs of coordinates
    guarantee = sparse_misspecification.net_guarantee(np.pi / points, epsilon)
    assert np.all(losses["sparse"] <= guarantee) and np.all(losses["shielded"] <= guarantee)
    # The best action is 0.2 theta; two of value cos(angle + arccos(0.2 cos(angle))) shield it.
    angle = np.pi / points
    gap = 0.2 - np.cos(angle + np.arccos(0.2 * np.cos(angle)))
    np.testing.assert_allclose(losses["shielded"], gap + 2 * epsilon, rtol=1e-6)
    assert losses["dense"].max() > losses["sparse"].max()
