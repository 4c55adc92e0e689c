"""Handwritten digits as a finite population: every risk is an exact average over it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn.datasets import load_digits

from theorycheck.experiments import classifiers

# Which digits bear the label +1.
TASKS = {
    "parity": (1, 3, 5, 7, 9),
    "half": (5, 6, 7, 8, 9),
    "curve": (0, 2, 3, 5, 6, 8, 9),
}


def digits_population(task):
    """The 1797 digits of scikit-learn as points on the unit sphere, with binary labels.

    Pixels (8 x 8, values 0 to 16) are divided by 16, the population's mean image is subtracted, and each
    point is scaled to unit length: a fixed map, the same for every sample. Drawing points independently
    with replacement makes the uniform law on these points the population law, so that the risk of any
    classifier is a plain average.

    Parameters
    ----------
    task : "parity", "half" or "curve"
        +1 for the odd digits, for the digits from 5 on, for the digits whose drawing has a curve (0 2 3 5 6
        8 9).

    Returns
    -------
    points : array (1797, 64)
    labels : array (1797,) of -1.0 and +1.0
    """
    if task not in TASKS:
        raise ValueError(f"task must be one of {', '.join(TASKS)}; got {task!r}")
    digits = load_digits()
    points = digits.data / 16
    points = points - points.mean(axis=0)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return points, np.where(np.isin(digits.target, TASKS[task]), 1.0, -1.0)


@dataclass(frozen=True)
class TwoWorlds:
    """Independent samples of a finite population, each bearing its true labels in one world and fair coins in another.

    A classifier is given by `values` (..., reps, 2, N), a function on the population for each sample and world; it
    predicts the sign.

    Attributes
    ----------
    population : array (N, d)
    truth : array (N,) of -1.0 and +1.0
    drawn : array (reps, n) of int
        Indices of the sampled points.
    labels : array (reps, 2, n)
        True labels, coins.
    """

    population: np.ndarray
    truth: np.ndarray
    drawn: np.ndarray
    labels: np.ndarray

    @classmethod
    def draw(cls, population, truth, n, reps, rng):
        """Draw `reps` samples of n points with replacement, and the coins."""
        drawn = rng.integers(truth.size, size=(reps, n))
        coins = rng.choice([-1.0, 1.0], size=(reps, n))
        return cls(population, truth, drawn, np.stack([truth[drawn], coins], axis=1))

    @cached_property
    def points(self):
        """The sampled points (reps, n, d)."""
        return self.population[self.drawn]

    def margins(self, values):
        """Label times value on each sample: (..., reps, 2, n); an error where it is not positive."""
        samples = np.broadcast_to(self.drawn[:, None], (*values.shape[:-1], self.drawn.shape[1]))
        return self.labels * np.take_along_axis(values, samples, axis=-1)

    def risk(self, values):
        """Exact risks (..., reps, 2): an average over the population, and 1/2 where labels are coins."""
        true_risk = np.mean(self.truth * values[..., 0, :] <= 0, axis=-1)
        return np.stack([true_risk, np.full_like(true_risk, 0.5)], axis=-1)

    def gibbs_risk(self, values, scales):
        """Exact risks (U, reps, 2) of Gibbs classifiers: weights from N(uw, I), `values` those of the unit vector w."""
        true_risk = classifiers.gibbs_error(self.truth * values[..., 0, :], scales)
        return np.stack([true_risk, np.full_like(true_risk, 0.5)], axis=-1)

    def logistic(self, first, projection=None):
        """Logistic regression on the `first` points of each sample, penalty 1e-3: unit weights (reps, 2, d).

        With a `projection` (d, K), on the projected points (reps, 2, K).
        """
        points = self.points[:, :first] if projection is None else self.points[:, :first] @ projection
        return classifiers.unit(classifiers.logistic_regression(points, self.labels[..., :first], 1e-3))

    def held_out_errors(self, values, m, draws, rng):
        """Errors of classifiers (..., N) on `draws` fresh hold-out sets of m points with true labels: (..., draws)."""
        fresh = rng.integers(self.truth.size, size=(draws, m))
        wrong = (self.truth * values <= 0).reshape(-1, self.truth.size)
        errors = np.array([np.count_nonzero(row[fresh], axis=1) for row in wrong])
        return errors.reshape(*np.shape(values)[:-1], draws)
