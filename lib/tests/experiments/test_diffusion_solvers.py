import numpy as np
import pytest
from scipy import integrate, stats

from theorycheck.experiments.diffusion_solvers import (
    MixtureModel,
    draw_mixtures,
    exponential_multistep,
    mixture_output,
    step_orders,
    step_weights,
)
from theorycheck.seeds import generator

MEANS, WEIGHTS, SD = np.array([[-1.2, 0.7]]), np.array([[0.3, 0.7]]), 0.5


def scales(lam):
    return 1 / np.sqrt(1 + np.exp([-2 * lam, 2 * lam]))


def test_mixtures():
    means, weights = draw_mixtures(5, 3, generator(0, "mixtures"))
    assert means.shape == weights.shape == (5, 3)
    assert np.abs(means).max() <= 2
    np.testing.assert_allclose(weights.sum(axis=1), 1)


def test_outputs_against_numerical_posterior():
    alpha, sigma = scales(0.3)
    x = np.array([[-0.9, 0.1, 1.4]])
    noise, data = mixture_output(x, alpha, sigma, MEANS, WEIGHTS, SD)
    for k, value in enumerate(x[0]):

        def weight(y, value=value):
            return stats.norm.pdf(y, MEANS[0], SD) @ WEIGHTS[0] * stats.norm.pdf(value, alpha * y, sigma)

        mass, moment = (integrate.quad(lambda y, p=p: weight(y) * y**p, -6, 6)[0] for p in (0, 1))
        assert data[0, k] == pytest.approx(moment / mass, rel=1e-7)
    np.testing.assert_allclose(alpha * data + sigma * noise, x)


@pytest.mark.parametrize("form", ["noise", "data"])
def test_model_of_one_gaussian_in_closed_form(form):
    """Data N(0, sd²): x is normal with variance v = α² sd² + σ², so x̂_0 = α sd² x/v and ε̂ = σ x/v."""
    lam, x = 0.4, np.array([[-1.0, 2.0]])
    alpha, sigma = np.tanh(lam) / 2 + 0.5, 0.5 - np.tanh(lam) / 2  # squares
    exact = x / (alpha * SD**2 + sigma) * (sigma**0.5 if form == "noise" else alpha**0.5 * SD**2)
    model = MixtureModel(np.zeros((1, 1)), np.ones((1, 1)), SD, form, error=0.25)
    np.testing.assert_allclose(model(x, lam), 1.25 * exact)


def test_orders_by_hand():
    wanted = {
        "2": [2, 2, 2, 2, 2],
        "3+one1": [3, 3, 1, 3, 3],
        "2+one3": [2, 2, 3, 2, 2],
        "half1": [1, 1, 3, 3, 3],
        "alt13": [1, 3, 1, 3, 1],
    }
    for pattern, orders in wanted.items():
        assert step_orders(pattern, 5).tolist() == orders
    assert step_orders("3+one2", 5, place=0.99).tolist() == [3, 3, 3, 3, 2]


@pytest.mark.parametrize("pattern, place", [("4", 0.5), ("3+one4", 0.5), ("half2", 0.5), ("1", 1.0)])
def test_unknown_patterns_are_refused(pattern, place):
    with pytest.raises(ValueError, match="pattern"):
        step_orders(pattern, 5, place)


@pytest.mark.parametrize("sign", [-1, 1])
def test_step_weights_integrate_polynomials_exactly(sign):
    h = 0.3
    for order in (1, 2, 3):
        nodes = -h * np.arange(order)
        for power in range(order):
            exact = integrate.quad(lambda s, p=power: np.exp(sign * s) * s**p, 0, h)[0]
            assert step_weights(h, order, sign) @ nodes**power == pytest.approx(exact, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("form", ["noise", "data"])
def test_solver_against_an_adaptive_integrator(form):
    """d(x/α)/dλ = -e^{-λ} ε̂ with SciPy; the history comes from integrating backwards."""
    start, lambdas = np.array([[-0.4, 0.8]]), np.linspace(-1, 1, 201)
    h = lambdas[1] - lambdas[0]

    def model(x, lam, form=form):
        return mixture_output(x, *scales(lam), MEANS, WEIGHTS, SD)[form == "data"]

    def slope(lam, scaled):
        return -np.exp(-lam) * model(scaled[None] * scales(lam)[0], lam, "noise")[0]

    def exact(lam):
        run = integrate.solve_ivp(slope, (-1, lam), start[0] / scales(-1)[0], rtol=1e-11, atol=1e-12)
        return run.y[:, -1][None] * scales(lam)[0]

    past = [model(exact(-1 - j * h), -1 - j * h) for j in (1, 2)]
    orders = np.array([[1] * 200, [2] * 200, [3] * 200])
    error = np.abs(exponential_multistep(model, start, past, lambdas, orders, form) - exact(1)).max(axis=(1, 2))
    assert np.all(error < [2e-2, 2e-4, 1e-5])
    assert np.all(error[:-1] > 5 * error[1:])


def test_a_first_order_step_is_ddim_in_both_forms():
    """x_t = α_t x̂_0 + σ_t ε̂."""
    lambdas = np.array([0.2, 0.5])
    x = np.array([[0.3, -0.6]])
    noise, data = mixture_output(x, *scales(0.2), MEANS, WEIGHTS, SD)
    expected = scales(0.5)[0] * data + scales(0.5)[1] * noise
    for form, output in (("noise", noise), ("data", data)):
        step = exponential_multistep(lambda _, lam, o=output: o, x, [output] * 2, lambdas, [[1]], form)
        np.testing.assert_allclose(step[0], expected)


def test_reuse_calls_the_model_less_often():
    calls = []

    def model(x, lam):
        calls.append(lam)
        return 0 * x

    lambdas = np.linspace(0, 1, 7)
    exponential_multistep(model, np.zeros((1, 1)), np.zeros((2, 1, 1)), lambdas, [[1] * 6], "data", reuse_every=2)
    np.testing.assert_allclose(calls, lambdas[:-1:2])


@pytest.mark.parametrize("orders, form", [([[1, 4]], "data"), ([[1]], "data"), ([[1, 1]], "score")])
def test_bad_arguments_are_refused(orders, form):
    with pytest.raises(ValueError, match=r"orders|form"):
        exponential_multistep(None, np.zeros((1, 1)), np.zeros((2, 1, 1)), np.linspace(0, 1, 3), orders, form)
