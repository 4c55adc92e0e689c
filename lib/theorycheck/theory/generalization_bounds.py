r"""A dozen upper bounds on the risk of a learned classifier, each as a function of what the learner saw.

Throughout, S is a sample of n labelled points drawn independently from a law D, $R(h) = P_D(h(x) \ne y)$ is
the risk, $\hat R(h)$ the training error, and $\delta$ the error probability: each function returns B(S)
with $P_S(R \le B(S)) \ge 1-\delta$ under the assumptions in its docstring, for the classifier that it
names, however that classifier was chosen. Nothing is clipped at 1, so that a vacuous bound shows.

Arguments are broadcast against each other. Where a learner takes the best of several bounds, `choices` is
how many there were: $\delta$ is shared equally among them (a union bound), and the caller takes the
minimum.
"""

import numpy as np
from scipy import special

from theorycheck.theory.binomial import binomial_tail_inverse, kl_inverse


def held_out(errors, m, delta):
    r"""Test-set bound: $\overline{\mathrm{Bin}}(k, m, \delta)$, k errors on m held-out points.

    Assumes that the classifier does not depend on the held-out points.

    References
    ----------
    Langford, Tutorial on practical prediction theory for classification, JMLR 6 (2005).
    """
    return binomial_tail_inverse(errors, m, _log(delta))


def held_out_error_rate(risk, m, delta):
    r"""Exact probability that the test-set bound lies below the risk, $\sum_kP(\mathrm{Bin}(m,R)=k)\,
    1\{\overline{\mathrm{Bin}}(k,m,\delta)<R\}$.

    Since the bound increases with k, this is $P(\mathrm{Bin}(m,R)\le k^*)$ with k* the largest k whose bound lies below
    R: never more than $\delta$, and less only because the binomial law moves in steps.

    Parameters
    ----------
    risk : array_like
        R, in [0, 1].
    m : int
        Size of the hold-out set, at least 1.
    delta : float
        Nominal error probability.
    """
    below = np.searchsorted(held_out(np.arange(m + 1), m, delta), risk, side="left")  # how many limits are < R
    return np.where(below > 0, special.bdtr(np.maximum(below - 1.0, 0), m, risk), 0.0)


def log_halfspace_dichotomies(points, dimension):
    r"""Logarithm of the number of ways in which homogeneous half-spaces split points:
    $2\sum_{i<d}\binom{N-1}i$.

    Cover's count for N points in general position in $R^d$, and the maximum over all positions.

    Parameters
    ----------
    points : int
        N, at least 1.
    dimension : int
        d, at least 1.
    """
    i = np.arange(min(dimension, points))
    log_terms = special.gammaln(points) - special.gammaln(i + 1) - special.gammaln(points - i)
    return np.log(2) + special.logsumexp(log_terms)


def vc_halfspaces(error, n, dimension, delta):
    r"""Vapnik-Chervonenkis bound: $\hat R + 2\sqrt{2(\ln\Pi + \ln\frac2\delta)/n}$.

    $\Pi$ is the number of dichotomies of 2n points by homogeneous half-spaces in $R^d$. Holds for all of
    them at once: with a second sample, $P(\sup_h R-\hat R>\epsilon) \le 2P(\sup_h\hat R'-\hat R>\epsilon/2)
    \le 2\Pi e^{-n\epsilon^2/8}$ for $n\epsilon^2\ge2$, by Hoeffding's inequality for random swaps of the
    two samples.
    """
    log_growth = log_halfspace_dichotomies(2 * n, dimension)
    return np.asarray(error) + 2 * np.sqrt(2 * (log_growth - _log(delta / 2)) / n)


def occam(errors, n, log_hypotheses, delta):
    r"""Occam bound: $\overline{\mathrm{Bin}}(k, n, \delta/M)$ for one of M hypotheses fixed before the
    sample.

    Parameters
    ----------
    errors : array_like of int
        Training errors k of the chosen hypothesis, of n.
    log_hypotheses : array_like
        $\ln M$. A hypothesis that takes $b$ bits to write down has $\ln M = b\ln2$.

    References
    ----------
    Blumer, Ehrenfeucht, Haussler, Warmuth, Occam's razor, Information Processing Letters 24 (1987).
    """
    return binomial_tail_inverse(errors, n, _log(delta) - np.asarray(log_hypotheses, dtype=float))


