r"""A damped empirical Fisher matrix F = lambda I + (1/m) sum_i g_i g_i^T with m gradients in R^d, m << d.

G (m x d) has the g_i as rows and K = G G^T. With x = G^T c + z, z orthogonal to all g_i,

.. math:: F^{-1}x=G^\top(\lambda I+K/m)^{-1}c+z/\lambda,

which involves no cancellation, whatever the condition number of F.
"""

import numpy as np
from scipy import linalg


def _check(lam):
    if not lam > 0:
        raise ValueError(f"the damping must be positive; got {lam}")


def condition_number(G, lam):
    """Largest over smallest eigenvalue of F (m < d): 1 + ||G||_2^2/(m lambda)."""
    _check(lam)
    return 1 + np.linalg.norm(G, 2) ** 2 / (len(G) * lam)


def inverse_product(G, lam, c, z=0.0):
    """x = G^T c + z and F^{-1} x, for c of shape (m,) and z (d,) orthogonal to the rows of G, or 0.

    Returns
    -------
    (array (d,), array (d,))
    """
    _check(lam)
    inner = linalg.solve(lam * np.eye(len(G)) + G @ G.T / len(G), c, assume_a="pos")
    return G.T @ c + z, G.T @ inner + z / lam


def log_determinant(G, lam):
    """log det F = d log lambda + log det(I + K/(m lambda))."""
    _check(lam)
    m, d = G.shape
    return d * np.log(lam) + np.linalg.slogdet(np.eye(m) + G @ G.T / (m * lam))[1]


def inverse_entries(G, lam, a, b):
    """(F^{-1})_{ab} = (1_{a=b} - G_a^T (m lambda I + K)^{-1} G_b)/lambda, for lists of indices; G_a is a column."""
    _check(lam)
    inner = linalg.solve(len(G) * lam * np.eye(len(G)) + G @ G.T, G[:, b], assume_a="pos")
    return (np.equal(a, b) - (G[:, a] * inner).sum(axis=0)) / lam


def multiply_adds(d, m):
    """Multiply-adds (a division counts as one) of the recursions by d variables and m gradients, as integers.

    Returns
    -------
    dict: static set-up d m (m + 1) + m (m - 1)/2, static product 2 d m + d + m, entry 2 m, dynamic update
    d m + m^2 + (m^3 - m)/3, dynamic product 2 d m + m^2 + 2 m + d.
    """
    return {
        "set-up": d * m * (m + 1) + m * (m - 1) // 2,
        "product": 2 * d * m + d + m,
        "entry": 2 * m,
        "update": d * m + m**2 + (m**3 - m) // 3,
        "window product": 2 * d * m + m**2 + 2 * m + d,
    }
