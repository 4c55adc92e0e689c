import mpmath
import numpy as np
import pytest

from theorycheck.experiments import hippo
from theorycheck.seeds import generator


def test_small_matrix_by_hand():
    a, b, p = hippo.legs(3)
    r3, r5, r15 = np.sqrt([3, 5, 15])
    assert a == pytest.approx(np.array([[-1, 0, 0], [-r3, -2, 0], [-r5, -r15, -3]]))
    assert b == pytest.approx(np.array([1, r3, r5]))
    normal = a + np.outer(p, p) + np.eye(3) / 2
    assert normal == pytest.approx(-normal.T)


def test_off_diagonal_scale_keeps_the_spectrum():
    assert np.sort(np.linalg.eigvals(hippo.legs(5, 0.9)[0])) == pytest.approx(-np.arange(5, 0, -1))


def test_resolvents_agree_where_the_matrix_is_normal():
    a, b, p = hippo.legs(6)
    normal = a + np.outer(p, p)
    s = 1j * np.array([0.5, 3.0, 20.0])
    solved = hippo.solve_resolvent(normal, b, s)
    assert hippo.diagonal_resolvent(hippo.diagonalize(normal), b, s) == pytest.approx(solved)
    for point, x in zip(s, solved, strict=True):
        assert (point * np.eye(6) - normal) @ x == pytest.approx(b)


def test_perturbation_has_the_norm_and_diagonalization_returns_it():
    a = hippo.legs(12)[0]
    e = hippo.gaussian_perturbation(12, 0.01, generator(0, "perturbation"))
    assert np.linalg.norm(e, 2) == pytest.approx(0.01)
    diagonalization = hippo.diagonalize(a + e)
    assert np.linalg.norm(diagonalization[1], axis=0) == pytest.approx(np.ones(12))
    assert hippo.backward_error(diagonalization, a) == pytest.approx(0.01, rel=1e-6)


def test_exact_condition_against_high_precision_eigenvectors():
    size = 10
    with mpmath.workdps(60):
        root = [mpmath.sqrt(2 * n + 1) for n in range(size)]
        a = mpmath.matrix(size, size)
        for n in range(size):
            a[n, n] = -(n + 1)
            for k in range(n):
                a[n, k] = -root[n] * root[k]
        _, vectors = mpmath.eig(a)
        inverse = mpmath.inverse(vectors)
        total = sum(mpmath.norm(vectors[:, i]) * mpmath.norm(inverse[i, :].T) for i in range(size))
        assert hippo.log_condition_exact(size) == pytest.approx(float(mpmath.log(total)), rel=1e-12)


def test_distance_is_the_largest_difference_of_outputs():
    first, second = np.array([3.0, 0]), np.array([0, 4j])
    angles = np.linspace(0, np.pi, 2001)
    outputs = [abs(np.array([np.cos(t), 1j * np.sin(t)]) @ (first - second)) for t in angles]  # unit C of this phase
    assert hippo.distance(first, second) == pytest.approx(max(outputs), rel=1e-5)


def test_largest_frequency_is_an_eigenvalue():
    a, _, p = hippo.legs(8)
    normal = a + np.outer(p, p)
    assert hippo.largest_frequency(8) == pytest.approx(np.linalg.eigvals(normal).imag.max())


@pytest.mark.parametrize("half", [True, False])
def test_comparison_against_explicit_inverses(half):
    sizes, frequencies = (3, 5), np.array([[0.7, 9.0], [0.1, 4.0]])
    rngs = [generator(0, "outputs", size) for size in sizes]
    found = hippo.compare_diagonal(sizes, frequencies, rngs, half=half, off_diagonal=0.9)
    for i, size in enumerate(sizes):
        a, b, p = hippo.legs(size, 0.9)
        real, imaginary = generator(0, "outputs", size).normal(size=(2, 2, size))
        for k, w in enumerate(frequencies[i]):
            c = real[k] + 1j * imaginary[k]
            full = np.linalg.inv(1j * w * np.eye(size) - a) @ b
            diagonal = np.linalg.inv(1j * w * np.eye(size) - a - np.outer(p, p)) @ b / (2 if half else 1)
            assert found.relative[i, k] == pytest.approx(c @ full / (c @ diagonal) - 1)
            assert found.worst[i, k] == pytest.approx(np.linalg.norm(full - diagonal))
            assert found.norm[i, k] == pytest.approx(np.linalg.norm(full))
