r"""Generalization of a linear student on a linear teacher, along gradient descent.

Teacher $y=\bar w^\top x+\varepsilon$ with independent inputs $x\in R^N$ of variance 1/N, $\bar w_i$ of mean 0 and
variance 1, and noise of variance 1/SNR; student weights start independently with variance INR; P examples,
$\alpha=P/N$. Descent on $\frac12\sum_\mu(y_\mu-w^\top x_\mu)^2$ with step $\eta$ multiplies the distance to the
least-squares solution by $1-\eta\lambda$ in the mode with eigenvalue $\lambda$ of $XX^\top$. Averaged over teacher,
start and noise, its squared error is

.. math:: (1+INR)(1-\eta\lambda)^{2k}+\frac{(1-(1-\eta\lambda)^k)^2}{\lambda\,SNR}

after k steps. The generalization error is $E_g=\|w-\bar w\|^2/N+1/SNR$.

Source of the setting: Advani and Saxe, arXiv:1710.03667; the formulas are derived in modes as above.
"""

import numpy as np

from theorycheck.theory import marchenko_pastur

# At P = N the noise part of the error grows as this times sqrt(t) over SNR: the density is 1/(pi sqrt(x))
# near 0, and the integral of u^(-3/2) (1 - exp(-u))^2 over u > 0 is 2 sqrt(pi) (2 - sqrt(2)).
CRITICAL_SLOPE = 2 * (2 - np.sqrt(2)) / np.sqrt(np.pi)


def generalization_error(alpha, steps, rate, inr, snr, *, frozen=None, nodes=1500):
    r"""Mean of $E_g$ after k steps in the limit of large N.

    Parameters
    ----------
    alpha : float or array (A,)
        P/N > 0.
    steps : array_like (K,) of int
        k >= 0.
    rate : float
        $\eta>0$, with $\eta\lambda_+<2$.
    inr, snr : float
        Variance of the initial weights (>= 0) and signal-to-noise ratio (> 0).
    frozen : float, optional
        Share of modes with eigenvalue 0, which never learn; $(1-\alpha)_+$ if not given.

    Returns
    -------
    array (K,), or (A, K)
    """
    if np.ndim(alpha):
        return np.array([generalization_error(a, steps, rate, inr, snr, frozen=frozen, nodes=nodes) for a in alpha])
    eigenvalues, weights = marchenko_pastur.quadrature(alpha, nodes)
    frozen = max(1 - alpha, 0.0) if frozen is None else frozen
    left = (1 - rate * eigenvalues) ** np.asarray(steps)[:, None]
    modes = (1 + inr) * left**2 + (1 - left) ** 2 / (eigenvalues * snr)
    return modes @ weights + frozen * (1 + inr) + 1 / snr


def final_error(N, P, inr, snr):
    r"""Mean of $E_g$ after infinitely many steps, exact for Gaussian inputs at finite N and P.

    $P<N-1$: $(1-\frac PN)(1+INR)+\frac P{SNR\,(N-P-1)}+\frac1{SNR}$; $P>N+1$: $\frac N{SNR\,(P-N-1)}+\frac1{SNR}$, by
    the mean of an inverse Wishart matrix. Between, the mean does not exist.

    Parameters
    ----------
    N : int
    P : int or array
    inr, snr : float

    Raises
    ------
    ValueError
        If |P - N| <= 1 for some P.
    """
    P = np.asarray(P)
    if np.any(np.abs(P - N) <= 1):
        raise ValueError(f"the mean is infinite for |P - N| <= 1; got N = {N}, P = {P}")
    noise = np.where(P < N, P, N) / (np.abs(P - N) - 1)
    return np.maximum(1 - P / N, 0.0) * (1 + inr) + noise / snr + 1 / snr


def critical_noise(times, nodes=6000):
    r"""Noise part of $E_g$ at P = N and SNR = 1, along gradient flow: the mean of $(1-e^{-\lambda t})^2/\lambda$."""
    eigenvalues, weights = marchenko_pastur.quadrature(1.0, nodes)
    return np.expm1(-np.asarray(times)[:, None] * eigenvalues) ** 2 / eigenvalues @ weights
