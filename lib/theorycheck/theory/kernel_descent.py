"""Least-squares descent of a function along a fixed kernel: the training dynamics of an infinitely wide network.

Points 1 .. n of which the first P carry labels y. Gradient descent with step r on the cost
(1 / 2P) sum_{i <= P} (f(x_i) - y_i)^2 along a kernel K changes all values at once,

    f_{k+1} = f_k - (r / P) K[:, :P] (f_k[:P] - y),

a linear recursion whose solution is f_k = f_0 + M_k (y - f_0[:P]) with

    M_k = K[:, :P] K_P^{-1} (I - (I - r K_P / P)^k),      K_P = K[:P, :P].

As r -> 0 with t = k r this is the flow, (I - r K_P / P)^k -> exp(-t K_P / P) (Jacot, Gabriel and Hongler,
NeurIPS 2018, section on least-squares regression).
"""

import numpy as np


def response(kernel, labelled, rate, steps):
    """The matrices M_k of the solution f_k = f_0 + M_k (y - f_0[:P]).

    Parameters
    ----------
    kernel : array (..., n, n)
        Symmetric positive semidefinite, for one data set or many.
    labelled : int
        P, at least 1 and at most n: the first points are the labelled ones.
    rate : float or array (...)
        r > 0.
    steps : sequence of int
        The numbers k of steps.

    Returns
    -------
    array (len(steps), ..., n, P)

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    return _response(kernel, labelled, rate, steps, _removed_by_steps)


def flow_response(kernel, labelled, times):
    """The matrices M_t of the flow df/dt = -(1 / P) K[:, :P] (f[:P] - y), for the given times; shapes as `response`."""
    return _response(kernel, labelled, 1.0, times, lambda x, t: -np.expm1(-t * x))


def trained_law(prior, kernel, labels, rate, steps):
    """Mean and covariance of f_k when f_0 is a centred Gaussian process and the kernel is fixed.

    f_k = A_k f_0 + M_k y with A_k = I - [M_k, 0], so f_k has mean M_k y and covariance A_k Sigma A_k^T.

    Parameters
    ----------
    prior : array (n, n)
        Sigma, the covariance of f_0.
    kernel : array (n, n)
    labels : array (P,)
    rate : float
    steps : int

    Returns
    -------
    mean : array (n,)
    covariance : array (n, n)
    """
    labels = np.asarray(labels, dtype=float)
    by_labels = response(kernel, labels.size, rate, [steps])[0]
    by_start = np.eye(len(by_labels))
    by_start[:, : labels.size] -= by_labels
    return by_labels @ labels, by_start @ prior @ by_start.T


def _removed_by_steps(x, k):
    """1 - (1 - x)^k to full relative precision at small x; also where x > 1 and the error changes sign."""
    small = np.minimum(x, 0.5)
    return np.where(x <= 0.5, -np.expm1(k * np.log1p(-small)), 1 - (1 - x) ** k)


def _response(kernel, labelled, rate, steps, removed):
    """`removed(x, k)` is the share of the error that is gone, for an eigenvalue x = r lambda / P."""
    kernel, rate = np.asarray(kernel, dtype=float), np.asarray(rate, dtype=float)
    if kernel.ndim < 2 or kernel.shape[-1] != kernel.shape[-2] or not 1 <= labelled <= kernel.shape[-1]:
        raise ValueError(f"expected square kernels of at least {labelled} points; got shape {kernel.shape}")
    eigenvalues, vectors = np.linalg.eigh(kernel[..., :labelled, :labelled])
    x = rate[..., None] * np.maximum(eigenvalues, 0) / labelled
    k = np.asarray(steps, dtype=float).reshape(-1, *(1,) * x.ndim)
    # The share over the eigenvalue tends to k r / P where the eigenvalue tends to 0.
    weight = np.where(x > 0, removed(x, k) / np.where(x > 0, x, 1.0), k) * rate[..., None] / labelled
    along = kernel[..., :labelled] @ vectors
    return (along * weight[..., None, :]) @ np.swapaxes(vectors, -1, -2)
