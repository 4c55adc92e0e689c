import numpy as np
import pytest
import sympy
from scipy import optimize
from scipy.special import softmax

from theorycheck.experiments import polynomial_attention as pa
from theorycheck.seeds import generator


@pytest.mark.parametrize(("radius", "degree"), [(1.0, 3), (2.5, 5)])
def test_minimax_against_a_linear_program(radius, degree):
    fit = pa.minimax_exp(radius, degree, stop=1.001, steps=400)
    x = np.linspace(-radius, radius, 801)
    powers = np.vander(x, degree + 1) * np.exp(-x)[:, None]
    rows = np.block([[powers, -np.ones((801, 1))], [-powers, -np.ones((801, 1))]])
    solved = optimize.linprog(
        [0] * (degree + 1) + [1],
        rows,
        np.concatenate([np.ones(801), -np.ones(801)]),
        bounds=[(None, None)] * (degree + 2),
    )
    assert fit.error == pytest.approx(solved.fun, rel=5e-3)
    assert fit.lower <= solved.fun * 1.005


def test_evaluation_elsewhere_is_a_polynomial_times_the_weight():
    fit = pa.minimax_exp(8.0, 12)
    x = np.linspace(-8, 8, 200)
    error = fit.relative_error(x)
    assert np.abs(error).max() <= 1.05 * fit.error
    coefficients = np.polynomial.chebyshev.chebfit(x[::2] / 8, (1 + error[::2]) * np.exp(x[::2]), 12)
    assert np.polynomial.chebyshev.chebval(x / 8, coefficients) == pytest.approx((1 + error) * np.exp(x), rel=1e-4)


def test_taylor_against_sympy():
    x = sympy.Symbol("x")
    series = sympy.exp(x).series(x, 0, 6).removeO()
    expected = float((series * sympy.exp(-x)).subs(x, -1.5)) - 1
    assert pa.taylor_relative_error(5, np.array([-1.5])) == pytest.approx([expected])


def test_scores_against_loops_and_their_corners():
    factors = pa.corner_tokens(3, 2, 3, 1.7, generator(0, "tokens"))
    x = pa.scores(factors)
    q, k2, k3 = factors
    for i, j, m in np.ndindex(3, 3, 3):
        assert x[i, j, m] == pytest.approx(sum(q[i, c] * k2[j, c] * k3[m, c] for c in range(2)) / 2)
    assert np.abs(x).max() == pytest.approx(1.7**3)
    assert x.min() == pytest.approx(-(1.7**3))
    bounded = pa.corner_tokens(3, 2, 3, 1.7, generator(0, "tokens"), bounded_factors=1)
    assert np.abs(pa.scores(bounded)).max() == pytest.approx(1.7**2)


def test_output_error_against_two_softmaxes():
    rng = generator(0, "attention")
    x, error, values = rng.normal(size=(4, 3, 2)), rng.uniform(-0.2, 0.2, size=(4, 3, 2)), rng.normal(size=(6, 2))
    flat = x.reshape(4, 6)
    changed = softmax(flat + np.log1p(error.reshape(4, 6)), axis=1)
    expected = np.abs((softmax(flat, axis=1) - changed) @ values).max()
    assert pa.output_error(x, error, values) == pytest.approx(expected)


def test_reached_bound_has_the_wanted_error():
    bound, error, _ = pa.reached_bound(8, 4.0, 3, 5, 2, generator(0, "reached"))
    assert error == pytest.approx(np.exp(-4.0), rel=0.01)
    assert pa.minimax_exp(bound**3, 8).error == pytest.approx(np.exp(-4.0), rel=0.03)


def test_bounds_for_orders_and_degrees_are_roots_of_one_radius():
    """B^k is the largest score and the error depends on it alone, so that B^k is the same for all orders."""
    degrees, log_errors, orders = (4, 8), (2.0, 4.0), (2, 3)
    rngs = [[generator(0, "reached", k, g) for g in degrees] for k in orders]
    bound, entry, _ = pa.reached_bounds(degrees, log_errors, orders, (30, 8), 2, rngs)
    assert -np.log(entry) == pytest.approx(np.broadcast_to(log_errors, (2, 2)), abs=0.01)
    assert bound[0] ** 2 == pytest.approx(bound[1] ** 3, rel=0.02)
    with pytest.raises(ValueError, match="zip"):
        pa.reached_bounds(degrees, log_errors, orders, (30,), 2, rngs)


def test_rank_against_rational_elimination():
    rng = generator(0, "rank")
    matrix = rng.integers(-9, 10, size=(7, 3)) @ rng.integers(-9, 10, size=(3, 8))
    assert pa.rank_mod_p(matrix) == sympy.Matrix(matrix.tolist()).rank() == 3
    assert pa.rank_mod_p([[5, 10], [10, 20]]) == 1
    assert pa.rank_mod_p([[5, 10], [10, 21]], p=7) == 2


def test_rank_of_a_linear_polynomial():
    assert pa.polynomial_rank(1, 2, 3, 10, generator(0, "linear")) == 3
