from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge

from theorycheck.experiments import hierarchical, kernel_ridge


def test_balanced_form_has_its_eigenvalues():
    form = hierarchical.balanced_form(10, np.random.default_rng(0))
    assert_allclose(form, form.T)
    assert_allclose(np.linalg.eigvalsh(form), np.repeat([-1, 1], 5) / np.sqrt(20))
    with pytest.raises(ValueError, match="even dimension; got 7"):
        hierarchical.balanced_form(7, np.random.default_rng(0))


@pytest.mark.parametrize("distribution", ["gaussian", "sphere"])
def test_feature_and_target_are_standardized(distribution):
    rng = np.random.default_rng(1)
    x, p = hierarchical.feature_samples(12, distribution, 2, 100_000, rng)
    assert x.shape == (100_000, 12)
    assert abs(np.mean(p[:, 0] * p[:, 1])) < 0.4  # two rotations
    p = p.ravel()
    assert abs(p.mean()) < 0.01
    assert_allclose(p.var(), 1, rtol=0.02)
    h = hierarchical.quadratic_link(p, 0.6)
    assert abs(h.mean()) < 0.01
    assert_allclose(np.mean(h * p), np.sqrt(0.6), rtol=0.03)


def test_inputs_on_the_sphere():
    x = hierarchical.inputs(50, 9, "sphere", np.random.default_rng(2))
    assert_allclose((x**2).sum(axis=1), 9)
    with pytest.raises(ValueError, match="got 'cube'"):
        hierarchical.inputs(5, 9, "cube", np.random.default_rng(2))


def test_squared_correlation_agrees_with_numpy():
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((3, 2, 50)) + 3, rng.standard_normal((2, 50))
    expected = [[np.corrcoef(row[t], b[t])[0, 1] ** 2 for t in range(2)] for row in a]
    assert_allclose(hierarchical.squared_correlation(a, b), expected)


def test_second_stage_is_ridge_regression_on_the_outer_layer():
    rng = np.random.default_rng(4)
    feature, test = 5 + 2 * rng.standard_normal(80), rng.standard_normal(9)
    y = rng.standard_normal(80)
    found = hierarchical.second_stage(feature, y, test, np.random.default_rng(7), units=6, ridge=0.03)
    again = np.random.default_rng(7)
    signs, shifts = again.choice([-1.0, 1.0], 6), again.uniform(-3, 3, 6)

    def design(values):
        z = (values - feature.mean()) / feature.std()
        return np.c_[np.maximum(z[:, None] * signs + shifts, 0), z, np.ones(len(z))]

    model = Ridge(alpha=80 * 0.03, fit_intercept=False).fit(design(feature), y)
    assert_allclose(found, model.predict(design(test)), rtol=1e-8)


def test_second_stage_fits_a_quadratic_link():
    rng = np.random.default_rng(5)
    z, test = rng.standard_normal(2000), rng.standard_normal(500)
    found = hierarchical.second_stage(-3 * z + 1, hierarchical.quadratic_link(z, 0.5), -3 * test + 1, rng, ridge=1e-4)
    assert np.mean((found - hierarchical.quadratic_link(test, 0.5)) ** 2) < 0.01


linear_samples = partial(hierarchical.coordinate_samples, 3, 2)


def test_recovery_agrees_with_scikit_learn():
    arguments = ([[10, 25], [5, 9]], 40, np.tanh, kernel_ridge.relu_gram, 0.1)
    rngs = [[np.random.default_rng(8), np.random.default_rng(18)], [np.random.default_rng(28)]]
    found, other = hierarchical.recoveries([linear_samples] * 2, *arguments, rngs)
    assert found.shape == (2, 2)
    assert other.shape == (2, 1)
    x, p = linear_samples(65, np.random.default_rng(8))
    gram = kernel_ridge.relu_gram(x, x)
    for n, value in zip([10, 25], found[:, 0], strict=True):
        guess = KernelRidge(alpha=0.1, kernel="precomputed").fit(gram[:n, :n], np.tanh(p[:n])).predict(gram[25:, :n])
        assert_allclose(value, np.mean([np.corrcoef(guess[:, t], p[25:, t])[0, 1] ** 2 for t in range(2)]))


