"""Linear regression from second moments to which every user has added noise."""

import numpy as np
from scipy import optimize, stats


def noisy_messages(x, y, clip_x, clip_y, scale_xx, scale_xy, rng):
    """Average of what n users send: clipped x x' (upper triangle) and x y, each with its own Gaussian noise.

    Parameters
    ----------
    x, y : arrays (n, d), (n,)
    clip_x, clip_y : float
        Every coordinate of x, and y, is cut to [-clip, clip].
    scale_xx, scale_xy : float
        Standard deviations of a user's noise on each entry.

    Returns
    -------
    array (d (d + 1)/2 + d,)
        Average upper triangle, row by row with its diagonal, then average of x y.
    """
    x, y = np.clip(x, -clip_x, clip_x), np.clip(y, -clip_y, clip_y)
    row, column = np.triu_indices(x.shape[1])
    squares = x[:, row] * x[:, column] + scale_xx * rng.standard_normal((len(x), row.size))
    products = x * y[:, None] + scale_xy * rng.standard_normal(x.shape)
    return np.concatenate([squares.mean(axis=0), products.mean(axis=0)])


def sparse_signs(d, k, replicates, rng):
    """Vectors (replicates, d) with k entries +-k^{-1/2} at random places, the others 0."""
    order = np.argsort(rng.random((replicates, d)), axis=1)
    return np.where(order < k, rng.choice([-1.0, 1.0], (replicates, d)), 0.0) / np.sqrt(k)


def wishart_factor(n, d, replicates, rng):
    """Lower triangular A (replicates, d, d) with A A' distributed as X' X for n standard normal rows X (Bartlett)."""
    factor = np.tril(rng.standard_normal((replicates, d, d)), -1)
    diagonal = np.arange(d)
    factor[:, diagonal, diagonal] = np.sqrt(rng.chisquare(n - diagonal, (replicates, d)))
    return factor


def moment_errors(theta, n, scales, noise_variance, threshold, rng, public=False):
    """|theta_hat - theta| for n users with standard normal x, y = x theta + noise, in one draw of the averages.

    theta_hat = S(Sigma^-1 b), where Sigma and b are the averages of x x' and x y with the average of the users' noise
    (one Gaussian of standard deviation scale / sqrt(n) an entry), and S subtracts `threshold` from absolute values.

    Parameters
    ----------
    theta : array (replicates, d)
    n : float
        Users; the averages are drawn through their Wishart law, so any number costs the same.
    scales : (float, float)
        Standard deviations of a user's noise on x x' and on x y.
    threshold : float
        0 for no thresholding.
    public : bool
        Take Sigma from n further users without noise.

    Returns
    -------
    array (replicates,)
    """
    replicates, d = theta.shape
    errors = []
    for part in np.array_split(theta, -(-(replicates * d**2) // 2**21)):
        count = len(part)
        factor = wishart_factor(n, d, count, rng) / np.sqrt(n)
        sigma = factor @ factor.swapaxes(1, 2)
        noise = np.sqrt(noise_variance / n) * rng.standard_normal((count, d, 1))
        b = sigma @ part[..., None] + factor @ noise + scales[1] / np.sqrt(n) * rng.standard_normal((count, d, 1))
        if public:
            factor = wishart_factor(n, d, count, rng) / np.sqrt(n)
            sigma = factor @ factor.swapaxes(1, 2)
        else:
            upper = np.triu(rng.standard_normal((count, d, d)))
            sigma = sigma + scales[0] / np.sqrt(n) * (upper + np.triu(upper, 1).swapaxes(1, 2))
        estimate = np.linalg.solve(sigma, b)[..., 0]
        estimate = np.sign(estimate) * np.maximum(np.abs(estimate) - threshold, 0)
        errors.append(np.linalg.norm(estimate - part, axis=1))
    return np.concatenate(errors)


def least_noise(change, epsilon, delta):
    """Smallest standard deviation of Gaussian noise that hides a change of this size with (epsilon, delta).

    From the exact privacy curve of the Gaussian mechanism, delta(s) = Phi(s/2 - epsilon/s) - e^epsilon
    Phi(-s/2 - epsilon/s) with s = change / noise, which increases in s.
    """

    def excess(log_s):
        s = np.exp(log_s)
        return stats.norm.cdf(s / 2 - epsilon / s) - np.exp(epsilon) * stats.norm.cdf(-s / 2 - epsilon / s) - delta

    return change / np.exp(optimize.brentq(excess, -12, 4, xtol=1e-12))


def largest_changes(d, clip_x, clip_y, pairs, rng):
    """Largest changes of x x' (Frobenius norm) and of x y between two users at corners of the clipped cube.

    x and x' are random sign vectors times clip_x, y = clip_y and y' = -clip_y.

    Returns
    -------
    (float, float)
    """
    a, b = clip_x * rng.choice([-1.0, 1.0], (2, pairs, d))
    outer = np.linalg.norm(a[:, :, None] * a[:, None] - b[:, :, None] * b[:, None], axis=(1, 2))
    return outer.max(), np.linalg.norm(clip_y * (a + b), axis=1).max()


def run_protocol(users, d, noise_variance, clips, scales, runs, noisy_runs, rng):
    """Data sets of the linear model with theta = e_1: how many have an entry beyond `clips`, and the messages' noise.

    Returns
    -------
    clipped : int
        Of `runs` data sets.
    residuals : array (noisy_runs, d (d + 1)/2 + d)
        Averages of `noisy_messages` minus the exact moments, over what the noise of a user leaves, scale / sqrt(users).
    """
    clipped, residuals = 0, []
    row, column = np.triu_indices(d)
    for run in range(runs):
        x = rng.standard_normal((users, d))
        y = x[:, 0] + np.sqrt(noise_variance) * rng.standard_normal(users)
        clipped += bool(np.abs(x).max() > clips[0] or np.abs(y).max() > clips[1])
        if run < noisy_runs:
            sent = noisy_messages(x, y, *clips, *scales, rng)
            exact = np.concatenate([(x.T @ x)[row, column], x.T @ y]) / users
            residuals.append((sent - exact) * np.sqrt(users) / np.repeat(scales, [row.size, d]))
    return clipped, np.array(residuals)
