import numpy as np
import pytest
from scipy import optimize

from theorycheck.experiments import smooth_problems
from theorycheck.seeds import generator

rng = generator(0, "smooth problems")
PROBLEMS = {
    "quadratic": smooth_problems.quadratic(5, 30.0),
    "logistic": smooth_problems.logistic(rng.normal(size=(9, 5)), rng.choice([-1.0, 1.0], size=9), 0.1),
    "tanh": smooth_problems.tanh_network(rng.normal(size=(7, 2)), rng.normal(size=7), 3),
}


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_gradient_by_finite_differences_at_many_points(problem):
    x = generator(1, "points").normal(size=(2, 3, problem.d))
    numerical = [[optimize.approx_fprime(point, problem.value, 1e-7) for point in row] for row in x]
    assert problem.gradient(x) == pytest.approx(np.array(numerical), abs=1e-5)
    assert problem.value(x).shape == (2, 3)


def test_curvature_of_known_hessians():
    assert smooth_problems.quadratic(4, 10.0).curvature(np.ones(4)) == pytest.approx(1.0)
    u = generator(2, "u").normal(size=(6, 3))
    problem = smooth_problems.logistic(u, np.ones(6), 0.2)
    assert problem.curvature(np.zeros(3)) == pytest.approx(np.linalg.eigvalsh(u.T @ u / 24).max() + 0.2, rel=1e-6)


def test_network_by_the_formula():
    z, t, x = np.array([[1.0, 2.0]]), np.array([0.5]), np.arange(1, 7) / 10
    f = 0.5 * np.tanh(0.1 + 0.4) + 0.6 * np.tanh(0.3 + 0.8)
    assert smooth_problems.tanh_network(z, t, 2).value(x) == pytest.approx((f - 0.5) ** 2 / 2)


def test_drawn_problems_have_the_dimension_asked_for():
    convex = []
    for kind in ("quadratic", "logistic", "tanhnet"):
        problem = smooth_problems.draw(kind, 8, generator(3, kind))
        ends = generator(4, kind).normal(size=(200, 2, 8))
        middle = problem.value(ends.mean(axis=1))
        convex.append(bool((middle <= problem.value(ends).mean(axis=1) + 1e-12).all()))
    assert convex == [True, True, False]
    with pytest.raises(ValueError, match="multiple of 4"):
        smooth_problems.draw("tanhnet", 9, generator(5, "odd"))
