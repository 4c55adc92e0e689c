from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycheck.theory import perceptron
from theorycheck.theory.margins import hard_margin


def exact_run(points, *, normalized=False, steps=10_000):
    """The batch perceptron in rational arithmetic, point by point."""
    n, d = len(points), len(points[0])
    p, run = [Fraction(0)] * d, []
    for _ in range(steps):
        run.append(p)
        scores = [sum(a * b for a, b in zip(u, p, strict=True)) for u in points]
        if min(scores) > 0:
            return run
        weights = [Fraction(1, 2) if s == 0 else Fraction(int(s < 0)) for s in scores]
        total = sum(weights) if normalized else n
        p = [x + sum(w * u[j] for w, u in zip(weights, points, strict=True)) / total for j, x in enumerate(p)]
    raise AssertionError("not separable")


@st.composite
def separable_points(draw):
    """Integer points with first coordinate at least 1, so that (1, 0, ..., 0) separates them."""
    d = draw(st.integers(2, 4))
    rest = st.lists(st.integers(-6, 6), min_size=d - 1, max_size=d - 1)
    return [[draw(st.integers(1, 3)), *draw(rest)] for _ in range(draw(st.integers(2, 7)))]


@settings(max_examples=40, deadline=None)
@given(separable_points(), st.booleans())
def test_iterates_against_rational_arithmetic_and_the_mistake_bound(points, normalized):
    exact = exact_run([[Fraction(x) for x in u] for u in points], normalized=normalized)
    # Near a tie rounding decides, and the two runs may part.
    scores = [abs(sum(a * b for a, b in zip(u, p, strict=True))) for u in points for p in exact[1:]]
    if min(scores, default=1) < Fraction(1, 10**6):
        return
    u = np.array(points, dtype=float)
    run = perceptron.batch_perceptron(u, normalized=normalized)
    assert run == pytest.approx(np.array([[float(x) for x in p] for p in exact]), abs=1e-9)
    radius, (margin, _) = np.linalg.norm(u, axis=1).max(), hard_margin(u)
    assert len(run) - 1 <= perceptron.mistake_bound(radius, margin, 1 if normalized else len(u)) * (1 + 1e-9)


def test_start_weight_scales_the_first_step():
    u = np.array([[1.0, 3.0], [1.0, -2.0], [0.5, -2.0]])
    half, one = perceptron.batch_perceptron(u), perceptron.batch_perceptron(u, start=1.0)
    assert one[1] == pytest.approx(2 * half[1])


def test_points_that_are_not_separable_are_reported():
    with pytest.raises(ValueError, match="not all points"):
        perceptron.batch_perceptron(np.array([[1.0, 0.0], [-1.0, 0.0]]), max_steps=50)


POINTS = np.array([[0.3, 1.5], [0.2, -1.1], [0.5, 0.9], [0.1, -0.7], [0.15, 0.4]])


def logistic_run(step, steps):
    """theta_t / step for logistic gradient descent, in 60-digit arithmetic."""
    with mpmath.workdps(60):
        u = [[mpmath.mpf(float(x)) for x in row] for row in POINTS]
        p, run = [mpmath.mpf(0)] * 2, []
        for _ in range(steps + 1):
            run.append(list(p))
            weights = [1 / (1 + mpmath.exp(step * (a * p[0] + b * p[1]))) for a, b in u]
            p = [p[j] + mpmath.fsum(w * row[j] for w, row in zip(weights, u, strict=True)) / len(u) for j in range(2)]
        return run


@pytest.mark.parametrize("c", [5, 8, 12, 25, 60])
def test_first_order_and_its_remainder_against_high_precision(c):
    run = perceptron.batch_perceptron(POINTS)
    assert len(run) > 4
    step = c / perceptron.least_score(POINTS, run)
    approach = perceptron.logistic_approach(POINTS, run, step)
    truth = logistic_run(step, len(run) - 1)
    with mpmath.workdps(60):
        # The perceptron run of these decimals has rounding errors of its own, so repeat it from its decisions.
        exact = [np.array([mpmath.mpf(0)] * 2)]
        for p in run[:-1]:
            s = POINTS @ p
            weights = np.where(s < 0, 1.0, np.where(s > 0, 0.0, 0.5))
            exact.append(exact[-1] + sum(mpmath.mpf(w) * POINTS[i] for i, w in enumerate(weights)) / len(POINTS))
        gaps = [np.array(t) - e for t, e in zip(truth, exact, strict=True)]
        sizes = [float(mpmath.sqrt(g @ g)) for g in gaps]
        error = gaps[-1] - approach.deviation
        assert sizes[1] < 1e-50
        assert np.all(np.array(sizes[1:]) <= approach.envelope * (1 + 1e-9) + 1e-50)
        assert float(mpmath.sqrt(error @ error)) <= approach.remainder + 1e-9 * sizes[-1]
    if c >= 12:
        assert np.linalg.norm(approach.deviation) == pytest.approx(sizes[-1], rel=1e-3)


def test_hinge_losses_by_hand():
    u = np.array([[1.0, 0.0], [0.0, 2.0]])
    assert perceptron.hinge_losses(u, np.array([[0.0, 0.0], [-1.0, -3.0], [2.0, -1.0]])) == pytest.approx([0, 3.5, 1])


def test_least_score_leaves_out_both_ends():
    u = np.array([[1.0, 0.0], [0.0, 1.0]])
    iterates = np.array([[0.0, 0.0], [3.0, -2.0], [-1.0, 4.0], [0.1, 0.1]])
    assert perceptron.least_score(u, iterates) == 1.0


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("ratio", [Fraction(23, 100), Fraction(11, 100), Fraction(37, 100)])
@pytest.mark.parametrize("n", [4, 7, 16, 61])
def test_two_directions_against_rational_arithmetic(n, ratio, normalized):
    points = [[Fraction(2), Fraction(1)]] * (n - 1) + [[-2 * ratio, ratio]]
    run = exact_run(points, normalized=normalized)
    time, gap = perceptron.two_directions_time(n, float(ratio), normalized=normalized)
    assert time == len(run) - 1
    scores = [abs(sum(a * b for a, b in zip(points[-1], p, strict=True))) / 5 for p in run[-2:]]
    assert gap == pytest.approx(float(min(scores)), abs=1e-12)


def test_two_directions_that_upset_the_large_class_are_refused():
    with pytest.raises(ValueError, match="needs cosine"):
        perceptron.two_directions_time(10, 0.9)
