import numpy as np
import pytest
from scipy import stats

from theorycheck.experiments.random_networks import LAWS, in_batches, random_weights


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

    numbers, ones = in_batches(measure, 23, numbers_each=10, numbers_at_once=50)
    np.testing.assert_array_equal(numbers, np.arange(23))
    assert ones.shape == (23, 2) and max(seen) == 5
    assert in_batches(measure, 2, numbers_each=10**9)[0].size == 2


def test_an_unknown_law_is_refused():
    with pytest.raises(ValueError, match="law must be one of"):
        random_weights([1, 1], 1, np.random.default_rng(0), "cauchy")
