"""Fixed points of affine maps H -> gamma A H + B with row-stochastic A, and the gradient through them."""

import numpy as np


def fixed_point(a, b, gamma):
    """Solve H = gamma A H + B, i.e. (I - gamma A) H = B, for A (..., n, n) and B (..., n, s)."""
    return np.linalg.solve(np.eye(a.shape[-1]) - gamma * a, b)


def implicit_gradient(a, h, g, gamma, inverse=True):
    """Derivatives of a loss l(H*) with respect to A and B at the fixed point H* = h, without unrolling.

    By the implicit function theorem, with v = (I - gamma A)^-T dl/dH*: dl/dB = v and dl/dA = gamma v H*'.

    Parameters
    ----------
    a : array (n, n)
    h, g : arrays (n, s)
        Fixed point and dl/dH*.
    gamma : float
    inverse : bool
        False drops the inverse, v = dl/dH*, as if the last step alone depended on the parameters.

    Returns
    -------
    (n, n), (n, s)
    """
    v = np.linalg.solve((np.eye(len(a)) - gamma * a).T, g) if inverse else g
    return gamma * v @ h.T, v


def steps_to(reduction, gamma):
    """Steps that reduce an error by a factor: ln(reduction) / ln(gamma), as every step multiplies it by gamma."""
    return np.log(reduction) / np.log(gamma)
