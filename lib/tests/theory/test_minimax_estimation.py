from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import linprog
from sympy import ff
from sympy.functions.combinatorial.numbers import stirling

from theorycheck.theory.minimax_estimation import (
    minimax_estimation_lp,
    minimax_limit,
    occupancy,
    two_world_floor,
    unseen_share,
    window_width,
)


@pytest.mark.parametrize("N, n", [(5, 3), (4, 7), (6, 0)])
def test_occupancy_is_the_stirling_law(N, n):
    law = occupancy(N, n)
    expected = {d: Fraction(int(stirling(n, d) * ff(N, d)), N**n) for d in range(min(N, n) + 1)}
    assert law == {d: p for d, p in expected.items() if p}


def test_mean_unseen_share():
    mean = sum(p * (20 - d) for d, p in occupancy(20, 9).items()) / 20
    assert float(mean) == pytest.approx(unseen_share(20, 9), rel=1e-14)


@given(st.integers(1, 60), st.integers(1, 49))
def test_window_width_by_sliding_a_window(N, percent):
    eps = Fraction(percent, 100)
    points = [Fraction(k, N) for k in range(2 * N + 2)]
    assert window_width(N, percent / 100) == max(
        sum(low <= x <= low + 2 * eps for x in points) for low in points[: N + 1]
    )


def test_two_world_floor_by_scanning_estimates():
    N, n, eps = 7, 3, 0.13
    estimates = np.linspace(-0.2, 1.2, 2801)
    floor = 1.0
    for d, mass in occupancy(N, n).items():
        U = N - d
        losses = np.arange(U + 1) / N
        covered = (np.abs(losses - estimates[:, None]) <= eps) @ stats.binom.pmf(np.arange(U + 1), U, 0.5)
        floor -= float(mass) * 0.5 * ((np.abs(estimates) <= eps) + covered).max()
    assert float(two_world_floor(N, n, eps)) == pytest.approx(floor, abs=1e-14)


def _worst_prior_value(N, n, eps):
    """The same game from the other side: the prior over worlds against which the best estimate fails most."""
    cells = []
    for d, mass in occupancy(N, n).items():
        U = N - d
        for low in range(U + 1):
            inside = [k for k in range(U + 1) if low <= k <= low + 2 * eps * N + 1e-9]
            hit = [sum(comb(j, k) * comb(N - j, U - k) for k in inside) / comb(N, U) for j in range(N + 1)]
            cells.append((U, float(mass), np.array(hit)))
    unseen = sorted({U for U, _, _ in cells})
    # maximize 1 - sum_U mass_U z_U over priors, with z_U at least what any window covers
    A = np.zeros((len(cells), N + 1 + len(unseen)))
    cost = np.zeros(N + 1 + len(unseen))
    for row, (U, mass, hit) in enumerate(cells):
        A[row, : N + 1], A[row, N + 1 + unseen.index(U)] = hit, -1
        cost[N + 1 + unseen.index(U)] = mass
    total = np.r_[np.ones(N + 1), np.zeros(len(unseen))][None]
    return 1 - linprog(cost, A_ub=A, b_ub=np.zeros(len(cells)), A_eq=total, b_eq=[1]).fun


@pytest.mark.parametrize("N, n, eps", [(6, 2, 0.1), (9, 4, 0.12), (12, 3, 0.05)])
def test_minimax_value_equals_maximin_value(N, n, eps):
    value, _, _ = minimax_estimation_lp(N, n, eps)
    assert value == pytest.approx(_worst_prior_value(N, n, eps), abs=1e-8)


def test_strategy_attains_the_value():
    N, n, eps = 10, 4, 0.15
    value, strategy, prior = minimax_estimation_lp(N, n, eps)
    width, law = window_width(N, eps), occupancy(N, n)
    failure = np.zeros(N + 1)
    for U, p in strategy.items():
        assert p.sum() == pytest.approx(1)
        for j, (a, weight) in product(range(N + 1), enumerate(p)):
            k = np.arange(U + 1)
            outside = (k < a) | (k >= a + width)
            failure[j] += float(law[N - U]) * weight * stats.hypergeom.pmf(k, N, j, U)[outside].sum()
    assert failure.max() == pytest.approx(value, abs=1e-9)
    assert prior @ failure == pytest.approx(value, abs=1e-9)


def test_no_estimate_beats_the_prior():
    N, n, eps = 11, 3, 0.1
    value, _, prior = minimax_estimation_lp(N, n, eps)
    assert prior.sum() == pytest.approx(1) and (prior >= 0).all()
    least = 0.0
    for d, mass in occupancy(N, n).items():
        U = N - d
        law = prior @ stats.hypergeom.pmf(np.arange(U + 1), N, np.arange(N + 1)[:, None], U)
        estimates = np.linspace(0, 1, 1101)[:, None]
        least += float(mass) * ((np.abs(np.arange(U + 1) / N - estimates) > eps + 1e-12) @ law).min()
    assert least == pytest.approx(value, abs=1e-8)


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 12), st.integers(1, 12), st.integers(1, 40))
def test_value_is_a_probability_that_falls_with_eps(N, n, percent):
    narrow, *_ = minimax_estimation_lp(N, n, percent / 100)
    wide, *_ = minimax_estimation_lp(N, n, percent / 100 + 0.09)
    assert -1e-9 <= wide <= narrow + 1e-9 <= 1 + 1e-9
    assert narrow >= float(two_world_floor(N, n, percent / 100)) - 1e-9


def test_limit_counts_separated_losses():
    for u, eps in [(0.78, 0.05), (0.61, 0.2), (0.3, 0.4)]:
        m = max(k for k in range(1, 50) if (k - 1) * 2 * eps < u)
        assert minimax_limit(u, eps) == pytest.approx(1 - 1 / m)


def test_limit_is_approached():
    errors = [
        abs(minimax_estimation_lp(N, N // 4, 0.1)[0] - minimax_limit(unseen_share(N, N // 4), 0.1)) for N in (12, 48)
    ]
    assert errors[1] < 0.5 * errors[0]


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="0 < eps < 1/2"):
        window_width(10, 0.5)
    with pytest.raises(ValueError, match="N = 0"):
        occupancy(0, 3)
