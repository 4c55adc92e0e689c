"""Worlds that share the sample and the hypothesis but not the loss: enumerated, simulated, and estimates.

The domain is {0, ..., N-1}; a world is a pair (f, g) of binary functions. The target f labels a sample S of n
uniform points; the learner A_g returns the hypothesis h that copies the labels of S and answers g elsewhere.
"""

from fractions import Fraction
from itertools import product

import numpy as np
from scipy import sparse
from scipy.optimize import linprog


def enumerate_worlds(N, n):
    """Run every learner A_g on every sample of every target f: all 4^N N^n outcomes.

    Returns
    -------
    cell : int array (N^n, 2^N, 2^N)
        Number of the outcome (S, h) for [sample, f, g]. As h agrees with S, (S, h) is the points of S and h.
    errors : int array, same shape
        Number of points of the domain on which h differs from f.
    """
    if not 1 <= N <= 4:
        raise ValueError(f"only domains of 1 to 4 points are enumerated; got N = {N}")
    functions = np.array(list(product([0, 1], repeat=N)))
    samples = np.array(list(product(range(N), repeat=n)))
    seen = (samples[:, :, None] == np.arange(N)).any(axis=1)
    h = np.where(seen[:, None, None, :], functions[None, :, None, :], functions[None, None, :, :])
    errors = (h != functions[None, :, None, :]).sum(axis=-1)
    code = h @ (2 ** np.arange(N)[::-1])
    return np.arange(len(samples))[:, None, None] * 2**N + code, errors


def _coverage(N, eps):
    """Which error counts k each candidate estimate predicts within eps: (candidates, N + 1) booleans.

    Moving an estimate c up until c - eps is a possible loss loses no loss it predicted, so these candidates
    suffice.
    """
    eps = Fraction(str(eps))
    losses = [Fraction(k, N) for k in range(N + 1)]
    return np.array([[abs(loss - (low + eps)) <= eps for loss in losses] for low in losses])


def brute_force_two_worlds(N, n, eps):
    """Count the cells (S, h) in two worlds, and find their best estimate by search in every cell.

    World P takes each f = g with weight 2^N, world R each pair (f, g) with weight 1.

    Returns
    -------
    counts_P, counts_R : int arrays (cells,)
        Weight of every cell in either world.
    failure : Fraction
        Least failure probability of an estimate, averaged over P and R.
    """
    cell, errors = enumerate_worlds(N, n)
    tables = []
    for weight in (2**N * np.eye(2**N, dtype=int), np.ones((2**N, 2**N), dtype=int)):
        table = np.zeros((N**n * 2**N, N + 1), dtype=int)
        np.add.at(table, (cell, errors), np.broadcast_to(weight, cell.shape))
        tables.append(table)
    best = ((tables[0] + tables[1]) @ _coverage(N, eps).T.astype(int)).max(axis=1)
    total = tables[0].sum() + tables[1].sum()
    return tables[0].sum(axis=1), tables[1].sum(axis=1), 1 - Fraction(int(best.sum()), int(total))


def brute_force_minimax(N, n, eps):
    """Least worst-case failure probability over all (f, g), with one free law of the estimate in every cell.

    A linear programme with a variable for every (cell, candidate) and a constraint for every pair; no
    symmetry used.
    """
    cell, errors = enumerate_worlds(N, n)
    coverage = _coverage(N, eps)
    cells, candidates = N**n * 2**N, len(coverage)
    pairs = np.broadcast_to(np.arange(4**N).reshape(1, 2**N, 2**N), cell.shape)
    rows = np.repeat(pairs.ravel(), candidates)
    columns = (cell.ravel()[:, None] * candidates + np.arange(candidates)).ravel()
    failure = sparse.csr_array(
        ((~coverage[:, errors.ravel()].T).ravel() / N**n, (rows, columns)), shape=(4**N, cells * candidates)
    )
    solution = linprog(
        np.r_[np.zeros(cells * candidates), 1.0],
        A_ub=sparse.hstack([failure, -np.ones((4**N, 1))]).tocsr(),
        b_ub=np.zeros(4**N),
        A_eq=sparse.hstack([sparse.kron(sparse.eye(cells), np.ones((1, candidates))), np.zeros((cells, 1))]).tocsr(),
        b_eq=np.ones(cells),
        method="highs",
    )
    if solution.status != 0:
        raise RuntimeError(f"the full linear programme for N = {N}, n = {n}, eps = {eps} failed: {solution.message}")
    return float(solution.fun)


def draw_cells(N, n, draws, rng):
    """Draw samples, hypotheses, and for each the loss in a world of every distance j = #{x : f(x) != g(x)}.

    The labels of S and g elsewhere are fair coins, so (S, h) has the same law for every j. The targets of one
    draw are nested: f_j differs from g at the first j points of a random order of the domain, seen or not.

    Returns
    -------
    points : int array (draws, n), the sample
    h : int array (draws, N), the hypothesis, on every point of the domain
    errors : int array (draws, N + 1), number of points on which h differs from f_j
    """
    points = rng.integers(N, size=(draws, n))
    h = rng.integers(2, size=(draws, N))
    order = rng.permuted(np.tile(np.arange(N), (draws, 1)), axis=1)
    wrong = np.take_along_axis(~seen_points(points, N), order, axis=1)
    return points, h, np.pad(np.cumsum(wrong, axis=1), ((0, 0), (1, 0)))


