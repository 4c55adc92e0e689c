import numpy as np
import pytest
from scipy import linalg

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
    m, d = 5, 12
    counts = {name: count[1] for name, count in mf.count_operations([(9, 3), (d, m), (40, 2)]).items()}
    assert counts["set-up"] == sum(d + 2 * i * d + i + d for i in range(m))
    assert counts["product"] == 2 * m * d + m + d
    assert counts["entry"] == 2 * m
    assert counts["update"] == d * m + sum((m - i) + (i + i * (m - i)) + i * (i + 1) // 2 for i in range(m))
    assert counts["window product"] == 2 * m * d + m * (m + 1) + m + d
    assert counts["dense update"] == 2 * (2 * d**2 + d)
    assert counts["largest array"] == m * d


def test_a_method_rounds_to_the_precision_of_its_gradients():
    for method in (mf.StaticFisher, mf.WindowFisher):
        assert method(G.astype("float32"), LAM).product(X).dtype == "float32"


def test_orthogonal_part_against_the_null_space():
    basis = linalg.null_space(G)
    assert mf.orthogonal_part(X, G) == pytest.approx(basis @ (basis.T @ X))
    assert np.abs(G @ mf.orthogonal_part(1e6 * X, G)).max() < 1e-8


def test_errors_against_a_wrong_reference():
    """Both recursions are exact to rounding, so what is off is the reference, by known amounts."""
    F, a, b = dense(G), 3, 7
    inverse, log_det = np.linalg.inv(F), np.linalg.slogdet(F)[1]
    cases = [(X, 1.25 * inverse @ X), (G[0], inverse @ G[0])]
    entries = {(a, b): inverse[a, b] - 3e-7, (1, 1): inverse[1, 1] + 1e-7}
    found = mf.errors(G, LAM, cases, entries, log_det - 0.5)
    assert found["products"][0] == pytest.approx([0.2, 0.2]) and max(found["products"][1]) < 1e-13
    assert found["entries"] * np.finfo(float).eps / LAM == pytest.approx(3e-7, rel=1e-6)
    assert found["log det"] == pytest.approx(0.5 / 5)
    assert max(mf.errors(G, LAM, cases, entries, 0.0, dtype="float32")["products"][1]) > 1e-9


def test_relative_error_by_hand():
    assert mf.relative_error(np.array([3.0, 4.4]), np.array([3.0, 4.0])) == pytest.approx(0.08)


def test_off_order_by_hand():
    errors = np.array([[1.0, 2.9, 3.1], [0.34, 0.32, np.nan], [0.0, np.inf, 1.0]])
    assert mf.off_order(errors, 1.0, 3.0) == 5
    assert mf.off_order(errors[0], np.array([1, 1, 3]), 2.0) == 1


@pytest.mark.parametrize("stale", [False, True])
def test_a_slid_window_holds_the_last_gradients(stale):
    draws = generator(3, "window").normal(size=(4 + 9, 12))
    pauses = list(mf.slide(generator(3, "window"), 4, 12, LAM, 9, every=3, stale=stale))
    (last, window, dense_inverse), step = pauses[-1], 9
    assert len(pauses) == 3 and sorted(map(tuple, last)) == sorted(map(tuple, draws[step : step + 4]))
    off = [np.abs(dense(last) @ method.product(X) - X).max() for method in (window, dense_inverse)]
    assert off[1] < 1e-8 and (off[0] > 1e-2 if stale else off[0] < 1e-10)


def test_only_errors_that_change_by_the_factor_drift():
    errors = np.geomspace(1, [1.0, 30.0, 1 / 30.0, 2.5], 12)
    assert mf.drifts(errors).tolist() == [False, True, True, False]
