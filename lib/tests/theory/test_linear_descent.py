import mpmath
import numpy as np
import pytest
from scipy import stats

from theorycheck.theory import linear_descent, marchenko_pastur


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
def test_closed_form_against_the_recursion_of_each_mode(alpha):
    # d <- (1 - rate x) d + rate sqrt(x) noise: its mean square, step by step.
    inr, snr, rate, k = 0.3, 1.7, 0.15, 40
    eigenvalues, weights = marchenko_pastur.quadrature(alpha, 300)
    start, pushed = np.ones_like(eigenvalues), np.zeros_like(eigenvalues)
    for _ in range(k):
        start = (1 - rate * eigenvalues) * start
        pushed = (1 - rate * eigenvalues) * pushed + rate * np.sqrt(eigenvalues)
    expected = weights @ ((1 + inr) * start**2 + pushed**2 / snr) + max(1 - alpha, 0) * (1 + inr) + 1 / snr
    assert linear_descent.generalization_error(alpha, [k], rate, inr, snr, nodes=300) == pytest.approx(expected)


def test_before_the_first_step_and_after_the_last():
    start = linear_descent.generalization_error(0.6, [0], 0.1, 0.25, 2.0)
    assert start == pytest.approx(1.25 + 0.5)
    for alpha in (0.5, 1.8):
        late = linear_descent.generalization_error(alpha, [10**6], 0.1, 0.25, 2.0)
        assert late == pytest.approx(linear_descent.final_error(10**7, round(alpha * 10**7), 0.25, 2.0), rel=1e-5)


def test_final_error_is_the_mean_of_an_inverse_wishart_matrix():
    N, P, snr = 4, 9, 2.0
    mean_inverse = np.trace(stats.invwishart(df=P, scale=np.eye(N)).mean()) * N  # inputs have variance 1/N
    assert linear_descent.final_error(N, P, 0.3, snr) == pytest.approx(mean_inverse / (N * snr) + 1 / snr)
    # P < N: the P x P Gram matrix takes its place.
    N, P = 9, 4
    mean_inverse = np.trace(stats.invwishart(df=N, scale=np.eye(P)).mean()) * N
    expected = mean_inverse / (N * snr) + (1 - P / N) * 1.3 + 1 / snr
    assert linear_descent.final_error(N, P, 0.3, snr) == pytest.approx(expected)
    with pytest.raises(ValueError, match="the mean is infinite"):
        linear_descent.final_error(9, 10, 0.3, snr)


def test_critical_slope():
    # The integral in the notes, with u = v^2.
    integral = mpmath.quad(lambda v: 2 * (1 - mpmath.exp(-(v**2))) ** 2 / v**2, [0, 1, 4, mpmath.inf])
    assert linear_descent.CRITICAL_SLOPE == pytest.approx(float(integral / mpmath.pi), rel=1e-10)
    noise = linear_descent.critical_noise(np.array([100.0, 400.0]))
    assert (noise[1] - noise[0]) / 10 == pytest.approx(linear_descent.CRITICAL_SLOPE, rel=2e-3)


def test_frozen_share_can_be_denied():
    whole = linear_descent.generalization_error(0.5, [30], 0.1, 0.25, 2.0)
    without = linear_descent.generalization_error(0.5, [30], 0.1, 0.25, 2.0, frozen=0.0)
    assert whole - without == pytest.approx(0.5 * 1.25)


def test_many_aspects_at_once():
    curves = linear_descent.generalization_error(np.array([0.5, 1.5]), [0, 7, 30], 0.1, 0.25, 2.0)
    for alpha, curve in zip((0.5, 1.5), curves, strict=True):
        np.testing.assert_array_equal(curve, linear_descent.generalization_error(alpha, [0, 7, 30], 0.1, 0.25, 2.0))
    ends = linear_descent.final_error(9, np.array([4, 20]), 0.3, 2.0)
    assert ends.tolist() == [linear_descent.final_error(9, P, 0.3, 2.0) for P in (4, 20)]
    with pytest.raises(ValueError, match="the mean is infinite"):
        linear_descent.final_error(9, np.array([4, 8]), 0.3, 2.0)
