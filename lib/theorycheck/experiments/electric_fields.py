"""The electric field of a finite data set in N data and D extra dimensions, and what moves along its lines.

A charge w_i sits at (y_i, 0). At distance r in the extra dimensions the field has components
E_x ∝ Σ w_i (x - y_i) q_i and E_r ∝ Σ w_i r q_i with q_i = (|x - y_i|² + r²)^{-κ/2}, κ = N + D. Its lines obey
dx/dr = E_x/E_r = (x - ȳ)/r, where ȳ is the mean of the data under the weights w_i q_i.
"""

import numpy as np
from scipy import integrate, special, stats


def draw_charges(sets, count, dimension, spread, concentration, rng):
    """Positions (sets, count, dimension) from N(0, spread²) and weights (sets, count) from a Dirichlet law."""
    return spread * rng.normal(size=(sets, count, dimension)), rng.dirichlet(np.full(count, concentration), size=sets)


def draw_near(data, spreads, count, rng):
    """Points at distance N(0, spread² I) from charges picked at random, for data of shape (sets, n, N).

    Returns
    -------
    array (len(spreads), sets, count, N); a point has the same charge at every spread
    """
    chosen = rng.integers(data.shape[1], size=(len(data), count))
    centres = np.take_along_axis(data, chosen[..., None], axis=1)
    return centres + np.reshape(spreads, (-1, 1, 1, 1)) * rng.normal(size=(len(spreads), *centres.shape))


def mean_position(x, data, weights, r, power):
    """Mean ȳ of the data under the weights w_i (|x - y_i|² + r²)^{-power/2}.

    Parameters
    ----------
    x : array (..., P, N)
    data : array (..., n, N)
    weights : array (..., n)
    r : float or array (..., 1, 1)
        Distance in the extra dimensions, positive.
    power : float
        κ; the electric field has N + D.

    Returns
    -------
    array (..., P, N)
    """
    squares = ((x[..., :, None, :] - data[..., None, :, :]) ** 2).sum(axis=-1)
    # By logarithms: the power is large, and only ratios matter.
    logs = np.log(weights)[..., None, :] - power / 2 * np.log1p(squares / r**2)
    return special.softmax(logs, axis=-1) @ data


def follow(start, data, weights, r_start, r_end, power):
    """End points at r_end of the field lines on the line (N = 1) that start at `start`, shape (M, P), at r_start.

    dx/d ln r = x - ȳ by SciPy's DOP853 with relative tolerance 1e-10; data and weights have shape (M, n).
    """

    def slope(log_r, x):
        x = x.reshape(start.shape)
        return (x - mean_position(x[..., None], data[..., None], weights, np.exp(log_r), power)[..., 0]).ravel()

    span = (np.log(r_start), np.log(r_end))
    run = integrate.solve_ivp(slope, span, start.ravel(), method="DOP853", rtol=1e-10, atol=1e-12)
    return run.y[:, -1].reshape(start.shape)


def continuity_residual(x, data, weights, r, extra, power):
    """Residual of ∂_r p + ∇·(p dx/dr) = 0 by complex-step derivatives, relative to the sum of the absolute terms.

    p = r^D Σ w_i (|x - y_i|² + r²)^{-(N + D)/2} are the marginals of the perturbed data; dx/dr follows the field of
    the given power.

    Parameters
    ----------
    x : array (P, N)
    data : array (n, N)
    weights : array (n,)
    r : float
    extra : int
        D.
    power : float

    Returns
    -------
    array (P,)
    """
    dimension, step = x.shape[1], 1e-30
    reference = ((x[:, None] - data) ** 2).sum(axis=-1).min(axis=1, keepdims=True) + r**2

    def density_and_velocity(x, r):
        """Analytic in x and r, up to a real factor that is constant near the point."""
        squares = ((x[:, None] - data) ** 2).sum(axis=-1) + r**2
        log_ratio = np.log(squares / reference)
        p = (r / reference[:, 0].real ** 0.5) ** extra * (weights * np.exp(-(dimension + extra) / 2 * log_ratio)).sum(1)
        q = weights * np.exp(-power / 2 * log_ratio)
        return p, (x - q @ data / q.sum(axis=1, keepdims=True)) / r

    terms = [density_and_velocity(x.astype(complex), r + 1j * step)[0].imag / step]
    for i in range(dimension):
        shifted = x.astype(complex)
        shifted[:, i] += 1j * step
        p, velocity = density_and_velocity(shifted, r)
        terms.append((p * velocity[:, i]).imag / step)
    return np.abs(np.sum(terms, axis=0)) / np.abs(terms).sum(axis=0)


def total_variation(dimension, degrees):
    """Total variation distance between the multivariate Student law with D degrees of freedom and the normal one.

    Both depend on the radius alone: |T|²/N is F-distributed with (N, D) degrees of freedom, |Z|² is χ²_N. Half the
    integral of the absolute difference of the densities of the radius, by Gauss-Legendre quadrature with an edge near
    each point where the densities cross; beyond the last edge only the Student law has mass.

    Parameters
    ----------
    dimension, degrees : int
        N and D.
    """
    middle, width = dimension, np.sqrt(2 * dimension)
    edges = np.sqrt(np.unique([0, max(middle - width, 0), middle + width, (np.sqrt(dimension) + 12) ** 2]))
    nodes, gauss = np.polynomial.legendre.leggauss(200)
    half = np.diff(edges)[:, None] / 2
    radius = edges[:-1, None] + half * (nodes + 1)
    student = stats.f.pdf(radius**2 / dimension, dimension, degrees) / dimension
    difference = 2 * radius * np.abs(student - stats.chi2.pdf(radius**2, dimension))
    return ((half * gauss * difference).sum() + stats.f.sf(edges[-1] ** 2 / dimension, dimension, degrees)) / 2
