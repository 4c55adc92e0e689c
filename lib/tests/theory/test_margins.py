import numpy as np
import pytest
from scipy.optimize import minimize

from theorycheck.seeds import generator
from theorycheck.theory.margins import hard_margin


def test_two_points_by_hand():
    # The hull of (1, 2) and (1, -1) meets the axis at (1, 0), its point of least norm.
    margin, direction = hard_margin(np.array([[1.0, 2.0], [1.0, -1.0]]))
    assert margin == pytest.approx(1, rel=1e-12)
    assert direction == pytest.approx([1, 0], abs=1e-12)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("d", [2, 5, 20])
def test_against_the_primal_quadratic_program(d, scale):
    rng = generator(0, "margin", d)
    truth = rng.normal(size=d)
    u = rng.normal(size=(30, d))
    u *= np.sign(u @ truth)[:, None]
    u = scale * (u + 0.2 * truth / np.linalg.norm(truth))
    margin, direction = hard_margin(u)
    # min ||w||^2 subject to u w >= 1 has margin 1/||w||; rescaled so that the solver sees numbers of order one.
    primal = minimize(
        lambda w: w @ w,
        truth * 10,
        jac=lambda w: 2 * w,
        constraints={"type": "ineq", "fun": lambda w: u @ w / scale - 1, "jac": lambda w: u / scale},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert margin == pytest.approx(scale / np.linalg.norm(primal.x), rel=1e-5)
    assert (u @ direction).min() == pytest.approx(margin, rel=1e-9)


def test_data_that_are_not_separable_are_refused():
    with pytest.raises(ValueError, match="not separable"):
        hard_margin(np.array([[1.0, 0.0], [-1.0, 0.1], [0.0, -1.0]]))
