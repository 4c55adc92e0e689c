import numpy as np
import pytest
from sklearn.datasets import load_digits

from theorycheck.experiments.digits import TwoWorlds, digits_population


def test_population_is_a_fixed_map_of_the_shipped_digits():
    points, labels = digits_population("half")
    digits = load_digits()
    assert points.shape == (1797, 64)
    np.testing.assert_allclose(np.sum(points**2, axis=1), 1)
    # Up to its length, each point is the image minus the mean image.
    image = digits.images[17].ravel() / 16 - digits.images.mean(axis=0).ravel() / 16
    np.testing.assert_allclose(points[17], image / np.linalg.norm(image))
    np.testing.assert_array_equal(labels > 0, digits.target >= 5)


def test_tasks_label_the_digits():
    target = load_digits().target
    _, parity = digits_population("parity")
    _, curve = digits_population("curve")
    np.testing.assert_array_equal(parity, np.where(target % 2, 1, -1))
    np.testing.assert_array_equal(curve == -1, np.isin(target, [1, 4, 7]))
    with pytest.raises(ValueError, match="task must be one of parity, half, curve; got 'odd'"):
        digits_population("odd")


@pytest.fixture(scope="module")
def worlds():
    population, truth = digits_population("parity")
    return TwoWorlds.draw(population, truth, n=300, reps=40, rng=np.random.default_rng(0))


def test_samples_are_drawn_with_replacement_and_labelled_twice(worlds):
    assert worlds.points.shape == (40, 300, 64)
    np.testing.assert_array_equal(worlds.points[3, 7], worlds.population[worlds.drawn[3, 7]])
    np.testing.assert_array_equal(worlds.labels[:, 0], worlds.truth[worlds.drawn])
    # Drawn with replacement, a sample holds N (1 - (1 - 1/N)^n) different points on average.
    different = np.mean([np.unique(row).size for row in worlds.drawn])
    assert different == pytest.approx(1797 * (1 - (1 - 1 / 1797) ** 300), abs=4)
    assert abs(worlds.labels[:, 1].mean()) < 4 / np.sqrt(40 * 300)


def test_margins_and_risk_point_by_point(worlds):
    values = np.random.default_rng(1).normal(size=(5, 40, 2, 1797))
    margins, risk = worlds.margins(values), worlds.risk(values)
    assert margins.shape == (5, 40, 2, 300)
    point = worlds.drawn[8, 9]
    assert margins[4, 8, 1, 9] == worlds.labels[8, 1, 9] * values[4, 8, 1, point]
    wrong = [np.sign(v) != y for v, y in zip(values[2, 6, 0], worlds.truth, strict=True)]
    assert risk[2, 6, 0] == pytest.approx(sum(wrong) / 1797)
    assert np.all(risk[..., 1] == 0.5)


def test_hold_out_sets_are_drawn_from_the_population(worlds):
    values = np.stack([worlds.truth, -worlds.truth, np.ones(1797)])
    errors = worlds.held_out_errors(values, 50, 2000, np.random.default_rng(2))
    assert errors.shape == (3, 2000)
    assert np.all(errors[0] == 0)
    assert np.all(errors[1] == 50)
    share = np.mean(worlds.truth < 0)
    assert errors[2].mean() == pytest.approx(50 * share, abs=5 * np.sqrt(50 * share * (1 - share) / 2000))


def test_gibbs_risk_is_the_risk_of_drawn_weights(worlds):
    rng = np.random.default_rng(3)
    w = rng.normal(size=(40, 2, 64))
    w /= np.linalg.norm(w, axis=-1, keepdims=True)
    risk = worlds.gibbs_risk(w @ worlds.population.T, np.array([1.0, 10.0]))
    assert risk.shape == (2, 40, 2)
    assert np.all(risk[..., 1] == 0.5)
    drawn = 10 * w[5, 0] + rng.normal(size=(4000, 64))
    wrong = np.mean(worlds.truth * (drawn @ worlds.population.T) <= 0, axis=1)
    assert risk[1, 5, 0] == pytest.approx(wrong.mean(), abs=5 * wrong.std() / np.sqrt(4000))


def test_logistic_regression_sees_the_first_points_only(worlds):
    other = TwoWorlds(worlds.population, worlds.truth, worlds.drawn[:2, :200], worlds.labels[:2, :, :200])
    np.testing.assert_allclose(worlds.logistic(200)[:2], other.logistic(200))
    projection = np.random.default_rng(4).normal(size=(64, 8))
    w = worlds.logistic(300, projection)
    assert w.shape == (40, 2, 8)
    np.testing.assert_allclose(np.linalg.norm(w, axis=-1), 1)
