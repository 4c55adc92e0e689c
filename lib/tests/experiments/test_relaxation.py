import numpy as np
import pytest
from scipy import optimize

from theorycheck.experiments import relaxation
from theorycheck.seeds import generator


def test_laplacian_by_hand():
    expected = [[4, -1, -1, 0], [-1, 4, 0, -1], [-1, 0, 4, -1], [0, -1, -1, 4]]
    assert relaxation.grid_laplacian(2).tolist() == expected


def test_unordered_matrix_has_the_jacobi_radius():
    a = relaxation.unordered_matrix(20, 4.5, 0.9, generator(0, "matrix"))
    assert np.diag(a) == pytest.approx(np.full(20, 4.5))
    assert np.abs(np.linalg.eigvals(np.eye(20) - a / 4.5)).max() == pytest.approx(0.9)
    assert np.linalg.eigvalsh(a).min() > 0


def test_counts_against_sweeps_of_the_unknown():
    """The textbook sweep over the unknowns, with the residual recomputed from x."""
    a, omega = relaxation.grid_laplacian(3) + 0.2 * np.eye(9), 1.3
    b = generator(0, "b").normal(size=(9, 2))
    counts = relaxation.iteration_counts(relaxation.residual_matrices(a, [1.0, omega]), b, [1e-2, 1e-6])
    for column in range(2):
        x, found, k = np.zeros(9), {}, 0
        while 1e-6 not in found:
            for i in range(9):
                x[i] += omega * (b[i, column] - a[i] @ x) / a[i, i]
            k += 1
            size = np.linalg.norm(b[:, column] - a @ x) / np.linalg.norm(b[:, column])
            for accuracy in (1e-2, 1e-6):
                if size <= accuracy:
                    found.setdefault(accuracy, k)
        assert counts[1, :, column].tolist() == [found[1e-2], found[1e-6]]


def test_spectral_radius_rules_the_residual():
    matrices = relaxation.residual_matrices(relaxation.grid_laplacian(3), [1.1])
    power = np.linalg.norm(np.linalg.matrix_power(matrices[0], 400), 2) ** (1 / 400)
    assert relaxation.spectral_radii(matrices)[0] == pytest.approx(power, rel=0.02)


def test_weights_against_a_root_search_and_as_a_minimizer():
    losses = np.array([[3.0, 5.0, 4.0, np.inf], [0.0, 0.0, 0.0, 0.0]])
    p, x = relaxation.tsallis_weights(losses, 0.5, np.full(2, -1e9), steps=40)
    root = optimize.brentq(lambda z: np.sum(4 / (0.5 * (losses[0, :3] - z)) ** 2) - 1, -100, 3 - 1e-9)
    assert x[0] == pytest.approx(root)
    assert p[0, 3] == 0
    assert p[1] == pytest.approx(np.full(4, 0.25))

    def objective(q):
        """<q, L> - (4 / rate) sum sqrt(q), which the weights minimize over the simplex."""
        return losses[0, :3] @ q - 4 / 0.5 * np.sum(np.sqrt(q))

    simplex = {"type": "eq", "fun": lambda q: q.sum() - 1}
    best = optimize.minimize(objective, np.full(3, 1 / 3), constraints=simplex, bounds=[(1e-9, 1)] * 3, tol=1e-12)
    assert p[0, :3] == pytest.approx(best.x, abs=1e-4)


def test_a_warm_start_needs_few_steps():
    rng, x, losses = generator(0, "losses"), np.array([-2.0]), np.zeros((1, 4))
    for t in range(1, 200):
        p, x = relaxation.tsallis_weights(losses, 2 / np.sqrt(t), x)
        exact, _ = relaxation.tsallis_weights(losses, 2 / np.sqrt(t), x, steps=60)
        assert p == pytest.approx(exact, rel=1e-3)
        losses[0, rng.integers(4)] += rng.random() / 0.25


def test_the_learner_finds_the_best_arm_and_the_idle_one_does_not():
    table = np.array([[0.9, 0.1, 0.8], [0.7, 0.3, 0.6]])
    arms = [np.array([0, 1, 2]), np.array([0, 2])]
    *_, last = relaxation.play(table, arms, 1500, generator(0, "play"))
    assert last[0, 1] > 0.8
    assert last[1, 2] == 0
    *_, last = relaxation.play(table, arms, 50, generator(0, "play"), learn=False)
    assert last[0] == pytest.approx(np.full(3, 1 / 3))


def test_expected_costs_without_learning_are_means():
    table = generator(0, "table").random((7, 4))
    grids = [np.array([0, 3]), np.arange(4)]
    costs = relaxation.expected_costs(table, grids, [5, 20], 3, generator(0, "play"), learn=False)
    expected = [[t * table[:, g].mean() for g in grids] for t in (5, 20)]
    assert costs == pytest.approx(np.repeat(np.array(expected)[..., None], 3, axis=2))


def test_expected_costs_are_those_of_the_arms_drawn():
    """Over many runs the expected loss of the drawn arms is what the learner loses."""
    table = np.array([[0.9, 0.1], [0.7, 0.3]])
    costs = relaxation.expected_costs(table, [np.array([0, 1])], [1, 300], 200, generator(0, "play"))
    assert costs[0] == pytest.approx(np.full((1, 200), 0.5))
    assert 0.2 * 300 < costs[1].mean() < 0.4 * 300


def test_count_growth_follows_the_spectral_radius():
    a, b = relaxation.grid_laplacian(3), generator(0, "b").normal(size=(9, 2))
    radius = relaxation.spectral_radii(relaxation.residual_matrices(a, [1.0]))[0]
    growth = relaxation.count_growth(a, [1.0], 1e-10, 1e-100, b)
    assert growth * np.log(radius) / np.log(1e-90) == pytest.approx(np.ones((1, 2)), abs=0.01)
