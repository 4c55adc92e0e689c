"""The batch perceptron: the limit of logistic gradient descent as its step size grows, and how fast it is reached."""

from math import floor
from typing import NamedTuple

import numpy as np
from scipy.special import expit


class Approach(NamedTuple):
    """How gradient descent with a finite step differs from the perceptron, to first order and how well that is known.

    Attributes
    ----------
    deviation : array (d,)
        First-order prediction of theta_T / step - p_T.
    envelope : array (T,)
        Upper bounds of ||theta_t / step - p_t|| for t = 1, ..., T.
    remainder : float
        Upper bound of the distance between the true deviation and `deviation`.
    """

    deviation: np.ndarray
    envelope: np.ndarray
    remainder: float


def batch_perceptron(u, *, normalized=False, start=0.5, max_steps=100_000):
    """Iterates of the batch perceptron up to the first that classifies every point.

    p_0 = 0 and p_{t+1} = p_t + (1/n) sum_i w_it u_i, where w_it is 1 if u_i^T p_t < 0, 0 if it is positive, and `start`
    if it is 0 (one half, the logistic sigmoid there, unless given). `normalized` divides each step by (1/n) sum_i w_it.

    Parameters
    ----------
    u : array (n, d)
        Points multiplied by their labels.

    Returns
    -------
    array (T + 1, d)
        p_0, ..., p_T with u_i^T p_T > 0 for all i and T minimal.

    Raises
    ------
    ValueError
        If `max_steps` steps do not classify every point.
    """
    iterates = [np.zeros(u.shape[1])]
    for _ in range(max_steps):
        score = u @ iterates[-1]
        if np.all(score > 0):
            return np.array(iterates)
        weight = np.where(score < 0, 1.0, np.where(score > 0, 0.0, start))
        iterates.append(iterates[-1] + weight @ u / (weight.sum() if normalized else len(u)))
    raise ValueError(f"batch_perceptron: not all points are classified after {max_steps} steps")


def least_score(u, iterates):
    """m = min |u_i^T p_t| over all points and 1 <= t < T: how close the run comes to changing one of its decisions."""
    return float(np.abs(u @ iterates[1:-1].T).min())


def hinge_losses(u, iterates):
    """(1/n) sum_i max(0, -u_i^T p_t) for every iterate: the limit of the logistic loss divided by the step."""
    return np.maximum(0.0, -iterates @ u.T).mean(axis=1)


def logistic_approach(u, iterates, step):
    """First-order deviation of logistic gradient descent with step `step` from the perceptron run `iterates`.

    With z_it = u_i^T p_t and s the logistic sigmoid, the scaled iterates theta_t / step obey the perceptron's recursion
    with s(-step z) in place of the weight, so to first order

        theta_T / step - p_T = (1/n) sum_{1 <= t < T} sum_i sign(z_it) s(-step |z_it|) u_i.

    |(log s)'| <= 1 makes the rest explicit. With a_t = (1/n) sum_i s(-step |z_it|) ||u_i|| and R = max ||u_i||, the
    recursion B_1 = 0, B_{t+1} = B_t + exp(step R B_t) a_t bounds the deviation at t, and
    sum_t (exp(step R B_t) - 1) a_t bounds the error of the first order.

    Parameters
    ----------
    u : array (n, d)
    iterates : array (T + 1, d)
        From `batch_perceptron`, not normalized.
    step : float
        The step size gamma > 0.

    Returns
    -------
    Approach
    """
    score = u @ iterates[1:-1].T
    tail = expit(-step * np.abs(score))
    norms = np.linalg.norm(u, axis=1)
    envelope, remainder = [0.0], 0.0
    for move in norms @ tail / len(u):
        with np.errstate(over="ignore"):
            excess = np.expm1(step * norms.max() * envelope[-1])
        envelope.append(envelope[-1] + (1 + excess) * move)
        remainder += excess * move
    deviation = (np.sign(score) * tail).sum(axis=1) @ u / len(u)
    return Approach(deviation, np.array(envelope), float(remainder))


def mistake_bound(radius, margin, n=1):
    """Largest number of steps to classify data of radius R and margin mu: n R^2 / mu^2 for the batch perceptron.

    With k_t >= 1 mistakes in step t and K = sum_t k_t / n, mu K <= ||p_T|| <= R (sum_t (k_t/n)^2)^{1/2} <= R K^{1/2}
    gives K <= R^2 / mu^2 and T <= n K. Normalized steps have K = T: pass n = 1.
    """
    return n * radius**2 / margin**2


def two_directions_time(n, ratio, *, cosine=0.6, normalized=False):
    """Steps the batch perceptron needs for n - 1 copies of e and one h = ratio * e', with e^T e' = -cosine.

    The first step moves towards the many copies; after it only h is wrong, and each further step adds ratio^2 / n to
    u_h^T p (ratio^2 if normalized), so T = 2 + floor(cosine (n - 1) / (2 ratio) - 1/2), and normalized
    T = 2 + floor((cosine (n - 1) / ratio - 1) / n).

    Parameters
    ----------
    n : int
        Number of points, at least 2.
    ratio : float in (0, 1]
        ||h|| / ||e||.
    cosine : float in (0, 1)
        The data must be such that e stays classified: cosine * (cosine + 2 * ratio) < 1 is enough.

    Returns
    -------
    (int, float)
        T, and |u_h^T p_{T-1}| or u_h^T p_T, whichever is smaller: how far the count is from being another one.
    """
    if cosine * (cosine + 2 * ratio) >= 1:
        raise ValueError(f"two_directions_time: needs cosine (cosine + 2 ratio) < 1; got {cosine:g} and {ratio:g}")
    steps = (cosine * (n - 1) / ratio - 1) / n if normalized else cosine * (n - 1) / (2 * ratio) - 0.5
    gain = ratio**2 * (1.0 if normalized else 1 / n)
    return 2 + floor(steps), gain * min(steps - floor(steps), 1 + floor(steps) - steps)
