import numpy as np
import pytest
from scipy import integrate

from theorycheck.theory import marchenko_pastur


@pytest.mark.parametrize("alpha", [0.2, 0.9, 1.0, 1.3, 4.0])
def test_moments(alpha):
    # Traces of powers of X X^T, counted by non-crossing partitions (Narayana numbers).
    eigenvalues, weights = marchenko_pastur.quadrature(alpha, 400)
    expected = [min(1, alpha), alpha, alpha + alpha**2, alpha + 3 * alpha**2 + alpha**3]
    np.testing.assert_allclose([weights @ eigenvalues**k for k in range(4)], expected, rtol=1e-12)


@pytest.mark.parametrize("alpha", [0.5, 2.0])
def test_against_adaptive_integration_of_the_density(alpha):
    low, high = marchenko_pastur.edges(alpha)

    def density(x):
        return np.sqrt((high - x) * (x - low)) / (2 * np.pi * x)

    expected = integrate.quad(lambda x: density(x) * np.exp(-3 * x), low, high, epsabs=1e-13, limit=200)[0]
    eigenvalues, weights = marchenko_pastur.quadrature(alpha)
    assert weights @ np.exp(-3 * eigenvalues) == pytest.approx(expected, rel=1e-8)
    # The mean of the pseudo-inverse: alpha/(1 - alpha) below, 1/(alpha - 1) above one.
    assert weights @ (1 / eigenvalues) == pytest.approx(min(alpha, 1) / abs(1 - alpha), rel=1e-9)


def test_against_one_large_random_matrix():
    N, P = 600, 300
    x = np.random.default_rng(0).choice([-1, 1], size=(N, P)) / np.sqrt(N)
    spectrum = np.linalg.eigvalsh(x.T @ x)
    eigenvalues, weights = marchenko_pastur.quadrature(P / N)
    for point in (0.2, 0.5, 1.0, 2.0):
        assert np.sum(spectrum < point) / N == pytest.approx(weights[eigenvalues < point].sum(), abs=0.01)


def test_ratio_must_be_positive():
    with pytest.raises(ValueError, match="must be positive; got 0"):
        marchenko_pastur.quadrature(0.0)
