"""Gegenbauer expansions: rotation-invariant kernels on the sphere, and under rotation-invariant laws.

Let x, y be independent and uniform on the unit sphere S^(d-1) of R^d. Then u = x . y has density proportional to
(1 - u^2)^((d-3)/2) on [-1, 1], and the polynomials orthogonal under it are the Gegenbauer polynomials of index
d/2 - 1. Here they are called P_j and are normalized by P_j(1) = 1, so that E[P_i(u) P_j(u)] = [i = j] / N_j with
N_j the dimension of the spherical harmonics of degree j. A kernel k(x . y) = sum_j mu_j P_j(x . y) has on the
space of harmonics of degree j the eigenvalue mu_j / N_j (Funk-Hecke), with multiplicity N_j.

Where the norm of x varies too, a kernel k(x . y, |x|, |y|) still maps each space of harmonics of degree j, times
functions of the norm, to itself; what is left there is an operator on functions of one variable, which
`InvariantSpectrum` diagonalizes by quadrature.
"""

import numpy as np
from scipy import special

from theorycheck.theory.sphere_polynomials import harmonic_count


def harmonic_dimension(dimension, degree):
    """Number N_j of linearly independent spherical harmonics, as floats for arithmetic with arrays.

    Parameters
    ----------
    dimension : int
        Dimension d of the ambient space, at least 2.
    degree : int or array of int
        Degree j, at least 0.

    Returns
    -------
    float or array
        `sphere_polynomials.harmonic_count`, which soon leaves the range of 64-bit integers.

    Examples
    --------
    >>> float(harmonic_dimension(3, 4))
    9.0
    """
    count = np.vectorize(lambda j: harmonic_count(int(dimension), int(j)), otypes=[float])
    return count(degree)[()]


def polynomials(max_degree, dimension, u):
    """P_0, ..., P_m at u by the three-term recurrence, normalized by P_j(1) = 1.

    (j + d - 2) P_(j+1)(u) = (2j + d - 2) u P_j(u) - j P_(j-1)(u).

    Parameters
    ----------
    max_degree : int
        Largest degree m.
    dimension : int
        Dimension d of the ambient space, at least 2 (d = 2 gives the Chebyshev, d = 3 the Legendre polynomials).
    u : array
        Inner products of unit vectors, in [-1, 1].

    Returns
    -------
    array (m + 1, *u.shape)
    """
    d, u = int(dimension), np.asarray(u, dtype=float)
    values = np.ones((max_degree + 1, *u.shape))
    if max_degree >= 1:
        values[1] = u
    for j in range(1, max_degree):
        values[j + 1] = ((2 * j + d - 2) * u * values[j] - j * values[j - 1]) / (j + d - 2)
    return values


def quadrature(dimension, nodes=400):
    """Gauss-Jacobi nodes and weights for u = x . y, x and y uniform on the unit sphere: E f(u) = sum_i w_i f(u_i).

    Exact for polynomials of degree below 2 `nodes`. The ambient dimension is at least 3.
    """
    if dimension < 3:
        raise ValueError(f"the quadrature needs an ambient dimension of at least 3; got {dimension}")
    points, weights = special.roots_gegenbauer(nodes, dimension / 2 - 1)
    return points, weights / weights.sum()


def spectrum(kernel, dimension, max_degree=12, nodes=400):
    """Gegenbauer masses of a rotation-invariant kernel, from the kernel alone.

    mu_j = N_j E[k(u) P_j(u)], so that k(u) = sum_j mu_j P_j(u) and k(1) = sum_j mu_j: mu_j is the share of the
    kernel's trace that belongs to degree j.

    Parameters
    ----------
    kernel : callable
        u -> k(u), vectorized, for u in [-1, 1].
    dimension : int
        Ambient dimension d, at least 3.
    max_degree : int
        Largest degree that is kept.
    nodes : int
        Quadrature nodes.

    Returns
    -------
    masses : array (max_degree + 1,)
        mu_0, mu_1, ... Rounding leaves about 1e-16 sqrt(N_j) k(1) in mu_j; what is below a hundred times that is
        returned as 0, so that an even kernel has no odd modes.
    tail : float
        Mass of all higher degrees, k(1) - sum_j mu_j.
    """
    u, weights = quadrature(dimension, nodes)
    dimensions = harmonic_dimension(dimension, np.arange(max_degree + 1))
    masses = dimensions * (polynomials(max_degree, dimension, u) @ (weights * kernel(u)))
    trace = float(kernel(np.array(1.0)))
    masses[np.abs(masses) < 1e-14 * np.sqrt(dimensions) * abs(trace)] = 0.0
    return masses, trace - float(masses.sum())


