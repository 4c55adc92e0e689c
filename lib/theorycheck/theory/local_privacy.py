"""Linear regression from locally private moments: noise scales, and the error of the soft-thresholded estimate."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr


def gaussian_mechanism_scale(sensitivity, epsilon, delta):
    """Standard deviation of the classical Gaussian mechanism: sensitivity sqrt(2 ln(1.25/delta)) / epsilon.

    (epsilon, delta)-differentially private for epsilon <= 1.
    """
    if not 0 < epsilon <= 1:
        raise ValueError(f"epsilon must be in (0, 1]; got {epsilon}")
    return sensitivity * np.sqrt(2 * np.log(1.25 / delta)) / epsilon


def clipping_levels(n, d, noise_variance, beta):
    """Levels for x and for y that no coordinate of n standard normal x and no y exceeds, but with probability beta.

    sqrt(2 ln(4 n d/beta)) and sqrt(2 (1 + noise_variance) ln(4 n/beta)), from P(|Z| > t) <= 2 exp(-t^2/2).
    """
    return np.sqrt(2 * np.log(4 * n * d / beta)), np.sqrt(2 * (1 + noise_variance) * np.log(4 * n / beta))


def moment_sensitivities(d, clip_x, clip_y):
    """Largest change of x x' (Frobenius norm) and of x y when one user's clipped x and y are replaced.

    |a a' - b b'|^2 <= |a|^4 + |b|^4 gives sqrt(2) d clip_x^2; the triangle inequality gives 2 sqrt(d) clip_x clip_y.
    """
    return np.sqrt(2) * d * clip_x**2, 2 * np.sqrt(d) * clip_x * clip_y


def message_scales(n, d, epsilon, delta, noise_variance, beta):
    """Standard deviations of a user's noise on x x' and on x y; each gets half of epsilon and of delta."""
    sensitivities = moment_sensitivities(d, *clipping_levels(n, d, noise_variance, beta))
    return tuple(gaussian_mechanism_scale(s, epsilon / 2, delta / 2) for s in sensitivities)


def coordinate_variance(n, scales, noise_variance, public=False):
    """Variance of a coordinate of the moment estimate, to first order in the noise, for |theta| = 1 and E x x' = I.

    The error is n^{-1/2} (scale_2 z - scale_1 N theta) plus sampling, so (scale_1^2 + scale_2^2 + noise_variance) / n.
    With `public` second moments of n further points, scale_1 drops out and 2 is added for the two samples' difference.
    """
    first, second = scales
    return ((2 if public else first**2) + second**2 + noise_variance) / n


def soft_threshold_risk(mean, level):
    """E (S_level(mean + Z) - mean)^2 for a standard normal Z and S_level(u) = sign(u) max(|u| - level, 0).

    Closed form, with Phi and phi the normal distribution and density:
    1 + l^2 + (m^2 - l^2 - 1) [Phi(l - m) - Phi(-l - m)] - (l - m) phi(l + m) - (l + m) phi(l - m).
    """
    m, low = np.asarray(mean, dtype=float), level

    def density(u):
        return np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)

    middle = ndtr(low - m) - ndtr(-low - m)
    ends = (low - m) * density(low + m) + (low + m) * density(low - m)
    return 1 + low**2 + (m**2 - low**2 - 1) * middle - ends


def universal_level(d):
    """sqrt(2 ln d), which the largest of d standard normal numbers hardly exceeds."""
    return np.sqrt(2 * np.log(d))


def root_mean_square_error(d, k, variance, threshold=True):
    """(E |theta_hat - theta|^2)^{1/2} for k entries +-k^{-1/2} and normal errors of the given variance.

    With soft-thresholding at sqrt(variance) universal_level(d): variance [k r(1/sqrt(k variance)) + (d - k) r(0)], with
    the `soft_threshold_risk` r at that level; without, d variance.
    """
    if not threshold:
        return np.sqrt(d * variance)
    level = universal_level(d)
    risks = k * soft_threshold_risk(1 / np.sqrt(k * variance), level) + (d - k) * soft_threshold_risk(0.0, level)
    return np.sqrt(variance * risks)


@dataclass(frozen=True)
class PrivateRegression:
    """Parameters and error of the estimate for n users, d coordinates of which k count, and privacy epsilon.

    Variants of the estimate: "private"; "unshrunk", without soft-thresholding; "public", with the second moments of n
    further inputs that need no privacy.

    Attributes
    ----------
    delta, noise_variance, beta : float
        Probability of a privacy failure, variance of the label noise, probability that anything is clipped.
    """

    delta: float
    noise_variance: float
    beta: float

    def scales(self, n, d, epsilon):
        """`message_scales` of a user."""
        return message_scales(n, d, epsilon, self.delta, self.noise_variance, self.beta)

    def variance(self, n, d, epsilon, variant="private"):
        """`coordinate_variance` of the estimate."""
        _check_variant(variant)
        return coordinate_variance(n, self.scales(n, d, epsilon), self.noise_variance, public=variant == "public")

    def threshold(self, n, d, epsilon, variant="private"):
        """What is subtracted from absolute values: `universal_level` standard deviations; 0 for "unshrunk"."""
        _check_variant(variant)
        return 0.0 if variant == "unshrunk" else universal_level(d) * self.variance(n, d, epsilon, variant) ** 0.5

    def error(self, n, d, k, epsilon, variant="private"):
        """`root_mean_square_error` of the estimate."""
        return root_mean_square_error(d, k, self.variance(n, d, epsilon, variant), threshold=variant != "unshrunk")

    def moment_noise(self, n, d, epsilon, variant="private"):
        """Spectral norm of the noise on the second moments, about 2 scale_1 sqrt(d/n); 0 with public inputs.

        `error` is of first order in it.
        """
        _check_variant(variant)
        return 0.0 if variant == "public" else 2 * self.scales(n, d, epsilon)[0] * np.sqrt(d / n)


def _check_variant(variant):
    if variant not in ("private", "unshrunk", "public"):
        raise ValueError(f"variant must be 'private', 'unshrunk' or 'public'; got {variant!r}")
