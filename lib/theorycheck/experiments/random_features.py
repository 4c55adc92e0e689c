"""Ridge regression on Gaussian random features, with errors computed exactly for each draw (no test set)."""

import numpy as np


def feature_errors(x, loadings, labels, target, ridges, noise=0.0):
    """Errors of ridge regression on the features F = x A.

    x ~ N(0, I) in m modes, labels y = x v + noise. The predictor F theta with theta minimizing
    |F theta - y|^2 + ridge |theta|^2 is the linear function x w with w = A theta, so that its error on a fresh label is
    |v - w|^2 + noise.

    Parameters
    ----------
    x : array (n, m)
    loadings : array (m, k)
        A; for k random features of a kernel with eigenvalues lambda_i, A = diag(lambda)^(1/2) Psi / sqrt(k) with Psi
        standard Gaussian.
    labels : array (n,)
    target : array (m,)
        v.
    ridges : array (r,)
        Positive; one decomposition serves all.
    noise : float
        Variance of the label noise.

    Returns
    -------
    test, training : arrays (r,)
        Mean squared errors.
    """
    features, ridges = x @ loadings, np.asarray(ridges, dtype=float)
    n, k = features.shape
    if k < n:
        spectrum, basis = np.linalg.eigh(features.T @ features)
        theta = basis @ ((basis.T @ (features.T @ labels))[:, None] / (np.maximum(spectrum, 0)[:, None] + ridges))
        residual = labels[:, None] - features @ theta
    else:
        dual = _dual(features @ features.T, labels[:, None], ridges)[..., 0].T
        theta, residual = features.T @ dual, ridges * dual
    gap = target[:, None] - loadings @ theta
    return (gap**2).sum(axis=0) + noise, (residual**2).mean(axis=0)


def kernel_errors(x, eigenvalues, labels, targets, ridges, noise=0.0, tail=0.0):
    """The same in the limit of infinitely many features, kernel x diag(lambda) x' + tail I, for t targets on one x.

    `tail` is the trace of modes that are left out: they are so many and so small that on n points they make a multiple
    of the identity, and learn nothing. Count their part of the target as `noise`.

    Parameters
    ----------
    x : array (n, m)
    eigenvalues : array (m,)
    labels : array (n, t)
    targets : array (m, t)
    ridges : array (r,)
    noise, tail : float

    Returns
    -------
    test, training : arrays (r, t)
    """
    scaled, ridges = x * eigenvalues, np.asarray(ridges, dtype=float)
    gram = scaled @ x.T
    gram[np.diag_indices(len(gram))] += tail
    dual = _dual(gram, labels, ridges)
    test = [((targets - scaled.T @ coefficients) ** 2).sum(axis=0) for coefficients in dual]
    return np.array(test) + noise, ((ridges[:, None, None] * dual) ** 2).mean(axis=1)


def _dual(gram, labels, ridges):
    """(gram + ridge I)^(-1) labels for each ridge: array (r, n, t)."""
    spectrum, basis = np.linalg.eigh(gram)
    return basis @ ((basis.T @ labels) / (np.maximum(spectrum, 0) + ridges[:, None])[:, :, None])
