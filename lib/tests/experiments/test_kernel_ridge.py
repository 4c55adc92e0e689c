import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.kernel_ridge import KernelRidge

from theorycheck.experiments import kernel_ridge


@pytest.mark.parametrize("even", [False, True])
def test_gram_is_the_limit_of_random_features(even):
    rng, d, m = np.random.default_rng(0), 5, 400_000
    x, y = rng.standard_normal((2, d)), rng.standard_normal((3, d))
    weights, biases = rng.standard_normal((m, d)) / np.sqrt(d), 0.7 * rng.standard_normal(m)
    left, right = (kernel_ridge.relu_features(a, weights, biases, even) for a in (x, y))
    assert_allclose(kernel_ridge.relu_gram(x, y, 0.7, even), left @ right.T, rtol=0.02)


def test_gram_is_even_or_not():
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((4, 6)), rng.standard_normal((5, 6))
    assert_allclose(kernel_ridge.relu_gram(x, -y, 1.0, even=True), kernel_ridge.relu_gram(x, y, 1.0, even=True))
    assert not np.allclose(kernel_ridge.relu_gram(x, -y), kernel_ridge.relu_gram(x, y), rtol=0.1)


def test_gram_is_right_in_every_block_and_on_the_diagonal():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((300, 4))
    gram = kernel_ridge.relu_gram(x, x, 0.5)
    assert_allclose(gram.diagonal(), (x**2).sum(axis=1) / 4 + 0.25)
    assert_allclose(gram, gram.T, atol=1e-12)
    assert_allclose(gram[200:, 17], kernel_ridge.relu_gram(x[200:], x[17:18], 0.5)[:, 0])


def test_predictions_agree_with_scikit_learn_at_every_size():
    rng = np.random.default_rng(3)
    x, test = rng.standard_normal((40, 3)), rng.standard_normal((7, 3))
    y = rng.standard_normal(40)
    gram, test_gram = kernel_ridge.relu_gram(x, x), kernel_ridge.relu_gram(x, test)
    sizes = [5, 17, 40]
    predictions = kernel_ridge.nested_predictions(gram, test_gram, y, sizes, 0.3)
    for size, found in zip(sizes, predictions, strict=True):
        model = KernelRidge(alpha=0.3, kernel="precomputed").fit(gram[:size, :size], y[:size])
        assert_allclose(found, model.predict(test_gram[:size].T))


def test_predictions_take_several_targets():
    rng = np.random.default_rng(4)
    x, y = rng.standard_normal((20, 3)), rng.standard_normal((20, 2))
    gram = kernel_ridge.relu_gram(x, x)
    both = kernel_ridge.nested_predictions(gram, gram, y, [10, 20], 0.1)
    assert both.shape == (2, 2, 20)
    assert_allclose(both[:, 1], kernel_ridge.nested_predictions(gram, gram, y[:, 1], [10, 20], 0.1))


def test_a_size_beyond_the_data_is_refused():
    with pytest.raises(ValueError, match="largest size is 4, but there are 3"):
        kernel_ridge.nested_predictions(np.eye(3), np.eye(3), np.ones(3), [2, 4], 0.1)


@pytest.mark.parametrize("shape", [(30, 8), (6, 9)])
def test_gradient_descent_tends_to_the_ridge_solution(shape):
    rng = np.random.default_rng(5)
    features, y = rng.standard_normal(shape), rng.standard_normal((shape[0], 2))
    trace, step = kernel_ridge.ridge_by_gradient_descent(features, y, 0.5, 400, recorded=[1, 10])
    curvature = features.T @ features + 0.5 * np.eye(shape[1])
    exact = np.linalg.solve(curvature, features.T @ y)
    assert trace.shape == (3, shape[1], 2)
    assert_allclose(trace[-1], exact, rtol=1e-8, atol=1e-12)
    assert_allclose(step, 1.9 / np.linalg.eigvalsh(curvature).max())
    # After t steps the error has been multiplied by (I - step * curvature)^t.
    factor = np.linalg.matrix_power(np.eye(shape[1]) - step * curvature, 10)
    assert_allclose(trace[1] - exact, -factor @ exact, atol=1e-10)


def test_quadratic_layer_is_the_limit_of_its_units():
    rng, d, m = np.random.default_rng(6), 4, 400_000
    x, y = rng.standard_normal((2, d)), rng.standard_normal((3, d))
    v, s = rng.standard_normal((m, d)) / np.sqrt(d), 0.5 * rng.standard_normal(m)
    left, plus, minus = ((a @ v.T + s) ** 2 / np.sqrt(3) for a in (x, y, -y))
    expected = left @ (plus + minus).T / (2 * m)
    assert_allclose(kernel_ridge.layer_gram(x, y, "quadratic", 0.5), expected, rtol=0.03)
    with pytest.raises(ValueError, match="got 'sine'"):
        kernel_ridge.layer_gram(x, y, "sine", 0.5)


def test_prefixes_are_trained_and_the_rest_is_predicted():
    rng = np.random.default_rng(7)
    x, y = rng.standard_normal((30, 3)), rng.standard_normal(30)
    found = kernel_ridge.fit_prefixes(kernel_ridge.relu_gram, x, y, [8, 20], 0.2, predict_from=25)
    for size, row in zip([8, 20], found, strict=True):
        model = KernelRidge(alpha=0.2, kernel=lambda a, b: kernel_ridge.relu_gram(a[None], b[None])[0, 0])
        assert_allclose(row, model.fit(x[:size], y[:size]).predict(x[25:]))
    assert kernel_ridge.fit_prefixes(kernel_ridge.relu_gram, x, y, [8, 20], 0.2).shape == (2, 10)
