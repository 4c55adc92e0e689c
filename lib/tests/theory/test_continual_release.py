import numpy as np
import pytest
import sympy
from scipy import integrate, optimize, stats

from theorycheck.seeds import generator
from theorycheck.theory import continual_release as cr


@pytest.mark.parametrize(("horizon", "period"), [(60, 7), (64, 8), (10, 1), (9, 9), (1, 1)])
def test_recompute_error_against_every_step_of_the_stream(horizon, period):
    rho, runs = 0.05, 40_000
    blocks = -(-horizon // period)
    z = np.sqrt(blocks / (2 * rho)) * generator(0, "noise", period).standard_normal((runs, blocks))
    t = np.arange(horizon)
    held = (t // period * period + 1) + z[:, t // period]
    worst = np.abs(held - (t + 1)).max(axis=1)
    assert cr.recompute_error(horizon, period, rho) == pytest.approx(worst.mean(), abs=5 * worst.std() / np.sqrt(runs))


def test_best_period_against_all_periods():
    errors = [cr.recompute_error(4096, r, 0.5) for r in range(1, 400)]
    assert cr.recompute_error(4096, cr.best_period(4096, 0.5), 0.5) <= 1.005 * min(errors)


def test_period_beyond_the_horizon_is_refused():
    with pytest.raises(ValueError, match="between 1 and the horizon 5"):
        cr.recompute_error(5, 6, 0.5)


def test_zcdp_scale_against_the_renyi_divergence_of_gaussians():
    """D_a(N(0, s^2) || N(1, s^2)) = a rho for every order a; 7 releases share rho."""
    rho, order = 0.3, 3.0
    s = cr.gaussian_scale(rho, 7)
    p, q = stats.norm(0, s).pdf, stats.norm(1, s).pdf
    integral, _ = integrate.quad(lambda x: p(x) ** order * q(x) ** (1 - order), -80, 80, points=[0, 1])
    assert 7 * np.log(integral) / (order - 1) == pytest.approx(order * rho)


def test_tree_variance_counts_dyadic_blocks():
    def blocks(t):
        """Greedy decomposition of [0, t) into dyadic blocks, largest first."""
        if t == 0:
            return 0
        size = 1
        while 2 * size <= t:
            size *= 2
        return 1 + blocks(t - size)

    times = [1, 6, 7, 63, 64, 100]
    assert cr.tree_variance(times, 100, 0.5) == pytest.approx([blocks(t) * 7 for t in times])
    assert cr.tree_levels(64) == 7
    assert cr.tree_growth(64) == pytest.approx(7 * np.sqrt(np.log(64)))


def test_moments_behind_the_tracing_advantage():
    p = sympy.symbols("p")
    assert sympy.integrate(p * (1 - p), (p, 0, 1)) == sympy.Rational(1, 6)
    assert sympy.integrate((p * (1 - p)) ** 2, (p, 0, 1)) == sympy.Rational(1, 30)
    n, d, v = 10, 500, 3.0
    gap, deviation = d / (6 * n), np.sqrt(d * (1 / (30 * n) + v / (6 * n**2)))
    rates = stats.norm.sf(d / (12 * n), [gap, 0], deviation)
    assert cr.tracing_advantage(n, d, v) == pytest.approx(rates[0] - rates[1])


@pytest.mark.parametrize("rho", [0.1, 0.5, 1.0])
def test_critical_error_against_a_root_search(rho):
    n, d = 64, 4096
    root = optimize.brentq(lambda a: cr.tracing_advantage(n, d, a**2) - np.sqrt(rho / 2), 0.1, 1e3)
    assert cr.critical_error(n, d, rho) == pytest.approx(root)
    assert np.isnan(cr.critical_error(10_000, 100, rho))


def test_ceiling_is_just_above_the_total_variation_of_gaussians():
    """The Gaussian mechanism has the KL divergence rho exactly; its total variation is near 0.8 sqrt(rho/2)."""
    for rho in (0.01, 0.2, 1.0):
        shift = 1 / cr.gaussian_scale(rho)
        assert 0.7 < (2 * stats.norm.cdf(shift / 2) - 1) / cr.advantage_ceiling(rho) <= 1
