"""Successive over-relaxation on small systems, and a bandit that sees nothing but its iteration counts."""

import numpy as np
from scipy.linalg import solve_triangular


def grid_laplacian(side):
    """Five-point Laplacian (side^2, side^2) of a square grid with zero boundary, 4 on the diagonal."""
    path = 2 * np.eye(side) - np.eye(side, k=1) - np.eye(side, k=-1)
    return np.kron(path, np.eye(side)) + np.kron(np.eye(side), path)


def unordered_matrix(n, diagonal, radius, rng):
    """Dense symmetric positive definite matrix with a constant diagonal and a given Jacobi radius below 1.

    diagonal (I - radius B / |B|) with Gaussian symmetric B of zero diagonal: not consistently ordered.
    """
    b = rng.standard_normal((n, n))
    b = np.tril(b, -1) + np.tril(b, -1).T
    return diagonal * (np.eye(n) - radius * b / np.abs(np.linalg.eigvalsh(b)).max())


def residual_matrices(a, omegas):
    """Matrices I - A (D/omega + L)^-1 that map a residual to the next one, (omegas, n, n)."""
    n = len(a)
    return np.stack(
        [np.eye(n) - solve_triangular((np.diag(np.diag(a) / w) + np.tril(a, -1)).T, a.T, lower=False).T for w in omegas]
    )


def spectral_radii(matrices):
    """Largest absolute eigenvalue of each matrix."""
    return np.abs(np.linalg.eigvals(matrices)).max(axis=-1)


def iteration_counts(matrices, b, accuracies, limit=20_000):
    """First k with |r_k| <= accuracy |r_0|, where r_{k+1} = M r_k and r_0 = b.

    Iterating the residual itself has no rounding floor, so accuracies far below machine precision make sense.

    Parameters
    ----------
    matrices : array (m, n, n)
    b : array (n, rights)
    accuracies : decreasing list of e numbers
    limit : int
        Counts stop here.

    Returns
    -------
    int array (m, e, rights)
    """
    start = np.linalg.norm(b, axis=0)
    targets = np.asarray(accuracies)[:, None] * start
    residual = np.broadcast_to(b, (len(matrices), *b.shape))
    counts = np.full((len(matrices), *targets.shape), limit)
    for k in range(1, limit + 1):
        residual = matrices @ residual
        norms = np.linalg.norm(residual, axis=1)[:, None]
        counts = np.where((norms <= targets) & (counts == limit), k, counts)
        if np.all(counts < limit):
            break
    return counts


def tsallis_weights(losses, rate, start, steps=4):
    """Arm probabilities p_i = 4 / (rate (L_i - x))^2 with x such that they add up to 1, by Newton's method in x.

    The sum is convex and increasing in x < min L and at least 1 at min L - 2/rate, so steps are cut there.

    Parameters
    ----------
    losses : array (rows, arms)
        Estimated cumulative losses; infinite for an arm that does not exist.
    rate : float
    start : array (rows,)
        First guess of x.

    Returns
    -------
    p : array (rows, arms), normalized
    x : array (rows,)
    """
    cap = losses.min(axis=1) - 2 / rate
    x = np.minimum(start, cap)
    for _ in range(steps):
        root = 2 / (rate * (losses - x[:, None]))  # square root of p
        p = root * root
        x = np.minimum(x - (p.sum(axis=1) - 1) / (rate * (p * root).sum(axis=1)), cap)
    p = (2 / (rate * (losses - x[:, None]))) ** 2
    return p / p.sum(axis=1, keepdims=True), x


def play(tables, arms, rounds, rng, learn=True):
    """Tsallis-INF (power 1/2, rate 2/sqrt(t), importance-weighted losses) on several rows at once.

    Parameters
    ----------
    tables : array (instances, columns)
        Losses in [0, 1]; in each round a row meets an instance drawn at random.
    arms : list of int arrays
        For each row, the columns it chooses from.
    rounds : int
    learn : bool
        False draws arms uniformly for ever.

    Yields
    ------
    array (rows, arms)
        Probabilities before each round, zero for padded arms.
    """
    rows, most = len(arms), max(map(len, arms))
    column = np.array([np.resize(a, most) for a in arms])
    exists = np.arange(most) < np.array([len(a) for a in arms])[:, None]
    losses = np.where(exists, 0.0, np.inf)
    uniform = exists / exists.sum(axis=1, keepdims=True)
    x, every = -np.sqrt(exists.sum(axis=1)), np.arange(rows)
    for t in range(1, rounds + 1):
        p = uniform
        if learn:
            p, x = tsallis_weights(losses, 2 / np.sqrt(t), x)
        yield p
        pick = np.minimum((p.cumsum(axis=1) < rng.random((rows, 1))).sum(axis=1), exists.sum(axis=1) - 1)
        seen = tables[rng.integers(len(tables), size=rows), column[every, pick]]
        losses[every, pick] += seen / p[every, pick]


def expected_costs(tables, grids, horizons, replicates, rng, learn=True):
    """Expected loss that `play` has accumulated after each horizon, given the draws so far.

    Parameters
    ----------
    tables : array (instances, columns)
    grids : list of int arrays
        Columns of each learner's arms.
    horizons : increasing list of int

    Returns
    -------
    array (horizons, grids, replicates)
    """
    rows, most = [arms for arms in grids for _ in range(replicates)], max(map(len, grids))
    mean = np.array([np.resize(tables.mean(axis=0)[arms], most) for arms in rows])
    spent, found = np.zeros(len(rows)), []
    for t, p in enumerate(play(tables, rows, horizons[-1], rng, learn), 1):
        spent = spent + (p * mean).sum(axis=1)
        if t in horizons:
            found.append(spent.reshape(len(grids), replicates))
    return np.array(found)


def count_growth(a, omegas, first, last, b):
    """Iterations that SOR takes from accuracy `first` to accuracy `last`, (omegas, rights)."""
    counts = iteration_counts(residual_matrices(a, omegas), b, [first, last])
    return counts[:, 1] - counts[:, 0]
