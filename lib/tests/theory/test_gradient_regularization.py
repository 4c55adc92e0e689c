import numpy as np
import pytest
from scipy import optimize

from theorycheck.theory import gradient_regularization as reg


@pytest.mark.parametrize("kappa, delta", [(1, 0), (4, -0.5), (0.3, 2), (1, -1)])
def test_fall_solves_the_step_equation_of_an_exponential(kappa, delta):
    # f = exp(-mu x): g = -mu f, H = mu^2 f, and the step h falls log f by mu h
    mu, M = 0.4, 1.3
    h = optimize.brentq(lambda h: ((1 + delta) * mu**2 + M / kappa * mu) * h - mu, 0, 1e3)
    assert reg.fall_per_step(kappa, delta, M, mu) == pytest.approx(mu * h)


@pytest.mark.parametrize("a", [0.5, 2 / 3, 0.75])
def test_tail_exponent_by_iterating_one_dimension(a):
    log_f, logs = 0.0, []
    for _ in range(20000):
        log_f -= 1 / (1 + np.exp((a - 1) * log_f))  # mu = M = gamma = 1
        logs.append(log_f)
    slope = (logs[-1] - logs[9999]) / np.log(2)
    assert slope == pytest.approx(reg.tail_exponent(a), rel=0.01)


def test_local_rates_by_iterating_one_dimension():
    # f = x^2/2 + x^3/6: g = x + x^2/2, H = 1 + x
    def nearby(x, delta, a):
        g = x + x**2 / 2
        return x - g / ((1 + delta) * (1 + x) + abs(g) ** a)

    assert nearby(1e-9, 0.5, 1.0) / 1e-9 == pytest.approx(reg.local_factor(0.5), rel=1e-6)
    for a in (0.5, 0.75):
        pair = [nearby(x, 0.0, a) for x in (1e-8, 1e-6)]
        assert np.log(pair[1] / pair[0]) / np.log(100) == pytest.approx(reg.local_order(a), abs=0.01)


def test_search_on_an_exponential_accepts_up_to_the_limit():
    # f = exp(-mu x) with lambda = |g| M/kappa, from f = 1
    mu, M = 0.3, 1.1
    limit = reg.accepted_limit(M, mu)
    for kappa, accepted in ((0.99 * limit, True), (1.01 * limit, False), (1.0, True)):
        g, H = mu, mu**2
        regularization = g * M / kappa
        f = np.exp(-mu * g / (H + regularization))
        assert (1 - f >= (mu * f) ** 2 / (8 * regularization)) == accepted


def test_arrays_are_their_elements():
    M, mu = np.array([1.1, 2.0]), np.array([0.3, 0.7])
    assert reg.accepted_limit(M, mu)[1] == pytest.approx(reg.accepted_limit(2.0, 0.7))
    falls = reg.fall_per_step([[1.0], [4.0]], [[0.5], [-0.5]], M, mu)
    assert falls.shape == (2, 2) and falls[1, 0] == pytest.approx(1 / (0.5 + 1.1 / 1.2))


def test_ranges():
    with pytest.raises(ValueError, match="delta >= -1"):
        reg.fall_per_step(1, -2, 1, 0.5)
    with pytest.raises(ValueError, match="below 1"):
        reg.tail_exponent(1.0)
