import numpy as np
import pytest
from scipy import optimize

from theorycheck.experiments import block_descent as bd
from theorycheck.seeds import generator


@pytest.mark.parametrize("rule", bd.RULES)
def test_descent_reaches_the_minimizer_and_never_rises(rule):
    A, x, blocks = bd.skewed_quadratic(8, 4, 5.0, 0.2, generator(0, rule))
    points = bd.greedy_descent(A, A @ x, blocks, rule, 400)
    values = np.einsum("mi,ij,mj->m", points - x, A, points - x)
    assert (np.diff(values) <= 1e-12).all()
    assert points[-1] == pytest.approx(x, abs=1e-5)
    assert (np.diff(points, axis=0) != 0).sum(axis=1).max() <= 2


def test_first_block_of_each_rule_by_hand():
    A, b = np.diag([4.0, 4.0, 1.0, 1.0]), np.array([4.0, 0, 3, 0])
    blocks = np.array([[0, 1], [2, 3]])
    first = {rule: bd.greedy_descent(A, b, blocks, rule, 1)[1].tolist() for rule in bd.RULES}
    assert first["GS"] == first["GS+N"] == [1, 0, 0, 0]
    assert first["GSL"] == first["GSQ"] == [0, 0, 3, 0]
    with pytest.raises(ValueError, match="rule"):
        bd.greedy_descent(A, b, blocks, "random", 1)


def test_skewed_quadratic_is_what_it_says():
    A, _, blocks = bd.skewed_quadratic(12, 3, 40.0, 0.0, generator(1, "A"))
    h = np.linalg.eigvalsh(A)
    assert (h[0], h[-1]) == pytest.approx((1 / 40, 1))
    assert sorted(blocks.ravel()) == list(range(12)) and blocks.shape == (3, 4)


def test_constrained_methods_agree_with_nnls():
    A, b, x = bd.sparse_problem(10, 4, 8.0, generator(2, "sparse"))
    R = np.linalg.cholesky(A).T
    assert optimize.nnls(R, np.linalg.solve(R.T, b))[0] == pytest.approx(x, abs=1e-9)
    assert (x > 0).sum() == 4 and np.trace(A) == pytest.approx(10)
    assert bd.projected_gradient(A, b, np.ones(10), 2000)[-1] == pytest.approx(x, abs=1e-7)
    assert bd.cyclic_descent(A, b, np.ones(10), 500)[-1] == pytest.approx(x, abs=1e-7)
    errors, after = bd.greedy_nonnegative(A, b, x, 5, 200)
    assert errors[-1] < 1e-9 and 0 <= after < len(errors)


def test_first_projected_step_by_hand():
    A, b = np.diag([4.0, 1.0]), np.array([8.0, -2.0])
    assert bd.projected_gradient(A, b, [1.0, 0.25], 1)[1] == pytest.approx([2, 0])


def test_a_block_of_all_coordinates_solves_at_once():
    A, b, x = bd.sparse_problem(9, 3, 5.0, generator(3, "sparse"))
    errors, after = bd.greedy_nonnegative(A, b, x, 9, 5)
    assert len(errors) == 2 and after == 0


def test_a_run_that_ends_early_has_not_identified():
    A, b, x = bd.sparse_problem(9, 3, 5.0, generator(3, "sparse"))
    errors, after = bd.greedy_nonnegative(A, b, x, 1, 1)
    assert len(errors) == 2 and after == np.inf


def test_last_violation_counts():
    wrong = np.array([[1, 0, 1, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 0, 1, 0]], dtype=bool)
    assert bd.steps_until(wrong).tolist() == [3, 0, 4, 2]
