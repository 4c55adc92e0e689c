from itertools import product

import numpy as np
import pytest
from scipy import integrate, stats

from theorycheck.theory import adaptive_queries


@pytest.mark.parametrize("n", [5, 8])
def test_agreement_over_all_samples(n):
    # One feature, all 2^n products; the sign of the noisy answer is averaged by integration over the noise.
    def expected_sign(q, tau):
        if tau == 0:
            return np.sign(q)
        return integrate.quad(lambda g: np.sign(q + tau * g) * stats.norm.pdf(g), -9, 9, points=[-q / tau])[0]

    for tau in (0, 0.3):
        table = np.array(list(product([-1, 1], repeat=n)))
        by_mean = {q: expected_sign(q, tau) for q in set(table.mean(axis=1))}
        signs = np.array([by_mean[z.mean()] for z in table])
        assert adaptive_queries.agreement(n, tau) == pytest.approx(np.mean(signs * table[:, 0]), abs=1e-7)


@pytest.mark.parametrize("n, k, tau", [(4, 1, 0), (3, 3, 0), (4, 2, 0)])
def test_final_correlation_over_all_samples(n, k, tau):
    total = 0.0
    for bits in product([-1, 1], repeat=n * k):
        z = np.reshape(bits, (n, k))
        choices = [[np.sign(s)] if s else [-1, 1] for s in z.sum(axis=0)]
        total += np.mean([np.sign(z @ signs).mean() for signs in product(*choices)])
    assert adaptive_queries.final_correlation(n, k, tau) == pytest.approx(total / 2 ** (n * k))


def test_normal_approximation_is_the_limit():
    k = np.array([2001, 20001])
    exact = adaptive_queries.final_correlation(2000, k, 0.1)
    np.testing.assert_allclose(adaptive_queries.final_correlation_normal(2000, k, 0.1), exact, rtol=2e-3)


def test_questions_until_inverts_the_correlation():
    for n, tau in ((200, 0.0), (800, 0.1)):
        k = adaptive_queries.questions_until(0.2, n, tau)
        assert adaptive_queries.final_correlation_normal(n, k, tau) == pytest.approx(0.2)
    growth = adaptive_queries.questions_until(0.2, [100, 200], 0.0)
    assert growth[1] == pytest.approx(2 * growth[0])


def test_release_probability_by_integration():
    n, threshold, sigma = 30, 0.4, 0.1

    q = 2 * np.arange(n + 1) / n - 1
    weights = stats.binom.pmf(np.arange(n + 1), n, 0.5)
    noise = np.linspace(-8, 8, 20001)
    released = (np.abs(q + sigma * noise[:, None]) > threshold) @ weights
    expected = integrate.trapezoid(stats.norm.pdf(noise) * released, noise)
    assert adaptive_queries.release_probability(n, threshold, sigma) == pytest.approx(expected, rel=1e-3)
