"""The Halpern iteration on finite sums of cocoercive linear operators, with counted component evaluations."""

import numpy as np


def rotation_components(n, d, sigma, smallest_angle, rng):
    """Components F_i(u) = (I - R_i) u - c_i with R_i orthogonal, near a common rotation, and sum_i c_i = 0.

    R_i is the Cayley transform (I + S_i)^{-1} (I - S_i) of S_i = S_0 + sigma W_i, where S_0 has 2 x 2 blocks with
    entries ± tan(angle/2), the angles geometric from `smallest_angle` to 1, and W_i = (G - G^T)/sqrt(2 d) with G
    Gaussian, centred over i; c_i = sigma N(0, I), centred. Since ||(I - R) x||^2 = 2 x^T (I - R) x, the components are
    cocoercive with L = 2, with equality, and F(u) = 0 at u = 0.

    Returns
    -------
    arrays (n, d, d) and (n, d)
        I - R_i and c_i.
    """
    skew = np.zeros((d, d))
    tangents = np.tan(np.geomspace(smallest_angle, 1.0, d // 2) / 2)
    skew[np.arange(0, d, 2), np.arange(1, d, 2)] = tangents
    noise = rng.normal(size=(n, d, d))
    noise = (noise - noise.swapaxes(1, 2)) / np.sqrt(2 * d)
    s = skew - skew.T + sigma * (noise - noise.mean(axis=0))
    shifts = sigma * rng.normal(size=(n, d))
    return np.eye(d) - np.linalg.solve(np.eye(d) + s, np.eye(d) - s), shifts - shifts.mean(axis=0)


def halpern(estimate, u0, step, steps):
    """Iterate u_{k+1} = l_k u_0 + (1 - l_k)(u_k - step * estimate(k, u_k)) with l_k = 2/(k + 4).

    Yields
    ------
    array like u0
        u_0, ..., u_steps.
    """
    u = u0
    for k in range(steps + 1):
        yield u
        anchor = 2 / (k + 4)
        u = anchor * u0 + (1 - anchor) * (u - step * estimate(k, u))


class RecursiveEstimate:
    """F(u_k) at random, else the last estimate plus the mean change of a random batch of components; counts its calls.

    Parameters
    ----------
    matrices, shifts : arrays (n, d, d), (n, d)
        F_i(u) = matrices[i] @ u - shifts[i].
    probabilities : callable int -> float
        Probability of a full evaluation (n calls) at step k; at step 0 it is certain.
    batch : int
        Components drawn with replacement otherwise (2 * batch calls).
    runs : int
        Independent runs, advanced together.
    recursive : bool
        False takes a fresh batch at every step instead (batch calls), without variance reduction.

    Attributes
    ----------
    calls : array (runs,)
        Component evaluations so far.
    """

    def __init__(self, matrices, shifts, probabilities, batch, runs, rng, *, recursive=True):
        self.matrices, self.shifts, self.mean = matrices, shifts, matrices.mean(axis=0)
        self.probabilities, self.batch, self.recursive, self.rng = probabilities, batch, recursive, rng
        self.calls = np.zeros(runs, dtype=int)
        self.point = self.estimate = None

    def __call__(self, k, u):
        """The estimates at u (runs, d), step k."""
        runs, n = len(self.calls), len(self.matrices)
        if not self.recursive:
            batch = self.rng.integers(n, size=(runs, self.batch))
            self.calls += self.batch
            return self._apply(batch, u) - self.shifts[batch].mean(axis=1)
        full = np.full(runs, True) if k == 0 else self.rng.random(runs) < self.probabilities(k)
        new = u @ self.mean.T
        if not full.all():
            rest = ~full
            batch = self.rng.integers(n, size=(rest.sum(), self.batch))
            new[rest] = self.estimate[rest] + self._apply(batch, u[rest] - self.point[rest])
        self.point, self.estimate = u, new
        self.calls += np.where(full, n, 2 * self.batch)
        return new

    def _apply(self, batch, v):
        """Mean over each run's batch of matrices[i] @ v; summing the matrices first reads each of them once."""
        runs, d = v.shape
        rows = np.take(self.matrices.reshape(-1, d * d), batch.ravel(), axis=0)
        total = rows.reshape(runs, -1, d * d).sum(axis=1).reshape(runs, d, d)
        return (total @ v[..., None])[..., 0] / self.batch


def first_hits(estimate, mean, u0, step, accuracies, limit):
    """Steps and calls until ||F(u_k)|| first falls to each accuracy; the true residual is measured, not counted.

    Parameters
    ----------
    estimate : callable
        Of `halpern`, with an attribute `calls` of shape (runs,).
    mean : array (d, d)
        F(u) = mean @ u.
    u0 : array (d,)
    accuracies : array (m,)
        Decreasing.
    limit : int
        Steps after which a run is given up; its numbers are then those at the limit.

    Returns
    -------
    steps, calls : arrays (m, runs)
    """
    accuracies, runs = np.asarray(accuracies)[:, None], len(estimate.calls)
    steps, calls = np.full((2, len(accuracies), runs), -1)
    for k, u in enumerate(halpern(estimate, np.tile(u0, (runs, 1)), step, limit)):
        new = (steps < 0) & ((np.linalg.norm(u @ mean.T, axis=1) <= accuracies) | (k == limit))
        steps[new], calls[new] = k, np.broadcast_to(estimate.calls, new.shape)[new]
        if np.all(steps >= 0):
            return steps, calls
