r"""What adaptively chosen questions do to a sample of fair coins.

The sample has n points with a label $y=\pm1$ and features $x_j=\pm1$, all fair and independent, so that every true
correlation is 0. An analyst asks for the correlations $q_j=\frac1n\sum_iy_ix_{ij}$, j = 1..k, is told
$q_j+\mathcal N(0,\tau^2)$, notes the signs $s_j$ (a coin for 0), and asks for the correlation of y with
$\mathrm{sign}\sum_js_jx_j$ on the same sample.
"""

import numpy as np
from scipy import special, stats


def agreement(n, tau):
    r"""$m=E[s_jy_ix_{ij}]$, how much one feature's sign follows one sample point, by the exact binomial law of $q_j$.

    By symmetry over the points $m=E[s_jq_j]=E[q_j\,(2\Phi(q_j/\tau)-1)]$, and $E|q_j|$ for $\tau=0$; for large n
    about $\sqrt{2/\pi}\,\frac1n/\sqrt{1/n+\tau^2}$.

    Parameters
    ----------
    n : int
        Points, >= 1.
    tau : float
        Standard deviation of the noise, >= 0.
    """
    q = (2 * np.arange(n + 1) - n) / n
    sign = special.erf(q / (tau * np.sqrt(2))) if tau > 0 else np.sign(q)
    return stats.binom.pmf(np.arange(n + 1), n, 0.5) @ (q * sign)


def final_correlation(n, k, tau):
    r"""Expected answer to the final question, exactly.

    At one sample point the products $s_jy_ix_{ij}$ are independent over j with mean m (`agreement`), so their sum is
    $2\mathrm{Bin}(k,\frac{1+m}2)-k$, and the correlation is the mean of its sign.

    Parameters
    ----------
    k : array_like of int
        Numbers of questions, >= 1.
    """
    k = np.asarray(k)
    p = (1 + agreement(n, tau)) / 2
    positive, negative = stats.binom.sf(k // 2, k, p), stats.binom.cdf((k + 1) // 2 - 1, k, p)
    return positive - negative


def final_correlation_normal(n, k, tau):
    r"""The same by the central limit theorem: $2\Phi(\mu)-1$, $\mu=\sqrt{2k/\pi}\big/\big(n\sqrt{1/n+\tau^2}\big)$."""
    return special.erf(np.sqrt(np.asarray(k) / np.pi) / (n * np.sqrt(1 / n + tau**2)))


def questions_until(alpha, n, tau):
    r"""Number of questions at which `final_correlation_normal` reaches alpha.

    $k^*=\mu_\alpha^2\frac\pi2n^2(\frac1n+\tau^2)$ with $\mu_\alpha=\Phi^{-1}(\frac{1+\alpha}2)$: linear in n without
    noise, quadratic for fixed $\tau$ and large n.
    """
    n = np.asarray(n, dtype=float)
    return np.pi * special.erfinv(alpha) ** 2 * n**2 * (1 / n + tau**2)


def release_probability(n, threshold, sigma):
    r"""Probability that guess and check releases an answer whose guess 0 is right: $P(|q+\mathcal N(0,\sigma^2)|>T)$.

    Exact, with the binomial law of q. The first such release comes after 1/p questions on average.

    Parameters
    ----------
    n : int
    threshold, sigma : float
        T > 0 and sigma > 0.
    """
    q = (2 * np.arange(n + 1) - n) / n
    outside = special.ndtr((q - threshold) / sigma) + special.ndtr((-q - threshold) / sigma)
    return stats.binom.pmf(np.arange(n + 1), n, 0.5) @ outside
