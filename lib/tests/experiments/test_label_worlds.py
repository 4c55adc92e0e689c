from fractions import Fraction

import numpy as np
import pytest
from scipy import stats
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from theorycheck.experiments import label_worlds as worlds
from theorycheck.seeds import generator


def test_enumeration_by_hand():
    # one point drawn from two: h = (f(0), g(1)) if it is 0, (g(0), f(1)) if it is 1; functions are 00, 01,
    # 10, 11
    cell, errors = worlds.enumerate_worlds(2, 1)
    f, g = 1, 2
    assert cell[:, f, g].tolist() == [0b00, 4 + 0b11]
    assert errors[:, f, g].tolist() == [1, 1]
    assert (errors[:, range(4), range(4)] == 0).all()


def test_two_worlds_on_one_point_left():
    # N = 2, n = 1: one unseen point, loss 0 or 1/2 with equal chance in R; a window shorter than 1/2 holds
    # only one.
    P, R, failure = worlds.brute_force_two_worlds(2, 1, 0.2)
    assert (P == R).all()
    assert failure == Fraction(1, 4)
    assert worlds.brute_force_minimax(2, 1, 0.2) == pytest.approx(0.5)
    assert worlds.brute_force_two_worlds(2, 1, 0.25)[2] == 0  # closed windows: 1/4 is within 1/4 of both losses


def test_drawn_losses_follow_the_hypergeometric_law():
    N, n, draws = 9, 3, 20000
    points, _, errors = worlds.draw_cells(N, n, draws, generator(0, "cells"))
    unseen = N - worlds.seen_points(points, N).sum(axis=1)
    assert (errors[:, 0] == 0).all() and (errors[:, N] == unseen).all()
    assert (np.diff(errors, axis=1) >= 0).all()
    for j, U in [(2, 6), (5, 7)]:
        counts = np.bincount(errors[unseen == U, j], minlength=j + 1)
        law = stats.hypergeom.pmf(np.arange(j + 1), N, j, U)
        keep = law > 0
        assert counts[~keep].sum() == 0
        assert stats.chisquare(counts[keep], counts.sum() * law[keep]).pvalue > 1e-4


def test_estimates_by_hand():
    h = np.array([[0, 1, 1, 0, 1]])
    points = np.array([[1, 4, 1, 3]])
    assert worlds.seen_points(points, 5).tolist() == [[False, True, False, True, True]]
    assert worlds.label_changes(h).tolist() == [3]
    assert worlds.half_good_turing(points, 5).tolist() == [0.25]
    assert worlds.occam_bound(9, 4) == 1.0
    assert worlds.occam_bound(5, 1000) == pytest.approx(0.0569, abs=1e-4)
    assert worlds.description_length_bound(h, 100)[0] == pytest.approx(0.04 * np.log(5) + 0.01 * np.log(100))


def test_leave_one_out_against_scikit_learn():
    rng = generator(1, "loo")
    N, n = 31, 6
    for _ in range(5):
        points = rng.choice(N, size=(1, n), replace=False)
        h = rng.integers(2, size=(1, N))
        gap = np.abs(points.T - points)
        distance = np.minimum(gap, N - gap)
        if any(len(set(row)) < n for row in distance):  # a tie: scikit-learn's order is another one
            continue
        model = KNeighborsClassifier(1, metric=lambda a, b: min(abs(a[0] - b[0]), N - abs(a[0] - b[0])))
        score = cross_val_score(model, points.T.astype(float), h[0, points[0]], cv=LeaveOneOut())
        assert worlds.leave_one_out_neighbour(points, h)[0] == pytest.approx(1 - score.mean())


def test_leave_one_out_of_ties_and_repetitions():
    h = np.array([[0, 1, 1, 0, 1, 0]])
    assert worlds.leave_one_out_neighbour(np.array([[0, 0, 1]]), h)[0] == pytest.approx(1 / 3)  # 0 is known twice
    assert worlds.leave_one_out_neighbour(np.array([[0, 2, 4]]), h)[0] == pytest.approx(2 / 3)  # the one before decides
    assert worlds.leave_one_out_neighbour(np.array([[3, 3]]), h)[0] == 0
    assert worlds.leave_one_out_neighbour(np.array([[3]]), h)[0] == 0


def test_large_domains_are_refused():
    with pytest.raises(ValueError, match="N = 5"):
        worlds.enumerate_worlds(5, 1)


def test_battery_scores_each_draw_on_its_own():
    points, h, errors = worlds.draw_cells(12, 4, 400, generator(3, "cells"))
    estimates = worlds.loss_estimates(points, h)
    assert all(e.shape == (400,) and (0 <= e).all() and (e <= 1).all() for e in estimates.values())
    alone = worlds.loss_estimates(points[7:8], h[7:8])
    assert {name: e[7] for name, e in estimates.items()} == {name: e[0] for name, e in alone.items()}
    # half the unseen share is the mean loss where labels outside the sample are fair coins (j = N/2 on average)
    assert estimates["half unseen"].mean() == pytest.approx(errors[:, 6].mean() / 12, abs=0.02)


def test_strategies_are_played_by_the_unseen_count():
    unseen = np.repeat([3, 5], 4000)
    estimates = worlds.play_strategy({3: [0.25, 0.75], 5: [0, 0, 1.0]}, 2, unseen, 10, generator(2, "play"))
    assert (estimates[unseen == 5] == 0.25).all()
    assert set(estimates[unseen == 3]) == {0.05, 0.15}
    assert abs((estimates[unseen == 3] == 0.15).mean() - 0.75) < 0.03


def test_an_estimate_exactly_eps_away_has_not_failed():
    N, errors = 30, np.arange(31)
    for percent in (5, 10, 28):
        exact = [[abs(Fraction(b, 60) - Fraction(k, N)) > Fraction(percent, 100) for k in errors] for b in range(61)]
        failed = worlds.failures(N, np.arange(61)[:, None] / 60, errors, percent / 100)
        assert failed.tolist() == exact


def test_the_best_estimate_is_judged_on_other_draws():
    errors = np.array([0, 8, 0, 0, 0, 8, 0])
    estimates = np.array([np.zeros(7), np.full(7, 0.8), [0, 0.8, 0.8, 0.8, 0, 0.8, 0]])
    # The first never fails on draws 0, 2, 4, 6, the third once; on draws 1, 3, 5 the third would be the better one.
    assert worlds.best_estimate_failures(10, estimates, errors, 0.1).tolist() == [True, False, True]
