import itertools
import math

import numpy as np
import pytest
from scipy import optimize, stats
from scipy.special import xlogy
from sklearn.svm import LinearSVC

from theorycheck.theory import generalization_bounds as bounds

DELTA = 0.1


def miscoverage(bound_of_error, n, p):
    """Exact probability that a bound of one fixed classifier's training errors lies below its risk p."""
    k = np.arange(n + 1)
    return stats.binom.pmf(k, n, p) @ (bound_of_error(k) < p)


ONE_CLASSIFIER = {
    "held_out": lambda k, n: bounds.held_out(k, n, DELTA),
    "occam": lambda k, n: bounds.occam(k, n, 0.0, DELTA),
    "pac_bayes_kl": lambda k, n: bounds.pac_bayes_kl(k / n, 0.0, n, DELTA),
    "pac_bayes_mcallester": lambda k, n: bounds.pac_bayes_mcallester(k / n, 0.0, n, DELTA),
    "pac_bayes_catoni": lambda k, n: bounds.pac_bayes_catoni(k / n, 0.0, n, DELTA, [0.5, 1, 2]),
}


@pytest.mark.parametrize("name", ONE_CLASSIFIER)
@pytest.mark.parametrize("n", [10, 60])
def test_valid_for_one_classifier_at_every_risk(name, n):
    # The degenerate case (one hypothesis, posterior = prior), where the probability of failure is a finite
    # sum.
    worst = max(miscoverage(lambda k: ONE_CLASSIFIER[name](k, n), n, p) for p in np.linspace(0.005, 0.995, 199))
    assert worst <= DELTA


def test_error_rate_of_the_test_set_bound_is_the_sum_over_counts():
    m, delta = 30, 0.05
    limits = np.append(stats.beta.isf(delta, np.arange(m) + 1, m - np.arange(m)), 1.0)
    risk = np.linspace(0.001, 0.999, 311)
    expected = [(stats.binom.pmf(np.arange(m + 1), m, x) * (limits < x)).sum() for x in risk]
    np.testing.assert_allclose(bounds.held_out_error_rate(risk, m, delta), expected, atol=1e-14)
    assert np.max(expected) <= delta
    # Just above a limit the rate is delta itself: the bound cannot be improved there.
    assert bounds.held_out_error_rate(limits[4] + 1e-12, m, delta) == pytest.approx(delta, rel=1e-6)


def test_occam_is_valid_for_the_best_of_many_and_needs_the_union():
    # 20 classifiers with independent errors; the learner takes the one with the smallest bound.
    n, hypotheses = 40, 20
    for p in (0.2, 0.35, 0.5):
        alone = miscoverage(lambda k: bounds.occam(k, n, np.log(hypotheses), DELTA), n, p)
        assert 1 - (1 - alone) ** hypotheses <= DELTA
    alone = miscoverage(lambda k: bounds.occam(k, n, 0.0, DELTA), n, 0.35)
    assert 1 - (1 - alone) ** hypotheses > 3 * DELTA


@pytest.mark.parametrize("n", [8, 50, 300])
def test_moment_behind_the_pac_bayes_kl_bound(n):
    # E exp(n kl(p_hat || p)) <= 2 sqrt(n) for every coin, and the constant is of the right order.
    k = np.arange(n + 1)
    share = k / n
    for p in (0.01, 0.2, 0.5):
        # The binomial weight cancels the exponential: the sum does not even depend on p.
        log_terms = stats.binom.logpmf(k, n, p) + n * (
            xlogy(share, share) + xlogy(1 - share, 1 - share) - share * np.log(p) - (1 - share) * np.log(1 - p)
        )
        moment = np.exp(log_terms).sum()
        assert math.sqrt(n) <= moment <= 2 * math.sqrt(n)
    budget = bounds.pac_bayes_budget(3.0, n, DELTA, choices=7)
    assert budget == pytest.approx((3.0 + math.log(2 * math.sqrt(n)) + math.log(7 / DELTA)) / n)


