"""Regret of Bayesian mixtures from the prior mass of Kullback-Leibler balls around the truth.

A mixture Q = int w(d theta) P_theta^n predicts n outcomes of P_0 with expected log-loss regret
R_n = E_0 ln(P_0^n / Q), in nats. Restricting the mixture to the ball B_r = {theta : KL(P_0 || P_theta) <= r} and
Jensen's inequality give R_n <= -ln w(B_r) + n r for every r.

Two models. (i) Coins with K redundant parameters: theta_i uniform on [-1, 1], phi = prod_i theta_i,
P(y = 1) = (1 + phi)/2. (ii) Boolean functions of J bits that depend on a prefix of random length.
"""

import math

import numpy as np
from scipy import optimize, special

BALL_GAP = 0.5 - math.log(2) + 0.5 * math.log(2 * math.pi * math.e)
"""Limit of min_r [-ln w(B_r) + n r] - R_n for one effective parameter and a continuous positive prior density.

The ball has half-width sqrt(2 r / I), so w(B_r) = 2 f sqrt(2 r / I) and the minimum is at n r = 1/2; R_n is that of
Clarke and Barron. All that depends on the prior density f and the Fisher information I cancels.
"""


def _check_coin(phi0, K):
    if not -1 < phi0 < 1:
        raise ValueError(f"need -1 < phi0 < 1; got {phi0}")
    if K < 1:
        raise ValueError(f"need at least one parameter; got K = {K}")


def product_prior_density(phi, K):
    """Density of phi = prod of K independent uniform variables on [-1, 1]: (-ln|phi|)^(K-1) / (2 (K-1)!).

    As -ln|theta_i| is a standard exponential variable, -ln|phi| has a Gamma(K) law.

    Parameters
    ----------
    phi : float or array in [-1, 1], not 0 unless K = 1
    K : int >= 1
    """
    return (-np.log(np.abs(phi))) ** (K - 1) / (2 * math.factorial(K - 1)) if K > 1 else np.full(np.shape(phi), 0.5)


def coin_divergence(phi0, phi):
    """KL divergence in nats between coins of success probabilities (1 + phi0)/2 and (1 + phi)/2."""
    return 0.5 * (special.xlogy(1 + phi0, (1 + phi0) / (1 + phi)) + special.xlogy(1 - phi0, (1 - phi0) / (1 - phi)))


def kl_ball_weight(K, phi0, r):
    """Prior mass w(B_r) of the coins within KL divergence r > 0 of phi0, from the Gamma(K) law of -ln|phi|."""
    _check_coin(phi0, K)
    if r <= 0:
        raise ValueError(f"need a radius r > 0; got {r}")
    edges = [
        optimize.brentq(lambda phi: coin_divergence(phi0, phi) - r, phi0, end, xtol=1e-15)
        for end in (-1 + 1e-16, 1 - 1e-16)
        if coin_divergence(phi0, end) > r
    ]
    if len(edges) < 2:
        raise ValueError(f"the ball of radius r = {r} reaches the end of the interval; take r below 15")

    def cumulative(phi):
        inner = special.gammaincc(K, -math.log(abs(phi))) if phi else 0.0
        return 0.5 * (1 + math.copysign(inner, phi))

    return cumulative(edges[1]) - cumulative(edges[0])


def min_ball_bound(n, phi0, K):
    """The best ball: min_r [-ln w(B_r) + n r], an upper bound on R_n.

    Any r gives a valid bound, so an inexact minimizer costs tightness and never validity.

    Returns
    -------
    bound, r : float
    """
    best = optimize.minimize_scalar(
        lambda log_r: -math.log(kl_ball_weight(K, phi0, math.exp(log_r))) + n * math.exp(log_r),
        bounds=(math.log(1e-3 / n), math.log(2.0)),
        method="bounded",
        options={"xatol": 1e-7},
    )
    return float(best.fun), math.exp(best.x)


def coin_regret_expansion(n, phi0, K):
    """Expected regret of the K-parameter coin mixture for phi0 != 0, up to O(1/n^2).

    With V = 1 - phi0^2 (inverse Fisher information) and f the density of phi,

        R_n = (1/2) ln(n / (2 pi e)) - (1/2) ln V - ln f(phi0) + c/n + O(1/n^2).

    The leading terms are those of Clarke and Barron. The coefficient c collects the second-order Laplace term of the
    mixture, B = V f''/(2f) - 2 phi0 f'/f + (13 phi0^2/12 - 3/4)/V, the mean of the log-likelihood ratio at the
    maximum, 1/2 + (1/4 + phi0^2/(3V))/n, and the curvature of ln f and ln V at phi0:

        c = -1/4 - phi0^2/(3V) - (V/2) (ln f)'' + (1 + phi0^2)/(2V) - B.

    Parameters
    ----------
    n : int or array
    phi0 : float, 0 < |phi0| < 1
    K : int >= 1

    Returns
    -------
    leading, correction : the terms without c/n, and c/n.
    """
    _check_coin(phi0, K)
    if phi0 == 0:
        raise ValueError("phi0 = 0: the prior density of phi has a logarithmic singularity there, no expansion")
    n, V, L = np.asarray(n, dtype=float), 1 - phi0**2, -math.log(abs(phi0))
    leading = 0.5 * np.log(n / (2 * math.pi * math.e)) - 0.5 * math.log(V) - math.log(product_prior_density(phi0, K))
    first = -(K - 1) / (phi0 * L)
    second = (K - 1) / phi0**2 * (1 / L - 1 / L**2)
    laplace = V * (second + first**2) / 2 - 2 * phi0 * first + (13 * phi0**2 / 12 - 0.75) / V
    c = -0.25 - phi0**2 / (3 * V) - V * second / 2 + (1 + phi0**2) / (2 * V) - laplace
    return leading, c / n


def prefix_log_weight(j0, J):
    """Minus the log of the prior mass W_0 of a Boolean function that depends on exactly its first j0 of J bits.

    The prior gives depth j < J mass 2^-(j+1) and depth J the rest, uniform over the 2^(2^j) tables of each depth. The
    function has one table at every depth j >= j0, so W_0 = sum_{j >= j0} prior(j) 2^-(2^j).
    """
    if not 0 <= j0 <= J:
        raise ValueError(f"need 0 <= j0 <= J; got j0 = {j0}, J = {J}")
    exponents = [-(j + 1) - 2**j for j in range(j0, J)] + [-J - 2**J]
    return -special.logsumexp(np.array(exponents, dtype=float) * math.log(2))
