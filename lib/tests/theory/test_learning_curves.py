import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import integrate

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


@given(st.floats(10, 90), st.floats(1e-4, 10), st.floats(0, 1))
def test_infinitely_many_features_are_kernel_regression(samples, ridge, noise):
    eigenvalues, energies = np.arange(1, 201) ** -1.4, np.arange(1, 201) ** -1.2
    curve = learning_curves.kernel_ridge(samples, ridge, eigenvalues, np.ones(200), energies, noise=noise)
    found = learning_curves.random_features(samples, np.inf, ridge, eigenvalues, energies, noise=noise)
    assert_allclose(found.test_error, curve.error + noise, rtol=1e-8)
    assert_allclose(found.training_error, curve.training_error, rtol=1e-6)
    assert_allclose([found.kappa, found.gamma], curve.kappa, rtol=1e-8)


@pytest.mark.parametrize(("n", "k"), [(30, 90), (90, 30), (40, 40), (200, 220)])
@pytest.mark.parametrize("ridge", [1e-6, 0.5])
def test_effective_ridges_solve_their_equations(n, k, ridge):
    eigenvalues = np.arange(1, 151) ** -1.3
    found = learning_curves.random_features(n, k, ridge, eigenvalues, np.ones(150))
    z = (eigenvalues / (eigenvalues + found.gamma)).sum()
    assert_allclose(z + ridge / found.kappa, n, rtol=1e-7)
    assert_allclose(z + k * found.kappa / found.gamma, k, rtol=1e-7)
    assert_allclose(found.training_error, (ridge / (n * found.kappa)) ** 2 * found.test_error, rtol=1e-6)


def test_random_feature_errors_agree_with_simulation():
    rng, m, n, k, ridge, noise, runs = np.random.default_rng(3), 100, 50, 70, 0.2, 0.1, 150
    eigenvalues, target = np.arange(1, m + 1) ** -1.2, np.arange(1, m + 1) ** -0.7
    test, training = [], []
    for _ in range(runs):
        x, psi = rng.standard_normal((n, m)), rng.standard_normal((m, k))
        loadings = np.sqrt(eigenvalues)[:, None] * psi / np.sqrt(k)
        features, y = x @ loadings, x @ target + np.sqrt(noise) * rng.standard_normal(n)
        theta = np.linalg.solve(features.T @ features + ridge * np.eye(k), features.T @ y)
        test.append(np.sum((target - loadings @ theta) ** 2) + noise)
        training.append(np.mean((y - features @ theta) ** 2))
    predicted = learning_curves.random_features(n, k, ridge, eigenvalues, target**2, noise=noise)
    for simulated, theory in ((test, predicted.test_error), (training, predicted.training_error)):
        assert abs(np.mean(simulated) - theory) < 4 * np.std(simulated) / np.sqrt(runs) + 0.02 * theory


def test_arrays_of_sizes_and_ridges_broadcast():
    spectrum = np.arange(1, 41) ** -1.5, np.arange(1, 41) ** -1.3
    n, k, ridges = np.array([[20], [30]]), np.array([10, 30, np.inf]), np.array([[0.1], [2.0]])
    found = learning_curves.random_features(n[..., None], k[:, None], ridges.ravel(), *spectrum, noise=0.2)
    assert found.both.shape == (2, 2, 3, 2)
    for i, j, r in np.ndindex(2, 3, 2):
        one = learning_curves.random_features(n[i, 0], k[j], ridges[r, 0], *spectrum, noise=0.2)
        assert_allclose(found.both[:, i, j, r], [one.test_error, one.training_error])
    best = learning_curves.optimal_ridge(n, k[:2], *spectrum, noise=0.2)
    assert best.shape == (2, 2)
    assert_allclose(best[1, 0], learning_curves.optimal_ridge(30, 10, *spectrum, noise=0.2))


def test_random_feature_arguments_are_checked():
    with pytest.raises(ValueError, match="ridge and eigenvalues positive"):
        learning_curves.random_features(5, 9, 0.0, np.ones(4), np.ones(4))
    with pytest.raises(ValueError, match="ridge and eigenvalues positive"):
        learning_curves.random_features(5, 9, 0.1, np.zeros(4), np.ones(4))


def test_optimal_ridge_is_a_minimum():
    spectrum = np.arange(1, 101) ** -1.5, np.arange(1, 101) ** -1.3
    best = learning_curves.optimal_ridge(40, 60, *spectrum, noise=0.2)
    errors = [learning_curves.random_features(40, 60, best * f, *spectrum, noise=0.2).test_error for f in (0.9, 1, 1.1)]
    assert errors[1] < min(errors[0], errors[2])


POWER_CASES = [(2, 1.5, 0), (3, 1.5, 0), (2, 1.2, 0), (2, 2.5, 0.1), (2, 2.5, 0.8)]


@pytest.mark.parametrize(("alpha", "beta", "rho"), POWER_CASES)
def test_power_law_is_the_limit_of_the_sums(alpha, beta, rho):
    """At n = 3000 and 200,000 modes the sums of the equivalent are close to their integrals."""
    law, n = learning_curves.PowerLaw(alpha, beta, rho), 3000
    i = np.arange(1.0, 200_001)
    # Energies beyond the last mode are never learned and count as noise, eigenvalues beyond it as ridge.
    noise, lost = law.noise(n) + i[-1] ** (1 - beta) / (beta - 1), i[-1] ** (1 - alpha) / (alpha - 1)
    ridges = law.interpolation_kappa(n) * n * np.array([1e-8, 0.2, 1.0])
    curves = [
        learning_curves.kernel_ridge(n, ridge, i**-alpha, np.ones(i.size), i**-beta, noise=noise, tail=lost)
        for ridge in ridges
    ]
    errors = np.array([float(curve.error) + noise for curve in curves])
    s = np.array([ridge / (n * float(curve.kappa)) for ridge, curve in zip(ridges, curves, strict=True)])
    assert_allclose(errors[0], law.interpolation_error(n), rtol=0.03)
    assert_allclose(curves[0].kappa, law.interpolation_kappa(n), rtol=0.02)
    assert_allclose(law.noise(n), rho * law.noiseless_error(n))
    assert_allclose(errors / errors[0], law.relative_error(s), rtol=0.02)


@pytest.mark.parametrize(("alpha", "beta", "rho"), POWER_CASES)
def test_power_law_optimum_by_search(alpha, beta, rho):
    law, s = learning_curves.PowerLaw(alpha, beta, rho), np.linspace(0, 0.99, 100_000)
    assert_allclose(law.optimum, s[np.argmin(law.relative_error(s))], atol=2e-5)
    if rho == 0 and beta < alpha:
        assert_allclose(law.optimum, (alpha - beta) / ((alpha - 1) * beta))
    assert (law.optimum == 0) == (rho <= law.interpolation_threshold)


def test_power_law_bias_constant_by_quadrature():
    law, n = learning_curves.PowerLaw(2.3, 1.7), 50.0
    bias = integrate.quad(lambda u: u**-1.7 * (u**2.3 / (1 + u**2.3)) ** 2, 0, np.inf)[0]
    assert_allclose(law.noiseless_error(n), 2.3 * bias * (law.rank_constant / n) ** 0.7, rtol=1e-7)
    with pytest.raises(ValueError, match="1 < beta < 2 alpha"):
        learning_curves.PowerLaw(2.0, 5.5)
