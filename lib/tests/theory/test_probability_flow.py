import numpy as np
import pytest
from numpy.polynomial import chebyshev
from scipy import integrate, optimize, stats

from theorycheck.seeds import generator
from theorycheck.theory.probability_flow import MixtureFlow, leading_error, schedule

START, END = -2.0, 2.0
U = np.array([0.2, 0.5, 0.7])


def small_flow():
    return MixtureFlow(np.array([[-1.5, 0.5], [0.3, 1.0]]), np.array([[0.4, 0.6], [0.7, 0.3]]), 0.5)


def test_schedule():
    lam = np.array([-2.0, 0.3])
    alpha, sigma = schedule(lam)
    np.testing.assert_allclose(alpha**2 + sigma**2, 1)
    np.testing.assert_allclose(np.log(alpha / sigma), lam)


def test_cdf_and_density_against_scipy():
    flow, x, lam = small_flow(), np.array([[-1.0, 0.2, 0.8]] * 2), 0.4
    alpha, sigma = schedule(lam)
    law = stats.norm(alpha * flow.means[:, None], np.sqrt(alpha**2 * 0.25 + sigma**2))
    points = x[..., None]
    np.testing.assert_allclose(flow.cdf(x, lam), (law.cdf(points) * flow.weights[:, None]).sum(-1))
    np.testing.assert_allclose(flow.density(x, lam), (law.pdf(points) * flow.weights[:, None]).sum(-1))


def test_quantile_against_brentq():
    flow, lam = small_flow(), np.array([-1.0, 1.5])
    x = flow.quantile(U, lam)
    for i, at in enumerate(lam):
        for m in range(2):
            for k, u in enumerate(U):
                root = optimize.brentq(lambda y, m=m, k=k, u=u, at=at: at_point(flow, y, at)[m] - u, -6, 6, xtol=1e-14)
                assert x[i, m, k] == pytest.approx(root, abs=1e-12)


def at_point(flow, y, lam):
    return flow.cdf(np.full((2, 1), y), lam)[:, 0]


def test_velocity_against_differences_of_quantiles():
    flow, lam, step = small_flow(), np.array([-0.7, 0.9]), 1e-4
    difference = (flow.quantile(U, lam + step) - flow.quantile(U, lam - step)) / (2 * step)
    np.testing.assert_allclose(flow.velocity(flow.quantile(U, lam), lam), difference, rtol=1e-6)


@pytest.mark.parametrize("form", ["noise", "data"])
def test_error_densities_of_a_single_gaussian(form):
    """One Gaussian of mean 0: x_λ = s_λ z, ε̂ = σ x/s², x̂_0 = α sd² x/s², and Φ = s_end/s_λ, all in closed form."""
    sd, z = 0.6, stats.norm.ppf(U)
    flow = MixtureFlow(np.zeros((1, 1)), np.ones((1, 1)), sd)
    densities = flow.error_densities(U, START, END, form)
    lam, step = np.array([-1.3, 0.2, 1.1]), 0.02

    def parts(at):
        alpha, sigma = schedule(at)
        s = np.sqrt(alpha**2 * sd**2 + sigma**2)
        return alpha, sigma, s, (sigma if form == "noise" else alpha * sd**2) / s

    alpha, sigma, s, _ = parts(lam)
    weight = (sigma if form == "noise" else -alpha) * parts(END)[2] / s
    stencils = {1: [1, -8, 0, 8, -1], 2: [-1, 16, -30, 16, -1], 3: [-1, 2, 0, -2, 1]}
    scales = {1: 12 * step, 2: 12 * step**2, 3: 2 * step**3}
    for q, stencil in stencils.items():
        output = sum(c * parts(lam + j * step)[3] for c, j in zip(stencil, range(-2, 3), strict=True)) / scales[q]
        found = chebyshev.chebval((lam - START) / (END - START) * 2 - 1, densities[q])[0]
        np.testing.assert_allclose(found, z[:, None] * weight * output, atol=2e-3)


def test_a_first_order_step_is_the_same_in_both_forms():
    flow = small_flow()
    at = np.linspace(-0.9, 0.9, 5)
    noise, data = (chebyshev.chebval(at, flow.error_densities(U, START, END, f)[1]) for f in ("noise", "data"))
    np.testing.assert_allclose(noise, data, atol=1e-9)


def test_leading_error_is_the_integral_or_the_single_step():
    rng = generator(0, "densities")
    densities = {q: rng.normal(size=(4, 2, 3)) for q in (1, 2, 3)}
    n = 400
    h = (END - START) / n

    def at(lam, q):
        return chebyshev.chebval((lam - START) / (END - START) * 2 - 1, densities[q])

    error, power = leading_error(densities, np.full(n, 2), START, END)
    area = integrate.quad_vec(lambda lam: at(lam, 2), START, END)[0]
    assert power == 2
    np.testing.assert_allclose(error, 5 / 12 * h**2 * area, rtol=1e-3, atol=1e-7)
    mixed = np.full(n, 3)
    mixed[100] = 1
    error, power = leading_error(densities, mixed, START, END)
    assert power == 2
    np.testing.assert_allclose(error, h**2 / 2 * at(START + 100.5 * h, 1))
    mixed = np.where(np.arange(n) < n // 2, 1, 3)
    error, power = leading_error(densities, mixed, START, END)
    half = integrate.quad_vec(lambda lam: at(lam, 1), START, (START + END) / 2)[0]
    assert power == 1
    np.testing.assert_allclose(error, h / 2 * half, rtol=1e-3, atol=1e-5)


def test_unknown_form_is_refused():
    with pytest.raises(ValueError, match="form"):
        small_flow().error_densities(U, START, END, "score")
