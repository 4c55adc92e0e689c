import mpmath
import numpy as np
import pytest

from theorycheck.theory import low_rank_fisher as fisher

rng = np.random.default_rng(0)


def dense(G, lam):
    return lam * np.eye(G.shape[1]) + G.T @ G / len(G)


def test_against_the_dense_matrix():
    G, lam = rng.normal(size=(4, 9)), 0.3
    F = dense(G, lam)
    eigenvalues = np.linalg.eigvalsh(F)
    assert fisher.condition_number(G, lam) == pytest.approx(eigenvalues[-1] / eigenvalues[0])
    assert fisher.log_determinant(G, lam) == pytest.approx(np.linalg.slogdet(F)[1])
    places, inverse = [(0, 0), (3, 5), (8, 2)], np.linalg.inv(F)
    assert fisher.inverse_entries(G, lam, places) == pytest.approx({place: inverse[place] for place in places})
    c, z = rng.normal(size=4), rng.normal(size=9)
    z -= G.T @ np.linalg.lstsq(G.T, z, rcond=None)[0]
    x, y = fisher.inverse_product(G, lam, c, z)
    assert F @ y == pytest.approx(x) and x == pytest.approx(G.T @ c + z)


def test_small_damping_against_forty_digits():
    G, lam, c = rng.normal(size=(3, 6)), 1e-12, np.array([1.0, -2, 0.5])
    with mpmath.workdps(40):
        g = mpmath.matrix(G.tolist())
        F = mpmath.mpf(lam) * mpmath.eye(6) + g.T * g / 3
        exact = mpmath.lu_solve(F, g.T * mpmath.matrix(c.tolist()))
        exact = np.array([float(entry) for entry in exact])
    assert fisher.inverse_product(G, lam, c)[1] == pytest.approx(exact, rel=1e-13)


def test_rounding_order_between_machine_precision_and_its_product_with_the_condition_number():
    G, lam, u = rng.normal(size=(3, 8)), 1e-4, np.finfo(float).eps
    _, values, right = np.linalg.svd(G, full_matrices=True)
    kappa = 1 + values**2 / (3 * lam)
    for row, expected in ((right[0], kappa[0]), (right[2], kappa[2]), (right[7], 1)):
        y = np.linalg.solve(dense(G, lam), row)
        assert fisher.rounding_order(row, y, lam) == pytest.approx(u * expected, rel=1e-6)


def test_counts_by_summing_over_the_loops():
    d, m = 30, 7
    counts = fisher.multiply_adds(d, m)
    assert counts["set-up"] == sum(d + i * d + i + i * d + d for i in range(m))
    assert counts["product"] == m * d + m + m * d + d
    elimination = sum((m - i) + (i + i * (m - i) if i else 0) for i in range(m))
    assert counts["update"] == d * m + elimination + sum(j + 1 for i in range(m) for j in range(i))
    assert counts["window product"] == 2 * (d * m + sum(range(1, m + 1))) + m + d


def test_refuses_no_damping():
    with pytest.raises(ValueError, match="positive"):
        fisher.log_determinant(np.ones((1, 2)), 0.0)
