"""From replicates to estimates: a value, its standard error, and how many degrees of freedom that error has.

Replicates always stand on the **last** axis, and a replicate is whatever was drawn independently (a network, a
data set), never one of several correlated outputs of it. Functions return an `Estimate`, which the rules of
`theorycheck.rules` turn into a verdict.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from theorycheck.seeds import generator


@dataclass(frozen=True)
class Estimate:
    """Point estimates with standard errors.

    Attributes
    ----------
    value, se : float or ndarray, same shape
        Estimates and their standard errors.
    dof : float or ndarray
        Degrees of freedom of the standard error; infinity where it is known rather than estimated. Zero where one
        replicate was drawn, and then no interval is finite.
    """

    value: np.ndarray
    se: np.ndarray
    dof: np.ndarray = np.inf

    def __post_init__(self):
        value, se, dof = np.broadcast_arrays(
            *(np.asarray(part, dtype=float) for part in (self.value, self.se, self.dof))
        )
        if value.size == 0:
            raise ValueError("an estimate needs at least one value; got an empty array")
        for name, part in (("value", value), ("se", se), ("dof", dof)):
            object.__setattr__(self, name, part)

    def half_width(self, level):
        """Half-width of the two-sided Student interval that misses the truth with probability `level`."""
        dof = np.where(self.dof > 0, self.dof, 1.0)
        quantile = np.where(np.isinf(dof), stats.norm.isf(level / 2), stats.t.isf(level / 2, dof))
        return np.where(self.dof > 0, quantile * self.se, np.inf)

    def interval(self, level=0.05):
        """Two-sided interval (low, high) of confidence 1 - `level`, without correction for several estimates."""
        half = self.half_width(level)
        return self.value - half, self.value + half

    def __getitem__(self, index):
        """The estimates at `index`, as for an array."""
        return Estimate(self.value[index], self.se[index], self.dof[index])

    # Else an array times an estimate would be an array of estimates.
    __array_ufunc__ = None

    def __mul__(self, factor):
        """The estimates times known numbers, which have no error of their own."""
        factor = np.asarray(factor, dtype=float)
        return Estimate(self.value * factor, self.se * np.abs(factor), self.dof)

    __rmul__ = __mul__

    def __truediv__(self, divisor):
        """The estimates over known numbers, e.g. over their prediction."""
        return self * (1 / np.asarray(divisor, dtype=float))

    def map(self, function, derivative):
        """Delta method: the estimate of `function(value)`, given its `derivative` (both vectorized)."""
        return Estimate(function(self.value), np.abs(derivative(self.value)) * self.se, self.dof)


def _replicates(samples):
    samples = np.asarray(samples, dtype=float)
    if samples.ndim == 0 or samples.size == 0:
        raise ValueError(f"expected an array with replicates on its last axis; got shape {samples.shape}")
    return samples


def mean(samples):
    """Mean over the last axis, with the standard error of the mean and R - 1 degrees of freedom."""
    samples = _replicates(samples)
    n = samples.shape[-1]
    se = samples.std(axis=-1, ddof=1) / np.sqrt(n) if n > 1 else np.full(samples.shape[:-1], np.nan)
    return Estimate(samples.mean(axis=-1), se, n - 1)


def second_moment(samples, about=0.0):
    """Mean of (x - `about`)^2: a variance around a *predicted* mean, which has one bias less than the usual one."""
    samples = _replicates(samples)
    return mean((samples - np.asarray(about)[..., None]) ** 2)


def root_mean_square(samples):
    """Square root of the mean square over the last axis, by the delta method."""
    return second_moment(samples).map(np.sqrt, lambda square: 0.5 / np.sqrt(square))


def ratio_of_means(numerator, denominator):
    """Mean of one quantity over the mean of another that was measured on the *same* replicates (delta method).

    se = sd(a - ratio b) / (sqrt(R) mean b). This estimates E[a]/E[b], which is not E[a/b].
    """
    a, b = np.broadcast_arrays(_replicates(numerator), _replicates(denominator))
    ratio = a.mean(axis=-1) / b.mean(axis=-1)
    residual = mean(a - ratio[..., None] * b)
    return Estimate(ratio, residual.se / np.abs(b.mean(axis=-1)), residual.dof)


def difference(first, second):
    """`first` - `second` of two independent estimates, with Welch-Satterthwaite degrees of freedom."""
    return combine([1.0, -1.0], stack([first, second]))


def stack(estimates):
    """Return several estimates of one shape as one, along a new first axis."""
    return Estimate(*(np.stack([getattr(e, part) for e in estimates]) for part in ("value", "se", "dof")))


def combine(coefficients, estimate):
    """Linear combination over the first axis of independent estimates.

    Returns sum_i c_i value_i with variance sum_i c_i^2 se_i^2 and the Welch-Satterthwaite degrees of freedom
    (Satterthwaite, Biometrics Bulletin 2, 1946).
    """
    c = np.asarray(coefficients, dtype=float).reshape(-1, *(1,) * (estimate.value.ndim - 1))
    parts = (c * estimate.se) ** 2
    variance = parts.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        dof = variance**2 / (parts**2 / estimate.dof).sum(axis=0)
    exact = np.isinf(estimate.dof).all(axis=0)
    short = (estimate.dof <= 0).any(axis=0)
    dof = np.where(short, 0.0, np.where(exact | (variance == 0), np.inf, dof))
    return Estimate((c * estimate.value).sum(axis=0), np.sqrt(variance), dof)


def slope(x, estimate, weights=None):
    """Least-squares slope of independent estimates against x, with its standard error.

    Parameters
    ----------
    x : array (m,)
        At least two different abscissae, e.g. log widths.
    estimate : Estimate of shape (m, ...)
        Ordinates, e.g. logs of measured errors.
    weights : array (m,), optional
        Weights of the squares (1 if not given). They must not be chosen by looking at the ordinates' residuals.

    Returns
    -------
    Estimate of the slope. Only the replicates' noise enters its error: no residual of the straight line does, so
    curvature shows as a slope off the prediction and never widens the interval.
    """
    return combine(slope_coefficients(x, weights), estimate)


def slope_coefficients(x, weights=None):
    """The vector c with slope = c @ y of the (weighted) least-squares line through (x, y)."""
    x = np.asarray(x, dtype=float)
    if x.ndim != 1 or np.unique(x).size < 2:
        raise ValueError(f"a slope needs at least two different abscissae; got {x.tolist()}")
    w = np.ones_like(x) if weights is None else np.asarray(weights, dtype=float)
    centred = x - np.average(x, weights=w)
    return w * centred / (w @ centred**2)


def log(estimate):
    """Natural logarithm of positive estimates (delta method)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return estimate.map(np.log, lambda value: 1 / value)


