import numpy as np
import pytest
from scipy import optimize

from theorycheck.theory import overrelaxation as sor


def test_grid_radius_against_the_adjacency_matrix():
    side, shift = 5, 0.3
    path = np.eye(side, k=1) + np.eye(side, k=-1)
    adjacency = np.kron(path, np.eye(side)) + np.kron(np.eye(side), path)
    expected = np.abs(np.linalg.eigvalsh(adjacency)).max() / (4 + shift)
    assert sor.grid_jacobi_radius(side, shift) == pytest.approx(expected)


@pytest.mark.parametrize("beta", [0.3, 0.8, 0.98])
def test_optimum_against_a_numerical_minimum(beta):
    found = optimize.minimize_scalar(lambda w: sor.relaxation_radius(w, beta), bounds=(1, 2), method="bounded")
    assert sor.optimal_relaxation(beta) == pytest.approx(found.x, abs=1e-4)
    assert sor.relaxation_radius(1.0, beta) == pytest.approx(beta**2)


@pytest.mark.parametrize("omega", [1.0, 1.3, 1.7, 1.95])
def test_radius_against_the_eigenvalues_of_a_tridiagonal_system(omega):
    """T = tridiag(-1, 2, -1) is consistently ordered with Jacobi radius cos(pi/(n + 1))."""
    n = 12
    a = 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)
    lower, diagonal = np.tril(a, -1), np.diag(np.diag(a))
    error = np.eye(n) - np.linalg.inv(diagonal / omega + lower) @ a
    expected = np.abs(np.linalg.eigvals(error)).max()
    assert sor.relaxation_radius(omega, np.cos(np.pi / (n + 1))) == pytest.approx(expected, abs=1e-7)


def test_iterations_and_regret_bound():
    assert 0.9 ** sor.asymptotic_iterations(1e-6, 0.9) == pytest.approx(1e-6)
    assert sor.tsallis_regret_bound(4, [1, 100]).tolist() == [9, 81]
