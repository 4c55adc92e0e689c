"""Hierarchical targets h = g(p(x)) with a hidden quadratic feature p, and a three-layer network's second stage.

The first stage of training (a linear readout of a frozen random layer, with weight decay) is kernel ridge
regression, see `theorycheck.experiments.kernel_ridge`.
"""

import numpy as np
from scipy import linalg, stats


def balanced_form(dimension, rng):
    """A = Q diag(+1, ..., -1, ...) Q' / sqrt(2d) with as many + as -, Q random orthogonal: Var x'Ax = 1 for Gaussian x.

    Parameters
    ----------
    dimension : int
        d, even.
    rng : numpy Generator

    Returns
    -------
    array (d, d)
    """
    if dimension % 2:
        raise ValueError(f"a balanced form needs an even dimension; got {dimension}")
    rotation = stats.ortho_group.rvs(dimension, random_state=rng)
    signs = np.repeat([1.0, -1.0], dimension // 2)
    return (rotation * signs) @ rotation.T / np.sqrt(2 * dimension)


def inputs(count, dimension, distribution, rng):
    """`count` points of N(0, I_d) ("gaussian"), or uniform on the sphere of radius sqrt(d) ("sphere"); array (n, d)."""
    x = rng.standard_normal((count, dimension))
    if distribution == "sphere":
        x *= np.sqrt(dimension) / np.linalg.norm(x, axis=1, keepdims=True)
    elif distribution != "gaussian":
        raise ValueError(f"distribution must be 'gaussian' or 'sphere'; got {distribution!r}")
    return x


def quadratic_feature(x, form, distribution):
    """p(x) = x'Ax for a traceless form with 2 tr A^2 = 1, scaled to variance 1 under `distribution`; array (n,)."""
    p = ((x @ form) * x).sum(axis=1)
    d = x.shape[1]
    return p * np.sqrt((d + 2) / d) if distribution == "sphere" else p


def quadratic_link(z, alpha_squared):
    """g(z) = alpha z + beta (z^2 - 1)/sqrt(2), alpha^2 + beta^2 = 1: for z ~ N(0, 1) Var g = 1 and E[g'(z)] = alpha."""
    return np.sqrt(alpha_squared) * z + np.sqrt((1 - alpha_squared) / 2) * (z**2 - 1)


def squared_correlation(a, b):
    """Squared correlation of a (..., n) with b (n,) over the last axis."""
    a, b = a - a.mean(axis=-1, keepdims=True), b - b.mean()
    return (a @ b) ** 2 / ((a**2).sum(axis=-1) * (b @ b))


def second_stage(feature, targets, test_feature, rng, units=50, ridge=1e-2):
    """Fit the link on fresh samples of a frozen feature, and predict.

    The feature is standardized; then sum_i a_i relu(c_i z + b_i) + w z + w_0 with c_i = +-1 and b_i uniform in [-3, 3]
    is fitted in a, w and w_0 by ridge regression on the mean square.

    Parameters
    ----------
    feature, targets : arrays (n,)
        The learned feature and the labels on samples that the first stage has not seen.
    test_feature : array (m,)
    rng : numpy Generator
        Draws the outer layer's c and b.

    Returns
    -------
    array (m,)
    """
    signs, shifts = rng.choice([-1.0, 1.0], units), rng.uniform(-3, 3, units)
    centre, scale = feature.mean(), feature.std()

    def layer(values):
        z = (values - centre) / scale
        return np.column_stack([np.maximum(np.multiply.outer(z, signs) + shifts, 0), z, np.ones_like(z)])

    design = layer(feature)
    gram = design.T @ design / len(feature) + ridge * np.eye(units + 2)
    return layer(test_feature) @ linalg.solve(gram, design.T @ targets / len(feature), assume_a="pos")
