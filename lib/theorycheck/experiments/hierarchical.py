"""Hierarchical targets h = g(p(x)) with a hidden quadratic feature p, and a three-layer network's second stage.

The first stage of training (a linear readout of a frozen random layer, with weight decay) is kernel ridge
regression, see `theorycheck.experiments.kernel_ridge`.
"""

import numpy as np
from scipy import linalg, special, stats

from theorycheck.experiments.inputs import uniform_sphere
from theorycheck.experiments.kernel_ridge import fit_prefixes


def balanced_form(dimension, rng):
    """A = Q diag(+1, ..., -1, ...) Q' / sqrt(2d) with as many + as -, Q random orthogonal: Var x'Ax = 1 for Gaussian x.

    Parameters
    ----------
    dimension : int
        d, even.
    rng : numpy Generator

    Returns
    -------
    array (d, d)
    """
    if dimension % 2:
        raise ValueError(f"a balanced form needs an even dimension; got {dimension}")
    rotation = stats.ortho_group.rvs(dimension, random_state=rng)
    signs = np.repeat([1.0, -1.0], dimension // 2)
    return (rotation * signs) @ rotation.T / np.sqrt(2 * dimension)


def inputs(count, dimension, distribution, rng):
    """`count` points of N(0, I_d) ("gaussian"), or uniform on the sphere of radius sqrt(d) ("sphere"); array (n, d)."""
    if distribution not in ("gaussian", "sphere"):
        raise ValueError(f"distribution must be 'gaussian' or 'sphere'; got {distribution!r}")
    return uniform_sphere(rng, count, dimension) if distribution == "sphere" else rng.normal(size=(count, dimension))


def quadratic_feature(x, form, distribution):
    """p(x) = x'Ax for a traceless form with 2 tr A^2 = 1, scaled to variance 1 under `distribution`; array (n,)."""
    p = ((x @ form) * x).sum(axis=1)
    d = x.shape[1]
    return p * np.sqrt((d + 2) / d) if distribution == "sphere" else p


def feature_samples(dimension, distribution, targets, count, rng):
    """`count` inputs and the features p_1, ..., p_T of T independent balanced forms at them.

    Several targets on one data set cost little more than one, and average over most of the noise: the law of the inputs
    is rotation-invariant, so what one data set does to differently rotated targets is nearly independent.

    Returns
    -------
    x : array (n, d)
    p : array (n, T)
        Of variance 1 under `distribution`.
    """
    x = inputs(count, dimension, distribution, rng)
    forms = [balanced_form(dimension, rng) for _ in range(targets)]
    return x, np.stack([quadratic_feature(x, form, distribution) for form in forms], axis=1)


def coordinate_samples(dimension, targets, count, rng):
    """`count` Gaussian inputs (n, d), and their first T coordinates as features (n, T): single-index targets."""
    x = inputs(count, dimension, "gaussian", rng)
    return x, x[:, :targets]


def quadratic_link(z, alpha_squared):
    """g(z) = alpha z + beta (z^2 - 1)/sqrt(2), alpha^2 + beta^2 = 1: for z ~ N(0, 1) Var g = 1 and E[g'(z)] = alpha."""
    return np.sqrt(alpha_squared) * z + np.sqrt((1 - alpha_squared) / 2) * (z**2 - 1)


def quartic_part(x, p, alpha_squared):
    """Values of the degree-4 part of h = g(p(x)) for balanced forms: beta/sqrt(2) [p^2 - 1 - 2 (|x|^2/d - 1)].

    What a fit of degree 2 leaves, so that its mean square is the yardstick of errors. x (n, d) is Gaussian, or on the
    sphere of radius sqrt(d) with p (n, T) scaled to variance 1, where the last term vanishes.
    """
    radial = (x**2).mean(axis=1, keepdims=True) - 1
    return np.sqrt((1 - alpha_squared) / 2) * (p**2 - 1 - 2 * radial)


def squared_correlation(a, b):
    """Squared correlations over the last axis, all others broadcast."""
    a, b = a - a.mean(axis=-1, keepdims=True), b - b.mean(axis=-1, keepdims=True)
    return (a * b).sum(axis=-1) ** 2 / ((a**2).sum(axis=-1) * (b**2).sum(axis=-1))


def second_stage(feature, targets, test_feature, rng, units=50, ridge=1e-2):
    """Fit the link on fresh samples of a frozen feature, and predict.

    The feature is standardized; then sum_i a_i relu(c_i z + b_i) + w z + w_0 with c_i = +-1 and b_i uniform in [-3, 3]
    is fitted in a, w and w_0 by ridge regression on the mean square.

    Parameters
    ----------
    feature, targets : arrays (n,)
        The learned feature and the labels on samples that the first stage has not seen.
    test_feature : array (m,)
    rng : numpy Generator
        Draws the outer layer's c and b.

    Returns
    -------
    array (m,)
    """
    signs, shifts = rng.choice([-1.0, 1.0], units), rng.uniform(-3, 3, units)
    centre, scale = feature.mean(), feature.std()

    def layer(values):
        z = (values - centre) / scale
        return np.column_stack([np.maximum(np.multiply.outer(z, signs) + shifts, 0), z, np.ones_like(z)])

    design = layer(feature)
    gram = design.T @ design / len(feature) + ridge * np.eye(units + 2)
    return layer(test_feature) @ linalg.solve(gram, design.T @ targets / len(feature), assume_a="pos")


def recoveries(draws, sizes, test_points, link, gram, ridge, rngs):
    """Squared correlation of the first stage's feature with the hidden one, in several settings.

    Parameters
    ----------
    draws : sequence of callables
        For each of S settings, draw(count, rng) returns inputs (count, d) and hidden features at them (count, T).
    sizes : array (S, m)
        Sample sizes, increasing, which are nested within a data set.
    test_points : int
        Fresh points on which the correlation is taken.
    link : callable
        g; the labels are g(p(x)).
    gram, ridge
        Kernel and weight decay of the first stage, as for `fit_prefixes`.
    rngs : sequence of S sequences of numpy Generators
        One Generator for each data set.

    Returns
    -------
    list of S arrays (m, R)
        Mean over the T targets of each of R data sets.
    """
    return [
        np.transpose([_recovery(draw, n, test_points, link, gram, ridge, rng) for rng in streams])
        for draw, n, streams in zip(draws, sizes, rngs, strict=True)
    ]


def _recovery(draw, sizes, test_points, link, gram, ridge, rng):
    x, p = draw(sizes[-1] + test_points, rng)
    learned = fit_prefixes(gram, x, link(p), sizes, ridge)
    return squared_correlation(learned, p[sizes[-1] :].T).mean(axis=-1)


def sample_exponent(dims, sizes, ceilings, *recoveries):
    """Exponent gamma for which equal recovery takes n ~ d^gamma samples.

    Least squares of logit(rho^2/ceiling) = a + b log n + e log d over all sizes and dimensions; gamma = -e/b.

    Parameters
    ----------
    dims, ceilings : arrays (D,)
    sizes : array (D, m)
    *recoveries : D arrays (m, R)
        rho^2 at each dimension; R may differ between dimensions.

    Returns
    -------
    float
        NaN where some mean recovery is not between 0 and its ceiling.
    """
    share = np.array([sample.mean(axis=-1) for sample in recoveries])
    if np.any(share <= 0) or np.any(share >= np.asarray(ceilings)[:, None]):
        return np.nan
    y = special.logit(share / np.asarray(ceilings)[:, None]).ravel()
    log_d = np.repeat(np.log(dims), share.shape[1])
    _, b, e = np.linalg.lstsq(np.column_stack([np.ones_like(y), np.log(sizes).ravel(), log_d]), y)[0]
    return float(-e / b)


def kernel_errors(draw, sizes, test_points, link, gram, ridge, rngs):
    """Test errors of kernel ridge regression in units of a yardstick, at nested sample sizes; array (len(sizes), R).

    Parameters are those of one setting of `recoveries`, but `link` is a pair (g, y): the labels are g(p(x)), and the
    mean squared error, over all targets, is divided by the mean square of y(x, p) on the same test points.
    """
    runs = []
    for rng in rngs:
        x, p = draw(sizes[-1] + test_points, rng)
        y, fresh = link[0](p), slice(sizes[-1], None)
        residual = fit_prefixes(gram, x, y, sizes, ridge) - y[fresh].T
        runs.append((residual**2).mean(axis=(1, 2)) / np.mean(link[1](x[fresh], p[fresh]) ** 2))
    return np.transpose(runs)


def layerwise_errors(draw, sizes, outer, test_points, links, gram, ridge, rngs, rivals=()):
    """Test errors of the three-layer network and of kernel ridge regression on as many samples, for each data set.

    For each n the network's first stage sees the first n samples and its second stage the last `outer` ones; the
    kernels see n + outer samples. Labels, test points and inputs are the same for all.

    Parameters
    ----------
    draw, sizes, test_points, gram, ridge, rngs
        As for one setting of `recoveries`; the kernel is that of the first layer.
    outer : int
        Samples of the second stage.
    links : sequence of pairs of callables
        As for `kernel_errors`; each makes its own labels on the same inputs.
    rivals : sequence of callables
        Further kernels.

    Returns
    -------
    array (2 + len(rivals), len(links), len(sizes), R)
        Errors of the network, the kernel and the rivals over their yardsticks.
    """
    arguments = draw, list(sizes), outer, test_points, links, gram, ridge
    return np.stack([_layerwise_errors(*arguments, rng, rivals) for rng in rngs], axis=-1)


def _layerwise_errors(draw, sizes, outer, test_points, links, gram, ridge, rng, rivals):
    first, total = sizes[-1], [n + outer for n in sizes]
    last = total[-1]
    x, p = draw(last + test_points, rng)
    y = np.concatenate([link(p) for link, _ in links], axis=1)
    fits = fit_prefixes(gram, x, y, sizes + total, ridge, predict_from=first)
    network = np.empty_like(fits[: len(sizes), :, outer:])
    for i, j in np.ndindex(network.shape[:2]):
        network[i, j] = second_stage(fits[i, j, :outer], y[first:last, j], fits[i, j, outer:], rng)
    kernels = [fits[len(sizes) :, :, outer:], *(fit_prefixes(rival, x, y, total, ridge) for rival in rivals)]
    unit = [np.mean(yardstick(x[last:], p[last:]) ** 2) for _, yardstick in links]
    squares = np.stack([(guess - y[last:].T) ** 2 for guess in (network, *kernels)])
    by_link = squares.reshape(len(squares), len(sizes), len(links), -1).mean(axis=-1)
    return np.swapaxes(by_link, 1, 2) / np.array(unit)[:, None]
