import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor

from theorycheck.experiments import data_valuation as dv
from theorycheck.seeds import generator


def test_ridge_utilities_against_scikit_learn():
    rng = generator(0, "data")
    x, y, x_test, y_test = rng.normal(size=(5, 3)), rng.choice([-1, 1], 5), rng.normal(size=(7, 3)), np.ones(7)
    right = dv.ridge_utilities(x, y, x_test, y_test, 0.1)
    assert np.all(right[:, 0] == 0.5)
    for mask in range(1, 32):
        members = [i for i in range(5) if mask >> i & 1]
        score = Ridge(alpha=0.1, fit_intercept=False).fit(x[members], y[members]).predict(x_test)
        assert right[:, mask] == pytest.approx((np.sign(score) == y_test).astype(float))


def test_neighbour_utilities_against_scikit_learn():
    rng = generator(0, "points")
    points, right = rng.normal(size=(6, 2)), rng.integers(2, size=6).astype(bool)
    distances = np.linalg.norm(points, axis=1)
    utilities = dv.neighbour_utilities(distances, right, 3)
    assert utilities[0] == 0
    for mask in range(1, 64):
        members = [i for i in range(6) if mask >> i & 1]
        k = min(3, len(members))
        vote = KNeighborsRegressor(k).fit(points[members], right[members]).predict(np.zeros((1, 2)))[0]
        assert utilities[mask] == pytest.approx(vote * k / 3)


def test_marginals_telescope_and_truncation_only_removes():
    game = generator(0, "game").normal(size=32)
    full, computed, gap = dv.permutation_marginals(game, 500, generator(0, "orders"))
    assert full.sum(axis=1) == pytest.approx(np.full(500, game[-1] - game[0]))
    assert np.all(computed == 5)
    assert np.all(gap == 0)
    cut, computed, gap = dv.permutation_marginals(game, 500, generator(0, "orders"), tolerance=0.5)
    assert np.all((cut == full) | (cut == 0))
    assert np.all(np.abs(gap) < 0.5)
    assert cut.sum(axis=1) + gap == pytest.approx(np.full(500, game[-1] - game[0]))
    assert 0 < computed.mean() < 5


def test_estimates_converge_to_an_additive_game():
    """Where V is a sum over members every marginal is that member's worth, whatever the order."""
    worth = np.array([0.5, -1.0, 2.0, 0.25])
    game = np.array([sum(w for i, w in enumerate(worth) if m >> i & 1) for m in range(16)])
    estimates = dv.permutation_estimates(game, 3, 7, generator(0, "orders"))
    assert estimates == pytest.approx(np.tile(worth[:, None], 7))


def test_estimates_of_a_glove_game():
    """One left glove and two right ones: the Shapley value is (2/3, 1/6, 1/6)."""
    game = np.array([float(bool(m & 1) and bool(m & 6)) for m in range(8)])
    estimates = dv.permutation_estimates(game, 400, 300, generator(0, "orders"))
    assert estimates.mean(axis=1) == pytest.approx([2 / 3, 1 / 6, 1 / 6], abs=5 * 0.5 / np.sqrt(400 * 300))


def test_efficient_solution_solves_the_glove_game():
    dimension, solution, residual = dv.axiom_solutions(3, efficiency=True)
    game = np.array([float(bool(m & 1) and bool(m & 6)) for m in range(8)])
    assert dimension == 0
    assert residual < 1e-12
    assert solution @ game == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_any_semivalue_solves_the_axioms_without_efficiency():
    """The solutions for two players: a weight for the empty coalition and one for the other player's."""
    dimension, solution, residual = dv.axiom_solutions(2, efficiency=False)
    assert dimension == 2
    assert residual == 0
    assert solution == pytest.approx(np.zeros((2, 4)))
