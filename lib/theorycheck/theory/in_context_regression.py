"""The best step of gradient descent on an in-context least-squares problem, and the loss that it leaves.

A prompt holds n pairs (x_i, y_i), y_i = f(x_i) + N(0, noise_var), and a query x_q, all covariates N(0, I) in d
dimensions. One step of gradient descent from 0 on the least squares of the prompt predicts eta x_q^T X^T y. The best
step is eta = E[y_q x_q^T X^T y] / E[(x_q^T X^T y)^2], and it leaves the loss E[y_q^2] - eta E[y_q x_q^T X^T y].
"""

import numpy as np
from scipy import integrate


def linear_step(n, d, noise_var):
    """Step and loss for f(x) = w^T x, w ~ N(0, I): the Wishart moment E tr (X^T X)^2 = n d (n + d + 1).

    Parameters
    ----------
    n, d : int or array
        Examples in the prompt and dimension, at least 1.
    noise_var : float
        Variance of the responses' noise, at least 0.

    Returns
    -------
    step, loss : float or array
        1/(n + d + 1 + noise_var), and noise_var + d (d + 1 + noise_var) step.

    Notes
    -----
    The same numbers hold for x ~ N(0, S), w ~ N(0, S^-1) and the preconditioned step eta x_q^T S^-1 X^T y.
    """
    step = 1 / (np.asarray(n) + d + 1.0 + noise_var)
    return step, noise_var + d * (d + 1 + noise_var) * step


def link_moments(g):
    """c = E[Z g(Z)], s = E[g(Z)^2], q = E[Z^2 g(Z)^2] of an odd function g, Z ~ N(0, 1), by quadrature on Z > 0."""

    def moment(function):
        density = np.sqrt(2 / np.pi)
        return integrate.quad(lambda z: function(z) * density * np.exp(-z * z / 2), 0, np.inf, epsabs=1e-12)[0]

    return moment(lambda z: z * g(z)), moment(lambda z: g(z) ** 2), moment(lambda z: (z * g(z)) ** 2)


def link_step(n, d, noise_var, g):
    """Step and loss for f(x) = g(w^T x) with an odd link g and w uniform on the unit sphere.

    With the moments of `link_moments`, E||X^T y||^2 = n [(d - 1) s + q + noise_var d] + n (n - 1) c^2 and
    E[y_q x_q^T X^T y] = n c^2.

    Returns
    -------
    step, loss : float
        c^2 / [(d - 1) s + q + noise_var d + (n - 1) c^2], and s + noise_var - n c^2 step.
    """
    c, s, q = link_moments(g)
    step = c**2 / ((d - 1) * s + q + noise_var * d + (n - 1) * c**2)
    return step, s + noise_var - n * c**2 * step


def fixed_norm_step(n, d, noise_var):
    """Step for f(x) = w^T x, w ~ N(0, I), where the covariates have covariance I and length sqrt(d) exactly.

    E||x||^4 = d^2 takes the place of the Gaussian d (d + 2): the step is 1/(n + d - 1 + noise_var).
    """
    return 1 / (np.asarray(n) + d - 1.0 + noise_var)