def test_catoni_is_the_inverse_of_its_moment():
    # E exp(-nC p_hat) = (1 - (1 - e^-C) p)^n = exp(-n Phi_C(p)), and the bound solves Phi_C(b) = C q + cost.
    n, p, C = 30, 0.3, 1.7
    k = np.arange(n + 1)
    moment = stats.binom.pmf(k, n, p) @ np.exp(-C * k)
    assert math.log(moment) / n == pytest.approx(math.log(1 - (1 - math.exp(-C)) * p))
    cost = (2.5 + math.log(4 * 1 / DELTA)) / n
    root = optimize.brentq(lambda b: -math.log(1 - (1 - math.exp(-C)) * b) - C * 0.2 - cost, 0, 1)
    assert bounds.pac_bayes_catoni(0.2, 2.5, n, DELTA, [C], choices=4) == pytest.approx(root)


def test_pinsker_orders_the_pac_bayes_bounds():
    error, kl = np.meshgrid(np.linspace(0, 1, 21), np.geomspace(0.01, 1000, 15))
    sharp = bounds.pac_bayes_kl(error, kl, 200, DELTA, 13)
    assert np.all(sharp <= bounds.pac_bayes_mcallester(error, kl, 200, DELTA, 13) + 1e-12)


@pytest.mark.parametrize("points, dimension", [(4, 2), (6, 2), (5, 3), (6, 3), (3, 5)])
def test_dichotomies_against_enumeration(points, dimension):
    x = np.random.default_rng(points).normal(size=(points, dimension))

    def separable(signs):
        return optimize.linprog(
            np.zeros(dimension),
            A_ub=-np.array(signs)[:, None] * x,
            b_ub=-np.ones(points),
            bounds=(None, None),
        ).success

    count = sum(separable(signs) for signs in itertools.product([-1, 1], repeat=points))
    assert math.exp(bounds.log_halfspace_dichotomies(points, dimension)) == pytest.approx(count)


def test_vc_bound_is_vacuous_until_2769_points_in_64_dimensions():
    # The penalty alone, without a single training error, from exact integers.
    def penalty(n):
        growth = 2 * sum(math.comb(2 * n - 1, i) for i in range(64))
        return 2 * math.sqrt(2 * (math.log(growth) + math.log(2 / 0.05)) / n)

    assert penalty(2768) > 1 > penalty(2769)
    for n in (800, 2768, 2769):
        assert bounds.vc_halfspaces(0.0, n, 64, 0.05) == pytest.approx(penalty(n), rel=1e-12)


def test_vc_bound_is_valid_for_the_worst_of_all_directions():
    # d = 2, random labels: every half-plane has risk 1/2, least training error searched over directions.
    n, rng = 400, np.random.default_rng(0)
    angles = rng.uniform(0, 2 * np.pi, size=n)
    sides = np.sign(np.cos(angles[:, None] - np.linspace(0, 2 * np.pi, 721)))
    labels = rng.choice([-1, 1], size=(200, n))
    least = (1 - labels @ sides / n).min(axis=1) / 2
    assert np.all(least < 0.5)
    assert np.mean(bounds.vc_halfspaces(least, n, 2, DELTA) < 0.5) <= DELTA


def test_margin_bound_term_by_term():
    margins = np.array([[0.9, 0.3, 0.1, -0.2], [0.6, 0.6, 0.6, 0.6]])
    expected = [
        min(
            sum(m < 2.0**-i for m in row) / 4 + 2 * 2**i / 2 + math.sqrt(math.log(i * (i + 1) / DELTA) / 8)
            for i in (1, 2, 3)
        )
        for row in margins
    ]
    np.testing.assert_allclose(bounds.margin(margins, 2.0, DELTA, levels=3), expected)


