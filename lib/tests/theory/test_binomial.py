import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from theorycheck.theory.binomial import (
    bernoulli_kl,
    binomial_tail_inverse,
    kl_inverse,
    log_binomial_cdf,
)


def mp_log_cdf(k, n, p):
    """ln P(Bin(n, p) <= k) by summing the probabilities with 50 digits."""
    with mpmath.workdps(50):
        p = mpmath.mpf(float(p))
        return float(mpmath.log(mpmath.fsum(mpmath.binomial(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1))))


@given(q=st.floats(0, 1), p=st.floats(1e-6, 1 - 1e-6))
def test_kl_is_nonnegative_and_above_pinsker(q, p):
    kl = bernoulli_kl(q, p)
    assert kl >= 2 * (q - p) ** 2 - 1e-15
    assert kl == pytest.approx(stats.entropy([q, 1 - q], [p, 1 - p]), abs=1e-12)


def test_kl_at_the_ends():
    np.testing.assert_array_equal(bernoulli_kl([0, 1, 0.5, 0.5], [0, 1, 0, 1]), [0, 0, np.inf, np.inf])


@pytest.mark.parametrize("c", [1e-9, 1e-4, 0.01, 0.3, 2.0])
def test_kl_inverse_against_a_root_finder(c):
    q = np.linspace(0, 0.9, 19)
    expected = [optimize.brentq(lambda p, q=q: bernoulli_kl(q, p) - c, q, 1 - 1e-16, xtol=1e-15) for q in q]
    np.testing.assert_allclose(kl_inverse(q, c), expected, rtol=1e-9, atol=1e-14)


def test_kl_inverse_at_the_ends():
    np.testing.assert_allclose(kl_inverse(0, 0.3), 1 - np.exp(-0.3))
    np.testing.assert_array_equal(kl_inverse([0.2, 1.0], [0.0, 0.5]), [0.2, 1.0])
    assert kl_inverse(0.5, 1000.0) <= 1
    with pytest.raises(ValueError, match="at least 0"):
        kl_inverse(0.5, -1)
    with pytest.raises(ValueError, match=r"q must lie in \[0, 1\]"):
        kl_inverse(1.5, 1)


@pytest.mark.parametrize("k, n, p", [(0, 5, 0.3), (3, 800, 0.9), (100, 800, 0.8), (399, 400, 0.9999), (40, 100, 0.999)])
def test_log_cdf_against_50_digits(k, n, p):
    assert log_binomial_cdf(k, n, p) == pytest.approx(mp_log_cdf(k, n, p), rel=1e-11)


def test_log_cdf_at_the_ends():
    np.testing.assert_array_equal(log_binomial_cdf([3, 3, 10, 0], 10, [0.0, 1.0, 1.0, 0.0]), [0, -np.inf, 0, 0])


@given(n=st.integers(1, 500), share=st.floats(0, 1), delta=st.floats(1e-12, 0.5))
def test_tail_inverse_is_clopper_pearson(n, share, delta):
    k = int(share * n)
    expected = stats.beta.isf(delta, k + 1, n - k) if k < n else 1.0
    assert binomial_tail_inverse(k, n, np.log(delta)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("log_delta", [-30.0, -250.0, -600.0])
@pytest.mark.parametrize("k", [0, 7, 200])
def test_tail_inverse_of_tiny_delta(k, log_delta):
    p = binomial_tail_inverse(k, 800, log_delta)
    assert mp_log_cdf(k, 800, p) == pytest.approx(log_delta, rel=1e-9)


def test_tail_inverse_rejects_what_is_no_confidence_level():
    with pytest.raises(ValueError, match="log_delta must be negative"):
        binomial_tail_inverse(1, 5, 0.0)
    with pytest.raises(ValueError, match="0 <= k <= n"):
        binomial_tail_inverse(6, 5, -1.0)
