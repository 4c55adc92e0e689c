r"""How much of the exact output box interval propagation keeps, for random weights: exact expectations.

A deep linear network W_L ... W_1 maps a box of radius r to an image whose bounding box has half-widths
|W_L ... W_1| r; interval propagation gives |W_L| ... |W_1| r. The tightness of random networks is

    rho = E[exact half-width] / E[propagated half-width].

For independent Gaussian layers both expectations factor over the hidden layers, at every width.
"""

import numpy as np
from scipy import integrate, special, stats


def chi_mean(d):
    """Mean of the chi law, sqrt(2) Gamma((d+1)/2) / Gamma(d/2) for d > 0 degrees of freedom, 0 for d = 0."""
    d = np.asarray(d, dtype=float)
    if np.any(d < 0):
        raise ValueError(f"degrees of freedom must be at least 0; got {d.min():g}")
    safe = np.where(d > 0, d, 1.0)
    mean = np.sqrt(2) * np.exp(special.gammaln((safe + 1) / 2) - special.gammaln(safe / 2))
    return np.where(d > 0, mean, 0.0)[()]


def linear_layer_tightness(d):
    r"""Factor t(d) by which a hidden layer of d neurons multiplies a Gaussian linear network's tightness.

    t(d) = sqrt(pi/2) E[chi_d] / d = sqrt(pi) Gamma((d+1)/2) / (d Gamma(d/2)) = sqrt(pi/(2d)) (1 - 1/(4d) +
    O(d^-2)).

    Parameters
    ----------
    d : int or array of ints, at least 1

    Notes
    -----
    Given a row v of W_L ... W_2, an entry of v W_1 is normal with standard deviation sigma_1 |v|, and |v| is
    a product of independent sigma_k chi_{d_k}: each hidden layer contributes E[chi_d] above, and d sqrt(2/pi)
    below.
    """
    d = np.asarray(d)
    if np.any(d < 1):
        raise ValueError(f"a hidden layer needs at least one neuron; got {d.min()}")
    return np.sqrt(np.pi / 2) * chi_mean(d) / d


def relu_layer_tightness(d):
    r"""Factor u(d) by which a hidden layer of d ReLU neurons multiplies the local tightness at a fixed input.

    u(d) = sqrt(pi/2) E[chi_N] / (d/2), N binomial(d, 1/2), chi_0 = 0: tends to sqrt(pi/d) = sqrt(2) t(d).

    Parameters
    ----------
    d : int or array of ints, at least 1

    Notes
    -----
    Flipping the signs of a row of W_l preserves every law, keeps |W_l| and flips the neuron's mask; hence
    masks are independent fair coins, independent of |W_l|, and N neurons are active. The mean over N is
    summed, not simulated.
    """
    d = np.asarray(d)
    if np.any(d < 1):
        raise ValueError(f"a hidden layer needs at least one neuron; got {d.min()}")
    active = np.arange(d.max() + 1)
    weights = stats.binom.pmf(active, d[..., None], 0.5)
    return np.sqrt(np.pi / 2) * (weights @ chi_mean(active)) / (d / 2)


def tightness(hidden_widths, layer=linear_layer_tightness):
    """Tightness rho of a network with these hidden widths: the product of `layer(d)` over them.

    Input width, output width and the scales of the layers cancel. An empty list (one matrix) gives 1.
    """
    return float(np.prod([layer(d) for d in hidden_widths]))


def tightness_drift(d, m, sigma_hidden, sigma_output):
    r"""How fast gradient flow on the propagated half-width tightens a two-layer linear network initially.

    f(x) = w . W x with W_kj ~ N(0, sigma_hidden^2), k = 1..d, j = 1..m, and w_k ~ N(0, sigma_output^2), all
    independent. With A = |W^T w|_1 and B = sum_k |w_k| |W_k|_1, gradient flow on B changes log(A / B) at the
    rate

        K = |grad B|^2 / B - <grad A, grad B> / A.

    Parameters
    ----------
    d, m : int
        Hidden width, at least 2, and number of inputs, at least 1.
    sigma_hidden, sigma_output : float, positive

    Returns
    -------
    (first, second) : floats
        E|grad B|^2 / E B and E<grad A, grad B> / E A, exact at every width.

    Notes
    -----
    Given w, the pair (W_kj, (W^T w)_j) is normal with correlation rho_k = w_k / |w|, and rho_k^2 ~ Beta(1/2,
    (d-1)/2) is independent of |w|. For standard normal X, Y of correlation rho, E[sign X sign Y] = (2/pi)
    arcsin rho, E[X sign Y] = sqrt(2/pi) rho and E[X |X| sign Y] = (2/pi) (arcsin rho + rho sqrt(1 - rho^2)).
    The mean over |rho| = sin(theta), whose density is proportional to cos(theta)^(d-2), is done by
    quadrature.
    """
    if d < 2 or m < 1:
        raise ValueError(f"need d >= 2 hidden neurons and m >= 1 inputs; got d = {d}, m = {m}")
    q = 2 / np.pi
    gradient_squared = d * (sigma_hidden**2 * m * (1 + (m - 1) * q) + m * sigma_output**2)
    mean_b = d * m * q * sigma_hidden * sigma_output
    mean_a = m * sigma_hidden * sigma_output * np.sqrt(q) * chi_mean(d)

    def average(function):
        total = integrate.quad(lambda t: np.cos(t) ** (d - 2), 0, np.pi / 2, epsabs=0, epsrel=1e-12)[0]
        part = integrate.quad(lambda t: function(t) * np.cos(t) ** (d - 2), 0, np.pi / 2, epsabs=0, epsrel=1e-12)[0]
        return part / total

    hidden = m * (m - 1) * average(np.sin) + m * average(lambda t: np.sin(t) * np.cos(t) + t)
    output = m * d * average(lambda t: np.sin(t) ** 2 * t)
    inner = d * q * (sigma_hidden**2 * hidden + sigma_output**2 * output)
    return gradient_squared / mean_b, inner / mean_a
