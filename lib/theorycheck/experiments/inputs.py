"""Inputs and labels for experiments on small networks."""

import numpy as np


def uniform_sphere(rng, shape, dimension):
    """Independent points, uniform on the sphere of radius sqrt(dimension).

    At that radius the entries have mean square 1, and a first layer divided by sqrt(dimension) has unit variance.

    Parameters
    ----------
    shape : int or tuple of int
        How many points, e.g. (R, n) for R data sets of n points.

    Returns
    -------
    array (*shape, dimension)
    """
    x = rng.normal(size=(*np.atleast_1d(shape), dimension))
    return x * (np.sqrt(dimension) / np.linalg.norm(x, axis=-1, keepdims=True))


def wave_and_step(rng, x):
    """Labels y = sin(2 x.u) + 1[x.u > 0] - 1/2 of each data set, with its own uniform unit vector u.

    A function of one direction with a smooth and a discontinuous part, so that small and large eigenvalues of a
    kernel both matter; scaled to mean square 1 over the data set.

    Parameters
    ----------
    x : array (..., n, d)
        Data sets of n points.

    Returns
    -------
    array (..., n, 1)
    """
    u = rng.normal(size=(*x.shape[:-2], x.shape[-1], 1))
    z = x @ (u / np.linalg.norm(u, axis=-2, keepdims=True))
    y = np.sin(2 * z) + (z > 0) - 0.5
    return y / np.sqrt(np.mean(y**2, axis=-2, keepdims=True))
