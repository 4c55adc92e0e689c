"""Block coordinate descent on f(x) = x^T A x/2 - b^T x, free or over x >= 0: greedy rules, active sets, termination."""

import numpy as np
from scipy import linalg, optimize

RULES = ("GSQ", "GSL", "GS", "GS+N")


def skewed_quadratic(n, blocks, cond, het, rng):
    """A = S Q diag(h) Q^T S with h geometric from 1/cond to 1 and S = diag(exp(het N(0, 1))); x*; random equal blocks.

    Returns
    -------
    (A, x*, indices (blocks, n / blocks))
    """
    Q, S = linalg.qr(rng.normal(size=(n, n)))[0], np.exp(het * rng.normal(size=n))
    A = (Q * np.geomspace(1 / cond, 1, n)) @ Q.T * np.outer(S, S)
    return (A + A.T) / 2, rng.normal(size=n), rng.permutation(n).reshape(blocks, -1)


def greedy_descent(A, b, blocks, rule, steps):
    """Points x_0 = 0, ..., x_steps, (steps + 1, n), of greedy block descent.

    The block maximizes g_b^T A_bb^{-1} g_b ("GSQ"), ||g_b||^2/L_b ("GSL") or ||g_b|| ("GS", "GS+N"), with L_b the
    largest eigenvalue of A_bb; the step is exact on the block for "GSQ" and "GS+N", gradient / L_b for the others.
    """
    if rule not in RULES:
        raise ValueError(f"rule must be one of {', '.join(RULES)}; got {rule!r}")
    diagonal = np.stack([A[np.ix_(block, block)] for block in blocks])
    inverses, L = np.linalg.inv(diagonal), np.linalg.eigvalsh(diagonal)[:, -1]
    points = [np.zeros(len(b))]
    for _ in range(steps):
        x = points[-1].copy()
        g = (A @ x - b)[blocks]
        exact = np.einsum("kij,kj->ki", inverses, g)
        squares = (g**2).sum(axis=1)
        score = {"GSQ": (g * exact).sum(axis=1), "GSL": squares / L}.get(rule, squares)
        k = int(np.argmax(score))
        x[blocks[k]] -= exact[k] if rule in ("GSQ", "GS+N") else g[k] / L[k]
        points.append(x)
    return np.array(points)


def projected_gradient(A, b, x0, steps):
    """Points x <- max(x - (A x - b)/L, 0) with L the largest eigenvalue of A, (steps + 1, n)."""
    points, step = [np.array(x0, dtype=float)], 1 / np.linalg.eigvalsh(A)[-1]
    for _ in range(steps):
        points.append(np.maximum(points[-1] - step * (A @ points[-1] - b), 0))
    return np.array(points)


def cyclic_descent(A, b, x0, sweeps):
    """Points after each sweep of exact minimization over x_i >= 0, one coordinate after another, (sweeps + 1, n)."""
    points = [np.array(x0, dtype=float)]
    for _ in range(sweeps):
        x = points[-1].copy()
        for i in range(len(x)):
            x[i] = max(x[i] - (A[i] @ x - b[i]) / A[i, i], 0)
        points.append(x)
    return np.array(points)


def steps_until(wrong):
    """First step from which on `wrong` (steps + 1, ...) is false for good; the number of rows where it never is."""
    wrong = np.asarray(wrong)
    last = len(wrong) - 1 - np.argmax(wrong[::-1], axis=0)
    return np.where(wrong.any(axis=0), last + 1, 0)


def sparse_problem(n, support, cond, rng):
    """A (mean diagonal 1), b and the minimizer x* of a quadratic over x >= 0, with `support` positive coordinates.

    These are random and x* is uniform in (.5, 1.5) there; elsewhere the gradient at x* is uniform in (.1, 1).
    """
    Q, h = linalg.qr(rng.normal(size=(n, n)))[0], np.geomspace(1, cond, n)
    A = (Q * (h / h.mean())) @ Q.T
    chosen = rng.permutation(n) < support
    x = np.where(chosen, rng.uniform(0.5, 1.5, size=n), 0.0)
    return (A + A.T) / 2, A @ x - np.where(chosen, 0.0, rng.uniform(0.1, 1, size=n)), x


def greedy_nonnegative(A, b, solution, size, steps, *, prefer_positive=True, accuracy=1e-9):
    """Block descent over x >= 0 from all ones, with the `size` coordinates that promise most, solved exactly.

    Coordinate i promises the decrease of a projected step with curvature A_ii; promises below 1e-24 count as ties,
    which go to coordinates with x_i > 0 if `prefer_positive`. Stops when the largest error is below `accuracy`.

    Returns
    -------
    errors : array (m,), largest error of each iterate
    after : int or inf, steps from the first iterate from which on the support is that of `solution` to the last; inf
        if the last iterate has another support
    """
    x, errors, wrong, n = np.ones(len(b)), [], [], len(b)
    diagonal, chosen = np.diag(A), solution > 0
    for _ in range(steps + 1):
        errors.append(np.abs(x - solution).max())
        wrong.append(bool(np.any((x > 0) != chosen)))
        if errors[-1] < accuracy:
            break
        g = A @ x - b
        move = np.maximum(-g / diagonal, -x)
        promise = -(g * move + diagonal * move**2 / 2)
        promise[promise < 1e-24] = 0
        ties = -(x > 0).astype(float) if prefer_positive else np.arange(n)
        block = np.lexsort((ties, -promise))[:size]
        rest = np.setdiff1d(np.arange(n), block)
        factor = linalg.cholesky(A[np.ix_(block, block)])
        target = b[block] - A[np.ix_(block, rest)] @ x[rest]
        x[block] = optimize.nnls(factor, linalg.solve_triangular(factor, target, trans="T"))[0]
    return np.array(errors), np.inf if wrong[-1] else len(errors) - 1 - int(steps_until(wrong))
