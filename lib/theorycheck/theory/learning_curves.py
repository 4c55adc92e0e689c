"""Learning curves of ridge regression: deterministic equivalents of training and test error.

Both estimates below take the eigenvalues lambda_i of the kernel, the energies v_i^2 of the target in its
eigenfunctions, the noise variance and the sizes, and return what ridge regression is expected to reach. Nothing
is fitted. They become exact as sizes grow, and are within a few per cent at sizes of order 100.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special


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


@dataclass(frozen=True)
class FeatureErrors:
    """What ridge regression on random features reaches; errors include the noise.

    Attributes
    ----------
    test_error, training_error : float or array (...)
        Mean squared error on a fresh noisy label, and mean squared residual on the training set.
    kappa, gamma : float or array (...)
        The effective ridges of the samples' kernel matrix and of the modes; equal with infinitely many features.
    """

    test_error: np.ndarray
    training_error: np.ndarray
    kappa: np.ndarray
    gamma: np.ndarray

    @property
    def both(self):
        """Test and training error, along a new first axis: array (2, ...)."""
        return np.stack([self.test_error, self.training_error])


def random_features(samples, features, ridge, eigenvalues, energies, *, noise=0.0):
    """Deterministic equivalent of ridge regression on k random features of a kernel.

    The features are k independent Gaussian functions with the kernel as covariance, scaled by 1/sqrt(k). With
    z = sum_i lambda_i / (lambda_i + gamma) and q = sum_i (lambda_i / (lambda_i + gamma))^2, kappa and gamma solve

        n = z + ridge / kappa,    k = z + k kappa / gamma,

    and with v_i^2 the energies and sigma^2 the noise

        E_te = [sum_i (gamma/(lambda_i + gamma) - kappa lambda_i/(lambda_i + gamma)^2 k/(k - q)) v_i^2 + sigma^2]
               / [1 - (q (k - 2z) + z^2) / (n (k - q))],
        E_tr = (ridge / (n kappa))^2 E_te.

    Parameters
    ----------
    samples, features, ridge : float or array
        n and k, at least 1, and delta > 0, which broadcast against each other; k may be infinite, which is kernel ridge
        regression.
    eigenvalues, energies : arrays (m,)
        lambda_i > 0 and v_i^2, one for each mode.
    noise : float
        sigma^2.

    Returns
    -------
    FeatureErrors

    Raises
    ------
    ValueError
        If sizes, ridge, eigenvalues or noise are out of range.

    References
    ----------
    J. B. Simon, D. Karkada, N. Ghosh, M. Belkin, More is Better in Modern Machine Learning, arXiv:2311.14646.
    """
    lam, energy = np.asarray(eigenvalues, dtype=float), np.asarray(energies, dtype=float)
    n, k, delta = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in (samples, features, ridge)))
    if np.any(n < 1) or np.any(k < 1) or np.any(delta <= 0) or noise < 0 or np.any(lam <= 0):
        raise ValueError("sizes must be at least 1, ridge and eigenvalues positive, noise at least 0")
    each = np.vectorize(lambda *size: _random_features(*size, lam, energy, noise), otypes=[float] * 4)
    return FeatureErrors(*(part[()] for part in each(n, k, delta)))


def _random_features(n, k, ridge, lam, energy, noise):
    """The four numbers of `FeatureErrors` for one n, k and ridge."""
    limit = min(n, k)

    def rank(gamma):
        return (lam / (lam + gamma)).sum()

    # (n - z)(1 - z/k) gamma = ridge; the left side increases from 0 where z falls to min(n, k).
    least = _root_in_log(lambda g: rank(g) - limit, lam.max()) if lam.size > limit else 0.0
    gap = _root_in_log(lambda g: ridge - (n - (z := rank(least + g))) * (1 - z / k) * (least + g), lam.max())
    gamma = least + gap
    z, share = rank(gamma), lam / (lam + gamma)
    q = (share**2).sum()
    # Each branch avoids the difference that vanishes with the ridge. `remaining` is ridge / (n kappa) = 1 - z/n.
    if n < k:
        kappa = gamma * (1 - z / k)
        remaining = ridge / (n * kappa)
    elif n > k:
        remaining = 1 - z / n
        kappa = ridge / (n * remaining)
    else:
        kappa = np.sqrt(gamma * ridge / n)
        remaining = kappa / gamma
    overlap = (q * (1 - 2 * z / k) + z**2 / k) / (n * (1 - q / k))
    bias = ((1 - share - kappa / gamma * share * (1 - share) / (1 - q / k)) * energy).sum()
    test = (bias + noise) / (1 - overlap)
    return test, remaining**2 * test, kappa, gamma


def optimal_ridge(samples, features, eigenvalues, energies, *, noise=0.0):
    """The ridge that minimizes `random_features(...).test_error`, searched for in its logarithm.

    Parameters
    ----------
    samples, features : float or array
        n and k, which broadcast against each other; all else as for `random_features`.

    Returns
    -------
    float or array
        Between 1e-9 and 1e3 times the kernel's trace; near the lower end where interpolation is optimal.
    """
    bounds = np.log(np.array([1e-9, 1e3]) * np.sum(eigenvalues))

    def best(n, k):
        def error(log_ridge):
            return random_features(n, k, np.exp(log_ridge), eigenvalues, energies, noise=noise).test_error

        return np.exp(optimize.minimize_scalar(error, bounds=bounds, method="bounded", options={"xatol": 1e-4}).x)

    return np.vectorize(best, otypes=[float])(samples, features)[()]


@dataclass(frozen=True)
class PowerLaw:
    """Kernel ridge regression with eigenvalues i^(-alpha) and target energies i^(-beta), at large n.

    With s = sqrt(E_tr/E_te) = ridge/(n kappa) in [0, 1), replacing sums over modes by integrals,

        z = c_1 kappa^(-1/alpha),  c_1 = (pi/alpha)/sin(pi/alpha),     q = (1 - 1/alpha) z,
        bias = B kappa^((beta-1)/alpha),  B = int_0^inf u^(-beta) (u^alpha/(1 + u^alpha))^2 du,

    so that with E_0 = alpha B (c_1/n)^(beta-1), the test error at ridge = noise = 0, and noise = rho E_0,

        E_te(s)/E_te(0) = [(1 - s)^-(beta-1) + alpha rho] / [(1 + alpha rho)(1 + (alpha - 1) s)],
        E_te(0) = E_0 (1 + alpha rho).

    Parameters
    ----------
    alpha, beta : float
        alpha > 1 and 1 < beta < 2 alpha + 1.
    rho : float
        Noise variance over E_0, at least 0.
    """

    alpha: float
    beta: float
    rho: float = 0.0

    def __post_init__(self):
        if not (self.alpha > 1 and 1 < self.beta < 2 * self.alpha + 1 and self.rho >= 0):
            raise ValueError(
                f"need alpha > 1, 1 < beta < 2 alpha + 1 and rho >= 0; got {self.alpha}, {self.beta}, {self.rho}"
            )

    @property
    def rank_constant(self):
        """c_1, with z = c_1 kappa^(-1/alpha)."""
        return np.pi / self.alpha / np.sin(np.pi / self.alpha)

    def noiseless_error(self, samples):
        """E_0 at n = `samples`, with alpha B = Gamma(2 - b) Gamma(b), b = (beta - 1)/alpha."""
        b = (self.beta - 1) / self.alpha
        return special.beta(2 - b, b) * (self.rank_constant / samples) ** (self.beta - 1)

    def noise(self, samples):
        """Variance rho E_0 of the label noise at n = `samples`."""
        return self.rho * self.noiseless_error(samples)

    def interpolation_error(self, samples):
        """E_te(0) at n = `samples`."""
        return (1 + self.alpha * self.rho) * self.noiseless_error(samples)

    def interpolation_kappa(self, samples):
        """Return the effective ridge kappa = (c_1/n)^alpha that n = `samples` have without a ridge, where z = n."""
        return (self.rank_constant / samples) ** self.alpha

    def relative_error(self, s):
        """E_te(s)/E_te(0), for s in [0, 1)."""
        s, noise = np.asarray(s, dtype=float), self.alpha * self.rho
        return ((1 - s) ** (1 - self.beta) + noise) / ((1 + noise) * (1 + (self.alpha - 1) * s))

    @property
    def interpolation_threshold(self):
        """Interpolation is optimal exactly if rho is at most this: (beta - alpha)/(alpha (alpha - 1))."""
        return (self.beta - self.alpha) / (self.alpha * (self.alpha - 1))

    @property
    def optimum(self):
        """The minimizer s* of `relative_error`: 0 up to the threshold, else where the derivative vanishes."""
        if self.rho <= self.interpolation_threshold:
            return 0.0
        b, a, noise = self.beta - 1, self.alpha - 1, self.alpha * self.rho

        def slope(s):  # the derivative times positive factors
            return b * (1 + a * s) - a * (1 - s) * (1 + noise * (1 - s) ** b)

        return float(optimize.brentq(slope, 0.0, 1.0))
