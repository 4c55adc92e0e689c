"""Gradient descent on factorized low-rank matrices, observed in full or through Gaussian measurements, in batches."""

from typing import NamedTuple

import numpy as np


class Problems(NamedTuple):
    """Singular vectors of random n x n matrices of rank r, and where factors of k columns start, at scale 1.

    Attributes
    ----------
    u, v : arrays (runs, n, r)
    left, right : arrays (runs, n, k)
    """

    u: np.ndarray
    v: np.ndarray
    left: np.ndarray
    right: np.ndarray

    def target(self, values, *, symmetric=False):
        """u diag(values) v^T, or with u in the place of v: (runs, n, n)."""
        return (self.u * values) @ (self.u if symmetric else self.v).swapaxes(-1, -2)


def draw_problems(n, r, k, runs, rng):
    """Independent Haar singular vectors and Gaussian starts, as `Problems`."""
    u, v = (haar(n, r, runs, rng) for _ in range(2))
    return Problems(u, v, rng.normal(size=(runs, n, k)), rng.normal(size=(runs, n, k)))


def haar(n, r, runs, rng):
    """First r columns of `runs` independent Haar orthogonal n x n matrices, (runs, n, r)."""
    q, upper = np.linalg.qr(rng.normal(size=(runs, n, r)))
    return q * np.sign(np.diagonal(upper, axis1=-2, axis2=-1))[:, None]


def gaussian_gram(n, measurements, runs, rng, *, symmetric=False):
    """H = A^T A / m for m matrices with independent N(0, 1) entries, as linear maps on R^{n x n}: (runs, n^2, n^2).

    `symmetric` replaces each measurement matrix by its symmetric part, which sees the same symmetric matrices.
    """
    grams = np.empty((runs, n * n, n * n))
    for i in range(runs):
        a = rng.normal(size=(measurements, n, n))
        a = ((a + a.swapaxes(1, 2)) / 2 if symmetric else a).reshape(measurements, n * n)
        grams[i] = a.T @ a / measurements
    return grams


def descend(target, left, right, eta, times, *, gram=None):
    """Errors ||F G^T - M||_F^2 of gradient descent at the given numbers of steps.

    F <- F - eta A*(E) G and G <- G - eta A*(E)^T F with E = F G^T - M, where A* is the identity or the linear map
    `gram`. With `right` None the two factors are one: X <- X - eta A*(X X^T - M) X.

    Parameters
    ----------
    target : array (runs, n, n)
    left, right : arrays (runs, n, k)
    times : array (m,)
        Increasing integers.
    gram : array (runs, n^2, n^2), optional

    Returns
    -------
    array (m, runs)
    """
    f, g, errors, done = left, right, [], 0
    for time in times:
        while True:
            e = f @ (f if g is None else g).swapaxes(-1, -2) - target
            if done == time:
                break
            seen = e if gram is None else (gram @ e.reshape(*e.shape[:-2], -1, 1)).reshape(e.shape)
            if g is None:
                f = f - eta * (seen @ f)
            else:
                f, g = f - eta * (seen @ g), g - eta * (seen.swapaxes(-1, -2) @ f)
            done += 1
        errors.append((e**2).sum(axis=(-2, -1)))
    return np.array(errors)


def exponential_rates(times, errors, settled):
    """Rate b of e ~ exp(-b t) in each run, by least squares of log e over the times that have `settled`.

    Parameters
    ----------
    times : array (m,)
    errors : array (m, runs)
        Positive where `settled`.
    settled : bool array (m, runs)

    Returns
    -------
    array (runs,)
    """
    runs = zip(errors.T, settled.T, strict=True)
    return np.array([-np.polyfit(times[w], np.log(e[w]), 1)[0] for e, w in runs])


def late_rates(target, left, right, eta, length, *, gram=None, floor=1e-27):
    """Exponential rates a step of the errors of `descend` over the second half of `length` steps, above `floor`.

    Parameters
    ----------
    target, left, right, eta, gram
        As for `descend`.
    length : array (runs,)
    floor : float
        Squared errors below it are rounding.

    Returns
    -------
    array (runs,)
    """
    times = np.linspace(0, np.max(length), 200).astype(int)
    errors, share = descend(target, left, right, eta, times, gram=gram), times[:, None] / length
    return exponential_rates(times, errors, (share >= 0.5) & (share <= 1) & (errors > floor))
