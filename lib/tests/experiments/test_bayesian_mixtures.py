import math
from itertools import product

import mpmath
import numpy as np
import pytest
from scipy import special, stats

from theorycheck.experiments import bayesian_mixtures as mixtures
from theorycheck.seeds import generator


@pytest.mark.parametrize("n, phi0", [(7, 0.0), (300, 0.6), (10000, 0.3)])
def test_one_parameter_against_the_beta_function(n, phi0):
    p = (1 + phi0) / 2
    k = np.arange(n + 1)
    regret = special.xlogy(k, p) + special.xlogy(n - k, 1 - p) - special.betaln(k + 1, n - k + 1)
    exact = stats.binom.pmf(k, n, p) @ regret
    assert mixtures.expected_regret_bernoulli(n, phi0, 1) == pytest.approx(exact, abs=1e-9)


@pytest.mark.parametrize("K", [2, 3])
def test_several_parameters_against_mpmath(K):
    n, phi0 = 5, 0.4

    def mixture(k):
        def integrand(s):
            phi = mpmath.exp(-s)
            both = ((1 + phi) / 2) ** k * ((1 - phi) / 2) ** (n - k) + ((1 - phi) / 2) ** k * ((1 + phi) / 2) ** (n - k)
            return s ** (K - 1) * phi * both / 2 / math.factorial(K - 1)

        return mpmath.quad(integrand, [0, 1, 4, 16, 70])

    p = (1 + phi0) / 2
    exact = sum(
        stats.binom.pmf(k, n, p) * (k * math.log(p) + (n - k) * math.log(1 - p) - float(mpmath.log(mixture(k))))
        for k in range(n + 1)
    )
    assert mixtures.expected_regret_bernoulli(n, phi0, [1, K])[1] == pytest.approx(exact, abs=1e-10)


def test_product_of_parameters_by_simulation():
    n, K = 3, 4
    theta = generator(0, "prior").uniform(-1, 1, size=(K, 400_000)).prod(axis=0)
    k = np.arange(n + 1)[:, None]
    mixture = (((1 + theta) / 2) ** k * ((1 - theta) / 2) ** (n - k)).mean(axis=1)
    p = 0.75
    exact = stats.binom.pmf(k.ravel(), n, p) @ (
        k.ravel() * math.log(p) + (n - k.ravel()) * math.log(1 - p) - np.log(mixture)
    )
    assert mixtures.expected_regret_bernoulli(n, 0.5, K) == pytest.approx(exact, abs=2e-3)


def test_a_gap_in_the_prior_costs_linear_regret():
    regret = [mixtures.expected_regret_bernoulli(n, 0.3, 1, support_gap=0.1) for n in (2000, 4000)]
    p, q = 0.65, 0.7
    nearest = min(p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q)) for q in (q, 0.6))
    assert (regret[1] - regret[0]) / 2000 == pytest.approx(nearest, rel=0.05)
    # Also where the likelihood of every coin that is left underflows.
    far = mixtures.expected_regret_bernoulli(20_000, 0.6, 1, support_gap=0.25) / 20_000
    assert far == pytest.approx(0.8 * math.log(0.8 / 0.675) + 0.2 * math.log(0.2 / 0.325), rel=0.02)


def _by_enumeration(x, y, J, eta, prior):
    """Sum over every depth and every table, one hypothesis at a time."""
    total = 0.0
    for j in range(J + 1):
        mass = (2.0 ** -(j + 1) if j < J else 2.0**-J) if prior == "prefix" else float(j == J)
        for table in product([0, 1], repeat=2**j):
            right = np.array(table)[x >> (J - j)] == y
            total += mass / 2 ** (2**j) * np.prod(np.where(right, 1 - eta, eta))
    return math.log(total)


@pytest.mark.parametrize("prior", ["prefix", "uniform"])
def test_depth_mixture_by_enumeration(prior):
    J, eta, n = 3, 0.2, 9
    x, y, flipped = mixtures.draw_prefix_rule(J, 2, n, eta, 4, generator(1, prior))
    regret = mixtures.depth_mixture_regret(x, y, flipped, J, eta, prior)
    for r in range(4):
        truth = np.log(np.where(flipped[r], eta, 1 - eta)).sum()
        assert regret[r] == pytest.approx(truth - _by_enumeration(x[r], y[r], J, eta, prior), abs=1e-12)


@pytest.mark.parametrize("j0", [0, 1, 3])
def test_drawn_rules_depend_on_exactly_their_prefix(j0):
    J, n = 4, 600
    x, y, flipped = mixtures.draw_prefix_rule(J, j0, n, 0.1, 30, generator(2, j0))
    truth = y ^ flipped
    for r in range(30):
        values = np.full(2**J, -1)
        values[x[r]] = truth[r]
        assert (values >= 0).all() and (values[x[r]] == truth[r]).all()
        cells = values.reshape(2**j0, -1)
        assert (cells == cells[:, :1]).all()
        if j0:
            assert (cells[::2, 0] != cells[1::2, 0]).any()
    assert abs(flipped.mean() - 0.1) < 0.02


def test_regret_along_a_path_is_that_of_its_beginnings():
    J, j0, eta, lengths = 2, 1, 0.2, [1, 4, 10]
    regret = mixtures.prefix_rule_regret(J, j0, lengths, eta, 3, generator(3, "path"), "prefix")
    x, y, flipped = mixtures.draw_prefix_rule(J, j0, 10, eta, 3, generator(3, "path"))
    for i, n in enumerate(lengths):
        for r in range(3):
            truth = np.log(np.where(flipped[r, :n], eta, 1 - eta)).sum()
            mixture = _by_enumeration(x[r, :n], y[r, :n], J, eta, "prefix")
            assert regret[i, r] == pytest.approx(truth - mixture, abs=1e-12)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="prior must be"):
        mixtures.depth_mixture_regret(
            np.zeros((1, 1), int), np.zeros((1, 1), int), np.zeros((1, 1), bool), 2, 0.1, "flat"
        )
    with pytest.raises(ValueError, match="phi0 = 1"):
        mixtures.expected_regret_bernoulli(5, 1.0, 2)
