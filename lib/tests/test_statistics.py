"""Estimates against SciPy, against brute-force simulation, and against each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from theorycheck import statistics
from theorycheck.seeds import generator


def test_mean_and_interval_agree_with_scipy():
    sample = generator(0, "mean").normal(size=23)
    expected = stats.ttest_1samp(sample, 0).confidence_interval(0.9)
    assert statistics.mean(sample).interval(0.1) == pytest.approx((expected.low, expected.high))


def test_known_error_gives_a_normal_interval():
    low, high = statistics.Estimate(0.0, 1.0).interval(0.05)
    assert (low, high) == pytest.approx(stats.norm.interval(0.95))


def test_one_replicate_gives_an_infinite_interval():
    assert statistics.mean(np.ones((2, 1))).half_width(0.05) == pytest.approx(np.inf)


def test_ratio_of_means_error_matches_simulation():
    rng = generator(1, "ratio")
    a = rng.gamma(3, size=(4000, 50))
    b = a + rng.gamma(5, size=(4000, 50))
    found = statistics.ratio_of_means(a, b)
    assert found.value.mean() == pytest.approx(3 / 8, rel=0.01)
    assert np.sqrt((found.se**2).mean()) == pytest.approx(found.value.std(), rel=0.05)


def test_second_moment_is_around_the_prediction():
    x = np.array([1.0, 2.0, 6.0])
    assert statistics.second_moment(x, about=2.0).value == pytest.approx((1 + 0 + 16) / 3)


def test_slope_agrees_with_polyfit_and_its_error_with_simulation():
    rng = generator(2, "slope")
    x, weights = np.array([0.0, 1.0, 3.0, 4.0]), np.array([1.0, 4.0, 1.0, 2.0])
    y = rng.normal(size=4)
    found = statistics.slope(x, statistics.Estimate(y, 0.1), weights)
    assert found.value == pytest.approx(np.polyfit(x, y, 1, w=np.sqrt(weights))[0])
    noisy = np.polyfit(x, (y + 0.1 * rng.normal(size=(20000, 4))).T, 1, w=np.sqrt(weights))[0]
    assert found.se == pytest.approx(noisy.std(), rel=0.03)


@given(st.floats(0.1, 3), st.floats(0.1, 3), st.integers(2, 30), st.integers(2, 30))
def test_welch_satterthwaite_agrees_with_scipy(sd_a, sd_b, n_a, n_b):
    a, b = np.linspace(-sd_a, sd_a, n_a), np.linspace(-sd_b, sd_b, n_b)
    found = statistics.difference(statistics.mean(a), statistics.mean(b))
    expected = stats.ttest_ind(a, b, equal_var=False)
    assert found.dof == pytest.approx(expected.df)
    assert found.value / found.se == pytest.approx(expected.statistic)


def test_paired_slope_uses_what_replicates_share():
    rng = generator(3, "paired")
    x = np.arange(4.0)
    y = 2 * x[:, None] + 100 * rng.normal(size=30) + 0.01 * rng.normal(size=(4, 30))
    found = statistics.paired_slope(x, y)
    assert found.value == pytest.approx(2, abs=0.02) and found.se < 0.01


def test_loglog_slope_of_a_power_law():
    x = np.array([1, 10, 100])
    samples = x[:, None] ** -1.5 * np.array([0.9, 1.0, 1.1])
    assert statistics.loglog_slope(x, samples).value == pytest.approx(-1.5)
    assert statistics.loglog_slope(x, samples, statistics.root_mean_square).value == pytest.approx(-1.5)


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 17), (10, 10)])
def test_proportion_agrees_with_scipy(k, n):
    expected = stats.binomtest(k, n).proportion_ci(0.95, method="exact")
    assert statistics.proportion(k, n)[1:] == pytest.approx((expected.low, expected.high))


def test_jackknife_removes_the_bias_of_a_square_and_agrees_with_the_bootstrap():
    sample = generator(4, "jackknife").normal(1.0, 1.0, size=60)

    def square(s):
        return s.mean(axis=-1) ** 2

    found = statistics.jackknife(square, sample)
    assert found.value == pytest.approx(square(sample) - sample.var(ddof=1) / 60)
    assert found.se == pytest.approx(statistics.bootstrap(square, sample, resamples=4000).se, rel=0.1)


def test_streams_are_independent_and_repeat():
    a, b, again = (generator(3, *path).normal(size=5) for path in (("x", 1), ("x", 2), ("x", 1)))
    assert np.array_equal(a, again) and not np.any(np.isin(a, b))


def test_known_factors_scale_value_and_error_alike_on_either_side():
    estimate = statistics.Estimate([1.0, -2.0], [0.1, 0.2], 5)
    factor = np.array([-3.0, 4.0])
    mapped = estimate.map(lambda v: v * factor, lambda v: factor)
    for scaled in (estimate * factor, factor * estimate, estimate / (1 / factor)):
        assert scaled.value == pytest.approx(mapped.value)
        assert scaled.se == pytest.approx(mapped.se)
        assert (scaled.dof == 5).all()


def test_stacked_estimates_are_the_rows_of_one():
    rows = [statistics.Estimate([1.0, 2.0], [0.1, 0.2], 5), statistics.Estimate([3.0, 4.0], [0.3, 0.4], 7)]
    both = statistics.stack(rows)
    assert both.value.shape == (2, 2)
    for i, row in enumerate(rows):
        assert (both[i].value == row.value).all() and (both[i].se == row.se).all() and (both[i].dof == row.dof).all()
