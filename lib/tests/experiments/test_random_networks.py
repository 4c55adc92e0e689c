import numpy as np
import pytest
from scipy import stats

from theorycheck.experiments.random_networks import (
    LAWS,
    in_batches,
    random_biases,
    random_weights,
    weight_count,
    within_budget,
)


@pytest.mark.parametrize("law", LAWS)
def test_entries_have_the_stated_law(law):
    weights = random_weights([5, 7, 3], 400, np.random.default_rng(0), law)
    assert [W.shape for W in weights] == [(400, 7, 5), (400, 3, 7)]
    for entries in (W.ravel() for W in weights):
        if law == "rademacher":
            assert set(np.unique(entries)) == {-1.0, 1.0}
            assert stats.binomtest(int((entries > 0).sum()), entries.size).pvalue > 1e-4
        else:
            known = {
                "gaussian": stats.norm(),
                "uniform": stats.uniform(-np.sqrt(3), 2 * np.sqrt(3)),
                "shifted": stats.norm(loc=0.5),
            }
            assert stats.kstest(entries, known[law].cdf).pvalue > 1e-4


def test_gain_scales_by_the_number_of_inputs():
    plain, scaled = (random_weights([8, 2, 4], 3, np.random.default_rng(1), gain=gain) for gain in (None, 2.0))
    np.testing.assert_allclose(scaled[0], plain[0] * np.sqrt(2 / 8))
    np.testing.assert_allclose(scaled[1], plain[1] * np.sqrt(2 / 2))


def test_batches_are_joined_in_order_and_bounded_in_size():
    seen = []

    def measure(n):
        start = sum(seen)
        seen.append(n)
        return np.arange(start, start + n), np.ones((n, 2))

    numbers, ones = in_batches(measure, 23, [2, 3, 1, 1], numbers_at_once=50)
    np.testing.assert_array_equal(numbers, np.arange(23))
    assert ones.shape == (23, 2) and max(seen) == 5
    assert in_batches(measure, 2, [10**5, 10**4])[0].size == 2


def test_budget_buys_networks_between_the_limits():
    sizes = [3, 5, 2]
    weights = random_weights(sizes, 1, np.random.default_rng(2))
    assert weight_count(sizes) == sum(W.size for W in weights) == 25
    for budget in (0, 199 * 25, 777 * 25, 777 * 25 + 24, 10**9):
        networks = within_budget(sizes, budget, most=1000)
        assert 200 <= networks <= 1000
        if 200 < networks < 1000:
            assert networks * 25 <= budget < (networks + 1) * 25
    assert within_budget(sizes, 0, most=100) == 100


def test_biases_are_normal_and_fit_the_weights():
    rng = np.random.default_rng(3)
    weights = random_weights([4, 6, 3], 500, rng)
    biases = random_biases(weights, 0.3, rng)
    assert [b.shape for b in biases] == [(500, 6), (500, 3)]
    for b in biases:
        assert stats.kstest(b.ravel(), stats.norm(scale=0.3).cdf).pvalue > 1e-4


def test_an_unknown_law_is_refused():
    with pytest.raises(ValueError, match="law must be one of"):
        random_weights([1, 1], 1, np.random.default_rng(0), "cauchy")
