"""Hermite expansions: functions of a standard Gaussian variable.

h_k are the probabilists' Hermite polynomials normalized in L2 of z ~ N(0, 1): h_0 = 1, h_1 = z,
h_2 = (z^2 - 1)/sqrt(2), E[h_i(z) h_j(z)] = [i = j]. A function f has the coefficients c_k = E[f(z) h_k(z)] and the
energy c_k^2 in degree k; in particular c_1 = E[f'(z)].
"""

import numpy as np


def polynomials(max_degree, z):
    """h_0, ..., h_m at z, by sqrt(k+1) h_(k+1) = z h_k - sqrt(k) h_(k-1); array (m + 1, *z.shape)."""
    z = np.asarray(z, dtype=float)
    values = np.ones((max_degree + 1, *z.shape))
    if max_degree >= 1:
        values[1] = z
    for k in range(1, max_degree):
        values[k + 1] = (z * values[k] - np.sqrt(k) * values[k - 1]) / np.sqrt(k + 1)
    return values


def expansion(function, max_degree, nodes=150):
    """Coefficients c_0, ..., c_m of a function of a standard Gaussian variable, by Gauss-Hermite quadrature.

    Parameters
    ----------
    function : callable
        z -> f(z), vectorized.
    max_degree : int
        Largest degree m; at most `nodes` - 1.
    nodes : int
        Quadrature nodes. Exact if f is a polynomial and deg f + m < 2 `nodes`; for a kink such as ReLU's the error
        falls like 1/nodes only.

    Returns
    -------
    array (max_degree + 1,)
    """
    if max_degree >= nodes:
        raise ValueError(f"degree {max_degree} needs more than {nodes} quadrature nodes")
    z, weights = np.polynomial.hermite_e.hermegauss(nodes)
    return polynomials(max_degree, z) @ (weights / weights.sum() * function(z))