def test_errors_of_all_methods_on_one_data_set():
    rival = lambda a, b: (1 + a @ b.T) ** 2  # noqa: E731
    links = [(np.tanh, lambda x, p: p), (np.square, lambda x, p: np.ones_like(p))]
    found = hierarchical.layerwise_errors(
        linear_samples, [10, 20], 30, 15, links, kernel_ridge.relu_gram, 0.1, [np.random.default_rng(9)], [rival]
    )
    assert found.shape == (3, 2, 2, 1)
    found = found[..., 0]
    rng = np.random.default_rng(9)
    x, p = linear_samples(65, rng)
    gram = kernel_ridge.relu_gram(x, x)
    for kernel, errors in ((gram, found[1]), (rival(x, x), found[2])):
        for j, (link, yardstick) in enumerate(links):
            unit = np.mean(yardstick(x[50:], p[50:]) ** 2)
            for i, n in enumerate([40, 50]):
                model = KernelRidge(alpha=0.1, kernel="precomputed").fit(kernel[:n, :n], link(p[:n]))
                error = np.mean((model.predict(kernel[50:, :n]) - link(p[50:])) ** 2)
                assert_allclose(errors[j, i], error / unit)
    # The network at the first size and link: stage 1 on samples 0-9, stage 2 on 20-49.
    feature = KernelRidge(alpha=0.1, kernel="precomputed").fit(gram[:10, :10], np.tanh(p[:10])).predict(gram[:, :10])
    errors = []
    for t in range(2):
        output = hierarchical.second_stage(feature[20:50, t], np.tanh(p[20:50, t]), feature[50:, t], rng)
        errors.append(np.mean((output - np.tanh(p[50:, t])) ** 2))
    assert_allclose(found[0, 0, 0], np.mean(errors) / np.mean(p[50:] ** 2))


def test_kernel_errors_are_relative_to_the_yardstick():
    link = (np.square, lambda x, p: p)
    found = hierarchical.kernel_errors(
        linear_samples, [10, 25], 40, link, kernel_ridge.relu_gram, 0.1, [np.random.default_rng(11)]
    )
    x, p = linear_samples(65, np.random.default_rng(11))
    gram = kernel_ridge.relu_gram(x, x)
    for n, value in zip([10, 25], found[:, 0], strict=True):
        guess = KernelRidge(alpha=0.1, kernel="precomputed").fit(gram[:n, :n], p[:n] ** 2).predict(gram[25:, :n])
        assert_allclose(value, np.mean((guess - p[25:] ** 2) ** 2) / np.mean(p[25:] ** 2))


def test_sample_exponent_of_exact_curves():
    dims, ceilings = np.array([8, 16, 40]), np.array([0.7, 0.8, 0.95])
    sizes = np.array([[0.5, 1, 3]]) * dims[:, None] ** 1.7
    shares = 1 / (1 + (dims[:, None] ** 1.7 / sizes) ** 1.3)
    curves = (ceilings[:, None] * shares)[..., None]
    assert_allclose(hierarchical.sample_exponent(dims, sizes, ceilings, *curves), 1.7)
    assert np.isnan(hierarchical.sample_exponent(dims, sizes, 0 * ceilings, *curves))


@pytest.mark.parametrize("distribution", ["gaussian", "sphere"])
def test_quartic_part_is_orthogonal_to_quadratic_forms(distribution):
    rng = np.random.default_rng(10)
    x, p = hierarchical.feature_samples(6, distribution, 1, 300_000, rng)
    part = hierarchical.quartic_part(x, p, 0.5)[:, 0]
    for other in (p[:, 0], x[:, 0] * x[:, 1], x[:, 2] ** 2 - 1, (x**2).mean(axis=1) - 1):
        assert abs(np.mean(part * other)) < 0.02
    rest = hierarchical.quadratic_link(p[:, 0], 0.5) - part
    assert abs(np.mean(part * rest)) < 0.02
