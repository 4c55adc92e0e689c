"""Kernel ridge regression: Gram matrices and predictions, measured on data.

The kernels are those of infinitely wide random layers and of the sphere; the solver is shared by all of them.
"""

import numpy as np
from scipy import linalg


def relu_gram(x, y, bias_std=1.0, even=False):
    """Gram matrix of infinitely many random ReLU units: k(x, y) = 2 E[relu(v'x + s) relu(v'y + s)].

    Here v ~ N(0, I/d) and s ~ N(0, bias_std^2). With q = |x|^2/d + bias_std^2 (the variance of the pre-activation)
    and cos t = (x'y/d + bias_std^2)/sqrt(q_x q_y), k = sqrt(q_x q_y) (sin t + (pi - t) cos t)/pi (Cho and Saul,
    Kernel methods for deep learning, 2009).

    Parameters
    ----------
    x, y : arrays (n, d), (m, d)
    bias_std : float
        Standard deviation of the biases, at least 0.
    even : bool
        Tie the units (v, s) and (-v, s): k is averaged over y and -y, and only even functions can be fitted.

    Returns
    -------
    array (n, m)
    """
    norm_x, norm_y = (np.sqrt((a**2).mean(axis=1) + bias_std**2) for a in (x, y))
    unit_x, unit_y = x / (np.sqrt(x.shape[1]) * norm_x[:, None]), y / (np.sqrt(y.shape[1]) * norm_y[:, None])

    def arc_cosine(cosine):
        np.clip(cosine, -1.0, 1.0, out=cosine)
        return np.sqrt(1 - cosine * cosine) + (np.pi - np.arccos(cosine)) * cosine

    gram = np.empty((len(x), len(y)))
    rows = max(1, 2**15 // len(y))  # the temporaries of a block stay in the processor's cache
    for start in range(0, len(x), rows):
        block = slice(start, start + rows)
        scale = np.outer(norm_x[block], norm_y)
        inner, bias = unit_x[block] @ unit_y.T, bias_std**2 / scale
        profile = arc_cosine(bias + inner)
        if even:
            profile += arc_cosine(bias - inner)
        gram[block] = profile * scale
    gram /= 2 * np.pi if even else np.pi
    return gram


def layer_gram(x, y, first_layer, bias_std):
    """Gram matrix of an infinitely wide first layer: "relu", "even_relu" or "quadratic"; array (n, m).

    "quadratic" has the units sigma(t) = t^2/sqrt(3), tied as for `relu_gram` with `even`:
    k(x, y) = [q_x q_y + 2 (x'y/d)^2 + 2 bias_std^4]/3 with q = |x|^2/d + bias_std^2 (moments of two Gaussians).
    """
    if first_layer in ("relu", "even_relu"):
        return relu_gram(x, y, bias_std, even=first_layer == "even_relu")
    if first_layer != "quadratic":
        raise ValueError(f"first_layer must be relu, even_relu or quadratic; got {first_layer!r}")
    variance_x, variance_y = ((a**2).mean(axis=1) + bias_std**2 for a in (x, y))
    return (np.outer(variance_x, variance_y) + 2 * (x @ y.T / x.shape[1]) ** 2 + 2 * bias_std**4) / 3


def relu_features(x, weights, biases, even=False):
    """Features of finitely many random ReLU units, scaled so that their Gram matrix tends to `relu_gram`.

    Parameters
    ----------
    x : array (n, d)
    weights, biases : arrays (m, d), (m,)
        Drawn from N(0, I/d) and N(0, bias_std^2).
    even : bool
        [relu(v'x + s) + relu(-v'x + s)]/sqrt(2m) instead of relu(v'x + s) sqrt(2/m).

    Returns
    -------
    array (n, m)
    """
    projection = x @ weights.T
    units = np.maximum(projection + biases, 0)
    if even:
        units += np.maximum(biases - projection, 0)
        return units / np.sqrt(2 * len(biases))
    return units * np.sqrt(2 / len(biases))


def nested_predictions(train_gram, test_gram, targets, sizes, ridge):
    """Predictions of kernel ridge regression trained on the first n points, for several n at once.

    The minimizer of sum_(i <= n) (f(x_i) - y_i)^2 + ridge |f|^2 is f(x) = k(x)' (K_n + ridge I)^(-1) y. All sizes
    share one Cholesky factorization K + ridge I = L L', since the leading blocks of L are those of the smaller
    problems: f_n(x) = sum_(i <= n) (L^(-1) k(x))_i (L^(-1) y)_i.

    Parameters
    ----------
    train_gram : array (n, n)
    test_gram : array (n, m)
        Kernel between the training points and the points to predict.
    targets : array (n,) or (n, t)
        One target, or several on the same inputs.
    sizes : sequence of int
        Training sizes, each at most n.
    ridge : float
        At least 0 (positive where the Gram matrix is singular).

    Returns
    -------
    array (len(sizes), m) or (len(sizes), t, m)
    """
    if max(sizes) > len(targets):
        raise ValueError(f"the largest size is {max(sizes)}, but there are {len(targets)} training points")
    n = max(sizes)
    gram = train_gram[:n, :n].copy()
    gram[np.diag_indices(n)] += ridge
    factor = linalg.cholesky(gram, lower=True, overwrite_a=True, check_finite=False)
    solve = dict(lower=True, check_finite=False)
    whitened_targets = linalg.solve_triangular(factor, targets[:n], **solve)
    whitened_test = linalg.solve_triangular(factor, test_gram[:n], **solve)
    return np.stack([whitened_targets[:size].T @ whitened_test[:size] for size in sizes])


def fit_prefixes(gram, x, targets, sizes, ridge, predict_from=None):
    """Train on the first n rows of `x` for each n in `sizes`, and predict later rows.

    Parameters
    ----------
    gram : callable
        gram(a, b) returns the kernel between the rows of a and those of b.
    x : array (N, d)
    targets : array (N,) or (N, t)
        Only the first max(sizes) are used.
    sizes, ridge
        As for `nested_predictions`.
    predict_from : int, optional
        First row to predict; max(sizes) if not given.

    Returns
    -------
    array (len(sizes), N - predict_from) or (len(sizes), t, N - predict_from)
    """
    n = max(sizes)
    whole = gram(x[:n], x)
    held_out = whole[:, n if predict_from is None else predict_from :]
    return nested_predictions(whole[:, :n], held_out, targets[:n], sizes, ridge)


def ridge_by_gradient_descent(features, targets, ridge, steps, recorded=()):
    """Gradient descent from 0 on (|Phi u - y|^2 + ridge |u|^2)/2 with step 1.9/(largest curvature).

    Parameters
    ----------
    features : array (n, m)
    targets : array (n,) or (n, t)
    ridge : float
        Weight decay, at least 0.
    steps : int
    recorded : sequence of int
        Steps after which u is kept (the last step always is).

    Returns
    -------
    u : array (number of recorded steps, m) or (number of recorded steps, m, t)
        In increasing order of the step.
    step : float
        The step size.
    """
    small = features @ features.T if len(features) < features.shape[1] else features.T @ features
    step = 1.9 / (linalg.eigvalsh(small, subset_by_index=[len(small) - 1] * 2)[0] + ridge)
    u, kept, trace = np.zeros((features.shape[1], *targets.shape[1:])), sorted({*recorded, steps}), []
    for t in range(1, steps + 1):
        u -= step * (features.T @ (features @ u - targets) + ridge * u)
        if t == kept[len(trace)]:
            trace.append(u.copy())
    return np.array(trace), float(step)
