import numpy as np
import pytest

from theorycheck.experiments import optimistic_descent as descent


def replay(gradients, largest, optimistic):
    """The same algorithm for one path of gradients (T, 2): points played and V."""
    point, hint, squares, played = np.zeros(2), np.zeros(2), 0.0, []
    for t, g in enumerate(gradients, start=1):
        step = descent.DIAMETER / (np.sqrt(4 * largest**2 + squares) if optimistic else largest * np.sqrt(t))
        played.append(np.clip(point - step * hint, -1, 1) if optimistic else point)
        point = np.clip(point - step * g, -1, 1)
        squares += np.sum((g - hint) ** 2)
        hint = g
    return np.array(played), squares


@pytest.mark.parametrize("optimistic", [True, False])
def test_linear_game_against_a_replay_of_its_noise(optimistic):
    drift, noise, swing, rounds = np.array([[0.0, 0.1]]), [0.5], [0.2], 30
    largest = np.array([2.0])
    rng = np.random.default_rng(4)
    regret, realised, squares = descent.linear_game(
        drift, noise, swing, largest, [10, rounds], 3, rng, optimistic=optimistic
    )
    rng = np.random.default_rng(4)
    signs = np.array([2.0 * rng.integers(2, size=(1, 1, 3), dtype=np.int8) - 1 for _ in range(rounds)])
    for k, r in [(0, 0), (1, 2)]:
        mean = -drift[0, k] - 0.2 * (-1.0) ** np.arange(1, rounds + 1)
        gradients = np.stack([mean + 0.5 * signs[:, 0, 0, r], np.ones(rounds)], axis=1)
        played, expected = replay(gradients, 2.0, optimistic)
        assert squares[0, k, r] == pytest.approx(expected)
        means = np.stack([mean, np.ones(rounds)], axis=1)
        steps = np.sum(means * (played - [1, -1]), axis=1)
        np.testing.assert_allclose(regret[:, 0, k, r], [steps[:10].sum(), steps.sum()])
        corners = np.array([[a, b] for a in (-1, 1) for b in (-1, 1)])
        best = (corners @ gradients.sum(axis=0)).min()
        assert realised[0, k, r] == pytest.approx(np.sum(gradients * played) - best)


def test_games_without_noise_do_not_vary():
    regret, _, _ = descent.linear_game([[0.1]], [0.0], [0.3], [2.0], [20], 2, np.random.default_rng(0))
    assert regret.shape == (1, 1, 1, 2) and regret[0, 0, 0, 0] == regret[0, 0, 0, 1]


def test_quadratic_game_against_a_plain_loop():
    rng, rounds, lam = np.random.default_rng(1), 40, 0.8
    regret = descent.quadratic_game([0.5, 1.0], [0.0, 0.75], [0.3, 0.0], [2.0, 1.0], lam, [20, rounds], 2, rng)
    rng = np.random.default_rng(1)
    signs = np.array([2.0 * rng.integers(2, size=2, dtype=np.int8) - 1 for _ in range(rounds)])
    for c, (noise, decay, a, factor) in enumerate([(0.5, 0.0, 0.3, 2.0), (1.0, 0.75, 0.0, 1.0)]):
        point, hint, total, read = 1.0, 0.0, 0.0, []
        for t in range(1, rounds + 1):
            x = min(max(point - factor / (lam * t) * hint, -4), 4)
            centre = a * (-1) ** t
            total += lam / 2 * (x - centre) ** 2 - lam / 2 * centre**2
            hint = lam * (x - centre) + noise * t**-decay * signs[t - 1, 1]
            point = min(max(point - factor / (lam * t) * hint, -4), 4)
            if t in (20, rounds):
                read.append(total)
        np.testing.assert_allclose(regret[:, c, 1], read)


def test_alternating_game_against_a_replay():
    amplitude, largest, rounds = np.array([0.2, 0.6]), np.array([1.1, 1.3]), 50
    found = descent.alternating_game(amplitude, largest, rounds)
    for a, bound, regret in zip(amplitude, largest, found, strict=True):
        gradients = np.stack([-a * (-1.0) ** np.arange(1, rounds + 1), np.ones(rounds)], axis=1)
        played, _ = replay(gradients, bound, True)
        assert regret == pytest.approx(np.sum(gradients * (played - [1, -1])))


@pytest.mark.parametrize("optimistic", [True, False])
def test_calm_game_against_a_replay(optimistic):
    drift, largest, times = np.array([[0.0, 0.05, 0.3], [0.02, 0.1, 0.4]]), np.array([1.2, 1.5]), [20, 60]
    found = descent.calm_game(drift, largest, times, optimistic=optimistic)
    assert found.shape == (2, 3)
    for i, k in [(0, 1), (0, 2), (1, 0), (1, 2)]:
        gradients = np.tile([-drift[i, k], 1.0], (times[i], 1))
        played, _ = replay(gradients, largest[i], optimistic)
        assert found[i, k] == pytest.approx(np.sum(gradients * (played - [1, -1])))
