from itertools import pairwise

import mpmath
import numpy as np
import pytest
from scipy.optimize import check_grad

from theorycheck.experiments import logistic_regression
from theorycheck.experiments.logistic_regression import gradient_descent
from theorycheck.seeds import generator

U = generator(0, "points").normal(size=(12, 3)) + np.array([2.0, 0, 0])


@pytest.mark.parametrize("margin", [-1e9, -40.0, -1.0, 0.0, 0.3, 25.0, 1e8])
def test_losses_and_derivatives_against_high_precision(margin):
    formulas = {
        logistic_regression.logistic: lambda m: mpmath.log(1 + mpmath.exp(-m)),
        logistic_regression.algebraic: lambda m: (mpmath.sqrt(1 + m**2) - m) / 2,
    }
    with mpmath.workdps(400 if abs(margin) < 1e3 else 60):
        for function, formula in formulas.items():
            if function is logistic_regression.logistic and margin > 1e3:
                continue  # the loss underflows
            loss, weight = function(np.array(margin))
            m = mpmath.mpf(margin)
            exact_weight = {
                logistic_regression.logistic: lambda m: 1 / (1 + mpmath.exp(m)),
                logistic_regression.algebraic: lambda m: (1 - m / mpmath.sqrt(1 + m**2)) / 2,
            }[function](m)
            assert float(loss) == pytest.approx(float(formula(m)), rel=1e-12)
            assert float(weight) == pytest.approx(float(exact_weight), rel=1e-12)


@pytest.mark.parametrize("tail", ["logistic", "alg"])
def test_a_step_goes_down_the_gradient_of_the_recorded_loss(tail):
    step = 0.7

    def loss(x):
        return logistic_regression.TAILS[tail](U @ x)[0].mean()

    iterates, losses = gradient_descent(U, step, steps=5, tail=tail)
    assert iterates.shape == (6, 3)
    assert losses == pytest.approx([loss(x) for x in iterates])
    for before, after in pairwise(iterates):
        gradient = (before - after) / step
        assert check_grad(loss, lambda x, g=gradient: g, before) < 1e-6


def test_normalized_step_divides_by_the_mean_weight():
    plain, _ = gradient_descent(U, 1.0, steps=1)
    normalized, _ = gradient_descent(U, 1.0, steps=1, normalized=True)
    assert normalized[1] == pytest.approx(2 * plain[1])


def test_run_ends_at_the_first_iterate_that_classifies_everything():
    iterates, _ = gradient_descent(U * [0.2, 1, 1], 3.0, max_steps=500)
    scores = iterates @ (U * [0.2, 1, 1]).T
    assert np.all(scores[-1] > 0)
    assert np.all(scores[:-1].min(axis=1) <= 0)


def test_run_that_never_classifies_ends_at_max_steps():
    iterates, _ = gradient_descent(np.array([[1.0], [-1.0]]), 1.0, max_steps=7)
    assert len(iterates) == 8
