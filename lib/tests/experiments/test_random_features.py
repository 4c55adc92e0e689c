import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import Ridge

from theorycheck.experiments import random_features


@pytest.mark.parametrize("k", [6, 40])
def test_feature_errors_agree_with_scikit_learn_and_a_test_set(k):
    rng, n, m, noise = np.random.default_rng(0), 20, 12, 0.3
    x, loadings, target = rng.standard_normal((n, m)), rng.standard_normal((m, k)), rng.standard_normal(m)
    labels = x @ target + np.sqrt(noise) * rng.standard_normal(n)
    test, training = random_features.feature_errors(x, loadings, labels, target, [0.1, 2.0], noise)
    fresh = rng.standard_normal((100_000, m))
    for i, ridge in enumerate((0.1, 2.0)):
        model = Ridge(alpha=ridge, fit_intercept=False, solver="cholesky").fit(x @ loadings, labels)
        assert_allclose(training[i], np.mean((model.predict(x @ loadings) - labels) ** 2), rtol=1e-6)
        sampled = np.mean((model.predict(fresh @ loadings) - fresh @ target) ** 2) + noise
        assert_allclose(test[i], sampled, rtol=0.02)


def test_kernel_errors_are_those_of_features_that_make_the_kernel():
    rng, n, m = np.random.default_rng(1), 15, 10
    eigenvalues, targets = np.arange(1, m + 1) ** -1.5, rng.standard_normal((m, 2))
    x, labels = rng.standard_normal((n, m)), rng.standard_normal((n, 2))
    found = random_features.kernel_errors(x, eigenvalues, labels, targets, [0.2, 3.0], 0.1)
    for i in range(2):
        loadings = np.diag(np.sqrt(eigenvalues))
        exact = random_features.feature_errors(x, loadings, labels[:, i], targets[:, i], [0.2, 3.0], 0.1)
        assert_allclose(np.array(found)[..., i], exact)


def test_a_tail_is_what_many_small_modes_do():
    rng, n, m, extra, tail = np.random.default_rng(2), 12, 8, 200_000, 0.7
    eigenvalues, target = np.arange(1, m + 1) ** -1.0, rng.standard_normal(m)
    x, labels = rng.standard_normal((n, m)), rng.standard_normal(n)
    small = rng.standard_normal((n, extra))
    gram = (x * eigenvalues) @ x.T + tail / extra * (small @ small.T)
    dual = np.linalg.solve(gram + 0.3 * np.eye(n), labels)
    found = random_features.kernel_errors(x, eigenvalues, labels[:, None], target[:, None], [0.3], tail=tail)
    test, training = np.array(found)[:, 0, 0]
    assert_allclose(test, np.sum((target - eigenvalues * (x.T @ dual)) ** 2), rtol=0.02)
    assert_allclose(training, np.mean((0.3 * dual) ** 2), rtol=0.02)


def test_first_rows_and_columns_of_a_draw_are_smaller_problems():
    spectrum = {"eigenvalues": np.arange(1, 9) ** -1.5, "energies": np.arange(1, 9) ** -1.2, "noise": 0.3}
    draw = random_features.FeatureDraw(np.random.default_rng(3), 12, 10, **spectrum)
    ridges = np.array([[[0.1, 2.0], [0.3, 1.0]]])
    found = draw.errors([9], [4, 10], ridges)
    assert found.shape == (2, 1, 2, 2)
    for j, k in enumerate((4, 10)):
        features = draw.x[:9] @ draw.loadings[:, :k] / np.sqrt(k)
        for r, ridge in enumerate(ridges[0, j]):
            model = Ridge(alpha=ridge, fit_intercept=False, solver="cholesky").fit(features, draw.labels[:9])
            assert_allclose(found[1, 0, j, r], np.mean((model.predict(features) - draw.labels[:9]) ** 2))
            learned = draw.loadings[:, :k] @ model.coef_ / np.sqrt(k)
            assert_allclose(found[0, 0, j, r], np.sum((learned - draw.target) ** 2) + 0.3)


def test_a_draw_has_the_moments_of_its_law():
    eigenvalues, energies = np.array([2.0, 0.5]), np.array([0.7, 0.1])
    draw = random_features.FeatureDraw(
        np.random.default_rng(4), 40_000, 40_000, eigenvalues=eigenvalues, energies=energies, noise=0.3
    )
    assert_allclose(draw.target**2, energies)
    assert_allclose(draw.x.T @ draw.x / 40_000, np.eye(2), atol=0.03)
    assert_allclose(np.var(draw.labels - draw.x @ draw.target), 0.3, rtol=0.03)
    assert_allclose(draw.loadings @ draw.loadings.T / 40_000, np.diag(eigenvalues), atol=0.06)


def test_power_laws_against_the_expectation_with_many_explicit_modes():
    n, alpha, beta, noise, ridges = 12, 1.7, 1.6, 0.4, np.array([0.1, 3.0])
    laws = [(alpha, beta, noise, ridges), (2.0, 2.0, 0.0, ridges)]
    found = random_features.power_law_errors(np.random.default_rng(5), n, 100, 4000, laws)
    assert found.shape == (2, 2, 2)
    # The same inputs, followed by the modes that the function left out.
    x = np.random.default_rng(5).standard_normal((n, 100))
    x = np.hstack([x, np.random.default_rng(6).standard_normal((n, 100_000))])
    mode = np.arange(1, x.shape[1] + 1)
    for r, ridge in enumerate(ridges):
        weights = (x * mode**-alpha).T @ np.linalg.inv((x * mode**-alpha) @ x.T + ridge * np.eye(n))
        # E |v - W (x v + noise)|^2 over the signs of v and the noise, and the same for y - x W y.
        own = np.einsum("in,ni->i", weights, x)
        bias = 1 - 2 * own + ((weights.T @ weights) @ x * x).sum(axis=0)
        test = (mode**-beta * bias).sum() + noise * (weights**2).sum() + noise
        residual = np.eye(n) - x @ weights
        training = (mode**-beta * ((residual @ x) ** 2).sum(axis=0)).sum() + noise * (residual**2).sum()
        assert_allclose(found[0, :, r], [test, training / n], rtol=0.03)


def test_minimum_of_known_curves():
    s = np.tile(np.linspace(0, 1, 11), (3, 1))
    found = random_features.minimizer(s, np.array([(s[0] - 0.33) ** 2, s[1], -s[2]]))
    assert_allclose(found, [0.33, 0, 1], atol=1e-12)


def test_curve_of_means():
    errors = np.array([[[[1.0, 3.0], [4.0, 4.0]], [[0.0, 1.0], [0.5, 1.5]]]])
    s, relative = random_features.fitting_curve(errors)
    assert_allclose(s, [[0.5, 0.5]])
    assert_allclose(relative, [[1, 2]])
    assert_allclose(random_features.over_curves([lambda s: 4 * s], errors), [[0.5, 1]])


def test_median_deviation():
    errors = np.array([[1.0, 3.0], [9.0, 9.0], [5.0, 5.0]])
    assert_allclose(random_features.median_deviation(np.array([2.0, 10.0, 10.0]), errors), 0.1)
