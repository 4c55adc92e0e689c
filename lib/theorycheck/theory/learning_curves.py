"""Learning curves of ridge regression: deterministic equivalents of training and test error.

Both estimates below take the eigenvalues lambda_i of the kernel, the energies v_i^2 of the target in its
eigenfunctions, the noise variance and the sizes, and return what ridge regression is expected to reach. Nothing
is fitted. They become exact as sizes grow, and are within a few per cent at sizes of order 100.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize


@dataclass(frozen=True)
class KernelCurve:
    """What kernel ridge regression reaches at each sample size (arrays follow the shape of `samples`).

    Attributes
    ----------
    kappa : array (...)
        Effective ridge: modes of eigenvalue far above kappa are learned, those far below are not.
    learned : array (..., m)
        Learned share L_i = lambda_i / (lambda_i + kappa) of each mode: E[coefficient of the predictor] = L_i v_i.
    scatter : array (...)
        The coefficient along one eigenfunction of mode i has variance L_i^2 scatter over training sets.
    error : array (...)
        Mean squared distance of the predictor to the noiseless target on a fresh point.
    training_error : array (...)
        Mean squared residual on the training set.
    multiplicities : array (m,)
        As given.
    """

    kappa: np.ndarray
    learned: np.ndarray
    scatter: np.ndarray
    error: np.ndarray
    training_error: np.ndarray
    multiplicities: np.ndarray

    def squared_correlation(self, target, feature, constant):
        """Squared correlation over fresh points between the predictor and a feature.

        In each mode the target has the coefficient v_i along some eigenfunction, and feature (of unit variance) and the
        constant function have coefficients p_i and e_i along the same one. Then, up to fluctuations of second order,

            E Cov(f, feature)^2 = (sum_i L_i v_i p_i)^2 + scatter sum_i L_i^2 p_i^2,
            E f^2 = sum_i L_i^2 (v_i^2 + N_i scatter),
            E (mean of f)^2 = (sum_i L_i v_i e_i)^2 + scatter sum_i L_i^2 e_i^2,

        where the scatter of a coefficient over training sets makes chance overlap. Returned is the first over the
        difference of the other two.

        Parameters
        ----------
        target, feature, constant : arrays (m,)
            v, p and e, with v^2 the energies that were given.

        Returns
        -------
        array (...)
        """
        learned, scatter = self.learned, self.scatter
        power = (learned**2 * (target**2 + self.multiplicities * scatter[..., None])).sum(axis=-1)

        def square(direction):
            return (learned @ (target * direction)) ** 2 + scatter * (learned**2 @ direction**2)

        return square(feature) / (power - square(constant))


def _root_in_log(function, start):
    """Zero of a function that decreases in its positive argument, searched for in the argument's logarithm."""
    low = high = np.log(start)
    while function(np.exp(low)) < 0:
        low -= 2.0
    while function(np.exp(high)) > 0:
        high += 2.0
    if low == high:
        return float(np.exp(low))
    return float(np.exp(optimize.brentq(lambda x: function(np.exp(x)), low, high, xtol=1e-13, rtol=1e-14)))


def kernel_ridge(samples, ridge, eigenvalues, multiplicities, energies, *, noise=0.0, tail=0.0):
    """Deterministic equivalent of kernel ridge regression on n independent samples.

    The predictor minimizes sum_i (f(x_i) - y_i)^2 + ridge |f|^2 over the kernel's Hilbert space. With kappa > 0
    the solution of

        n = sum_j N_j lambda_j / (lambda_j + kappa) + (ridge + tail) / kappa

    and L_j = lambda_j / (lambda_j + kappa), E_0 = n / (n - sum_j N_j L_j^2),

        test error = E_0 (sum_j (1 - L_j)^2 F_j + noise) - noise,
        training error = (ridge / (n kappa))^2 E_0 (sum_j (1 - L_j)^2 F_j + noise).

    Parameters
    ----------
    samples : float or array
        n, at least 1 (need not be integer).
    ridge : float
        delta >= 0; ridge + tail = 0 requires n below the total multiplicity.
    eigenvalues, multiplicities, energies : arrays (m,)
        lambda_j > 0, their multiplicities N_j, and the target's energy F_j in each eigenspace (its sum over the
        eigenspace, not the mean). Modes of eigenvalue 0 are allowed and never learned.
    noise : float
        Variance of the label noise.
    tail : float
        Trace of the modes left out. They are too many and too small to be learned, and act as a ridge.

    References
    ----------
    Same equations as the kernel limit of the random-feature estimate of Simon, Karkada, Ghosh and Belkin,
    arXiv:2311.14646.
    """
    lam, multiplicity, energy = (np.asarray(a, dtype=float) for a in (eigenvalues, multiplicities, energies))
    n = np.asarray(samples, dtype=float)
    total = ridge + tail
    if np.any(n <= 0) or total < 0 or noise < 0 or np.any(lam < 0):
        raise ValueError("sample sizes must be positive, and ridge + tail, noise and eigenvalues at least 0")
    if total == 0 and np.any(n >= multiplicity[lam > 0].sum()):
        raise ValueError("without a ridge the equivalent needs fewer samples than the kernel has modes")

    def effective_ridge(size):
        return _root_in_log(lambda k: (multiplicity * lam / (lam + k)).sum() + total / k - size, lam.max())

    kappa = np.vectorize(effective_ridge, otypes=[float])(n)
    learned = lam / (lam + kappa[..., None])
    overfitting = n / (n - (multiplicity * learned**2).sum(axis=-1))
    noisy = overfitting * (((1 - learned) ** 2 * energy).sum(axis=-1) + noise)
    fit = (ridge / (n * kappa)) ** 2 * noisy
    return KernelCurve(kappa, learned, noisy / n, noisy - noise, fit, multiplicity)
