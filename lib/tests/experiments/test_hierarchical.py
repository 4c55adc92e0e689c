import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import Ridge

from theorycheck.experiments import hierarchical


def test_balanced_form_has_its_eigenvalues():
    form = hierarchical.balanced_form(10, np.random.default_rng(0))
    assert_allclose(form, form.T)
    assert_allclose(np.linalg.eigvalsh(form), np.repeat([-1, 1], 5) / np.sqrt(20))
    with pytest.raises(ValueError, match="even dimension; got 7"):
        hierarchical.balanced_form(7, np.random.default_rng(0))


@pytest.mark.parametrize("distribution", ["gaussian", "sphere"])
def test_feature_and_target_are_standardized(distribution):
    rng = np.random.default_rng(1)
    form = hierarchical.balanced_form(12, rng)
    x = hierarchical.inputs(200_000, 12, distribution, rng)
    p = hierarchical.quadratic_feature(x, form, distribution)
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
    a, b = rng.standard_normal((4, 50)) + 3, rng.standard_normal(50)
    expected = [np.corrcoef(row, b)[0, 1] ** 2 for row in a]
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