def loglog_slope(x, samples, statistic=mean):
    """Exponent of a power law: slope of log statistic(samples) against log x.

    `samples` has shape (m, ..., R), with independent replicates at each of the m abscissae; `statistic` is `mean`
    or `root_mean_square`. Replicates shared between abscissae (common random numbers) need `paired_slope`.
    """
    return slope(np.log(x), log(statistic(samples)))


def paired_slope(x, y):
    """Slope of y against x fitted in each replicate alone, then averaged: for replicates shared by all x.

    `y` has shape (m, ..., R). Unlike `slope` this is right when one replicate's values at different x are
    dependent (the same data at every size, one trajectory read at several times).
    """
    return mean(np.tensordot(slope_coefficients(x), np.asarray(y, dtype=float), axes=1))


def proportion(successes, trials, level=0.05):
    """Clopper-Pearson interval of a binomial probability: (share, low, high), exact at every size.

    Reference: Clopper and Pearson, Biometrika 26 (1934).
    """
    k, n = np.broadcast_arrays(np.asarray(successes), np.asarray(trials))
    if np.any(k < 0) or np.any(k > n) or np.any(n < 1):
        raise ValueError(f"a proportion needs 0 <= successes <= trials and trials >= 1; got {k} of {n}")
    low = np.where(k > 0, stats.beta.ppf(level / 2, k, n - k + 1), 0.0)
    high = np.where(k < n, stats.beta.isf(level / 2, k + 1, n - k), 1.0)
    return k / n, low, high


def bootstrap(statistic, *samples, resamples=400, seed=0):
    """Bootstrap standard error of an arbitrary statistic of one or several independent groups of replicates.

    Parameters
    ----------
    statistic : callable
        `statistic(*samples)` returns a scalar or an array; replicates on the last axis of each argument.
    *samples : arrays
        Each group is resampled on its own along its last axis (arrays measured on the same replicates belong
        stacked in one argument).

    Returns
    -------
    Estimate with the smallest group's R - 1 degrees of freedom. Prefer a delta-method function above where one
    fits: it is exact to first order, costs nothing and draws nothing.
    """
    samples = [_replicates(group) for group in samples]
    rng = generator(seed, "bootstrap")
    draws = np.stack(
        [
            np.asarray(statistic(*(g[..., rng.integers(g.shape[-1], size=g.shape[-1])] for g in samples)), float)
            for _ in range(resamples)
        ]
    )
    return Estimate(statistic(*samples), draws.std(axis=0, ddof=1), min(g.shape[-1] for g in samples) - 1)


def jackknife(statistic, *samples):
    """Bias-corrected jackknife of a smooth statistic of arrays that share their replicates (last axis)."""
    samples = [_replicates(group) for group in samples]
    n = samples[0].shape[-1]
    whole = np.asarray(statistic(*samples), dtype=float)
    if n < 2:
        return Estimate(whole, np.full(whole.shape, np.nan), 0)
    kept = [np.flatnonzero(np.arange(n) != left_out) for left_out in range(n)]
    parts = np.stack([np.asarray(statistic(*(g[..., k] for g in samples)), dtype=float) for k in kept], axis=-1)
    pseudo = n * whole[..., None] - (n - 1) * parts
    return mean(pseudo)
