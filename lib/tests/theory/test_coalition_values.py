from fractions import Fraction
from itertools import permutations
from math import factorial

import numpy as np
import pytest

from theorycheck.seeds import generator
from theorycheck.theory import coalition_values as cv


def walks(utilities, n, tolerance=None):
    """Marginals (n!, n) of every order, in plain loops; the lengths of the orders and V(D) - V(S) where they stop."""
    rows, lengths, gaps = [], [], []
    for order in permutations(range(n)):
        row, mask = [0.0] * n, 0
        for i in order:
            if tolerance is not None and abs(utilities[-1] - utilities[mask]) < tolerance:
                break
            row[i], mask = utilities[mask | 1 << i] - utilities[mask], mask | 1 << i
        rows.append(row)
        lengths.append(mask.bit_count())
        gaps.append(utilities[-1] - utilities[mask])
    return np.array(rows), np.array(lengths), np.array(gaps)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_shapley_value_and_variance_against_all_orders(n):
    game = generator(0, "game", n).normal(size=2**n)
    rows, *_ = walks(game, n)
    assert cv.semivalue(game, cv.shapley_weights(n)) == pytest.approx(rows.mean(axis=0))
    assert cv.marginal_variances(game) == pytest.approx(rows.var(axis=0), abs=1e-12)


def test_weights_are_the_law_of_a_random_prefix():
    n = 6
    for s, weight in enumerate(cv.shapley_weights(n)):
        assert weight == pytest.approx(float(Fraction(factorial(s) * factorial(n - 1 - s), factorial(n))))


def test_banzhaf_and_leave_one_out_against_their_definitions():
    n = 4
    games = generator(0, "games").normal(size=(3, 2**n))
    banzhaf, loo = (cv.semivalue(games, w(n)) for w in (cv.banzhaf_weights, cv.leave_one_out_weights))
    for g, game in enumerate(games):
        for i in range(n):
            gains = [game[m | 1 << i] - game[m] for m in range(2**n) if not m >> i & 1]
            assert banzhaf[g, i] == pytest.approx(np.mean(gains))
            assert loo[g, i] == pytest.approx(game[-1] - game[2**n - 1 - (1 << i)])


@pytest.mark.parametrize("tolerance", [0.01, 0.4, 1.0, 100.0])
def test_truncation_against_all_orders(tolerance):
    n = 5
    game = generator(1, "game").normal(size=2**n)
    values, gap, evaluations = cv.truncated_means(game, tolerance)
    rows, lengths, gaps = walks(game, n, tolerance)
    assert values == pytest.approx(rows.mean(axis=0), abs=1e-12)
    assert gap == pytest.approx(gaps.mean(), abs=1e-12)
    assert evaluations == pytest.approx(lengths.mean())
    assert abs(gap) <= tolerance
    assert values.sum() + gap == pytest.approx(game[-1] - game[0])


@pytest.mark.parametrize("neighbours", [1, 3, 6])
def test_neighbour_recursion_against_all_orders(neighbours):
    hits = generator(0, "hits").integers(2, size=6)
    ranked = [[i for i in range(6) if m >> i & 1][:neighbours] for m in range(64)]
    game = np.array([sum(hits[i] for i in near) / neighbours for near in ranked])
    rows, *_ = walks(game, 6)
    assert cv.nearest_neighbour_values(hits, neighbours) == pytest.approx(rows.mean(axis=0))


def test_bad_sizes_are_refused():
    with pytest.raises(ValueError, match="2\\^n utilities"):
        cv.semivalue(np.zeros(6), cv.shapley_weights(3))
    with pytest.raises(ValueError, match="between 1 and the number of points"):
        cv.nearest_neighbour_values([1, 0], 3)
