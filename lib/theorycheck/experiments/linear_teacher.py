"""Linear students of a noisy linear teacher: many random regressions, trained by gradient descent."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Regressions:
    """R independent data sets, each with m independent teachers, noises and initial students.

    Attributes
    ----------
    inputs : array (R, N, P)
        P inputs of dimension N as columns, entries of variance 1/N.
    targets : array (R, P, m)
    teacher, start : arrays (R, N, m)
        Weights of the teachers and initial weights of the students.
    noise : float
        Variance of the noise in the targets.
    """

    inputs: np.ndarray
    targets: np.ndarray
    teacher: np.ndarray
    start: np.ndarray
    noise: float

    @classmethod
    def draw(cls, N, P, reps, rng, *, snr, inr, teachers=1, law="gaussian", correlation=0.0):
        """Draw regressions.

        Parameters
        ----------
        N, P, reps, teachers : int
            Dimension, examples, data sets, and teachers for each data set.
        snr, inr : float
            One over the variance of the noise; variance of the initial weights.
        law : "gaussian" or "rademacher"
            Of the inputs' entries.
        correlation : float
            Entries i and j of an input have correlation `correlation` ** |i - j|.
        """
        entries = rng.normal(size=(reps, N, P)) if law == "gaussian" else rng.choice([-1.0, 1.0], size=(reps, N, P))
        if correlation:
            index = np.arange(N)
            entries = np.linalg.cholesky(correlation ** np.abs(index[:, None] - index)) @ entries
        inputs = np.divide(entries, np.sqrt(N), out=entries)
        teacher = rng.normal(size=(reps, N, teachers))
        start = np.sqrt(inr) * rng.normal(size=(reps, N, teachers))
        noise = rng.normal(size=(reps, P, teachers)) / np.sqrt(snr)
        return cls(inputs, np.swapaxes(inputs, 1, 2) @ teacher + noise, teacher, start, 1 / snr)

    def error(self, weights):
        """Generalization errors of students (..., R, N, m), averaged over the m of one data set: (..., R)."""
        return np.mean((weights - self.teacher) ** 2, axis=(-2, -1)) + self.noise

    def descend(self, steps, rate):
        """Students after each number of gradient steps: (K, R, N, m).

        Descent on half the sum of squared residuals, from `start`; `steps` increases.
        """
        recorded = np.empty((len(steps), *self.start.shape))
        for first in range(0, len(self.inputs), 8):  # a few data sets at a time, so that they stay in cache
            some = slice(first, first + 8)
            x = self.inputs[some]
            curvature, pull = rate * (x @ np.swapaxes(x, 1, 2)), rate * (x @ self.targets[some])
            w, done = self.start[some].copy(), 0
            for i, k in enumerate(steps):
                for _ in range(k - done):
                    w += pull - curvature @ w
                recorded[i, some], done = w, k
        return recorded

    def converged(self):
        """Students after infinitely many steps: the least-squares solution nearest to the start, (R, N, m)."""
        end = self.start.copy()
        for w, x, y in zip(end, self.inputs, self.targets, strict=True):  # a pseudo-inverse takes as much as its data
            w += np.linalg.pinv(x.T) @ (y - x.T @ w)
        return end

    def outside_span(self, change):
        """Length of the part of changes (R, N, m) that is orthogonal to all inputs, over their length: (R, m)."""
        basis = np.linalg.qr(self.inputs)[0]
        outside = change - basis @ (np.swapaxes(basis, 1, 2) @ change)
        return np.linalg.norm(outside, axis=1) / np.linalg.norm(change, axis=1)


def square_eigenvalues(N, reps, rng):
    r"""Eigenvalues of $XX^\top$ for independent N x N Gaussian matrices X with entries of variance 1/N: (reps, N)."""
    return np.linalg.svd(rng.normal(size=(reps, N, N)) / np.sqrt(N), compute_uv=False) ** 2


def square_noise(N, times, reps, rng):
    """What noise of variance 1 adds to the generalization error along gradient flow, on N examples in N dimensions.

    At time t the student that learns targets of noise alone from zero weights, on one of `reps` matrices of
    `square_eigenvalues`, averaged over the noise.

    Returns
    -------
    array (len(times), reps)
    """
    eigenvalues = square_eigenvalues(N, reps, rng)
    return np.mean(np.expm1(-np.asarray(times)[:, None, None] * eigenvalues) ** 2 / eigenvalues, axis=-1)
