from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest
from scipy import stats

from theorycheck.experiments import finite_classes as classes

LINEAR = classes.linear_functions(3, 2)


def test_linear_functions_one_by_one():
    points = list(product(range(3), repeat=2))
    for a, row, size in zip(points, LINEAR.table, LINEAR.size, strict=True):
        assert row.tolist() == [(a[0] * x[0] + a[1] * x[1]) % 3 for x in points]
        assert size == (a[0] != 0) + (a[1] != 0)
    assert LINEAR.distance[points.index((0, 1)), points.index((2, 1))] == 1


def test_thresholds():
    few = classes.thresholds(3)
    assert few.table.tolist() == [[1, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 0]]


def test_every_sample_and_target_appears_once():
    xs, labels = classes.all_samples(LINEAR, 2)
    assert xs.shape == labels.shape == (9 * 9 * 9, 2)
    seen = {(*x, tuple(y)) for x, y in zip(xs.tolist(), labels.tolist(), strict=True)}
    expected = {(i, j, (f[i], f[j])) for i in range(9) for j in range(9) for f in LINEAR.table.tolist()}
    assert seen == expected


@pytest.fixture(scope="module")
def samples():
    return classes.random_samples(LINEAR, 2, 60, np.random.default_rng(0))


def test_losses_and_consistency_by_loops(samples):
    xs, labels = samples
    h = np.random.default_rng(1).integers(3, size=(60, 9))
    losses, mask = LINEAR.losses(h), LINEAR.consistent(xs, labels)
    for s, t in product(range(0, 60, 7), range(9)):
        assert losses[s, t] == sum(h[s, x] != LINEAR.table[t, x] for x in range(9))
        assert mask[s, t] == all(LINEAR.table[t, x] == y for x, y in zip(xs[s], labels[s], strict=True))


def test_what_the_learners_promise(samples):
    xs, labels = samples
    learned = classes.hypotheses(LINEAR, xs, labels, np.random.default_rng(2))
    assert tuple(learned) == classes.LEARNERS
    table = LINEAR.table.tolist()
    for s in range(60):
        mine = {name: h[s].tolist() for name, h in learned.items()}
        fitting = [t for t, f in enumerate(table) if all(f[x] == y for x, y in zip(xs[s], labels[s], strict=True))]
        assert table.index(mine["first"]) == fitting[0]
        assert mine["first"] == LINEAR.first(xs, labels)[s].tolist()
        assert LINEAR.size[table.index(mine["sparse"])] == min(LINEAR.size[t] for t in fitting)
        assert table.index(mine["random consistent"]) in fitting
        for x in range(9):
            votes = [table[t][x] for t in fitting]
            assert votes.count(mine["majority"][x]) == max(votes.count(v) for v in range(3))
        assert mine["coin"] in (mine["first"], mine["hedge"])
        for name in ("memorize", "nearest", "random fill"):
            assert [mine[name][x] for x in xs[s]] == labels[s].tolist()
        assert all(mine["memorize"][x] == 0 for x in range(9) if x not in xs[s])
        if len(fitting) > 1:
            rivals = [table[fitting[0]], table[fitting[1]]]
            away = [sum(a != b for a, b in zip(mine["hedge"], f, strict=True)) for f in rivals]
            assert abs(away[0] - away[1]) <= 1


def test_success_and_failure_by_trying_every_bound(samples):
    xs, labels = samples
    h = classes.hypotheses(LINEAR, xs, labels, np.random.default_rng(3))["nearest"]
    eps, eta = 0.12, 0.23
    success, failure, determined = classes.success_and_failure(LINEAR, xs, labels, h, eps, eta)
    for s in range(60):
        fitting = [f for f in LINEAR.table if all(f[xs[s]] == labels[s])]
        losses = [np.mean(h[s] != f) for f in fitting]
        misses = [np.mean([abs(b - loss) > eps + 1e-12 for loss in losses]) for b in np.linspace(-0.2, 1.2, 561)]
        assert success[s] == pytest.approx(np.mean([loss <= eta for loss in losses]))
        assert failure[s] == pytest.approx(min(misses))
        assert determined[s] == (len(fitting) == 1)


def test_trade_off_counts_over_all_targets():
    # A consistent function among the 3^rho that one point of F_3^2 leaves: rho = 1, or 2 if the point is 0.
    xs, labels = classes.all_samples(LINEAR, 1)
    success, failure, choice = classes.trade_off(LINEAR, xs, labels, 0.1, 0.05, np.random.default_rng(4))
    expected = np.where(xs[:, 0] == 0, 1 / 9, 1 / 3)
    for name in ("first", "sparse", "random consistent"):
        row = classes.LEARNERS.index(name)
        np.testing.assert_allclose([success[row], failure[row]], [expected, expected])
    np.testing.assert_array_equal(choice, success)  # one point determines nothing
    assert np.all(failure >= success - 1e-12)

    xs, labels = np.array([[1, 3], [1, 2]]), np.array([[1, 2], [1, 2]])  # a basis; two multiples of one point
    found = classes.trade_off(LINEAR, xs, labels, 0.1, 0.05, np.random.default_rng(4))
    np.testing.assert_allclose(found[:, 0], [[1, 1 / 3], [0, 1 / 3], [0, 1 / 3]])


def test_fresh_points_miss_as_often_as_the_binomial_law_says():
    # After the sample 0 all nine functions are possible; all but the first differ from it on two thirds of the domain.
    points, eps, samples = 20, 0.1, 20000
    xs, labels = np.zeros((samples, 1), dtype=int), np.zeros((samples, 1), dtype=int)
    failure = classes.fresh_points_failure(LINEAR, xs, labels, points, eps, np.random.default_rng(5))
    k = np.arange(points + 1)
    missed = stats.binom.pmf(k, points, 2 / 3)[np.abs(k / points - 2 / 3) > eps].sum()
    assert abs(failure.mean() - 8 / 9 * missed) < 0.005


def test_interpolation_by_plain_enumeration():
    q, k, n, eps = 3, 1, 2, 0.2
    width = int(2 * eps * q) + 1
    held = Fraction(0)
    sets = list(combinations(range(q), n))
    for points in sets:
        weight = {}
        for constant in (True, False):
            targets = [(c,) * q for c in range(q)] if constant else list(product(range(q), repeat=q))
            for f in targets:
                loss = sum(f[x] != f[points[0]] for x in range(q))  # degree < 1: the constant through the first point
                cell = weight.setdefault(tuple(f[x] for x in points), [Fraction(0)] * (q + width))
                cell[loss] += Fraction(1, 2 * len(targets))
        held += sum(max(sum(cell[i : i + width]) for i in range(q + 1)) for cell in weight.values())
    assert classes.polynomial_interpolation(q, k, n, eps) == 1 - held / len(sets)
