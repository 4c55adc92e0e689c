"""Young's theory of successive over-relaxation for consistently ordered matrices, and regret bounds for tuning it."""

import numpy as np


def grid_jacobi_radius(side, shift):
    """Spectral radius of the Jacobi iteration for the side x side grid Laplacian plus `shift` times the identity.

    The diagonal is 4 + shift and the largest eigenvalue of the grid's adjacency matrix 4 cos(pi / (side + 1)).
    """
    return 4 * np.cos(np.pi / (side + 1)) / (4 + np.asarray(shift, dtype=float))


def optimal_relaxation(radius):
    """1 + (beta / (1 + sqrt(1 - beta^2)))^2, for a Jacobi radius beta < 1 (Young, 1954)."""
    beta = np.asarray(radius, dtype=float)
    return 1 + (beta / (1 + np.sqrt(1 - beta**2))) ** 2


def relaxation_radius(omega, radius):
    """Spectral radius of the iteration with parameter omega >= 1 for a consistently ordered positive definite matrix.

    (omega beta + sqrt(omega^2 beta^2 - 4 (omega - 1)))^2 / 4 up to the optimal omega, omega - 1 from there on. The two
    agree at the optimum, where the root vanishes.
    """
    omega, beta = np.broadcast_arrays(np.asarray(omega, dtype=float), np.asarray(radius, dtype=float))
    root = np.sqrt(np.maximum(omega**2 * beta**2 - 4 * (omega - 1), 0))
    return np.where(omega <= optimal_relaxation(beta), (omega * beta + root) ** 2 / 4, omega - 1)


def asymptotic_iterations(reduction, radius):
    """Iterations that reduce the error by `reduction` once the largest eigenvalue rules: ln(reduction) / ln(radius)."""
    return np.log(reduction) / np.log(radius)


def tsallis_regret_bound(arms, rounds):
    """Regret bound 4 sqrt(arms rounds) + 1 of Tsallis-INF for losses in [0, 1] (Zimmert and Seldin, 2021)."""
    return 4 * np.sqrt(np.asarray(arms) * np.asarray(rounds, dtype=float)) + 1