def margin(margins, complexity, delta, levels=10):
    r"""Rademacher margin bound, $\min_{i\le I}\ \hat R_{\gamma_i} + \frac{C}{\gamma_i\sqrt n} +
    \sqrt{\frac{\ln(i(i+1)/\delta)}{2n}}$ with $\gamma_i = 2^{-i}$.

    $\hat R_\gamma$ is the share of training points with margin $yf(x) < \gamma$, and $C/\sqrt n$ is twice a
    bound on the Rademacher complexity of the class of f. C = 2 for $f(x) = w^\top x$ with $\|w\|\le1$,
    $\|x\|\le1$. C = 4 for $f = \sum_kv_k\max(w_k^\top x,0)/\beta$ with path norm
    $\beta=\sum_k|v_k|\|w_k\|$, whatever the width: f lies in the symmetric hull of unit-norm neurons, the
    absolute value costs a factor 2, and ReLU is a contraction.

    Parameters
    ----------
    margins : array (..., n)
        $y_if(x_i)$ on the training points.
    complexity : float
        C above.
    levels : int
        I, number of margins that compete (with weights 1/(i(i+1)), which sum to less than 1).

    References
    ----------
    Bartlett and Mendelson, JMLR 3 (2002); Koltchinskii and Panchenko, Annals of Statistics 30 (2002); for
    the path norm Neyshabur, Tomioka, Srebro, COLT 2015.
    """
    margins = np.asarray(margins)
    n = margins.shape[-1]
    candidates = [
        np.count_nonzero(margins < 2.0**-i, axis=-1) / n
        + complexity * 2.0**i / np.sqrt(n)
        + np.sqrt((np.log(i * (i + 1)) - _log(delta)) / (2 * n))
        for i in range(1, levels + 1)
    ]
    return np.min(candidates, axis=0)


def pac_bayes_budget(kl, n, delta, choices=1):
    r"""Right-hand side of the PAC-Bayes inequality $kl(\hat R_Q\|R_Q) \le \frac1n\left(KL(Q\|P) +
    \ln\frac{2\sqrt n}\delta\right)$.

    Holds for all posteriors Q at once with probability $1-\delta$, if the prior P does not depend on the n
    points; $\hat R_Q$ and $R_Q$ are the training error and the risk of the Gibbs classifier, which draws h
    from Q for each prediction. The constant $2\sqrt n$ is Maurer's (2004), an upper bound of $E
    e^{n\,kl(\hat p\|p)}$ for a coin.
    """
    return (np.asarray(kl, dtype=float) + np.log(2 * np.sqrt(n)) - _log(delta / choices)) / n


def pac_bayes_mcallester(gibbs_error, kl, n, delta, choices=1):
    r"""$\hat R_Q + \sqrt{c/2}$ with c from `pac_bayes_budget`: Pinsker's weakening of `pac_bayes_kl`."""
    return np.asarray(gibbs_error) + np.sqrt(pac_bayes_budget(kl, n, delta, choices) / 2)


def pac_bayes_kl(gibbs_error, kl, n, delta, choices=1):
    r"""$kl^{-1}(\hat R_Q, c)$ with c from `pac_bayes_budget` (Seeger, JMLR 3, 2002; Maurer 2004)."""
    return kl_inverse(gibbs_error, pac_bayes_budget(kl, n, delta, choices))


def pac_bayes_catoni(gibbs_error, kl, n, delta, temperatures, choices=1):
    r"""Catoni's bound $\min_C\left[1-e^{-C\hat R_Q-(KL+\ln\frac{|C|}\delta)/n}\right]/(1-e^{-C})$.

    From $E e^{n\Phi_C(p) - nC\hat p} = 1$ for a coin, $\Phi_C(p)=-\ln(1-(1-e^{-C})p)$, and convexity of
    $\Phi_C$.

    Parameters
    ----------
    temperatures : sequence of float
        The values C > 0 that compete; their number enters the union bound, beside `choices`.

    References
    ----------
    Catoni, PAC-Bayesian supervised classification, IMS Lecture Notes 56 (2007).
    """
    gibbs_error, kl = np.asarray(gibbs_error, dtype=float), np.asarray(kl, dtype=float)
    cost = (kl - _log(delta / (choices * len(temperatures)))) / n
    return np.min([np.expm1(-C * gibbs_error - cost) / np.expm1(-C) for C in temperatures], axis=0)


