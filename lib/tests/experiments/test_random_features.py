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
