"""Ridge regression on Gaussian random features, with errors computed exactly for each draw (no test set).

The last functions read curves of test error against s, the root of the ratio of training to test error.
"""

import numpy as np


def feature_errors(x, loadings, labels, target, ridges, noise=0.0):
    """Errors of ridge regression on the features F = x A.

    x ~ N(0, I) in m modes, labels y = x v + noise. The predictor F theta with theta minimizing
    |F theta - y|^2 + ridge |theta|^2 is the linear function x w with w = A theta, so that its error on a fresh label is
    |v - w|^2 + noise.

    Parameters
    ----------
    x : array (n, m)
    loadings : array (m, k)
        A; for k random features of a kernel with eigenvalues lambda_i, A = diag(lambda)^(1/2) Psi / sqrt(k) with Psi
        standard Gaussian.
    labels : array (n,)
    target : array (m,)
        v.
    ridges : array (r,)
        Positive; one decomposition serves all.
    noise : float
        Variance of the label noise.

    Returns
    -------
    test, training : arrays (r,)
        Mean squared errors.
    """
    features, ridges = x @ loadings, np.asarray(ridges, dtype=float)
    n, k = features.shape
    if k < n:
        spectrum, basis = np.linalg.eigh(features.T @ features)
        theta = basis @ ((basis.T @ (features.T @ labels))[:, None] / (np.maximum(spectrum, 0)[:, None] + ridges))
        residual = labels[:, None] - features @ theta
    else:
        dual = _dual(features @ features.T, labels[:, None], ridges)[..., 0].T
        theta, residual = features.T @ dual, ridges * dual
    gap = target[:, None] - loadings @ theta
    return (gap**2).sum(axis=0) + noise, (residual**2).mean(axis=0)


def kernel_errors(x, eigenvalues, labels, targets, ridges, noise=0.0, tail=0.0):
    """The same in the limit of infinitely many features, kernel x diag(lambda) x' + tail I, for t targets on one x.

    `tail` is the trace of modes that are left out: they are so many and so small that on n points they make a multiple
    of the identity, and learn nothing. Count their part of the target as `noise`.

    Parameters
    ----------
    x : array (n, m)
    eigenvalues : array (m,)
    labels : array (n, t)
    targets : array (m, t)
    ridges : array (r,)
    noise, tail : float

    Returns
    -------
    test, training : arrays (r, t)
    """
    scaled, ridges = x * eigenvalues, np.asarray(ridges, dtype=float)
    gram = scaled @ x.T
    gram[np.diag_indices(len(gram))] += tail
    dual = _dual(gram, labels, ridges)
    test = [((targets - scaled.T @ coefficients) ** 2).sum(axis=0) for coefficients in dual]
    return np.array(test) + noise, ((ridges[:, None, None] * dual) ** 2).mean(axis=1)


class FeatureDraw:
    """A draw of Gaussian data and of random features, whose first rows and columns are smaller problems.

    The inputs are x ~ N(0, I), the labels y = x v + noise with v_i = +-sqrt(energy_i), and the features
    F = x diag(lambda)^(1/2) Psi / sqrt(k) with a standard Gaussian matrix Psi.

    Parameters
    ----------
    rng : numpy Generator
    samples, features : int
        Largest n and k.
    eigenvalues, energies : arrays (m,)
        lambda_i and v_i^2.
    noise : float
        Variance of the label noise.
    """

    def __init__(self, rng, samples, features, *, eigenvalues, energies, noise):
        modes = len(eigenvalues)
        self.x = rng.standard_normal((samples, modes))
        self.target = np.sqrt(energies) * rng.choice([-1.0, 1.0], modes)
        self.labels = self.x @ self.target + np.sqrt(noise) * rng.standard_normal(samples)
        self.loadings = np.sqrt(eigenvalues)[:, None] * rng.standard_normal((modes, features))
        self.noise = noise

    def errors(self, samples, features, ridges):
        """Test and training errors with the first n rows and k features: array (2, N, K, r).

        Parameters
        ----------
        samples, features : sequences of N and K ints
        ridges : array (r,) or (N, K, r)
        """
        shape = len(samples), len(features), np.shape(ridges)[-1]
        found = np.empty((2, *shape))
        for i, j in np.ndindex(shape[:2]):
            n, k, ridge = samples[i], features[j], np.broadcast_to(ridges, shape)[i, j]
            loadings = self.loadings[:, :k] / np.sqrt(k)
            found[:, i, j] = feature_errors(self.x[:n], loadings, self.labels[:n], self.target, ridge, self.noise)
        return found


