import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC, LinearSVC

from theorycheck.experiments import classifiers


@pytest.fixture(scope="module")
def batch():
    """Three samples of 60 points on the sphere in R^6, with two labellings each."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(3, 60, 6))
    points /= np.linalg.norm(points, axis=-1, keepdims=True)
    noisy = np.sign(points[..., 0] + 0.2 * rng.normal(size=(3, 60)))
    return points, np.stack([noisy, rng.choice([-1.0, 1.0], size=(3, 60))], axis=1)


def test_logistic_regression_agrees_with_scikit_learn(batch):
    points, labels = batch
    w = classifiers.logistic_regression(points, labels, ridge=1e-2)
    assert w.shape == (3, 2, 6)
    reference = LogisticRegression(C=1 / (60 * 1e-2), fit_intercept=False, tol=1e-10, max_iter=1000)
    for sample in range(3):
        for world in range(2):
            expected = reference.fit(points[sample], labels[sample, world]).coef_[0]
            np.testing.assert_allclose(w[sample, world], expected, atol=1e-5)
    np.testing.assert_allclose(classifiers.logistic_regression(points, labels[:, 1], 1e-2), w[:, 1])


def test_logistic_regression_says_when_it_is_not_done(batch):
    with pytest.raises(RuntimeError, match="not at the minimum after 1 Newton steps"):
        classifiers.logistic_regression(*batch, ridge=1e-2, steps=1)


@pytest.mark.parametrize("ridge", [0.01, 0.05, 0.5])
def test_hinge_machine_agrees_with_liblinear(batch, ridge):
    points, labels = batch
    w = classifiers.hinge_machine(points, labels, ridge)
    assert w.shape == (3, 2, 6)
    reference = LinearSVC(
        loss="hinge", C=1 / (2 * ridge * 60), fit_intercept=False, tol=1e-10, max_iter=10**6, random_state=0
    )
    for sample in range(3):
        expected = reference.fit(points[sample], labels[sample, 1]).coef_[0]
        # A duality gap of 1e-8 certifies this distance.
        assert np.linalg.norm(w[sample, 1] - expected) <= np.sqrt(1e-8 / ridge) + 1e-6


def test_hinge_machine_is_the_mean_where_no_margin_reaches_one(batch):
    points, labels = batch
    w = classifiers.hinge_machine(points, labels, 0.6)
    np.testing.assert_allclose(w, np.mean(labels[..., None] * points[:, None], axis=-2) / 1.2, atol=1e-12)


def test_hinge_machine_says_when_it_is_not_done(batch):
    with pytest.raises(RuntimeError, match=r"duality gap .* after 11 steps"):
        classifiers.hinge_machine(*batch, 0.01, steps=11)


def test_compressed_machine_is_a_function_of_the_kept_points(batch):
    population, labels = batch[0].reshape(-1, 6), batch[1]
    kernel = np.exp(-2 + 2 * population @ population.T)
    sample = np.arange(180).reshape(3, 60)
    kept, values = classifiers.compressed_kernel_machine(kernel, sample, labels)
    assert kept.shape == (3, 2, 60)
    assert values.shape == (3, 2, 180)
    x, y, keep = population[sample[1]], labels[1, 0], kept[1, 0]
    assert 0 < keep.sum() < 60
    alone = SVC(C=10.0, gamma=1.0, tol=1.0).fit(x[keep], y[keep])
    np.testing.assert_allclose(values[1, 0], alone.decision_function(population), atol=1e-6)
    np.testing.assert_array_equal(classifiers.compressed_kernel_machine(kernel, sample, labels[:, 1])[0], kept[:, 1])


def test_relu_network_takes_the_descent_step(batch):
    # One step with a small rate moves the weights by minus (1 + momentum) rate times autograd's gradient.
    points, labels = batch
    x, y = points[1], labels[1, 0]
    start = classifiers.relu_network(x, y, 4, 0, np.random.default_rng(5))
    end = classifiers.relu_network(x, y, 4, 1, np.random.default_rng(5), rate=0.1, momentum=0.5)

    def loss(weights):
        first, second = weights
        return anp.mean(anp.log(1 + anp.exp(-y * (anp.maximum(x @ first, 0) @ second))))

    for before, after, slope in zip(start, end, grad(loss)(start), strict=True):
        np.testing.assert_allclose(after - before, -0.15 * slope, atol=1e-12)


def test_relu_network_fits_and_batches(batch):
    points, labels = batch
    first, second = classifiers.relu_network(points, labels, 16, 200, np.random.default_rng(0))
    assert first.shape == (3, 2, 6, 16)
    assert second.shape == (3, 2, 16)
    output = np.stack([classifiers.relu_output(points[i], first[i], second[i]) for i in range(3)])
    by_hand = sum(second[2, 1, k] * np.maximum(points[2] @ first[2, 1, :, k], 0) for k in range(16))
    np.testing.assert_allclose(output[2, 1], by_hand)
    assert (np.sign(output[:, 0]) == labels[:, 0]).mean() > 0.95


def test_rounding_keeps_the_largest_weight():
    np.testing.assert_array_equal(classifiers.rounded(np.array([0.5, -1.0, 0.26, 0.1]), 3), [2, -3, 1, 0])


def test_gibbs_error_against_drawn_classifiers():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 5))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    y, w = np.sign(x[:, 1]), classifiers.unit(rng.normal(size=5))
    drawn = 3.0 * w + rng.normal(size=(20000, 5))
    error = (y * (drawn @ x.T) < 0).mean()
    exact = classifiers.gibbs_error(y * (x @ w), [1.0, 3.0])
    assert exact.shape == (2,)
    assert exact[1] == pytest.approx(error, abs=0.005)
    assert exact[0] > exact[1] or exact.max() > 0.4


def test_ramp_lies_between_the_two_counts():
    m = np.random.default_rng(2).normal(size=(7, 50))
    ramp = classifiers.ramp_loss(m, 0.3)
    assert np.all((m < 0).mean(axis=-1) <= ramp) and np.all(ramp <= (m < 0.3).mean(axis=-1))
    assert classifiers.ramp_loss(np.array([0.15, 1.0, -1.0]), 0.3) == pytest.approx(0.5)


def test_rounded_choices_are_integers_in_their_subspaces():
    rng = np.random.default_rng(6)
    maps = [rng.normal(size=(4, K)) for K in (2, 3)]
    solutions = [rng.normal(size=(5, K)) for K in (2, 3)]
    w, log_count = classifiers.rounded_choices(solutions, maps, [2, 4])
    assert w.shape == (4, 5, 4)
    # Two bits: -1, 0, 1; four bits: -7 .. 7; and four choices.
    np.testing.assert_allclose(np.exp(log_count), [4 * 3**2, 4 * 15**2, 4 * 3**3, 4 * 15**3])
    for choice, (P, q) in enumerate([(maps[0], 1), (maps[0], 7), (maps[1], 1), (maps[1], 7)]):
        z = np.linalg.lstsq(P, w[choice].T)[0]
        np.testing.assert_allclose(P @ z, w[choice].T)
        np.testing.assert_allclose(z, np.rint(z), atol=1e-9)
        assert np.abs(z).max() == pytest.approx(q)
