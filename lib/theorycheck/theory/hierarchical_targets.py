"""Hierarchical targets h = g(p(x)) with a quadratic feature and a quadratic link: what each stage of training learns.

p(x) = x'Ax with a balanced A (half of the eigenvalues +a, half -a; E p = 0, Var p = 1) and
g(z) = alpha z + beta (z^2 - 1)/sqrt(2) with alpha^2 + beta^2 = 1. The first stage of a layerwise trained three-layer
network is ridge regression of h on a frozen random layer; in the limit of infinite width its learning curve is that
of a rotation-invariant kernel, which `theorycheck.theory.learning_curves` predicts.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from theorycheck.theory import learning_curves
from theorycheck.theory.gegenbauer import InvariantSpectrum
from theorycheck.theory.kernels import zonal_kernels


@dataclass(frozen=True)
class DegreeParts:
    """Orthogonal parts of h = g(p(x)) by degree in x.

    Attributes
    ----------
    energies : array (5,)
        Squared norm of the part of degree 0, ..., 4 (odd degrees are empty).
    overlap : float
        E[h p] / sd(p): the component of h along the feature.
    """

    energies: np.ndarray
    overlap: float

    @property
    def ceiling(self):
        """Squared correlation of the degree-2 part of h with p: all that fitting degree 2 can learn of p."""
        return float(self.overlap**2 / self.energies[2]) if self.overlap else 0.0

    @property
    def plateau(self):
        """Energy beyond degree 2: the error of a method that fits degree 2 exactly and nothing beyond."""
        return float(self.energies[3:].sum())


def hermite_parts(eigenvalues, alpha_squared):
    """Hermite parts of g(p(x)) for x ~ N(0, I_d) and p(x) = sum_i a_i (x_i^2 - 1), any symmetric A.

    With :.: the Wick product (the top-degree Hermite part), p = :x'Ax: and p^2 = :p^2: + 4 :x'A^2x: + 2 tr A^2. So
    the degree-2 part of h is :x'Bx: with B = alpha A + (4 beta/sqrt 2) A^2, of squared norm 2 tr B^2, and the degree-4
    part is (beta/sqrt 2) :p^2:, of squared norm beta^2 (4 (tr A^2)^2 + 8 tr A^4). For balanced A with 2 tr A^2 = 1
    these are alpha^2 + 4 beta^2/d and beta^2 (1 + 2/d).

    Parameters
    ----------
    eigenvalues : array (d,)
        Eigenvalues a_i of A.
    alpha_squared : float
        In [0, 1].
    """
    a = np.asarray(eigenvalues, dtype=float)
    alpha, beta = np.sqrt(alpha_squared), np.sqrt(1 - alpha_squared)
    b = alpha * a + 4 * beta / np.sqrt(2) * a**2
    t2, t4 = (a**2).sum(), (a**4).sum()
    constant = beta / np.sqrt(2) * (2 * t2 - 1)
    energies = np.array([constant**2, 0.0, 2 * (b**2).sum(), 0.0, beta**2 * (4 * t2**2 + 8 * t4)])
    return DegreeParts(energies, float(2 * (a * b).sum() / np.sqrt(2 * t2)))


def sphere_parts(dimension, alpha_squared):
    """Harmonic parts of g(p(x)) for x uniform on |x|^2 = d and balanced A, p scaled to variance 1.

    A^2 is a multiple of the identity, so |Ax| is constant on the sphere, p^2 has no part of degree 2, and the degree-2
    part of h is exactly alpha p. What remains of p^2 is of degree 4, of squared norm beta^2 (kappa - 1)/2 with
    kappa = E p^4 = `sphere_kurtosis`.
    """
    beta_squared = 1 - alpha_squared
    quartic = beta_squared * (sphere_kurtosis(dimension) - 1) / 2
    return DegreeParts(np.array([0.0, 0.0, alpha_squared, 0.0, quartic]), float(np.sqrt(alpha_squared)))


def sphere_kurtosis(dimension):
    """E p^4 / (E p^2)^2 on the sphere, balanced A: (3 + 12/d) d (d + 2) / ((d + 4)(d + 6)).

    From the Gaussian moments 1 and 3 + 12/d of x'Ax, by E|x|^4 = d (d + 2) and E|x|^8 = d (d + 2)(d + 4)(d + 6).
    """
    d = dimension
    if d % 2 or d < 2:
        raise ValueError(f"a balanced form needs an even dimension; got {d}")
    return (3 + 12 / d) * d * (d + 2) / ((d + 4) * (d + 6))


def layer_kernel(first_layer, bias_std):
    """Kernel of an infinitely wide random first layer, as a function of x.y/d, |x|^2/d and |y|^2/d.

    k(x, y) = E[sigma(v'x + s) sigma(v'y + s)], v ~ N(0, I/d), s ~ N(0, bias_std^2), for

    - "relu": sigma(t) = sqrt(2) max(0, t);
    - "even_relu": the same, averaged over y and -y (units (v, s) and (-v, s) tied);
    - "quadratic": sigma(t) = t^2/sqrt(3), likewise averaged: a polynomial of the degree of the feature.
    """
    b2 = bias_std**2

    def relu(inner, x2, y2):
        scale = np.sqrt((x2 + b2) * (y2 + b2))
        return scale * zonal_kernels(np.clip((inner + b2) / scale, -1, 1), depth=2).nngp

    def even_relu(inner, x2, y2):
        return (relu(inner, x2, y2) + relu(-inner, x2, y2)) / 2

    def quadratic(inner, x2, y2):
        return ((x2 + b2) * (y2 + b2) + 2 * b2**2 + 2 * inner**2) / 3

    kernels = {"relu": relu, "even_relu": even_relu, "quadratic": quadratic}
    if first_layer not in kernels:
        raise ValueError(f"first_layer must be one of {', '.join(kernels)}; got {first_layer!r}")
    return kernels[first_layer]


class FirstStage:
    """Learning curve of the first stage for a balanced quadratic feature, without a free parameter.

    The feature is p = r t Y_2 and p^2 = r^2 t^2 (1 + sqrt(kappa - 1) Y_4) with t = |x|^2/d, Y_j harmonics of unit
    variance, kappa the kurtosis on the sphere, and r^2 = d/(d + 2) for Gaussian x, 1 on the sphere. In these
    coordinates the target is three functions of the norm, and the kernel is diagonalized by `InvariantSpectrum`.

    Parameters
    ----------
    dimension : int
        d, even, at least 4.
    alpha_squared : float
        alpha^2 in [0, 1]; E[g'(p)] = alpha.
    distribution : str
        "gaussian" or "sphere" (of radius sqrt(d)).
    first_layer : str
        See `layer_kernel`.
    bias_std : float
        Standard deviation of the first layer's biases.
    ridge : float
        Weight decay delta of |Phi u - y|^2 + delta |u|^2.
    kernel : callable, optional
        Another kernel instead of the first layer's.

    Attributes
    ----------
    parts : DegreeParts
        Energies of the target by degree, with the plateau and the ceiling.
    """

    def __init__(self, dimension, alpha_squared, *, distribution, first_layer, bias_std, ridge, kernel=None):
        self.dimension, self.alpha_squared, self.ridge = dimension, alpha_squared, ridge
        self._spectrum = InvariantSpectrum(
            kernel or layer_kernel(first_layer, bias_std), dimension, distribution, max_degree=12
        )
        excess = np.sqrt(sphere_kurtosis(dimension) - 1)
        alpha, beta = np.sqrt(alpha_squared), np.sqrt(1 - alpha_squared)
        t = self._spectrum.square_norms
        if distribution == "sphere":
            self.parts, scale = sphere_parts(dimension, alpha_squared), 1.0
            self._kurtosis = sphere_kurtosis(dimension)
        else:
            signs = np.repeat([1.0, -1.0], dimension // 2)
            self.parts = hermite_parts(signs / np.sqrt(2 * dimension), alpha_squared)
            self._kurtosis, scale = 3 + 12 / dimension, np.sqrt(dimension / (dimension + 2))
        feature, square = scale * t, (scale * t) ** 2
        self._feature = self._spectrum.coefficients({2: feature})
        self._constant = self._spectrum.coefficients({0: np.ones_like(t)})
        self._target = self._spectrum.coefficients(
            {0: beta * (square - 1) / np.sqrt(2), 2: alpha * feature, 4: beta * square * excess / np.sqrt(2)}
        )

    def curve(self, samples):
        """The kernel's `KernelCurve` at n = `samples` (number or array): error, learned shares, effective ridge."""
        s = self._spectrum
        return learning_curves.kernel_ridge(
            samples, self.ridge, s.eigenvalues, s.multiplicities, self._target**2, tail=s.tail
        )

    def kernel_error(self, samples):
        """Test error of the first stage itself, that is of kernel ridge regression on all of `samples`."""
        return self.curve(samples).error

    def recovery(self, samples):
        """rho^2(n): squared correlation between the learned feature and p on fresh points."""
        return self.curve(samples).squared_correlation(self._target, self._feature, self._constant)

    def three_layer_error(self, samples):
        """Test error after a second stage that fits the link exactly, for first stages on n = `samples`.

        If the learned feature and p were jointly Gaussian with correlation rho, the best function of the feature would
        leave alpha^2 (1 - rho^2) + F (1 - rho^4), F = beta^2 (E p^4 - 1)/2 the energy of the link's curved part. It is
        meant for n well below d^4, where the first stage has not begun to learn degree 4.
        """
        rho2 = self.recovery(samples)
        curved = (1 - self.alpha_squared) * (self._kurtosis - 1) / 2
        return self.alpha_squared * (1 - rho2) + curved * (1 - rho2**2)

    def samples_to_reach(self, level, error):
        """Least n (real) at which error(n)/plateau has fallen to `level`; NaN if it never does below n = 1e9.

        `error` is a method of this object or any function of n that falls until it gets there.
        """

        def excess(log_n):
            return float(error(np.exp(log_n))) / self.parts.plateau - level

        low = np.log(2.0)
        while excess(low + 0.5) > 0:
            low += 0.5
            if low > np.log(1e9):
                return np.nan
        return float(np.exp(optimize.brentq(excess, low, low + 0.5))) if excess(low) > 0 else 2.0
