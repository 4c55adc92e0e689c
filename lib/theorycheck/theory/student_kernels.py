"""Student-t smoothing of a finite data set, its Gaussian limit and the first correction in 1/D.

With r = σ √D the kernel (|x - y|² + r²)^{-(N + D)/2} on R^N is, up to its norm, the density of y + σ T with T of a
multivariate Student law with D degrees of freedom. Put u = |x - y|²/σ². Expanding the logarithm,

    p_D(x|y) = φ_σ(x - y) [1 + h(u)/D + O(D^{-2})],   h(u) = u²/4 - N u/2 + N (N - 2)/4,

with φ_σ the Gaussian density; the constant makes the mean of h under φ_σ zero.
"""

import numpy as np
from scipy import stats
from scipy.optimize import elementwise


def total_variation_coefficient(dimension):
    """Limit of D TV(p_D, φ_σ): (1/2) E|h(u)| for u of a chi-squared law with N degrees of freedom.

    h is negative between its roots N ± √(2N) only and has mean 0, so the limit is minus the mean of h there, and
    E[u^k; a < u < b] = N (N + 2) ... (N + 2k - 2) P(a < χ²_{N + 2k} < b).

    Parameters
    ----------
    dimension : int or array
        N >= 1.
    """
    n = np.asarray(dimension, dtype=float)
    low, high = np.maximum(n - np.sqrt(2 * n), 0), n + np.sqrt(2 * n)
    p0, p1, p2 = (stats.chi2.cdf(high, n + 2 * k) - stats.chi2.cdf(low, n + 2 * k) for k in range(3))
    return -(n * (n + 2) * p2 / 4 - n**2 * p1 / 2 + n * (n - 2) * p0 / 4)


def denoiser(x, data, weights, sigma):
    """Gaussian posterior mean of the data given x, and the coefficient of 1/D in the Student posterior mean.

    ȳ_D = ȳ_∞ + Cov(y, u²/4 - N u/2)/D + O(D^{-2}), the covariance under the Gaussian posterior, whose weights are
    proportional to w_i exp(-u_i/2).

    Parameters
    ----------
    x : array (..., P, N)
    data : array (..., n, N)
    weights : array (..., n)
        Positive, with sum 1.
    sigma : float or array (..., 1, 1)

    Returns
    -------
    limit, coefficient : arrays (..., P, N)
    """
    u = ((x[..., :, None, :] - data[..., None, :, :]) ** 2).sum(axis=-1) / sigma**2
    posterior = weights[..., None, :] * np.exp((u.min(axis=-1, keepdims=True) - u) / 2)
    posterior /= posterior.sum(axis=-1, keepdims=True)
    g = u**2 / 4 - x.shape[-1] * u / 2
    limit = posterior @ data
    centred = posterior * (g - (posterior * g).sum(axis=-1, keepdims=True))
    return limit, centred @ data


def marginal_cdf(x, data, weights, sigma, degrees=np.inf):
    """Distribution function of y + σ T on the line, y from the data, T Student with D = `degrees` (∞: normal).

    Parameters
    ----------
    x : array (..., P)
    data, weights : arrays (..., n)
    sigma : float
    degrees : float
    """
    z = (x[..., None] - data[..., None, :]) / sigma
    law = stats.norm if np.isinf(degrees) else stats.t(degrees)
    return (law.cdf(z) * weights[..., None, :]).sum(axis=-1)


def marginal_quantile(u, data, weights, sigma, degrees=np.inf):
    """Solve `marginal_cdf` = u for u of shape (P,); returns (..., P)."""
    u = np.broadcast_to(u, (*data.shape[:-1], len(u)))
    law = stats.norm if np.isinf(degrees) else stats.t(degrees)
    # The quantile of a mixture lies between the extreme quantiles of its components.
    low = data.min(axis=-1, keepdims=True) + sigma * law.ppf(u) - 1e-9
    high = data.max(axis=-1, keepdims=True) + sigma * law.ppf(u) + 1e-9
    index = np.arange(u.size).reshape(u.shape)
    owner = index // u.shape[-1]
    flat_data, flat_weights = data.reshape(-1, data.shape[-1]), weights.reshape(-1, weights.shape[-1])

    def excess(x, target, which):
        z = (x[..., None] - flat_data[which]) / sigma
        return (law.cdf(z) * flat_weights[which]).sum(axis=-1) - target

    found = elementwise.find_root(excess, (low, high), args=(u, owner), tolerances={"xatol": 1e-13})
    return found.x


def trajectory(u, data, weights, start, end):
    """End point on the line of the flow from σ = `start` to `end`, in the diffusion limit, and its 1/D coefficient.

    The flow keeps the distribution function constant. Since the Student law has the distribution function
    Φ(z) - φ(z) (z³ + z)/(4D) + O(D^{-2}), the marginal one is F - H/D with H = Σ w_i φ(z_i) (z_i³ + z_i)/4, and a
    start x_0 at the u-quantile of F leads to x_1 + (H(x_1) - H(x_0))/(D F'(x_1)) + O(D^{-2}).

    Parameters
    ----------
    u : array (P,)
        Quantiles of the starting points in the diffusion limit.
    data, weights : arrays (..., n)
    start, end : float
        Values of σ.

    Returns
    -------
    start point, end point, coefficient : arrays (..., P)
    """
    first, last = (marginal_quantile(u, data, weights, sigma) for sigma in (start, end))

    def correction(x, sigma):
        z = (x[..., None] - data[..., None, :]) / sigma
        return (weights[..., None, :] * stats.norm.pdf(z) * (z**3 + z) / 4).sum(axis=-1)

    z = (last[..., None] - data[..., None, :]) / end
    density = (weights[..., None, :] * stats.norm.pdf(z)).sum(axis=-1) / end
    return first, last, (correction(last, end) - correction(first, start)) / density
