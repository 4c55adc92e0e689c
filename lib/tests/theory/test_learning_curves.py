import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from theorycheck.theory import learning_curves


@given(st.floats(5, 500), st.floats(0.01, 50), st.floats(0, 2))
def test_isotropic_features_solve_a_quadratic_equation(samples, ridge, noise):
    """With N equal eigenvalues 1/N kappa is the root of n (1/N + k) k = k + ridge (1/N + k)."""
    modes = 60.0
    curve = learning_curves.kernel_ridge(samples, ridge, [1 / modes], [modes], [1.0], noise=noise)
    kappa = np.roots([samples, samples / modes - 1 - ridge, -ridge / modes]).max()
    assert_allclose(curve.kappa, kappa, rtol=1e-9)
    learned = 1 / (1 + modes * kappa)
    assert_allclose(curve.learned, [learned], rtol=1e-9)
    factor = samples / (samples - modes * learned**2)
    assert_allclose(curve.error, factor * ((1 - learned) ** 2 + noise) - noise, rtol=1e-7, atol=1e-12)


def test_tail_acts_as_ridge_on_the_test_error_only():
    spectrum = ([0.3, 0.01], [1.0, 50.0], [0.5, 0.5])
    with_tail = learning_curves.kernel_ridge([20.0, 80.0], 0.1, *spectrum, tail=0.4)
    with_ridge = learning_curves.kernel_ridge([20.0, 80.0], 0.5, *spectrum)
    assert_allclose(with_tail.error, with_ridge.error)
    assert_allclose(with_tail.training_error * 25, with_ridge.training_error)


def test_impossible_sizes_are_refused():
    with pytest.raises(ValueError, match="fewer samples"):
        learning_curves.kernel_ridge(10.0, 0.0, [1.0], [5.0], [1.0])
    with pytest.raises(ValueError, match="positive"):
        learning_curves.kernel_ridge(0.0, 0.1, [1.0], [5.0], [1.0])


@pytest.fixture(scope="module")
def regressions():
    """Ridge regression on Gaussian features: eigenvalues j^-1.5, four times each; a feature in the second quadruple."""
    rng, runs, n, noise, ridge = np.random.default_rng(1), 300, 60, 0.1, 0.3
    eigenvalues, multiplicities = np.arange(1, 31) ** -1.5, np.full(30, 4.0)
    target = np.zeros(30)
    target[[1, 4, 9]] = 0.8, 0.5, 0.4
    weights = np.kron(target, [1.0, 0, 0, 0])  # one direction in each eigenspace carries the target
    feature = np.kron(np.eye(30)[1], [1.0, 0, 0, 0])
    scales = np.repeat(np.sqrt(eigenvalues), 4)
    error, training, correlation = [], [], []
    for _ in range(runs):
        x = rng.standard_normal((n, 120))
        y = x @ weights + np.sqrt(noise) * rng.standard_normal(n)
        dual = np.linalg.solve((x * scales) @ (x * scales).T + ridge * np.eye(n), y)
        fitted = scales**2 * (x.T @ dual)
        error.append(((fitted - weights) ** 2).sum())
        training.append(np.mean((ridge * dual) ** 2))
        correlation.append((fitted @ feature) ** 2 / (fitted @ fitted))
    curve = learning_curves.kernel_ridge(float(n), ridge, eigenvalues, multiplicities, target**2, noise=noise)
    predicted = curve.squared_correlation(target, np.eye(30)[1], np.zeros(30))
    return curve, predicted, np.array(error), np.array(training), np.array(correlation)


def test_errors_agree_with_simulation(regressions):
    curve, _, error, training, _ = regressions
    for simulated, predicted in ((error, curve.error), (training, curve.training_error)):
        se = simulated.std() / np.sqrt(len(simulated))
        assert abs(simulated.mean() - predicted) < 4 * se + 0.01 * predicted
        assert se < 0.03 * predicted


def test_squared_correlation_agrees_with_simulation(regressions):
    _, predicted, *_, correlation = regressions
    se = correlation.std() / np.sqrt(len(correlation))
    assert abs(correlation.mean() - predicted) < 4 * se + 0.01
    assert se < 0.01


def test_chance_overlap_without_signal():
    """A target that does not see the feature: fits of pure noise overlap with one of N directions by 1/N."""
    curve = learning_curves.kernel_ridge(20.0, 0.1, [1.0], [200.0], [0.0], noise=1.0)
    assert_allclose(curve.squared_correlation(np.zeros(1), np.ones(1), np.zeros(1)), 1 / 200)


def test_constant_part_is_left_out_of_the_correlation():
    """Two modes, the constant and the feature, both learned exactly: the correlation is 1 whatever the mean."""
    curve = learning_curves.kernel_ridge(1e9, 1e-6, [1.0, 0.5], [1.0, 1.0], [4.0, 1.0])
    correlation = curve.squared_correlation(np.array([2.0, 1.0]), np.array([0.0, 1]), np.array([1.0, 0]))
    assert_allclose(correlation, 1, rtol=1e-6)
