"""Rules hold at their stated rate on data from the prediction, refute alternatives, and never go green on noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from theorycheck import rules, statistics
from theorycheck.rules import HOLDS, INCONCLUSIVE, REFUTED
from theorycheck.seeds import generator
from theorycheck.statistics import Estimate

WHY = "stated for the test"
RUNS = 600


def share(verdicts, wanted):
    return np.mean([v == wanted for v in verdicts])


def at_most_rate(verdicts, wanted, level):
    """The share of `wanted` is compatible with a probability of at most `level` (one-sided binomial, 1e-4)."""
    hits = sum(v == wanted for v in verdicts)
    return stats.binom.sf(hits - 1, len(verdicts), level) > 1e-4


def normal(rng, *shape, mean=1.0, sd=0.1):
    return mean + sd * rng.normal(size=shape)


class TestValue:
    def test_false_refutations_stay_at_the_family_wise_level(self):
        rng = generator(1, "value")
        found = [
            rules.value(statistics.mean(normal(rng, 12, 8)), 1.0, precision=0.5, level=0.05).verdict
            for _ in range(RUNS)
        ]
        assert at_most_rate(found, REFUTED, 0.05)
        # The level is used, not merely respected: with twelve cells it is nearly exhausted.
        assert share(found, REFUTED) > 0.02

    def test_refutes_a_stated_alternative(self):
        rng = generator(2, "value")
        found = [
            rules.value(statistics.mean(normal(rng, 3, 50, mean=1.15)), 1.0, precision=0.1).verdict for _ in range(200)
        ]
        assert share(found, REFUTED) == 1

    def test_inconclusive_when_too_noisy_to_exclude_the_wrong_theory(self):
        estimate = statistics.mean(normal(generator(3, "value"), 6, sd=0.5))
        assert rules.value(estimate, estimate.value, precision=0.05).verdict == INCONCLUSIVE

    def test_allowance_is_added_to_the_noise_and_needs_a_reason(self):
        estimate = Estimate(1.1, 0.001)
        assert rules.value(estimate, 1.0).verdict == REFUTED
        assert rules.value(estimate, 1.0, allowance=0.1, because=WHY).verdict == HOLDS
        with pytest.raises(ValueError, match="reason"):
            rules.value(estimate, 1.0, allowance=0.1)

    def test_zero_prediction_needs_a_scale(self):
        with pytest.raises(ValueError, match="scale"):
            rules.value(Estimate(0.0, 0.1), 0.0)
        assert rules.value(Estimate(0.0, 0.001), 0.0, scale=1.0).verdict == HOLDS


class TestWithin:
    def test_false_verdicts_stay_at_the_level_at_the_edge_of_the_tolerance(self):
        rng = generator(4, "within")
        found = [
            rules.within(statistics.mean(normal(rng, 10, mean=1.05)), 1.0, 0.05, because=WHY, level=0.1).verdict
            for _ in range(RUNS)
        ]
        assert at_most_rate(found, REFUTED, 0.05)
        assert at_most_rate(found, HOLDS, 0.05)

    def test_holds_inside_refutes_outside(self):
        assert rules.within(Estimate(1.01, 0.005, 30), 1.0, 0.05, because=WHY).verdict == HOLDS
        assert rules.within(Estimate(1.08, 0.005, 30), 1.0, 0.05, because=WHY).verdict == REFUTED
        assert rules.within(Estimate(1.05, 0.005, 30), 1.0, 0.05, because=WHY).verdict == INCONCLUSIVE

    def test_the_worst_cell_decides_and_is_reported(self):
        check = rules.within(Estimate([1.0, 2.0, 1.0], [0.01] * 3), 1.0, 0.1, because=WHY)
        assert (check.verdict, check.measured, check.note) == (REFUTED, 2.0, "worst of 3")

    @given(st.floats(-3, 3), st.floats(1e-3, 2), st.floats(1e-2, 2))
    def test_margin_is_positive_exactly_when_it_holds(self, value, se, tolerance):
        check = rules.within(Estimate(value, se, 9), 0.0, tolerance, because=WHY)
        assert (check.margin > 0) == (check.verdict == HOLDS)


class TestOneSided:
    def test_level_at_the_limit(self):
        rng = generator(5, "one-sided")
        found = [
            rules.at_most(statistics.mean(normal(rng, 12)), 1.0, because=WHY, level=0.05).verdict for _ in range(RUNS)
        ]
        assert at_most_rate(found, HOLDS, 0.05) and at_most_rate(found, REFUTED, 0.05)
        assert share(found, HOLDS) > 0.02

    @pytest.mark.parametrize(("value", "verdict"), [(0.9, HOLDS), (1.1, REFUTED), (1.0, INCONCLUSIVE)])
    def test_sides(self, value, verdict):
        assert rules.at_most(Estimate(value, 0.01), 1.0, because=WHY).verdict == verdict
        assert rules.at_least(Estimate(-value, 0.01), -1.0, because=WHY).verdict == verdict

    def test_ordering_is_paired(self):
        rng = generator(6, "ordering")
        common = 10 * rng.normal(size=40)
        a, b = common + 0.1 * rng.normal(size=40), common + 1 + 0.1 * rng.normal(size=40)
        assert rules.ordering(a, b).verdict == HOLDS
        assert rules.ordering(b, a).verdict == REFUTED
        assert rules.ordering(a, b, gap=2.0, because=WHY).verdict == REFUTED
        unpaired = rules.ordering(a, rng.permutation(b))
        assert unpaired.verdict == INCONCLUSIVE


class TestRate:
    x = np.array([16, 32, 64, 128])

    def samples(self, rng, exponent, replicates=60):
        return self.x[:, None] ** exponent * np.exp(0.2 * rng.normal(size=(4, replicates)))

    def test_interval_covers_the_true_exponent_at_its_level(self):
        rng = generator(7, "rate")
        missed = 0
        for _ in range(RUNS):
            low, high = rules.rate(self.x, self.samples(rng, -0.5), -0.5, 0.2, because=WHY).interval
            missed += not low <= -0.5 <= high
        assert stats.binom.sf(missed - 1, RUNS, 0.05) > 1e-4 and stats.binom.cdf(missed, RUNS, 0.05) > 1e-4

    def test_holds_refutes_and_asks_for_replicates(self):
        rng = generator(8, "rate")
        assert rules.rate(self.x, self.samples(rng, -0.5), -0.5, 0.1, because=WHY).verdict == HOLDS
        assert rules.rate(self.x, self.samples(rng, -0.8), -0.5, 0.1, because=WHY).verdict == REFUTED
        assert rules.rate(self.x, self.samples(rng, -0.5, 3), -0.5, 0.1, because=WHY).verdict == INCONCLUSIVE

    def test_exponential_law(self):
        samples = np.exp(-0.3 * self.x[:, None]) * np.exp(0.1 * generator(9, "rate").normal(size=(4, 30)))
        assert rules.rate(self.x, samples, -0.3, 0.01, because=WHY, law="exponential").verdict == HOLDS
        assert rules.rate(self.x, samples, -0.3, 0.01, because=WHY).verdict == REFUTED

    def test_unknown_law(self):
        with pytest.raises(ValueError, match="law must be"):
            rules.rate(self.x, self.samples(generator(0), 1), 1, 0.1, because=WHY, law="log")


class TestLimit:
    def test_extrapolates_beyond_the_largest_size(self):
        x = np.array([10, 20, 40, 80])
        samples = 3 + 2 / x[:, None] + 0.01 * generator(10, "limit").normal(size=(4, 50))
        assert rules.limit(x, samples, 3.0, 0.02, because=WHY).verdict == HOLDS
        assert rules.limit(x, samples, 3.1, 0.02, because=WHY).verdict == REFUTED
        # What a reader would get from the largest size alone misses the limit.
        assert rules.within(statistics.mean(samples[-1]), 3.0, 0.02, because=WHY).verdict == REFUTED


class TestThreshold:
    x = np.linspace(0, 1, 21)

    def curves(self, at, replicates=40):
        noise = 0.05 * generator(11, "threshold").normal(size=(21, replicates))
        return 1 / (1 + np.exp(-20 * (self.x[:, None] - at))) + noise

    @pytest.mark.parametrize(("at", "verdict"), [(0.52, HOLDS), (0.7, REFUTED)])
    def test_location(self, at, verdict):
        assert rules.threshold(self.x, self.curves(at), 0.52, 0.02, because=WHY).verdict == verdict

    def test_no_crossing_is_inconclusive(self):
        assert rules.threshold(self.x, self.curves(9.0), 0.5, 0.1, because=WHY).verdict == INCONCLUSIVE


class TestDistribution:
    def test_false_refutations_and_power(self):
        rng = generator(12, "distribution")
        found = [
            rules.distribution(rng.normal(size=400), stats.norm.cdf, 1e-9, because=WHY, level=0.05).verdict
            for _ in range(RUNS)
        ]
        assert at_most_rate(found, REFUTED, 0.05) and HOLDS not in found
        assert rules.distribution(rng.normal(size=9000), stats.norm.cdf, 0.03, because=WHY).verdict == HOLDS
        assert rules.distribution(rng.normal(0.2, size=9000), stats.norm.cdf, 0.03, because=WHY).verdict == REFUTED

    def test_distance_agrees_with_scipy(self):
        sample = generator(13, "distribution").exponential(size=57)
        check = rules.distribution(sample, stats.norm.cdf, 0.5, because=WHY)
        assert check.measured == pytest.approx(stats.kstest(sample, "norm").statistic)

    def test_lattice(self):
        counts = generator(14, "distribution").binomial(5, 0.3, size=9000)
        law = stats.binom(5, 0.3).cdf
        assert rules.distribution(counts, law, 0.03, because=WHY, discrete=True).verdict == HOLDS
        assert rules.distribution(counts, law, 0.03, because=WHY).verdict == REFUTED


class TestViolationRate:
    def test_false_verdicts_at_the_bound(self):
        rng = generator(15, "violation")
        draws = rng.binomial(200, 0.05, size=(RUNS, 4))
        found = [rules.violation_rate(row, 200, 0.05, level=0.1).verdict for row in draws]
        assert at_most_rate(found, REFUTED, 0.1)
        # Some cell always misses the limit when all sit on it.
        assert at_most_rate(found, HOLDS, 0.1)

    def test_ten_replicates_decide_nothing(self):
        assert rules.violation_rate(0, 10, 0.05).verdict == INCONCLUSIVE
        assert rules.violation_rate(0, 59, 0.05).verdict == HOLDS
        assert rules.violation_rate(0, 58, 0.05).verdict == INCONCLUSIVE
        assert rules.violation_rate(30, 59, 0.05).verdict == REFUTED


class TestDeterministic:
    def test_identity(self):
        x = np.linspace(1, 2, 7)
        assert rules.identity(np.sqrt(x) ** 2, x).verdict == HOLDS
        assert rules.identity(x * (1 + 1e-8), x).verdict == REFUTED
        with pytest.raises(ValueError, match="approximation"):
            rules.identity(x, x, rounding=1e-3)

    def test_approximation(self):
        assert rules.approximation(1.02, 1.0, 0.05, because=WHY).verdict == HOLDS
        assert rules.approximation(1.06, 1.0, 0.05, because=WHY).verdict == REFUTED

    def test_bound(self):
        assert rules.bound([0.5, 1.0], [1.0, 1.0]).verdict == HOLDS
        assert rules.bound([0.5, 1.01], [1.0, 1.0]).verdict == REFUTED
        assert rules.bound([np.inf], [1.0]).verdict == REFUTED
        assert rules.bound([1.5, 1.0], 1.0, side="lower").verdict == HOLDS
        assert rules.bound([1.5, 0.9], 1.0, side="lower").verdict == REFUTED

    def test_vacuous_bound_shows(self):
        loose = rules.bound([1e-3, 2e-3], [1.0, 1.0], tightness=0.1)
        assert (loose.verdict, loose.measured) == (INCONCLUSIVE, 2e-3)
        assert rules.bound([100.0], [1.0], side="lower", tightness=0.1).verdict == INCONCLUSIVE

    def test_bound_with_limits_that_are_not_positive(self):
        assert rules.bound([-1.0, -3.0], [0.0, -3.0], tightness=0).verdict == HOLDS
        assert rules.bound([0.1], [0.0], tightness=0).verdict == REFUTED

    def test_count(self):
        assert rules.count([1, 2], [1, 2]).verdict == HOLDS
        check = rules.count([1, 2, 4], [1, 2, 3])
        assert (check.verdict, check.measured, check.predicted) == (REFUTED, 4, 3)


NOISY = {
    "value": lambda e: rules.value(e, 1.0, precision=1.0),
    "within": lambda e: rules.within(e, 1.0, 1.0, because=WHY),
    "at_most": lambda e: rules.at_most(e, 9.0, because=WHY),
    "at_least": lambda e: rules.at_least(e, -9.0, because=WHY),
}


@pytest.mark.parametrize("rule", NOISY)
@pytest.mark.parametrize(
    "samples", [[1.0], [1.0, 1.0, 1.0], [1.0, np.nan, 1.1], [np.inf, 1.0, 1.2]], ids=["one", "constant", "nan", "inf"]
)
def test_degenerate_replicates_never_hold(rule, samples):
    with np.errstate(invalid="ignore"):
        assert NOISY[rule](statistics.mean(samples)).verdict == INCONCLUSIVE


def test_degenerate_samples_never_hold():
    ones = np.ones((3, 5))
    assert rules.rate([1, 2, 3], ones, 0.0, 0.1, because=WHY).verdict == INCONCLUSIVE
    assert rules.rate([1, 2, 3], ones[:, :1], 0.0, 0.1, because=WHY).verdict == INCONCLUSIVE
    assert rules.ordering([0.0, 0.0], [1.0, 1.0]).verdict == INCONCLUSIVE
    assert rules.distribution([np.nan, 0.0], stats.norm.cdf, 2.0, because=WHY).verdict == INCONCLUSIVE
    assert rules.identity([1.0, np.nan], [1.0, 1.0]).verdict == INCONCLUSIVE
    assert rules.identity(1.0, np.nan).verdict == INCONCLUSIVE
    assert rules.bound([np.nan, 1.0], [1.0, 1.0]).verdict == INCONCLUSIVE


@pytest.mark.parametrize(
    "call",
    [
        lambda: statistics.mean([]),
        lambda: rules.identity([], []),
        lambda: rules.bound([], []),
        lambda: rules.count([], []),
        lambda: rules.distribution([], stats.norm.cdf, 0.1, because=WHY),
        lambda: rules.violation_rate(3, 2, 0.05),
        lambda: rules.rate([2, 2], np.ones((2, 4)), 0.0, 0.1, because=WHY),
        lambda: rules.within(Estimate(1.0, 0.1), 1.0, 0.0, because=WHY),
        lambda: rules.within(Estimate(1.0, 0.1), 1.0, 0.1, because=" "),
    ],
)
def test_meaningless_input_gets_a_clear_error(call):
    with pytest.raises(ValueError, match=r"\w{4,}"):
        call()


@settings(max_examples=60)
@given(st.floats(-5, 5), st.floats(0, 3), st.integers(0, 40), st.floats(-5, 5), st.floats(0.01, 2))
def test_no_rule_contradicts_itself(value, se, dof, predicted, tolerance):
    """Where `within` holds, the one-sided rules on its ends do not refute, and the other way round."""
    estimate = Estimate(value, se, dof)
    check = rules.within(estimate, predicted, tolerance, because=WHY)
    upper = rules.at_most(estimate, predicted + tolerance, because=WHY)
    lower = rules.at_least(estimate, predicted - tolerance, because=WHY)
    if check.verdict == HOLDS:
        assert upper.verdict == lower.verdict == HOLDS
    if check.verdict == REFUTED:
        assert REFUTED in (upper.verdict, lower.verdict)
