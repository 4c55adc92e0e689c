import math

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from theorycheck.theory import kl_balls


@pytest.mark.parametrize("K", [1, 2, 3, 5])
def test_density_is_that_of_the_product(K):
    total, _ = integrate.quad(lambda s: 2 * kl_balls.product_prior_density(math.exp(-s), K) * math.exp(-s), 0, 80)
    assert total == pytest.approx(1)
    second, _ = integrate.quad(lambda s: 2 * kl_balls.product_prior_density(math.exp(-s), K) * math.exp(-3 * s), 0, 80)
    assert second == pytest.approx(3.0**-K)  # E prod theta_i^2


def test_divergence_against_scipy():
    p, q = (1 + 0.3) / 2, (1 - 0.2) / 2
    expected = special.rel_entr([p, 1 - p], [q, 1 - q]).sum()
    assert kl_balls.coin_divergence(0.3, -0.2) == pytest.approx(expected, rel=1e-14)
    assert kl_balls.coin_divergence(0.3, 0.3) == 0


@pytest.mark.parametrize("K, phi0, r", [(1, 0.4, 0.01), (2, 0.0, 0.003), (3, 0.5, 0.05), (4, 0.1, 0.2)])
def test_ball_weight_by_integrating_the_density(K, phi0, r):
    def inside(phi):
        return kl_balls.coin_divergence(phi0, phi) <= r

    grid = np.linspace(-1, 1, 2_000_002)[1:-1]  # even number: 0 is not on it
    ball = grid[inside(grid)]
    lowest, highest = ball[0], ball[-1]
    pieces = [(lowest, highest)] if lowest > 0 else [(lowest, 0), (0, highest)]
    expected = sum(mpmath.quad(lambda x: (-mpmath.log(abs(x))) ** (K - 1), p) for p in pieces) / (
        2 * math.factorial(K - 1)
    )
    assert kl_balls.kl_ball_weight(K, phi0, r) == pytest.approx(float(expected), rel=1e-4)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 5), st.floats(-0.8, 0.8), st.integers(10, 3000))
def test_best_ball_is_no_worse_than_any_other(K, phi0, n):
    bound, r = kl_balls.min_ball_bound(n, phi0, K)
    for other in r * np.array([0.3, 0.9, 1.1, 3]):
        if other < 10:
            assert bound <= -math.log(kl_balls.kl_ball_weight(K, phi0, other)) + n * other + 1e-6


def test_best_ball_of_a_uniform_prior():
    # w(B_r) = sqrt(2 r) + O(r^1.5) at phi0 = 0, K = 1
    bound, r = kl_balls.min_ball_bound(10**6, 0.0, 1)
    assert r * 10**6 == pytest.approx(0.5, abs=1e-2)
    assert bound == pytest.approx(0.5 + 0.5 * math.log(10**6), abs=1e-5)


def test_expansion_against_the_exact_uniform_mixture():
    # K = 1: the probability of k ones among n is 1/(n + 1) for every k, whatever the coin.
    for phi0 in (0.3, -0.6):
        for n in (400, 1600):
            p = (1 + phi0) / 2
            k = np.arange(n + 1)
            law = stats.binom(n, p)
            exact = (law.pmf(k) * (law.logpmf(k) + math.log(n + 1))).sum()
            leading, correction = kl_balls.coin_regret_expansion(n, phi0, 1)
            assert exact == pytest.approx(leading + correction, abs=3 / n**2)


def test_laplace_term_by_symbolic_expansion():
    # second-order Laplace of int f exp(n l): moments of a Gaussian of variance V/n, with l''' and l'''' by SymPy
    x, mean = sympy.symbols("x mean")
    likelihood = (1 + mean) / 2 * sympy.log(1 + x) + (1 - mean) / 2 * sympy.log(1 - x)
    phi0, K = sympy.Rational(2, 5), 3
    d3, d4 = (likelihood.diff(x, i).subs(mean, x).subs(x, phi0) for i in (3, 4))
    f = (-sympy.log(x)) ** (K - 1)
    V = 1 - phi0**2
    laplace = (
        V * (f.diff(x, 2) / f).subs(x, phi0) / 2
        + V**2 * d3 * (f.diff(x) / f).subs(x, phi0) / 2
        + V**2 * d4 / 8
        + 5 * V**3 * d3**2 / 24
    )
    # E n KL(mean || phi0), by the moments of a mean of n signs
    divergence = likelihood.subs(x, mean) - likelihood.subs(x, phi0)
    e3, e4 = (divergence.diff(mean, i).subs(mean, phi0) for i in (3, 4))
    ratio = e3 * (-2 * phi0 * V) / 6 + e4 * 3 * V**2 / 24
    curvature = V / 2 * (-sympy.log(f) - sympy.log(1 - x**2) / 2).diff(x, 2).subs(x, phi0)
    _, c = kl_balls.coin_regret_expansion(1, 0.4, K)
    assert float(c) == pytest.approx(float(curvature - ratio - laplace), rel=1e-12)


def test_gap_constant_from_its_two_terms():
    n, phi0 = 10**7, 0.5
    leading, _ = kl_balls.coin_regret_expansion(n, phi0, 2)
    assert kl_balls.min_ball_bound(n, phi0, 2)[0] - leading == pytest.approx(kl_balls.BALL_GAP, abs=1e-4)


def test_prefix_weight_in_exact_fractions():
    from fractions import Fraction

    for J in (0, 1, 3, 5):
        masses = [Fraction(1, 2 ** (j + 1)) for j in range(J)] + [Fraction(1, 2**J)]
        assert sum(masses) == 1
        for j0 in range(J + 1):
            weight = sum(m / 2 ** (2**j) for j, m in enumerate(masses) if j >= j0)
            assert kl_balls.prefix_log_weight(j0, J) == pytest.approx(-math.log(weight), rel=1e-14)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="phi0 = 0"):
        kl_balls.coin_regret_expansion(10, 0.0, 2)
    with pytest.raises(ValueError, match="r > 0"):
        kl_balls.kl_ball_weight(1, 0.0, 0.0)
    with pytest.raises(ValueError, match="j0 = 4"):
        kl_balls.prefix_log_weight(4, 3)
