import numpy as np
import pytest

from theorycheck.experiments import sketches
from theorycheck.seeds import generator


def test_bartlett_has_the_moments_of_wishart():
    rng = generator(0, "bartlett")
    draws = np.array([(f := sketches.bartlett_factor(9, 3, rng)) @ f.T for _ in range(6000)])
    assert draws.mean(axis=0) == pytest.approx(9 * np.eye(3), abs=0.25)
    assert draws[:, 0, 0].var() == pytest.approx(18, rel=0.1)
    assert draws[:, 1, 0].var() == pytest.approx(9, rel=0.1)


def test_gaussian_error_has_the_second_moment_of_least_squares():
    errors = [sketches.gaussian_error(20, 4, generator(0, k)) for k in range(4000)]
    assert np.mean(np.sum(np.square(errors), axis=1)) == pytest.approx(4 / 15, rel=0.06)


def test_sparse_columns_are_as_stated_and_uniform():
    columns = sketches.sparse_sign_columns(12, 3000, 5, generator(0, "columns")).toarray()
    assert np.all(np.count_nonzero(columns, axis=0) == 5)
    assert np.sum(columns**2, axis=0) == pytest.approx(np.ones(3000))
    assert np.count_nonzero(columns, axis=1) == pytest.approx(np.full(12, 1250), abs=150)
    assert columns.mean() == pytest.approx(0, abs=0.01)


def test_sparse_error_solves_the_sketched_problem():
    columns = sketches.sparse_sign_columns(60, 9, 4, generator(3, "columns")).toarray()
    expected = np.linalg.lstsq(columns[:, :8], columns[:, 8])[0]
    assert sketches.sparse_error(60, 8, 4, generator(3, "columns")) == pytest.approx(expected)


def test_count_sketch_error_is_the_solution_of_least_norm():
    m, d, k = 12, 8, 5
    error = sketches.count_sketch_error(m, d, k, generator(1, "count"))
    rng = generator(1, "count")
    row, sign = rng.integers(m, size=d), rng.choice([-1.0, 1.0], size=d)
    assert np.unique(row).size < d
    sketch = np.zeros((m, d))
    sketch[row, np.arange(d)] = sign
    where, signs = rng.integers(m, size=k), rng.choice([-1.0, 1.0], size=k)
    target = np.zeros(m)
    np.add.at(target, where, signs / np.sqrt(k))
    assert error == pytest.approx(np.linalg.pinv(sketch) @ target)


def test_hadamard_error_against_the_whole_matrix():
    from scipy.linalg import hadamard

    m, d, n = 20, 3, 32
    error = sketches.hadamard_error(m, d, n, generator(0, "hadamard"))
    rng = generator(0, "hadamard")
    rows, columns = rng.choice(n, size=m, replace=False), rng.choice(n, size=d + 1, replace=False)
    sketch = hadamard(n)[np.ix_(rows, columns)] * rng.choice([-1.0, 1.0], size=d + 1)
    assert error == pytest.approx(np.linalg.lstsq(sketch[:, :d], sketch[:, d])[0])
    assert np.abs(sketches.hadamard_error(n, d, n, generator(0))).max() == pytest.approx(0, abs=1e-12)
    with pytest.raises(ValueError, match="power of two"):
        sketches.hadamard_error(20, 3, 48, generator(0))
