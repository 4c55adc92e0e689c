import numpy as np
import pytest

from theorycheck.experiments import matrix_free_fisher as mf
from theorycheck.seeds import generator

G = generator(0, "gradients").normal(size=(5, 12))
X = generator(0, "x").normal(size=12)
LAM = 0.2


def dense(G):
    return LAM * np.eye(G.shape[1]) + G.T @ G / len(G)


@pytest.mark.parametrize("method", [mf.StaticFisher, mf.WindowFisher, mf.DenseInverse])
def test_product_solves_the_dense_system(method):
    assert dense(G) @ method(G, LAM, mf.Arithmetic()).product(X) == pytest.approx(X)


@pytest.mark.parametrize("method", [mf.WindowFisher, mf.DenseInverse])
def test_replacements_follow_the_window(method):
    fisher, window = method(G, LAM, mf.Arithmetic()), G.copy()
    for j, g in [(0, X), (3, 2 * X[::-1]), (0, X**2)]:
        fisher.replace(j, g)
        window[j] = g
    assert dense(window) @ fisher.product(X) == pytest.approx(X)


def test_stale_factors_are_wrong():
    fisher, window = mf.WindowFisher(G, LAM, mf.Arithmetic()), G.copy()
    fisher.replace(1, X, stale=True)
    window[1] = X
    assert np.abs(dense(window) @ fisher.product(X) - X).max() > 0.1


def test_entries_and_determinant():
    fisher, inverse = mf.StaticFisher(G, LAM, mf.Arithmetic()), np.linalg.inv(dense(G))
    assert [fisher.entry(2, 2), fisher.entry(1, 7)] == pytest.approx([inverse[2, 2], inverse[1, 7]])
    assert fisher.log_determinant() == pytest.approx(np.linalg.slogdet(dense(G))[1])


def test_a_pivot_of_one_is_the_sum_of_gradients():
    total = LAM * np.eye(12) + G.T @ G
    for method in (mf.StaticFisher, mf.WindowFisher):
        assert total @ method(G, LAM, mf.Arithmetic(), pivot=1).product(X) == pytest.approx(X)


def test_arithmetic_counts_what_it_does():
    op, B = mf.Arithmetic(), np.tril(G[:, :5])
    assert op.triangular(B, X[:5]) == pytest.approx(B @ X[:5])
    assert op.triangular(B, X[:5], transposed=True) == pytest.approx(B.T @ X[:5])
    assert op.matvec(G, X) == pytest.approx(G @ X)
    assert op.scaled(X, 1 / X) == pytest.approx(np.ones(12))
    assert op.dot(X, X) == pytest.approx((X**2).sum())
    assert (op.count, op.largest) == (15 + 15 + 60 + 12 + 12, 60)


def test_single_precision_stays_single():
    fisher = mf.WindowFisher(G.astype("float32"), LAM, mf.Arithmetic())
    assert fisher.product(X.astype("float32")).dtype == "float32"
    assert mf.StaticFisher(G.astype("float32"), LAM, mf.Arithmetic()).product(X.astype("float32")).dtype == "float32"


def test_counts_by_summing_over_the_loops():
    counts, (m, d) = mf.count_operations(G), G.shape
    assert counts["set-up"] == sum(d + 2 * i * d + i + d for i in range(m))
    assert counts["product"] == 2 * m * d + m + d
    assert counts["entry"] == 2 * m
    assert counts["update"] == d * m + sum((m - i) + (i + i * (m - i)) + i * (i + 1) // 2 for i in range(m))
    assert counts["window product"] == 2 * m * d + m * (m + 1) + m + d
    assert counts["dense update"] == 2 * (2 * d**2 + d)
    assert counts["largest array"] == m * d
