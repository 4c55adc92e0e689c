import numpy as np
import pytest
from scipy import optimize

from theorycheck.theory import active_sets

rng = np.random.default_rng(0)
Q = rng.normal(size=(6, 9))
A, B = Q @ Q.T, rng.normal(size=6)
BLOCKS = np.array([[0, 3], [1, 5], [2, 4]])


def test_best_decrease_by_minimizing_over_each_block():
    x = rng.normal(size=6)

    def f(x):
        return x @ A @ x / 2 - B @ x

    def over(block):
        def moved(y):
            z = x.copy()
            z[block] = y
            return f(z)

        return f(x) - optimize.minimize(moved, x[block], options={"gtol": 1e-9}).fun

    assert active_sets.best_block_decrease(A, B, BLOCKS, [x])[0] == pytest.approx(max(map(over, BLOCKS)), rel=1e-6)


def test_no_point_removes_less_than_the_contraction():
    least, star = active_sets.contraction(A, BLOCKS), np.linalg.solve(A, B)
    points = star + rng.normal(size=(2000, 6))
    gaps = np.einsum("mi,ij,mj->m", points - star, A, points - star) / 2
    shares = active_sets.best_block_decrease(A, B, BLOCKS, points) / gaps
    assert least < shares.min()
    D = np.zeros((6, 6))
    for block in BLOCKS:
        D[np.ix_(block, block)] = A[np.ix_(block, block)]
    assert least == pytest.approx(np.linalg.eigvals(np.linalg.solve(D, A)).real.min() / 3)


def test_slow_instance_has_the_solution_it_says():
    slacks = np.array([1e-2, 1e-3])
    H, b, start = active_sets.slow_coordinate(0.1, 0.05, slacks)
    assert np.linalg.eigvalsh(H)[0] > 0
    assert H @ [1, 0, 0] - b == pytest.approx(np.array([0, *slacks]))
    assert start.tolist() == [0, 1, 1]
    with pytest.raises(ValueError, match="q a"):
        active_sets.slow_coordinate(0.001, 0.05, slacks)


def test_slow_pair_has_the_solution_it_says():
    slacks = np.array([1e-2, 1e-3, 1e-4])
    H, b, start = active_sets.slow_pair(0.9, 0.05, slacks)
    R = np.linalg.cholesky(H).T
    assert np.diag(H) == pytest.approx(np.ones(5)) and H[0, 1] == 0.9
    assert optimize.nnls(R, np.linalg.solve(R.T, b))[0] == pytest.approx([1, 1, 0, 0, 0], abs=1e-12)
    assert H @ [1, 1, 0, 0, 0] - b == pytest.approx([0, 0, *slacks])
    assert start == pytest.approx([1 - np.sqrt(0.5), 1 + np.sqrt(0.5), 0, 0, 0])
    # what z_j feels of the pair's error (-1, 1)/sqrt(2) is -a
    assert H[2:, :2] @ [-np.sqrt(0.5), np.sqrt(0.5)] == pytest.approx(np.full(3, -0.05))
    with pytest.raises(ValueError, match="0 < r < 1"):
        active_sets.slow_pair(0.9999, 0.05, slacks)


def test_identification_solves_its_equation():
    slacks = np.array([1e-4, 1e-6])
    k, rho = active_sets.identification_steps(0.05, 1e-3, slacks)
    assert 1e-3 * rho**k == pytest.approx(slacks)
    assert rho == pytest.approx(0.95, rel=1e-3)
    assert 0.01 * (1 + 1 / 0.9) / 2 * 0.81 ** active_sets.cyclic_identification_sweeps(
        0.9, 0.01, slacks
    ) == pytest.approx(slacks)


def test_bound_by_iterating_the_contraction():
    H, slack = np.diag([0.25, 2.0]), 1e-3
    k = active_sets.identification_bound(H, 3.0, [slack])[0]
    assert k == pytest.approx(8 * np.log(4 * 3 / slack))
    assert 3.0 * (1 - 1 / 8) ** k <= slack / 4
