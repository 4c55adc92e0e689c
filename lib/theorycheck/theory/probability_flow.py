"""The probability flow of a one-dimensional Gaussian mixture from its quantiles, and errors of multistep solvers on it.

Variance-preserving diffusion in λ = ln(α/σ), α² + σ² = 1: x_λ = α x_0 + σ ε. In one dimension the flow that transports
the marginals is the monotone map between them, so its trajectories are quantile curves x_λ = F_λ^{-1}(u). Everything
here follows from the distribution function F_λ; no score and no differential equation is used.
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from scipy import special

ADAMS = {1: 1 / 2, 2: 5 / 12, 3: 3 / 8}


def schedule(lam):
    """α and σ of the variance-preserving schedule at λ = ln(α/σ): α² = 1/(1 + e^{-2λ}), σ² = 1 - α²."""
    return np.sqrt(special.expit(2 * np.asarray(lam))), np.sqrt(special.expit(-2 * np.asarray(lam)))


@dataclass(frozen=True)
class MixtureFlow:
    """Quantile curves of x_λ = α x_0 + σ ε for x_0 from mixtures of K Gaussians of one standard deviation.

    Attributes
    ----------
    means, weights : arrays (M, K)
        M mixtures at once; weights positive, each row with sum 1.
    sd : float
        Common standard deviation of the components.
    """

    means: np.ndarray
    weights: np.ndarray
    sd: float

    def _standardized(self, x, lam):
        """(x - α mean)/s with s² = α² sd² + σ², for x (..., M, U), λ (...); and s. Components on the last axis."""
        alpha, sigma = (np.asarray(a)[..., None, None, None] for a in schedule(lam))
        spread = np.sqrt((alpha * self.sd) ** 2 + sigma**2)
        return (x[..., None] - alpha * self.means[:, None]) / spread, spread[..., 0]

    def cdf(self, x, lam):
        """F_λ(x) of each mixture, for x of shape (..., M, U) and λ of shape (...)."""
        return (special.ndtr(self._standardized(x, lam)[0]) * self.weights[:, None]).sum(axis=-1)

    def density(self, x, lam):
        """p_λ(x) of each mixture, for x of shape (..., M, U) and λ of shape (...)."""
        z, spread = self._standardized(x, lam)
        return (np.exp(-(z**2) / 2) * self.weights[:, None]).sum(axis=-1) / (np.sqrt(2 * np.pi) * spread)

    def quantile(self, u, lam):
        """x_λ = F_λ^{-1}(u), shape (..., M, U), for u of shape (U,) in (0, 1) and λ of shape (...).

        Newton's method, with bisection wherever a step leaves the bracket.
        """
        alpha, sigma = (np.asarray(a)[..., None, None] for a in schedule(lam))
        spread = np.sqrt((alpha * self.sd) ** 2 + sigma**2)
        # The quantile of a mixture lies between the least and the greatest quantile of its components.
        ends = alpha[..., None] * self.means[:, None] + (spread * special.ndtri(u))[..., None]
        low, high = ends.min(axis=-1), ends.max(axis=-1)
        x = (low + high) / 2
        for _ in range(100):
            excess = self.cdf(x, lam) - u
            low, high = np.where(excess < 0, x, low), np.where(excess > 0, x, high)
            new = x - excess / self.density(x, lam)
            new = np.where((new < low) | (new > high), (low + high) / 2, new)
            # Newton's method squares the error, so what a step of this size leaves is below rounding.
            done = np.all(np.abs(new - x) <= 1e-10)
            x = new
            if done:
                break
        return x

    def velocity(self, x, lam):
        """dx_λ/dλ at fixed quantile, -∂_λF/∂_xF, for x of shape (..., M, U) and λ of shape (...).

        With z = (x - α m)/s, s² = α² sd² + σ², and dα/dλ = α σ², dσ/dλ = -σ α²: ds/dλ = α² σ² (sd² - 1)/s and
        ∂_λ z = -(α σ² m + z ds/dλ)/s.
        """
        z, spread = self._standardized(x, lam)
        alpha, sigma = (np.asarray(a)[..., None, None, None] for a in schedule(lam))
        growth = (alpha * sigma) ** 2 * (self.sd**2 - 1) / spread[..., None]
        mass = self.weights[:, None] * np.exp(-(z**2) / 2)
        return (mass * (alpha * sigma**2 * self.means[:, None] + z * growth)).sum(axis=-1) / mass.sum(axis=-1)

    def error_densities(self, u, start, end, form, points=200):
        """What a step of order q at λ contributes to the error at the end: Φ(λ) s(λ) d^q m/dλ^q, q = 1, 2, 3.

        m is the model output along the exact trajectory and s its weight: in the noise form m = ε̂ and s = σ, in the
        data form m = x̂_0 and s = -α. The sensitivity Φ = dx_end/dx_λ at fixed u is p_λ(x_λ)/p_end(x_end). The
        outputs come from the velocity of the trajectory, since d(x/α)/dλ = -e^{-λ} ε̂ and d(x/σ)/dλ = e^λ x̂_0; their
        derivatives from Chebyshev interpolants.

        Parameters
        ----------
        u : array (U,)
        start, end : float
            Interval of λ.
        form : str
            "noise" or "data".
        points : int
            Chebyshev points on the interval.

        Returns
        -------
        dict of q to numpy Chebyshev coefficients, shape (at most points, M, U), on the interval mapped to [-1, 1]
        """
        if form not in ("noise", "data"):
            raise ValueError(f"form must be 'noise' or 'data'; got {form!r}")
        half = (end - start) / 2
        nodes = chebyshev.chebpts1(points)
        lam = start + half * (1 + nodes)
        x = self.quantile(u, lam)
        alpha, sigma = (a[:, None, None] for a in schedule(lam))
        moved = self.velocity(x, lam)
        if form == "noise":
            output, weight = -(moved - sigma**2 * x) / sigma, sigma
        else:
            output, weight = (moved + alpha**2 * x) / alpha, -alpha
        flow = self.density(x, lam) / self.density(self.quantile(u, end), end)
        series = _series(output)
        found = {}
        for q in ADAMS:
            slope = chebyshev.chebval(nodes, chebyshev.chebder(series, q, scl=1 / half))
            found[q] = _series(flow * weight * np.moveaxis(slope, -1, 0))
        return found


def _series(values):
    """Coefficients of the interpolants of `values` at Chebyshev points (first axis), without their rounding noise."""
    n = len(values)
    c = np.tensordot(chebyshev.chebvander(chebyshev.chebpts1(n), n - 1).T, values, axes=1) * (2 / n)
    c[0] /= 2
    size = np.abs(c)
    return np.where(size > 1e-13 * size.max(axis=0), c, 0)


def leading_error(densities, orders, start, end):
    """Leading term of the error at the end of a multistep solver whose order may change from step to step.

    With uniform step h a step of order q (interpolation of the output through its last q values) leaves
    a_q h^{q+1} d^q m/dλ^q, weighted and carried to the end: a_1 = 1/2, a_2 = 5/12, a_3 = 3/8, the error constants of
    the Adams-Bashforth methods. A single step of an order enters with h^{q+1}, a fraction of all steps as h^q times
    the integral; only the terms of least power in h are kept.

    Parameters
    ----------
    densities : dict of int to coefficients
        From `MixtureFlow.error_densities`.
    orders : int array (N,)
        Order of each step.
    start, end : float

    Returns
    -------
    error : array (M, U)
    power : int
        Its power of h.
    """
    orders = np.asarray(orders)
    n = len(orders)
    h = (end - start) / n
    middles = -1 + (2 * np.arange(n) + 1) / n
    steps = {q: np.flatnonzero(orders == q) for q in np.unique(orders).tolist()}
    # A single step costs one power of h less than a fraction of all steps.
    powers = {q: q + 1 if len(found) == 1 else q for q, found in steps.items()}
    power = min(powers.values())
    error = 0
    for q in (q for q in steps if powers[q] == power):
        error = error + ADAMS[q] * h ** (q + 1) * chebyshev.chebval(middles[steps[q]], densities[q]).sum(axis=-1)
    return error, power
