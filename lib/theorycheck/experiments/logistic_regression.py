"""Logistic regression by gradient descent, with any step size and any tail of the loss."""

import numpy as np
from scipy.special import expit


def logistic(margin):
    """Loss log(1 + e^-m) of the margin m and its negative derivative 1/(1 + e^m)."""
    return np.logaddexp(0.0, -margin), expit(-margin)


def algebraic(margin):
    """Loss (sqrt(1 + m^2) - m)/2 of the margin m and its negative derivative, which falls like 1/(4 m^2)."""
    root = np.hypot(1.0, margin)
    loss = 0.5 / (root + np.abs(margin)) + np.maximum(0.0, -margin)
    return loss, np.where(margin > 0, 0.5 / (root * (root + np.abs(margin))), 0.5 * (1 - margin / root))


TAILS = {"logistic": logistic, "alg": algebraic}


def gradient_descent(u, step, *, steps=None, tail="logistic", normalized=False, max_steps=100_000):
    """Gradient descent from 0 on f(x) = (1/n) sum_i loss(u_i^T x), for `steps` steps or until all is classified.

    x_{t+1} = x_t + (step/n) sum_i w_it u_i with w_it = -loss'(u_i^T x_t); `normalized` divides the step by
    (1/n) sum_i w_it.

    Parameters
    ----------
    u : array (n, d)
        Points multiplied by their labels.
    step : float
        Step size; there is no largest one.
    steps : int, optional
        Number of steps. Without it the run ends at the first iterate with u_i^T x > 0 for all i, or at `max_steps`.
    tail : {"logistic", "alg"}
        The loss.

    Returns
    -------
    (array (T + 1, d), array (T + 1,))
        Iterates and their losses.
    """
    point, iterates, losses = np.zeros(u.shape[1]), [], []
    limit = max_steps if steps is None else steps
    while True:
        margin = u @ point
        loss, weight = TAILS[tail](margin)
        iterates.append(point)
        losses.append(loss.mean())
        if len(iterates) > limit or (steps is None and np.all(margin > 0)):
            return np.array(iterates), np.array(losses)
        point = point + step * (weight @ u) / (weight.sum() if normalized else len(u))
