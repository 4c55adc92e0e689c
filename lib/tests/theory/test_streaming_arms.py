import numpy as np
import pytest
from scipy import integrate, stats

from theorycheck.theory import streaming_arms


@pytest.mark.parametrize("arms, rounds", [(4, 100), (16, 1e4), (200, 1e7)])
def test_lower_bound_on_a_grid(arms, rounds):
    n = np.geomspace(1e-3, rounds, 4001)
    m = np.geomspace(1e-2, rounds, 4001)[:, None]
    gap = 0.5 * np.sqrt(1 - np.exp(-(arms - 1) / n))
    missed = 0.5 - 1 / (arms - 1) - n / ((arms - 1) * m)
    in_b = np.max(gap * (rounds - m) * missed, axis=0)
    assert streaming_arms.lower_bound(arms, rounds) == pytest.approx(np.maximum(n / 2, in_b).min(), rel=5e-3)


def test_lower_bound_in_the_limit():
    assert streaming_arms.lower_bound(10**6, 1e18) == pytest.approx(0.5 * (1e18 / 2) ** (2 / 3) * 100, rel=1e-3)


@pytest.mark.parametrize("pulls", [1, 3, 10, 30, 100])
def test_no_uniform_exploration_beats_the_lower_bound(pulls):
    """Exact regret of uniform exploration, by the binomial laws, at every gap of a grid."""
    arms, rounds, counts = 6, 3000, np.arange(pulls + 1)
    best = stats.binom.cdf(counts, pulls, 0.5) ** (arms - 1)  # law of the best null arm; ties go to the special arm
    regrets = [(arms - 1) * pulls / 2]
    for gap in np.linspace(0.01, 0.5, 50):
        found = stats.binom.pmf(counts, pulls, 0.5 + gap) @ best
        regrets.append(gap * (found * (arms - 1) * pulls + (1 - found) * (rounds - pulls)))
    assert max(regrets) >= streaming_arms.lower_bound(arms, rounds)


@pytest.mark.parametrize("arms, u", [(2, 0.7), (10, 2.0), (1000, 1.5)])
def test_miss_probability_by_integration(arms, u):
    def density(z):
        return stats.norm.pdf(z) * stats.norm.cdf(z + u) ** (arms - 1)

    expected = 1 - integrate.quad(density, -10, 10)[0]
    assert streaming_arms.miss_probability(u, arms) == pytest.approx(expected, abs=1e-9)
    if arms == 2:
        assert expected == pytest.approx(stats.norm.sf(u / np.sqrt(2)))


@pytest.mark.parametrize("arms", [4, 64, 4096])
def test_exploration_price_on_a_grid(arms):
    u = np.linspace(0.1, 6, 2000)
    products = u * streaming_arms.miss_probability(u, arms)
    price, at = streaming_arms.exploration_price(arms)
    assert price == pytest.approx(products.max(), rel=1e-5) and at == pytest.approx(u[products.argmax()], abs=0.01)


def test_uniform_regret_is_the_least_maximum_over_pulls():
    arms, rounds = 32, 1e8
    price, _ = streaming_arms.exploration_price(arms)
    s = np.geomspace(1, 1e6, 20001)
    worst = np.maximum(arms * s / 2, rounds * price / (2 * np.sqrt(s)))
    assert streaming_arms.uniform_regret(arms, rounds) == pytest.approx(worst.min(), rel=1e-3)
    assert streaming_arms.exploration_pulls(arms, rounds) == pytest.approx(s[worst.argmin()], rel=1e-3)
