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


def inverse_entries(G, lam, places):
    """(F^{-1})_{ab} = (1_{a=b} - G_a^T (m lambda I + K)^{-1} G_b)/lambda, by (a, b) in `places`; G_a is a column.

    Returns
    -------
    dict of (a, b) to float
    """
    _check(lam)
    a, b = np.transpose(places)
    inner = linalg.solve(len(G) * lam * np.eye(len(G)) + G @ G.T, G[:, b], assume_a="pos")
    return dict(zip(places, (np.equal(a, b) - (G[:, a] * inner).sum(axis=0)) / lam, strict=True))


def rounding_order(x, y, lam):
    """Order of the relative error of y = F^{-1} x in double precision: u ||x||/(lam ||y||), u the machine precision.

    The recursions subtract a correction from x/lam, whose rounding error is u ||x||/lam, and leave y. So it is of order
    u times the condition number for x in the span of the gradients, and u for x orthogonal to it.
    """
    _check(lam)
    return np.finfo(float).eps * np.linalg.norm(x) / (lam * np.linalg.norm(y))


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
