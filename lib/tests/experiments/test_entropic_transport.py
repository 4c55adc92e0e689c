import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

from theorycheck.experiments.entropic_transport import (
    divergence,
    draw_covariance,
    draw_potential,
    fit,
    fit_gaussian,
    grid_law,
    objective,
    simulate,
    sinkhorn,
)
from theorycheck.seeds import generator

X = np.linspace(-5, 5, 120)
Y = np.linspace(-8, 8, 190)
P = grid_law(X, "quartic")
Q = np.exp(-(np.abs(Y - 0.5) ** 3) / 3)
Q /= Q.sum()


def test_grid_laws_have_the_moments_of_their_densities():
    """In closed form: Var of the mixture; E x⁴ = 1 under e^{-x⁴/4}; Var = 2/1.5² under e^{-1.5|x|}."""
    x = np.linspace(-14, 14, 7001)
    mixture = grid_law(x, "mixture")
    assert mixture @ x == pytest.approx(0.6 * -1.2 + 0.4 * 1.0)
    assert mixture @ x**2 == pytest.approx(0.6 * (0.25 + 1.44) + 0.4 * (0.49 + 1))
    assert grid_law(x, "quartic") @ x**4 == pytest.approx(1)
    assert grid_law(x, "laplace") @ x**2 == pytest.approx(2 / 1.5**2, rel=1e-5)


def test_law_with_kinks_against_quadrature():
    """The distribution function; the first part alone integrates to 2 · 3^{-2/3} Γ(1/3)."""
    y = np.linspace(-10, 10, 20001)
    bump = 2 * special.gamma(1 / 3) * 3 ** (-2 / 3)
    peaks = 0.7 * 2 * integrate.quad(lambda s: np.exp(-8 * abs(s - 0.6)), 0, 12, points=[0.6])[0]
    above = np.array([y[y <= 0.0].size, y[y <= 1.8].size])
    low = [bump / 2 + 0.7 * integrate.quad(lambda s: np.exp(-8 * (1.2 - s)), -9, 0)[0]]
    low += [bump / 2 + integrate.quad(lambda s: np.exp(-(s**3) / 3), 0, 1.8)[0] + peaks / 2]
    np.testing.assert_allclose(np.cumsum(grid_law(y, "kinks"))[above - 1], np.array(low) / (bump + peaks), atol=1e-3)


def test_unknown_law_is_refused():
    with pytest.raises(ValueError, match="kind"):
        grid_law(X, "cauchy")


def test_divergence_against_scipy():
    rng = generator(5, "laws")
    plan, other = rng.dirichlet(np.ones(12), size=2).reshape(2, 3, 4)
    plan[0, 1] = 0
    plan /= plan.sum()
    assert divergence(plan, np.log(other)) == pytest.approx(stats.entropy(plan.ravel(), other.ravel()))


def test_potential_has_the_stated_ranges():
    log_alpha, r, s = draw_potential(4, generator(0, "potential"))
    assert np.exp(log_alpha).sum() == pytest.approx(1)
    assert np.abs(r).max() <= 1.5
    assert 0.25 <= s.min() <= s.max() <= 0.8


def test_sinkhorn_on_two_atoms_against_a_root():
    """A 2 x 2 plan has one free entry, fixed by the cross ratio of the kernel."""
    x, p, q, eps = np.array([0.0, 1.0]), np.array([0.4, 0.6]), np.array([0.7, 0.3]), 0.3
    plan = sinkhorn(x, p, x, q, eps)[0]
    ratio = np.exp(1 / eps)

    def cross(a):
        return a * (0.6 - 0.7 + a) - ratio * (0.4 - a) * (0.7 - a)

    a = optimize.brentq(cross, 0.1 + 1e-12, 0.4 - 1e-12)
    np.testing.assert_allclose(plan, [[a, 0.4 - a], [0.7 - a, a - 0.1]], atol=1e-10)


def test_sinkhorn_potentials_rebuild_the_plan():
    plan, log_c, log_v = sinkhorn(X, P, Y, Q, 0.5)
    np.testing.assert_allclose(plan.sum(axis=0), Q, atol=1e-12)
    np.testing.assert_allclose(plan.sum(axis=1), P, atol=1e-12)
    rebuilt = np.log(P)[:, None] + X[:, None] * Y / 0.5 + log_v - log_c[:, None]
    np.testing.assert_allclose(np.exp(rebuilt), plan, atol=1e-12)


def test_objective_against_its_definition_and_its_gradient_against_differences():
    theta = np.array(draw_potential(3, generator(1, "potential")))
    eps = 0.7

    def v(y):
        return np.exp(theta[0] - (y - theta[1]) ** 2 / (2 * eps * theta[2])) @ (2 * np.pi * eps * theta[2]) ** -0.5

    x, p, y, q = np.array([-0.5, 1.0]), np.array([0.3, 0.7]), np.array([0.2, 0.9]), np.array([0.5, 0.5])
    c = [integrate.quad(lambda s, a=a: np.exp(a * s / eps) * v(s), -15, 15)[0] for a in x]
    expected = p @ np.log(c) - q @ np.log([v(b) for b in y])
    value, slope = objective(theta, x, p, y, q, eps, gradient=True)
    assert value == pytest.approx(expected, rel=1e-7)

    def flat(t):
        return objective(t.reshape(3, 3), x, p, y, q, eps)

    np.testing.assert_allclose(slope.ravel(), optimize.approx_fprime(theta.ravel(), flat, 1e-7), atol=1e-5)


def test_fit_reaches_what_a_derivative_free_search_reaches():
    log_alpha, r, s = fit(1, X, P, Y, Q, 0.5, generator(2, "fit"), starts=1)

    def flat(t):
        return objective((np.zeros(1), t[:1], np.exp(t[1:])), X, P, Y, Q, 0.5)

    other = optimize.minimize(flat, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12})
    assert objective((log_alpha, r, s), X, P, Y, Q, 0.5) == pytest.approx(other.fun, abs=1e-9)
    np.testing.assert_allclose([r[0], np.log(s[0])], other.x, atol=1e-5)


def test_gaussian_fit_in_one_dimension_solves_a_quadratic():
    m0, m1, eps = np.array([0.4]), np.array([-1.0]), 0.5
    slope, shift = fit_gaussian(m0, np.array([[0.8]]), m1, np.array([[1.7]]), eps)
    root = (-eps + np.sqrt(eps**2 + 4 * 0.8 * 1.7)) / (2 * 0.8)
    assert slope[0, 0] == pytest.approx(root, abs=1e-7)
    assert shift[0] == pytest.approx(-1.0 - root * 0.4, abs=1e-7)


def test_covariance_is_positive():
    assert np.linalg.eigvalsh(draw_covariance(4, generator(3, "covariance"))).min() >= 0.3 - 1e-12


def test_simulation_of_a_linear_equation():
    """dX = -X dt + √ε dW by Euler: the mean is x (1 - 1/n)^n, the variance a geometric sum."""
    n, eps, paths = 20, 0.4, 20000
    end = simulate(lambda x, t: -x, np.full(paths, 1.5), eps, n, generator(4, "paths"))
    variance = eps / n * sum((1 - 1 / n) ** (2 * k) for k in range(n))
    assert end.mean() == pytest.approx(1.5 * (1 - 1 / n) ** n, abs=5 * np.sqrt(variance / paths))
    assert end.var() == pytest.approx(variance, rel=5 * np.sqrt(2 / paths))
