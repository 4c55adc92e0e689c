import numpy as np
import pytest
from scipy import stats

from theorycheck.experiments import arm_streams


def within_errors(samples, expected):
    return abs(samples.mean() - expected) < 4.5 * samples.std(ddof=1) / np.sqrt(samples.size) + 1e-9


@pytest.mark.parametrize("pulls", [1, 7])
def test_uniform_exploration_against_exact_probabilities(pulls):
    arms, rounds, gap = 4, 100, 0.2
    regret = arm_streams.uniform_exploration(arms, rounds, pulls, [gap, 0.5], 20000, np.random.default_rng(0))
    counts = np.arange(pulls + 1)
    null, own = stats.binom.pmf(counts, pulls, 0.5), stats.binom.pmf(counts, pulls, 0.5 + gap)
    found = 0.0
    for x in counts:
        below = null[:x].sum()
        for tied in range(arms):
            found += (
                own[x]
                * stats.binom.pmf(tied, arms - 1, null[x] / (below + null[x]))
                * (below + null[x]) ** (arms - 1)
                / (tied + 1)
            )
    expected = gap * (found * (arms - 1) * pulls + (1 - found) * (rounds - pulls))
    assert within_errors(regret[0], expected)
    np.testing.assert_allclose(np.unique(regret[0]), [gap * (arms - 1) * pulls, gap * (rounds - pulls)])


def test_best_arm_stream_against_a_plain_loop():
    """The same algorithm for one learner at a time, with draws of its own: equal in the mean."""
    arms, rounds, epsilon, pulls, levels, gap = 5, 2000, 0.2, 4, 3, 0.3
    rng = np.random.default_rng(1)
    regrets = np.empty(4000)
    for r in range(regrets.size):
        means = np.full(arms, 0.5)
        means[rng.integers(arms - 1)] += gap
        most = pulls * 2 ** (levels - 1)
        champion, stored, spent, cost = 0, rng.binomial(most, means[0]) / most, most, most * (0.5 + gap - means[0])
        for arm in range(1, arms):
            wins = total = 0
            for level in range(levels):
                more = pulls * 2**level - total
                wins, total = wins + rng.binomial(more, means[arm]), total + more
                spent, cost = spent + more, cost + more * (0.5 + gap - means[arm])
                if wins / total < stored + epsilon / 2:
                    break
            else:
                champion, stored = arm, wins / total
        regrets[r] = cost + (rounds - spent) * (0.5 + gap - means[champion])
    found = arm_streams.best_arm_stream(arms, rounds, epsilon, pulls, levels, [gap], [False], 4000, rng)[0]
    error = np.sqrt((found.var() + regrets.var()) / 4000)
    assert abs(found.mean() - regrets.mean()) < 4.5 * error
    assert found.std() == pytest.approx(regrets.std(), rel=0.1)


def test_a_great_last_arm_is_always_taken():
    regret = arm_streams.best_arm_stream(6, 10**5, 0.1, 100, 3, [0.5], [True], 200, np.random.default_rng(2))
    assert regret.min() >= 0.5 * (400 + 4 * 100) and regret.max() <= 0.5 * 5 * 400


def test_successive_elimination_against_a_plain_loop():
    arms, rounds, gap = 4, 3000, 0.25
    rng = np.random.default_rng(3)
    regrets = np.empty(3000)
    for r in range(regrets.size):
        means = np.full(arms, 0.5)
        means[-1] += gap
        wins, pulled, left, total, goal = np.zeros(arms), np.zeros(arms), list(range(arms)), 0, 4
        while len(left) > 1 and pulled.sum() + (goal - total) * len(left) <= rounds:
            wins[left] += rng.binomial(goal - total, means[left])
            pulled[left], total = goal, goal
            radius = np.sqrt(max(np.log(rounds / (arms * total)), 0.5) / (2 * total))
            best = wins[left].max() / total
            left = [arm for arm in left if wins[arm] / total >= best - 2 * radius]
            goal *= 2
        chosen = max(left, key=lambda arm: wins[arm])
        regrets[r] = gap * (pulled[:-1].sum() + (rounds - pulled.sum()) * (chosen != arms - 1))
    found = arm_streams.successive_elimination(arms, rounds, [gap], [True], 3000, rng)[0]
    error = np.sqrt((found.var() + regrets.var()) / 3000)
    assert abs(found.mean() - regrets.mean()) < 4.5 * error
    np.testing.assert_allclose(np.quantile(found, [0.1, 0.5, 0.8]), np.quantile(regrets, [0.1, 0.5, 0.8]), rtol=0.3)


def test_successive_elimination_spends_what_each_arm_survived():
    # Two arms, one always winning: both pulled to the same total until the gap of means exceeds two radii.
    rounds = 1000
    regret = arm_streams.successive_elimination(2, rounds, [0.5], [True], 500, np.random.default_rng(4))[0]
    spent = regret / 0.5
    assert set(np.unique(spent)) <= {4.0, 8.0, 16.0, 32.0, 64.0}


def test_the_worst_world_and_the_largest_error():
    regret = np.array([[1.0, 2, 3, 6], [4.0, 4, 4, 5], [0.0, 1, 0, 9]])
    found = arm_streams.worst_world(regret)
    assert found.value == 17 / 4 and found.dof == 3
    assert found.se == pytest.approx(max(stats.sem(row) for row in regret)) == pytest.approx(stats.sem(regret[2]))
