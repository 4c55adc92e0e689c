r"""Guarantees of greedy block coordinate descent on quadratics, and when a sparse nonnegative solution is identified.

For f(x) = x^T A x/2 - b^T x with gradient g, minimizing exactly over a block lowers f by g_b^T A_bb^{-1} g_b/2. The
best block lowers it at least by the mean over the |B| blocks, so f - f* contracts by 1 - lambda_min(D^{-1} A)/|B| or
better, with D the block diagonal of A.
"""

import numpy as np
from scipy import linalg


def best_block_decrease(A, b, blocks, points):
    """max_b g_b^T A_bb^{-1} g_b/2 at each of the points (m, n); `blocks` (B, s) holds indices. Returns (m,)."""
    g = np.asarray(points) @ A - b
    decreases = []
    for block in blocks:
        factor = linalg.cholesky(A[np.ix_(block, block)], lower=True)
        decreases.append((linalg.solve_triangular(factor, g[:, block].T, lower=True) ** 2).sum(axis=0) / 2)
    return np.max(decreases, axis=0)


def contraction(A, blocks):
    """lambda_min(D^{-1} A)/|B|: the least share of f - f* that the best block removes."""
    D = np.zeros_like(A)
    for block in blocks:
        D[np.ix_(block, block)] = A[np.ix_(block, block)]
    return linalg.eigh(A, D, eigvals_only=True, subset_by_index=[0, 0])[0] / len(blocks)


def slow_coordinate(mu, coupling, slacks):
    """Hessian [[mu, a 1^T], [a 1, I]] and b with minimizer (1, 0, ..., 0) over x >= 0 and gradient (0, slacks) there.

    Returns
    -------
    (A, b, x0) : arrays (q + 1, q + 1), (q + 1,) and (q + 1,)
        The start x0 is (0, 1, ..., 1).
    """
    q = len(slacks)
    if q * coupling**2 >= mu:
        raise ValueError(f"the Hessian needs q a^2 < mu; got q = {q}, a = {coupling:g}, mu = {mu:g}")
    A = np.eye(q + 1)
    A[0, 0], A[0, 1:], A[1:, 0] = mu, coupling, coupling
    return A, A[:, 0] - np.concatenate([[0.0], slacks]), np.append(0.0, np.ones(q))


def identification_steps(mu, coupling, slacks):
    """Step at which projected gradient with step 1/L fixes z_j = 0 on `slow_coordinate`, from its start.

    z_j stays positive while a |s - s*| > delta_j and the error of s shrinks by rho = 1 - lambda_min/L a step, so
    k_j = log(a/delta_j)/(-log rho), up to rounding up and the back-reaction of order a^2.

    Returns
    -------
    (k, rho) : array (q,), float
    """
    eigenvalues = np.linalg.eigvalsh(slow_coordinate(mu, coupling, slacks)[0])
    rho = 1 - eigenvalues[0] / eigenvalues[-1]
    return np.log(coupling / np.asarray(slacks)) / -np.log(rho), rho


def identification_bound(A, distance, slacks):
    """kappa log(2 L ||x_0 - x*||/delta_j): by then projected gradient with step 1/L keeps coordinate j at 0."""
    eigenvalues = np.linalg.eigvalsh(A)
    return eigenvalues[-1] / eigenvalues[0] * np.log(2 * eigenvalues[-1] * distance / np.asarray(slacks))


def slow_pair(r, coupling, slacks):
    """Quadratic over x >= 0 whose first two coordinates, of correlation r, are slow under cyclic descent; its start.

    A has ones on the diagonal and couples z_j = x_{j+2} to the pair by a (1, -1)/sqrt(2). The minimizer is
    (1, 1, 0, ..., 0), with gradient (0, 0, slacks), and the start is off it by (-1, 1)/sqrt(2) in the pair.

    Returns
    -------
    (A, b, x0) : arrays (q + 2, q + 2), (q + 2,) and (q + 2,)

    Raises
    ------
    ValueError
        Unless 0 < r < 1 - q a^2, without which A is not positive definite.
    """
    q = len(slacks)
    if not 0 < r < 1 - q * coupling**2:
        raise ValueError(f"the Hessian needs 0 < r < 1 - q a^2; got r = {r:g}, q = {q}, a = {coupling:g}")
    A = np.eye(q + 2)
    A[0, 1] = A[1, 0] = r
    A[:2, 2:] = coupling / np.sqrt(2) * np.array([[1], [-1]])
    A[2:, :2] = A[:2, 2:].T
    minimizer, away = np.zeros(q + 2), np.zeros(q + 2)
    minimizer[:2], away[:2] = 1, [-np.sqrt(0.5), np.sqrt(0.5)]
    return A, A @ minimizer - np.concatenate([[0.0, 0.0], slacks]), minimizer + away


def cyclic_identification_sweeps(r, coupling, slacks):
    """Sweep at which cyclic exact coordinate descent fixes z_j = 0 on `slow_pair`.

    After sweep k the errors of the pair are (-1/r, 1) r^(2k)/sqrt(2), so z_j is positive while
    a (1 + 1/r) r^(2k)/2 > delta_j.
    """
    return np.log(coupling * (1 + 1 / r) / (2 * np.asarray(slacks))) / (-2 * np.log(r))
