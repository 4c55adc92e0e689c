r"""The Marchenko-Pastur law, and averages over it.

X is an N x P matrix of independent entries with mean 0 and variance 1/N, and $\alpha=P/N$ stays fixed as N grows. The
eigenvalues of $XX^\top$ then have the density $\sqrt{(\lambda_+-\lambda)(\lambda-\lambda_-)}/(2\pi\lambda)$ on
$[\lambda_-,\lambda_+]$, $\lambda_\pm=(1\pm\sqrt\alpha)^2$, and a share $(1-\alpha)_+$ of them is zero.
"""

import numpy as np


def edges(alpha):
    r"""$(\lambda_-,\lambda_+)$ for $\alpha>0$."""
    return (1 - np.sqrt(alpha)) ** 2, (1 + np.sqrt(alpha)) ** 2


def quadrature(alpha, nodes=1500):
    r"""Nodes and weights for averages over the continuous part of the law.

    With $\lambda=1+\alpha-2\sqrt\alpha\cos\theta$ the law is $\frac{2\alpha\sin^2\theta}{\pi\lambda}d\theta$ on
    $[0,\pi]$, the half period of a smooth even function, which the midpoint rule integrates with an error that falls
    exponentially in the number of nodes.

    Parameters
    ----------
    alpha : float
        P/N > 0.
    nodes : int
        Functions that vary on a scale s near $\lambda=0$ at $\alpha=1$ need $nodes\gg\pi/\sqrt s$.

    Returns
    -------
    eigenvalues, weights : arrays (nodes,)
        The weights sum to min(1, alpha).
    """
    if not alpha > 0:
        raise ValueError(f"the aspect ratio must be positive; got {alpha}")
    theta = (np.arange(nodes) + 0.5) * np.pi / nodes
    eigenvalues = 1 + alpha - 2 * np.sqrt(alpha) * np.cos(theta)
    return eigenvalues, 2 * alpha * np.sin(theta) ** 2 / (nodes * eigenvalues)