def power_law_errors(rng, samples, modes, targets, laws):
    """Errors of kernel ridge regression for several power laws on one draw of the inputs.

    With eigenvalues i^(-alpha) and energies i^(-beta). Modes beyond `modes` act at first order: as a multiple of the
    identity in the kernel, and as noise from the target. The sums over them are integrals from modes + 1/2.

    Parameters
    ----------
    rng : numpy Generator
    samples, modes, targets : int
        n, the number of explicit modes, and that of targets with their noise on the same inputs.
    laws : sequence of (alpha, beta, noise, ridges)
        Exponents above 1, the variance of the label noise and an array (r,) of ridges.

    Returns
    -------
    array (len(laws), 2, r)
        Test and training errors, means over the targets.
    """
    x, normals = rng.standard_normal((samples, modes)), rng.standard_normal((samples, targets))
    signs, mode = rng.choice([-1.0, 1.0], (modes, targets)), np.arange(1.0, modes + 1)

    def tail(exponent):
        return (modes + 0.5) ** (1 - exponent) / (exponent - 1)

    def errors(alpha, beta, noise, ridges):
        target, noise = mode[:, None] ** (-beta / 2) * signs, noise + tail(beta)
        labels = x @ target + np.sqrt(noise) * normals
        return np.mean(kernel_errors(x, mode**-alpha, labels, target, ridges, noise, tail(alpha)), axis=-1)

    return np.array([errors(*law) for law in laws])


def fitting_curve(errors):
    """Curves of mean test error against the root s of the ratio of mean training to mean test error.

    Parameters
    ----------
    errors : array (c, 2, r, R)
        Test and training errors of R replicates at r ridges.

    Returns
    -------
    s, relative : arrays (c, r)
        `relative` is the mean test error over that at the first ridge.
    """
    test, training = np.moveaxis(errors.mean(axis=-1), 1, 0)
    return np.sqrt(training / test), test / test[:, :1]


def minimizer(s, error):
    """Return for each curve the s of the vertex of the parabola through its least error and the neighbours: (c,).

    `s` and `error` are (c, r); where the least error stands at an end of a curve, it is that end.
    """

    def vertex(s, error):
        i = np.argmin(error)
        if i in (0, len(s) - 1):
            return s[i]
        a, b, _ = np.polyfit(s[i - 1 : i + 2], error[i - 1 : i + 2], 2)
        return -b / (2 * a)

    return np.array([vertex(*curve) for curve in zip(s, error, strict=True)])


def over_curves(curves, errors):
    """Measured test errors, relative to those at the first ridge, over `curves` at the measured s: array (c, r).

    `errors` is as for `fitting_curve`; the c curves are functions of s.
    """
    s, relative = fitting_curve(errors)
    return relative / np.array([curve(row) for curve, row in zip(curves, s, strict=True)])


def median_deviation(predicted, errors):
    """Median over all cells of |mean error / predicted - 1|, for `errors` (..., R) and predictions (...)."""
    return np.median(np.abs(np.mean(errors, axis=-1) / predicted - 1))


def _dual(gram, labels, ridges):
    """(gram + ridge I)^(-1) labels for each ridge: array (r, n, t)."""
    spectrum, basis = np.linalg.eigh(gram)
    return basis @ ((basis.T @ labels) / (np.maximum(spectrum, 0) + ridges[:, None])[:, :, None])
