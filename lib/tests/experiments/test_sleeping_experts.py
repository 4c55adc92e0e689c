import numpy as np
import pytest

from theorycheck.experiments import sleeping_experts as sleeping


def test_combination_is_an_average_of_the_awake():
    predictions = np.array([[0.5], [-1.0], [1.0]])
    active = np.array([[1.0], [0.0], [1.0]])
    weighted, plain = sleeping.combine(predictions, np.array([[1.0], [100.0], [3.0]]), active)
    assert plain[0] == pytest.approx(0.75) and weighted[0] == pytest.approx(0.875)
    weighted, _ = sleeping.combine(predictions, np.zeros((3, 1)), active)
    assert weighted[0] == plain[0]


def test_hedge_weights_are_the_difference_of_the_potential():
    surplus, spread = np.array([-3.0, 0.0, 0.4, 5.0]), np.array([4.0, 0.0, 1.0, 20.0])
    expected = [
        np.exp(max(r + 1, 0) ** 2 / (3 * (c + 1))) - np.exp(max(r - 1, 0) ** 2 / (3 * (c + 1)))
        for r, c in zip(surplus, spread, strict=True)
    ]
    np.testing.assert_allclose(sleeping.hedge_weights(surplus, spread), expected)
    assert expected[0] == 0


@pytest.mark.parametrize("fed", ["group", "all"])
def test_coin_game_against_a_plain_loop_over_its_draws(fed):
    rounds, deepest, gaps = 64, 1, [0.0, 0.6]
    rng = np.random.default_rng(5)
    regret, counts, surplus, spread = sleeping.coin_game(rounds, deepest, gaps, 2, rng, fed)
    rng, draws = np.random.default_rng(5), []
    for _ in range(16):
        depth = np.minimum(rng.geometric(0.5, size=(4, 2)) - 1, deepest)
        extra = rng.random((4, 2, 2)) < 0.5
        uniform = rng.random((4, 1, 2))
        draws += [(depth[t, 1], extra[t, :, 1], uniform[t, 0, 1]) for t in range(4)]
    groups = 4
    p, n, total = np.zeros(groups), np.zeros(groups), dict.fromkeys(sleeping.METHODS, 0.0)
    big_r, big_c, size, own = np.zeros(groups), np.zeros(groups), np.zeros(groups), np.zeros(groups)
    for depth, extra, u in draws:
        awake = np.array([True, depth >= 1, *extra])
        y = 1.0 if 2 * u < 1 + 0.6 * (-1) ** depth else -1.0
        weights = sleeping.hedge_weights(big_r, big_c) * awake
        mix = weights @ p / weights.sum() if weights.sum() > 0 else p[awake].mean()
        for method, q in (("anh", mix), ("uniform", p[awake].mean()), ("global", p[0])):
            total[method] = total[method] + awake * (1 - q * y) / 2
        gained = awake * ((1 - mix * y) / 2 - (1 - p * y) / 2)
        big_r, big_c = big_r + gained, big_c + np.abs(gained)
        size, own = size + awake, own + awake * y
        seen = awake if fed == "group" else np.ones(groups, dtype=bool)
        n += seen
        p = np.where(seen, np.clip(p + 4 / np.sqrt(np.maximum(n, 1)) * y / 2, -1, 1), p)
    best = np.minimum((size - own) / 2, (size + own) / 2)
    for method in sleeping.METHODS:
        np.testing.assert_allclose(regret[method][2, :, 1, 1], total[method] - best)
    np.testing.assert_array_equal(counts[2, :, 0, 1], size)
    np.testing.assert_allclose(surplus[2, :, 1, 1], big_r, atol=1e-12)
    np.testing.assert_allclose(spread[2, :, 1, 1], big_c, atol=1e-12)


def test_learners_fed_alike_are_one_learner():
    regret, _, _, _ = sleeping.coin_game(160, 1, [0.3], 3, np.random.default_rng(6), "all")
    np.testing.assert_allclose(regret["anh"], regret["global"], atol=1e-9)


def test_regression_game_against_a_plain_loop_over_its_draws():
    theta = np.array([[[0.4, -0.4], [0.8, 0.0], [-0.3, 0.5]]])
    rng = np.random.default_rng(7)
    regret, counts, norms, spread = sleeping.regression_game(theta, [0.5, 0.4], 60, rng)
    rng, rows = np.random.default_rng(7), []
    for _ in range(60):
        awake = np.r_[True, rng.random((2, 1))[:, 0] < [0.5, 0.4]]
        x = rng.uniform(-1, 1, size=(1, 2))[0]
        rows.append((awake, x, x @ theta[0][awake].mean(axis=0) + rng.uniform(-0.2, 0.2, size=1)[0]))
    seen, losses = [[], [], []], np.zeros((4, 3))  # anh, uniform, global, learner
    big_r, big_c = np.zeros(3), np.zeros(3)
    for awake, x, y in rows:
        p = np.empty(3)
        for g in range(3):
            past = list(seen[g])
            gram = np.eye(2) + sum((np.outer(v, v) for v, _ in past), np.zeros((2, 2))) + awake[g] * np.outer(x, x)
            moment = sum((label * v for v, label in past), np.zeros(2))
            p[g] = np.clip(np.linalg.solve(gram, moment) @ x, -1, 1)
            if awake[g]:
                seen[g].append((x, y))
        weights = sleeping.hedge_weights(big_r, big_c) * awake
        mix = weights @ p / weights.sum() if weights.sum() > 0 else p[awake].mean()
        for i, q in enumerate((mix, p[awake].mean(), p[0], p)):
            losses[i] += awake * (q - y) ** 2 / 4
        gained = awake * ((mix - y) ** 2 - (p - y) ** 2) / 4
        big_r, big_c = big_r + gained, big_c + np.abs(gained)
    for g in range(3):
        x, y = np.array([v for v, _ in seen[g]]), np.array([label for _, label in seen[g]])
        best, least = np.linalg.lstsq(x, y, rcond=None)[:2]
        assert norms[g, 0] == pytest.approx(best @ best) and counts[g, 0] == y.size
        for i, method in enumerate(("anh", "uniform", "global", "learner")):
            assert regret[method][g, 0] == pytest.approx(losses[i, g] - least[0] / 4)
    np.testing.assert_allclose(spread[:, 0], big_c, atol=1e-12)


def test_the_worst_gap_by_loops():
    samples = np.random.default_rng(8).normal(size=(3, 2, 5, 7))
    found = sleeping.at_worst_gap(samples)
    for t in range(3):
        for g in range(2):
            means = [sum(row) / 7 for row in samples[t, g]]
            assert found[t, g].tolist() == samples[t, g, means.index(max(means))].tolist()


def test_growth_exponent_is_the_least_squares_slope():
    regret = np.random.default_rng(9).uniform(1, 2, size=(3, 2, 4, 6)) * np.array([1, 3, 8])[:, None, None, None]
    worst = np.array([[max(np.mean(row) for row in group) for group in at] for at in regret])
    slopes = np.polyfit(np.log([1, 4, 16]), np.log(worst), 1)[0]
    assert sleeping.growth_exponent(regret) == pytest.approx(slopes.mean())
    power = np.array([16.0, 64.0, 256.0])[:, None, None, None] ** 0.7 * np.ones((3, 2, 4, 6))
    assert sleeping.growth_exponent(power) == pytest.approx(0.7)
    assert sleeping.growth_exponent(-power) == 0  # nothing was lost at any time