def stability_penalty(ridge, gamma, n, delta, choices=1):
    r"""What the stability bound adds to the ramp loss: $\frac{2\beta}\gamma + (1+\frac{4n\beta}\gamma)
    \sqrt{\frac{\ln(1/\delta)}{2n}}$ with $\beta=\frac1{2\lambda n}$.

    $\beta$ bounds how far the prediction of the minimizer of $\frac1n\sum_i\max(0,1-y_iw^\top
    x_i)+\lambda\|w\|^2$, $\|x\|\le1$, moves at any point when one term of the sum is left out. See
    `stability`.
    """
    ridge, gamma = np.asarray(ridge, dtype=float), np.asarray(gamma, dtype=float)
    beta = 1 / (2 * ridge * n)
    return 2 * beta / gamma + (1 + 4 * n * beta / gamma) * np.sqrt(-_log(delta / choices) / (2 * n))


def stability(ramp, ridge, gamma, n, delta, choices=1):
    r"""Stability bound of a support vector machine without bias: `ramp` + `stability_penalty`.

    Parameters
    ----------
    ramp : array_like
        Mean training value of the ramp loss $\min(1, \max(0, 1-yw^\top x/\gamma))$ of the exact minimizer.
    ridge, gamma : array_like
        Regularization $\lambda>0$ and margin $\gamma>0$.
    choices : int
        Number of pairs $(\lambda,\gamma)$ that compete.

    References
    ----------
    Bousquet and Elisseeff, Stability and generalization, JMLR 2 (2002).
    """
    return np.asarray(ramp) + stability_penalty(ridge, gamma, n, delta, choices)


def compression(errors, size, n, delta):
    r"""Sample compression bound $\overline{\mathrm{Bin}}\left(e, n-k, \delta/(n\binom nk)\right)$.

    Assumes that the classifier is a function of k of the n sample points; e counts its errors on the other
    n - k. The union runs over the sizes k = 1..n and the $\binom nk$ positions. It is 1 where k = n:
    nothing is left to test.

    References
    ----------
    Littlestone and Warmuth, Relating data compression and learnability, 1986.
    """
    errors, size = np.broadcast_arrays(errors, size)
    log_subsets = special.gammaln(n + 1) - special.gammaln(size + 1) - special.gammaln(n - size + 1)
    left = np.maximum(n - size, 1)
    bound = binomial_tail_inverse(np.minimum(errors, left), left, _log(delta) - np.log(n) - log_subsets)
    return np.where(size < n, bound, 1.0)


def spectral_complexity(first, second, margin, n):
    r"""A *measure*, not a bound: $\frac{s_1s_2}{\gamma\sqrt
    n}\left[(\sum_k\|w_k\|/s_1)^{2/3}+1\right]^{3/2}$.

    The leading term, without constants and logarithms, of the spectrally normalized margin bound of a network
    $x\mapsto v^\top\max(Wx,0)$; $s_1, s_2$ are the spectral norms of W and of v, $w_k$ the neurons,
    $\gamma$ a margin.

    Parameters
    ----------
    first : array (..., d, hidden)
        The neurons $w_k$ as columns.
    second : array (..., hidden)
        v.
    margin : array_like (...)
        $\gamma>0$.

    References
    ----------
    Bartlett, Foster, Telgarsky, NeurIPS 2017, arXiv:1706.08498.
    """
    s1 = np.linalg.norm(first, 2, axis=(-2, -1))
    s2 = np.linalg.norm(second, axis=-1)
    neurons = np.linalg.norm(first, axis=-2).sum(axis=-1)
    return s1 * s2 * ((neurons / s1) ** (2 / 3) + 1) ** 1.5 / (np.asarray(margin) * np.sqrt(n))


def _log(delta):
    """ln(delta) of an error probability."""
    if not 0 < delta < 1:
        raise ValueError(f"an error probability must lie in (0, 1); got {delta}")
    return np.log(delta)
