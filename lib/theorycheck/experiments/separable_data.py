"""Data sets that a hyperplane through the origin separates, as points multiplied by their labels."""

import numpy as np


def separable_gaussian(n, d, condition, shift, rng):
    """Gaussian points labelled by a random direction and pushed away from its hyperplane.

    a_i ~ N(0, diag(s^2)) with s_j = condition^(-j/(d-1)), w uniform on the sphere, y_i = sign(a_i^T w), and
    u_i = y_i a_i + shift w, so that u_i^T w >= shift > 0.

    Returns
    -------
    array (n, d)
    """
    scales = condition ** -np.linspace(0, 1, d)
    direction = rng.normal(size=d)
    direction /= np.linalg.norm(direction)
    points = rng.normal(size=(n, d)) * scales
    return points * np.sign(points @ direction)[:, None] + shift * direction


def two_directions(n, ratio, cosine=0.6):
    """n - 1 copies of a unit vector e = (a, b) and one `ratio` (-a, b), where e^T (-a, b) = -`cosine`."""
    a, b = np.sqrt((1 + cosine) / 2), np.sqrt((1 - cosine) / 2)
    return np.vstack([np.tile([a, b], (n - 1, 1)), [-ratio * a, ratio * b]])