def test_rademacher_complexities_behind_the_margin_bounds():
    # All 2^8 sign vectors, 8 points of length 1 in the plane: E sup over the unit ball is E|sum s_i x_i|/n,
    # and the sup over unit-norm neurons is searched on a fine grid of directions.
    n = 8
    angle = np.random.default_rng(1).uniform(0, 2 * np.pi, n)
    x = np.stack([np.cos(angle), np.sin(angle)])
    signs = np.array(list(itertools.product([-1, 1], repeat=n)))
    linear = np.linalg.norm(signs @ x.T, axis=1).mean() / n
    assert linear <= 1 / math.sqrt(n)
    grid = np.linspace(0, 2 * np.pi, 2001)
    neurons = np.maximum(np.stack([np.cos(grid), np.sin(grid)]).T @ x, 0)
    hull = np.abs(signs @ neurons.T).max(axis=1).mean() / n
    assert linear * 0.5 < hull <= 2 / math.sqrt(n)


def test_stability_of_the_hinge_machine():
    # Leaving out one term of the objective (same 1/n) moves no prediction by more than 1/(2 lambda n).
    rng = np.random.default_rng(2)
    n, ridge = 40, 0.05
    x = rng.normal(size=(n, 5))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    y = np.where(x[:, 0] + 0.5 * rng.normal(size=n) > 0, 1, -1)

    def minimizer(keep):
        machine = LinearSVC(
            loss="hinge",
            C=1 / (2 * ridge * n),
            fit_intercept=False,
            tol=1e-10,
            max_iter=10**6,
            random_state=0,
        )
        return machine.fit(x[keep], y[keep]).coef_[0]

    full = minimizer(np.arange(n))
    moves = [np.linalg.norm(full - minimizer(np.delete(np.arange(n), i))) for i in range(n)]
    beta = 1 / (2 * ridge * n)
    assert 0.5 * beta < max(moves) <= beta + 1e-6
    penalty = 2 * beta / 0.3 + (1 + 4 * n * beta / 0.3) * math.sqrt(math.log(6 / DELTA) / (2 * n))
    assert bounds.stability(0.25, ridge, 0.3, n, DELTA, choices=6) == pytest.approx(0.25 + penalty)


def test_compression_bound_is_valid_for_one_kept_point():
    # Noisy labels on [0, 1]; the threshold is the sample point with the fewest errors on the others: k = 1.
    n, noise, rng = 60, 0.2, np.random.default_rng(3)
    x = np.sort(rng.uniform(size=(2000, n)), axis=1)
    clean = x > 0.5
    labels = clean ^ (rng.uniform(size=x.shape) < noise)
    below = np.cumsum(labels, axis=1) - labels  # ones to the left of each candidate: errors there
    above = np.cumsum(~labels[:, ::-1], axis=1)[:, ::-1] - ~labels  # zeros to its right
    errors = below + above
    best = errors.argmin(axis=1)
    threshold = x[np.arange(2000), best]
    risk = noise + (1 - 2 * noise) * np.abs(threshold - 0.5)
    bound = bounds.compression(errors.min(axis=1), 1, n, DELTA)
    assert np.mean(bound < risk) <= DELTA
    # Without paying for the choice of the kept point it fails too often.
    assert np.mean(bounds.held_out(errors.min(axis=1), n - 1, DELTA) < risk) > DELTA


def test_compression_bound_by_hand():
    expected = stats.beta.isf(DELTA / (10 * math.comb(10, 3)), 2 + 1, 7 - 2)
    np.testing.assert_allclose(bounds.compression([2, 0], [3, 10], 10, DELTA), [expected, 1.0])


def test_spectral_complexity_of_one_neuron_and_of_orthogonal_ones():
    assert bounds.spectral_complexity(np.array([[3.0], [4.0]]), np.array([2.0]), 0.5, 4) == pytest.approx(
        5 * 2 * 2**1.5 / (0.5 * 2)
    )
    value = bounds.spectral_complexity(np.eye(8), np.ones(8), 1.0, 1)
    assert value == pytest.approx(math.sqrt(8) * (8 ** (2 / 3) + 1) ** 1.5)


def test_an_error_probability_is_required():
    with pytest.raises(ValueError, match=r"must lie in \(0, 1\); got 1.5"):
        bounds.held_out(3, 10, 1.5)
