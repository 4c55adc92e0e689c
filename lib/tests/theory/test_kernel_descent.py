import numpy as np
import pytest
from scipy import integrate, linalg

from theorycheck.theory.kernel_descent import flow_response, response, trained_law


def data_sets(seed=0, count=3, n=6, rank=6):
    features = np.random.default_rng(seed).normal(size=(count, n, rank))
    return features @ features.swapaxes(1, 2)


@pytest.mark.parametrize("rank", [6, 2])
@pytest.mark.parametrize("fraction", [0.01, 0.7, 1.9])
def test_response_is_the_recursion(rank, fraction):
    kernel = data_sets(rank=rank)
    rng = np.random.default_rng(1)
    f, y = rng.normal(size=(3, 6, 1)), rng.normal(size=(3, 4, 1))
    rate = fraction * 4 / np.linalg.eigvalsh(kernel[:, :4, :4])[:, -1]
    found = f + response(kernel, 4, rate, range(30)) @ (y - f[:, :4])
    for step in found:
        np.testing.assert_allclose(step, f, atol=1e-11)
        f = f - rate[:, None, None] / 4 * kernel[:, :, :4] @ (f[:, :4] - y)


def test_tiny_eigenvalues_keep_their_digits():
    kernel = np.diag([1.0, 1e-13])
    found = response(kernel, 2, 1.0, [10])[0]
    assert found[1, 1] == pytest.approx(10 / 2 * 1e-13, rel=1e-9)
    assert found[0, 0] == pytest.approx(1 - 0.5**10, rel=1e-12)


def test_flow_solves_its_differential_equation():
    kernel, y = data_sets(count=1)[0] / 10, np.array([1.0, -2.0, 0.5, 0.0])
    f0 = np.linspace(-1, 1, 6)
    path = integrate.solve_ivp(
        lambda t, f: -kernel[:, :4] @ (f[:4] - y) / 4, (0, 5), f0, t_eval=[1, 5], rtol=1e-10, atol=1e-12
    )
    found = f0 + flow_response(kernel, 4, [1, 5]) @ (y - f0[:4])
    np.testing.assert_allclose(found, path.y.T, atol=1e-8)
    inside = np.eye(4) - linalg.expm(-kernel[:4, :4] * 5 / 4)
    np.testing.assert_allclose(flow_response(kernel, 4, [5])[0, :4], inside, atol=1e-12)


def test_flow_is_the_limit_of_small_steps():
    kernel = data_sets()
    steps = 200000
    np.testing.assert_allclose(
        response(kernel, 4, 2.0 / steps, [steps]), flow_response(kernel, 4, [2.0]), rtol=1e-3, atol=1e-4
    )


def test_trained_law_against_training_every_draw():
    """Antithetic draws +-Sigma^(1/2) e_i have mean 0 and covariance exactly Sigma, and the map is affine."""
    kernel, prior = data_sets(count=2)
    y, rate = np.array([1.0, -1.0, 2.0, 0.5]), 0.05
    draws = np.linalg.cholesky(prior) * np.sqrt(6)
    starts = np.concatenate([draws, -draws], axis=1)  # (n, 12), covariance: mean of outer products
    f = starts
    for _ in range(7):
        f = f - rate / 4 * kernel[:, :4] @ (f[:4] - y[:, None])
    mean, covariance = trained_law(prior, kernel, y, rate, 7)
    np.testing.assert_allclose(mean, f.mean(axis=1), atol=1e-12)
    np.testing.assert_allclose(covariance, np.cov(f, bias=True), atol=1e-10)


def test_bad_shapes():
    for kernel, labelled in ((np.ones((2, 3)), 1), (np.eye(3), 4), (np.eye(3), 0)):
        with pytest.raises(ValueError, match="square kernels"):
            response(kernel, labelled, 0.1, [1])