def seen_points(points, N):
    """Which of the N points occur in each sample: (draws, N) booleans."""
    return multiplicities(points, N) > 0


def play_strategy(strategy, width, unseen, N, rng):
    """Draw estimates of the loss from a randomized strategy: the centre of a random window of error counts.

    Parameters
    ----------
    strategy : dict {U: array}
        For every number U of unseen points, the law of the window's first error count a.
    width : int
        Number of consecutive error counts {a, ..., a + width - 1} in a window.
    unseen : int array (draws,)
        Number of unseen points of each draw.

    Returns
    -------
    array (draws,), the estimates (a + (width - 1)/2)/N.
    """
    start = np.empty(len(unseen))
    for U in np.unique(unseen):
        where = np.flatnonzero(unseen == U)
        start[where] = rng.choice(len(strategy[U]), size=where.size, p=strategy[U])
    return (start + (width - 1) / 2) / N


def loss_estimates(points, h):
    """Estimates B(S, h) of the loss that people use, for each drawn sample and hypothesis.

    Three constants; half the share of unseen points, known or by Good and Turing's estimate (an unseen label is a fair
    coin); Occam bounds for the whole class and for the description length of h; the leave-one-out error of the nearest
    neighbour rule; half the share of neighbours with different labels.

    Parameters
    ----------
    points : int array (draws, n)
    h : int array (draws, N)

    Returns
    -------
    dict {name: array (draws,)}
    """
    (draws, n), N = points.shape, h.shape[1]
    return {
        "constant 0": np.zeros(draws),
        "constant 1/4": np.full(draws, 0.25),
        "constant 1": np.ones(draws),
        "half unseen": (~seen_points(points, N)).mean(axis=1) / 2,
        "half Good–Turing": half_good_turing(points, N),
        "Occam": np.full(draws, occam_bound(N, n)),
        "description length": description_length_bound(h, n),
        "leave-one-out": leave_one_out_neighbour(points, h),
        "roughness": label_changes(h) / (2 * (N - 1)),
    }


def failures(N, estimates, errors, eps):
    """Which estimates B of a loss K/N fail: |B - K/N| > eps. One that is exactly eps away has not failed.

    Parameters
    ----------
    N : int
    estimates : array
        B, of a shape that broadcasts with `errors`.
    errors : int array
        K, number of points on which hypothesis and target differ.
    eps : float

    Returns
    -------
    bool array
    """
    return np.abs(N * np.asarray(estimates) - errors) > N * eps + 1e-9


def best_estimate_failures(N, estimates, errors, eps):
    """Failures of the best of several estimates, which is chosen on every other draw and judged on the rest.

    Parameters
    ----------
    estimates : array (E, draws)
        At least two draws.
    errors : int array (draws,)

    Returns
    -------
    bool array (draws // 2,), of draws 1, 3, ... for the estimate that fails least often on draws 0, 2, ...
    """
    failed = failures(N, estimates, errors, eps)
    return failed[failed[:, ::2].mean(axis=1).argmin(), 1::2]


def label_changes(h):
    """Number r of label changes along the domain, for each hypothesis."""
    return (np.diff(h, axis=1) != 0).sum(axis=1)


def multiplicities(points, N):
    """How often each of the N points occurs in each sample: (draws, N) integers."""
    draws = len(points)
    flat = (points + N * np.arange(draws)[:, None]).ravel()
    return np.bincount(flat, minlength=draws * N).reshape(draws, N)


def half_good_turing(points, N):
    """Half the Good-Turing estimate of the unseen mass: the share of the sample drawn exactly once, over 2."""
    return (multiplicities(points, N) == 1).sum(axis=1) / (2 * points.shape[1])


def leave_one_out_neighbour(points, h):
    """Leave-one-out error, on the sample, of the nearest neighbour rule on the circle of N points.

    Labels of the sample are those of h, which interpolates it, so a point drawn twice is right. Of two neighbours at
    the same distance the one before decides. A sample of one distinct point has no error.
    """
    N = h.shape[1]
    often = multiplicities(points, N)
    # The nearest sample points before and after each point of the domain, on three copies of the circle.
    place = np.arange(3 * N)
    seen = np.tile(often > 0, 3)
    before = np.maximum.accumulate(np.where(seen, place, -4 * N), axis=1)
    after = np.minimum.accumulate(np.where(seen, place, 7 * N)[:, ::-1], axis=1)[:, ::-1]
    here = place[N : 2 * N]
    before, after = before[:, N - 1 : 2 * N - 1], after[:, N + 1 : 2 * N + 1]
    neighbour = np.where(here - before <= after - here, before, after) % N
    wrong = np.take_along_axis(h, neighbour, axis=1) != h
    return ((often == 1) & wrong).sum(axis=1) / points.shape[1]


def occam_bound(N, n, confidence=0.05):
    """Hoeffding with a union bound over 2^N hypotheses, no training error: sqrt((N ln 2 + ln 1/conf)/(2n))."""
    return min(1.0, np.sqrt((N * np.log(2) + np.log(1 / confidence)) / (2 * n)))


def description_length_bound(h, n, confidence=0.05):
    """Occam's bound for a consistent h described by its r label changes: ((r+1) ln N + ln(N/conf))/n, at most 1."""
    N = h.shape[1]
    return np.minimum(1.0, ((label_changes(h) + 1) * np.log(N) + np.log(N / confidence)) / n)
