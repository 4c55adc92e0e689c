import numpy as np
import pytest
from scipy import special
from sklearn.linear_model import LogisticRegression

from theorycheck.experiments import surrogate_losses as surrogate
from theorycheck.seeds import generator

TAUS = [0, 0.5, 1, 1.5, 2, 3]


@pytest.mark.parametrize("tau", TAUS)
def test_loss_by_its_definition(tau):
    q = np.array([0.2, 0.7, 0.1])
    expected = -np.log(q) if tau == 1 else (q ** (tau - 1.0) - 1) / (1 - tau)
    assert surrogate.comp_sum_loss(np.log(q), tau) == pytest.approx(expected, rel=1e-13)


def test_loss_is_continuous_at_tau_1():
    log_q = np.log([0.5, 0.01])
    assert surrogate.comp_sum_loss(log_q, 1 + 1e-9) == pytest.approx(surrogate.comp_sum_loss(log_q, 1), rel=1e-7)


@pytest.mark.parametrize("tau", TAUS)
def test_no_prediction_beats_the_best(tau):
    rng = generator(0, "pairs")
    p, log_q, gap = surrogate.random_pairs(4, 3000, rng)
    assert (surrogate.conditional_excess(p, log_q, tau) >= -1e-12).all()
    predicted = log_q.argmax(axis=1)
    assert gap == pytest.approx([row.max() - row[j] for row, j in zip(p, predicted, strict=True)])
    assert (gap < 1e-12).mean() > 0.2 and (gap > 0.3).mean() > 0.1


def test_labels_of_probability_zero_cost_nothing():
    with np.errstate(divide="ignore"):
        log_q = np.log([0.5, 0.5, 0.0])
    assert surrogate.conditional_risk(np.array([0.5, 0.5, 0.0]), log_q, 0) == pytest.approx(1.0)


@pytest.mark.parametrize("tau, t", [(0.5, 0.3), (1, 0.6), (1.5, 0.3), (2, 0.3), (2, 0.6), (3, 0.2)])
def test_search_against_a_grid(tau, t):
    n, exponents = 3, -(np.linspace(0, 3, 45) ** 2)
    room = min(1.0, (1 - t) / t)
    ratio, z0, z2 = np.meshgrid(room * np.exp(exponents), exponents, exponents, indexing="ij")
    best = (1 + t) / (2 + ratio)
    p = np.stack([best, best - t, best * ratio], axis=-1)
    p = np.maximum(p, 0)  # p_1 rounds to a negative number where there is no room
    log_q = special.log_softmax(np.stack([z0, 0 * z0, z2], axis=-1), axis=-1)
    grid = surrogate.conditional_excess(p, log_q, tau).min()
    found = surrogate.extremal_search(t, tau, n, 8, generator(1, "search"))
    assert 0.98 * grid <= found <= grid + 1e-9


def test_linear_risks_by_loops():
    rng = generator(2, "linear")
    x, weight, p = surrogate.draw_distribution(3, 5, 0.5, rng)
    assert p.sum(axis=1) == pytest.approx(np.ones(5)) and weight.sum() == pytest.approx(1)
    W = rng.normal(size=(2, 3, 3))
    risks, errors = surrogate.linear_risks(W, x, weight, p, 1.5)
    for m in range(2):
        risk = error = 0.0
        for xi, wi, pi in zip(x, weight, p, strict=True):
            scores = W[m] @ xi
            q = np.exp(scores) / np.exp(scores).sum()
            risk += wi * sum(pi[y] * (1 - q[y] ** 0.5) / 0.5 for y in range(3))
            error += wi * (1 - pi[scores.argmax()])
        assert (risks[m], errors[m]) == pytest.approx((risk, error))


def test_cross_entropy_training_against_scikit_learn():
    x, weight, p = surrogate.draw_distribution(3, 8, 0.6, generator(3, "distribution"))
    path = surrogate.train_linear(x, weight, p, 1, generator(3, "start"))
    risks, _ = surrogate.linear_risks(path, x, weight, p, 1)
    model = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10, max_iter=2000)
    model.fit(np.repeat(x, 3, axis=0), np.tile(np.arange(3), 8), sample_weight=(weight[:, None] * p).ravel())
    theirs, _ = surrogate.linear_risks(model.coef_[None], x, weight, p, 1)
    assert risks[-1] == pytest.approx(theirs[0], abs=1e-8)
    assert risks[0] > risks[-1]


@pytest.mark.parametrize("tau", [0.5, 1.5])
def test_training_ends_where_the_gradient_vanishes(tau):
    x, weight, p = surrogate.draw_distribution(4, 12, 0.7, generator(4, "distribution"))
    end = surrogate.train_linear(x, weight, p, tau, generator(4, "start"))[-1]
    steps = 1e-5 * np.eye(end.size).reshape(-1, *end.shape)
    up, _ = surrogate.linear_risks(end + steps, x, weight, p, tau)
    down, _ = surrogate.linear_risks(end - steps, x, weight, p, tau)
    assert np.abs(up - down).max() / 2e-5 < 1e-4


def test_a_class_that_fits_leaves_no_misfit():
    x, weight, p = surrogate.draw_distribution(3, 10, 0.0, generator(5, "fit"))
    risks, _ = surrogate.linear_risks(surrogate.train_linear(x, weight, p, 1, generator(5, "s")), x, weight, p, 1)
    assert risks[-1] == pytest.approx(special.entr(p).sum(axis=1) @ weight, abs=1e-7)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="n = 2"):
        surrogate.extremal_search(0.3, 1, 2, 1, generator(0, "x"))