def radial_law(distribution, dimension, nodes=16):
    """Quadrature for t = |x|^2/d: points and weights with E f(t) = sum_i w_i f(t_i).

    "gaussian" is x ~ N(0, I_d), where d t is chi-squared (generalized Gauss-Laguerre, exact up to degree
    2 `nodes` - 1); "sphere" is |x|^2 = d, where t = 1.
    """
    if distribution == "sphere":
        return np.ones(1), np.ones(1)
    if distribution != "gaussian":
        raise ValueError(f"distribution must be 'gaussian' or 'sphere'; got {distribution!r}")
    points, weights = special.roots_genlaguerre(nodes, dimension / 2 - 1)
    return 2 * points / dimension, weights / weights.sum()


class InvariantSpectrum:
    """Eigenvalues and eigenfunctions of a rotation-invariant kernel under a rotation-invariant law.

    Every eigenfunction is phi(|x|^2/d) Y(x/|x|) with Y a harmonic of some degree j. For each j the functions phi and
    the eigenvalues are those of the kernel mu_j(t, t') / N_j on the law of t = |x|^2/d, where mu_j(t, t') is the
    Gegenbauer mass of u -> k at norms t and t'. On the sphere there is one phi, and this is `spectrum`.

    Parameters
    ----------
    kernel : callable
        kernel(x . y / d, |x|^2 / d, |y|^2 / d), vectorized.
    dimension : int
        d, at least 3.
    distribution : str
        "gaussian" or "sphere" (of radius sqrt(d)).
    max_degree, nodes, radial_nodes : int
        Largest degree j, quadrature nodes for the angle and for the norm.

    Attributes
    ----------
    eigenvalues, multiplicities : arrays (m,)
        All modes, degree by degree.
    tail : float
        Trace of the kernel beyond `max_degree`.
    """

    def __init__(self, kernel, dimension, distribution, *, max_degree=12, nodes=200, radial_nodes=16):
        t, self._weights = radial_law(distribution, dimension, radial_nodes)
        self.square_norms = t
        u, angular = quadrature(dimension, nodes)
        values = kernel(np.sqrt(np.multiply.outer(t, t))[..., None] * u, t[:, None, None], t[:, None])
        operators = np.einsum("ju,abu->jab", polynomials(max_degree, dimension, u) * angular, values)
        root = np.sqrt(self._weights)
        eigenvalues, vectors = np.linalg.eigh(operators * np.multiply.outer(root, root))
        self._functions = vectors / root[:, None]
        degrees = harmonic_dimension(dimension, np.arange(max_degree + 1))
        trace = float(self._weights @ kernel(t, t, t))
        self.tail = trace - float(degrees @ eigenvalues.sum(axis=-1))
        # Modes of a positive kernel that rounding made negative, or that are empty, are never learned.
        self.eigenvalues = np.where(eigenvalues > 1e-15 * trace, eigenvalues, 0.0).ravel()
        self.multiplicities = np.repeat(degrees, len(t))

    def coefficients(self, profiles):
        """Coefficients of sum_j a_j(|x|^2/d) Y_j(x/|x|) in the eigenfunctions, one for each mode.

        Parameters
        ----------
        profiles : dict of int to array
            For each degree j the values of a_j at `square_norms`; the Y_j are harmonics of unit variance on the sphere.

        Returns
        -------
        array (m,)
        """
        result = np.zeros(self._functions.shape[:2])
        for degree, profile in profiles.items():
            result[degree] = (self._weights * profile) @ self._functions[degree]
        return result.ravel()
