import numpy as np
import pytest
from scipy import linalg

from theorycheck.experiments import determinantal_points as points
from theorycheck.seeds import generator


def problem(size, m):
    rng = generator(0, "problem")
    return np.linalg.qr(rng.normal(size=(size, m)))[0], rng.normal(size=size)


def test_subsets_against_least_squares_and_cauchy_binet():
    q, f = problem(7, 3)
    subsets = points.enumerate_subsets(q, f)
    assert subsets.chance.sum() == pytest.approx(1)
    assert subsets.coefficients[0] == pytest.approx(np.linalg.solve(q[:3], f[:3]))
    assert subsets.inverse[-1] == pytest.approx(np.linalg.inv(q[-3:].T @ q[-3:]))


def test_tuples_against_weighted_least_squares_of_one_tuple():
    q, f = problem(5, 2)
    found = points.enumerate_tuples(q, f, 3)
    assert found.chance.sum() == pytest.approx(1)
    assert found.shuffled.sum() == pytest.approx(1)
    where = [1, 3, 4]
    index = np.ravel_multi_index(where, (5, 5, 5))
    weight = 2 / (5 * np.sum(q[where] ** 2, axis=1))
    phi = np.sqrt(5) * q[where]
    gram = phi.T @ np.diag(weight) @ phi / 3
    best = np.linalg.solve(phi.T @ np.diag(weight) @ phi, phi.T @ (weight * f[where]))
    assert found.determinant[index] == pytest.approx(np.linalg.det(gram))
    assert found.adjugate[index] == pytest.approx(np.linalg.det(gram) * np.linalg.inv(gram))
    assert found.coefficients[index] == pytest.approx(best)


def test_adjugate_of_singular_and_regular_matrices():
    regular = generator(0, "matrix").normal(size=(4, 4, 4))
    expected = np.linalg.det(regular)[:, None, None] * np.linalg.inv(regular)
    assert points.adjugate(regular) == pytest.approx(expected)
    singular = np.array([[[1.0, 2], [2, 4]]])
    assert points.adjugate(singular)[0] == pytest.approx(np.array([[4, -2], [-2, 1]]))


def test_gram_and_noise_against_the_points_themselves():
    m, q = 4, 6
    rng = generator(0, "angles")
    sums = points.circle_sums("iid", m, 3, 2, q, rng)
    z = np.exp(2j * np.pi * generator(0, "angles").random((3, 2, m)))
    one = z[:2, 1].ravel()  # the first two rounds of the second run
    basis = one[None, :] ** np.arange(m)[:, None]
    assert points.gram_matrices(sums, m)[1, 1] == pytest.approx(basis @ basis.conj().T / (2 * m))
    column = sums[:m, 1, 1] / (2 * m)
    assert points.gram_matrices(sums, m)[1, 1] == pytest.approx(linalg.toeplitz(column, column.conj()))
    assert points.noise_vectors(sums, m, q)[1, 1] == pytest.approx(basis.conj() @ one**q / (2 * m))


def test_laws_repel_as_they_should():
    """E|s_1|^2 is 1 for a round of the DPP (Haar measure) and m for independent points."""
    first = {}
    for law in ("dpp", "volume", "iid"):
        sums = points.circle_sums(law, 5, 2, 4000, 1, generator(0, law))
        first[law] = np.mean(np.abs(sums[1]) ** 2, axis=-1)
    assert first["dpp"] == pytest.approx([1, 2], rel=0.1)
    assert first["volume"] == pytest.approx([1, 6], rel=0.1)
    assert first["iid"] == pytest.approx([5, 10], rel=0.1)
    with pytest.raises(ValueError, match="law must be"):
        points.circle_sums("haar", 5, 1, 1, 1, generator(0))
