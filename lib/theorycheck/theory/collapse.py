"""Neural collapse of deep linear networks on free features: the global minimum in closed form.

The features H (d x N) of N samples in K classes are free, M linear layers W_1, ..., W_M act on them, and

    (1/2N) ||W_M ... W_1 H + b 1^T - Y||^2 + (1/2) sum_m lambda_m ||W_m||^2 + (1/2) lambda_H ||H||^2

is minimized, with Y one-hot (K x N), n_k samples in class k and d >= K; the bias b is free of charge or absent. With
L = M + 1 factors and c = lambda_H prod_m lambda_m, a product with singular values s_j costs at least
(L/2) c^(1/L) sum_j s_j^(2/L), by the inequality of arithmetic and geometric means, with equality for balanced factors:
lambda_i a_i^2 = (c s^2)^(1/L) for the singular value a_i of each. Without bias the rows of Y are orthogonal with norms
sqrt(n_k) and the problem splits into one scalar problem for each class.
"""

import numpy as np
from scipy import optimize


def _check(M, c):
    if M < 1 or M != int(M):
        raise ValueError(f"need a whole number M >= 1 of layers; got {M}")
    if not c > 0:
        raise ValueError(f"need a product c > 0 of the regularization parameters; got {c}")


def scalar_objective(s, n, N, c, M):
    """phi(s) = (s - sqrt(n))^2/(2N) + (L/2) c^(1/L) s^(2/L), L = M + 1: the cost of a singular value s >= 0."""
    _check(M, c)
    L = M + 1
    return (s - np.sqrt(n)) ** 2 / (2 * N) + L / 2 * c ** (1 / L) * s ** (2 / L)


def collapse_singular_value(n, N, c, M):
    """The s >= 0 that minimizes `scalar_objective`: for M = 1, (sqrt(n) - N sqrt(c))_+.

    For M >= 2 the stationary points solve (sqrt(n) - s) s^(1 - 2/L) = N c^(1/L); the left side rises and then falls,
    the larger root is the local minimum, and it competes with s = 0.

    Parameters
    ----------
    n : float > 0, samples of the class
    N : float, samples in all
    c : float > 0, product of all regularization parameters
    M : int >= 1, linear layers
    """
    _check(M, c)
    L, root = M + 1, np.sqrt(n)
    if M == 1:
        return max(root - N * np.sqrt(c), 0.0)
    top = root * (L - 2) / (2 * (L - 1))

    def slope(s):
        return (root - s) * s ** (1 - 2 / L) - N * c ** (1 / L)

    if slope(top) <= 0:
        return 0.0
    s = optimize.brentq(slope, top, root, xtol=1e-15, rtol=1e-15)
    return s if scalar_objective(s, n, N, c, M) < n / (2 * N) else 0.0


def class_lengths(n, N, lambdas):
    """Squared lengths that classes of the sizes n among N samples have at the global minimum without bias.

    ||h||^2 = (c s^2)^(1/L)/(lambda_H n) for each sample, ||w||^2 = (c s^2)^(1/L)/lambda_M for the class's row of W_M.

    Parameters
    ----------
    n : array of floats > 0
    lambdas : sequence (lambda_1, ..., lambda_M, lambda_H)

    Returns
    -------
    s : array, shaped like n
    lengths : array (2, ...), of features and of classifiers
    """
    n, L, c = np.asarray(n, dtype=float), len(lambdas), np.prod(lambdas)
    s = np.array([collapse_singular_value(size, N, c, L - 1) for size in n.ravel()]).reshape(n.shape)
    shared = (c * s**2) ** (1 / L)
    return s, np.stack([shared / (lambdas[-1] * n), shared / lambdas[-2]])


def collapse_prediction(nk, lambdas, bias=False):
    """The global minimum for classes of the sizes nk.

    No bias: the lengths of `class_lengths`, and different classes are orthogonal. Bias, for equal sizes only: b takes
    the direction of the all-ones vector, K - 1 singular values remain, squared lengths are (K-1)/K times those without
    bias, and cosines are -1/(K-1): a simplex equiangular tight frame.

    Parameters
    ----------
    nk : sequence of K ints
    lambdas : sequence (lambda_1, ..., lambda_M, lambda_H)
    bias : bool

    Returns
    -------
    dict with loss (float), s (K, decreasing), lengths (2, K) of features and classifiers, cosine (float)
    """
    nk, K = np.asarray(nk, dtype=float), len(nk)
    N, c, M = nk.sum(), np.prod(lambdas), len(lambdas) - 1
    s, lengths = class_lengths(nk, N, lambdas)
    costs = scalar_objective(s, nk, N, c, M)
    if not bias:
        return {"loss": float(costs.sum()), "s": np.sort(s)[::-1], "lengths": lengths, "cosine": 0.0}
    if np.ptp(nk):
        raise ValueError(f"with a bias the closed form is for classes of equal size; got {nk.tolist()}")
    return {
        "loss": float(costs[1:].sum()),
        "s": np.append(s[1:], 0.0),
        "lengths": lengths * (K - 1) / K,
        "cosine": -1 / (K - 1),
    }


def collapse_threshold(n, N, M):
    """The c above which a class of n among N samples vanishes, and s/sqrt(n) just below it.

    M = 1: c = n/N^2, continuously (0). M >= 2: a jump from s = sqrt(n) (M-1)/M, where phi(s) = phi(0) and phi'(s) = 0,
    at c^(1/L) = sqrt(n)/(N M) (sqrt(n) (M-1)/M)^((M-1)/(M+1)).
    """
    _check(M, 1.0)
    root, share = np.sqrt(n), (M - 1) / M
    return (root / (N * M) * (root * share) ** ((M - 1) / (M + 1))) ** (M + 1), share
