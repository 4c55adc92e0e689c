"""Deep linear networks on free features with squared loss and weight decay, trained on all factors at once.

Factors (W_1, ..., W_M, H): W_M is K x d, the other W_m are d x d, H is d x N; the bias b of length K is optional and
not regularized. Objective: (1/2N) ||W_M ... W_1 H + b 1^T - Y||^2 + (1/2) sum_i lambda_i ||F_i||^2.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize


@dataclass(frozen=True)
class FreeFeatures:
    """The problem: targets Y (K x N), feature dimension d, M layers, with or without bias.

    `frozen` holds H fixed at the given d x N matrix, so that only the layers (and the bias) are trained.
    """

    targets: np.ndarray
    d: int
    M: int
    bias: bool = False
    frozen: np.ndarray | None = None

    @property
    def shapes(self):
        """Shapes of the trained arrays: layers, features, bias."""
        (K, N), d = self.targets.shape, self.d
        features = [] if self.frozen is not None else [(d, N)]
        return [(d, d)] * (self.M - 1) + [(K, d)] + features + [(K, 1)] * self.bias

    def unpack(self, v):
        """The flat vector v as (factors W_1, ..., W_M, H; bias as K x 1, zeros if there is none)."""
        ends = np.cumsum([rows * columns for rows, columns in self.shapes])
        parts = [part.reshape(shape) for part, shape in zip(np.split(v, ends[:-1]), self.shapes, strict=True)]
        bias = parts.pop() if self.bias else np.zeros((len(self.targets), 1))
        return (parts if self.frozen is None else [*parts, self.frozen]), bias

    def loss_and_gradient(self, v, lambdas):
        """Objective at v and its gradient; `lambdas` are those of W_1, ..., W_M, H."""
        factors, bias = self.unpack(v)
        layers, H = factors[:-1], factors[-1]
        activations = [H]
        for W in layers:
            activations.append(W @ activations[-1])
        error = activations[-1] + bias - self.targets
        N = self.targets.shape[1]
        decay = sum(lam * np.vdot(F, F) for lam, F in zip(lambdas, factors, strict=True))
        loss = np.vdot(error, error) / (2 * N) + decay / 2
        signal, gradient = error / N, []
        bias_gradient = [signal.sum(axis=1)] if self.bias else []
        for W, below, lam in zip(layers[::-1], activations[-2::-1], lambdas[-2::-1], strict=True):
            gradient.insert(0, signal @ below.T + lam * W)
            signal = W.T @ signal
        if self.frozen is None:
            gradient.append(signal + lambdas[-1] * H)
        return loss, np.concatenate([part.ravel() for part in gradient + bias_gradient])

    def descend(self, v, lambdas):
        """Minimize by L-BFGS from v; return (loss, minimizer)."""
        options = {"maxiter": 20000, "maxfun": 40000, "ftol": 1e-16, "gtol": 1e-10, "maxcor": 20}
        result = optimize.minimize(
            self.loss_and_gradient, v, args=(lambdas,), jac=True, method="L-BFGS-B", options=options
        )
        return float(result.fun), result.x

    def search(self, lambdas, rng, target=-np.inf, starts=30):
        """Global minimum by random starts: the best one found, and the losses of all starts.

        Normal starts, of standard deviation 1.5, 3, 2.25 in turn over sqrt(d). Even starts descend directly; odd ones
        descend at a hundredth of the product of the lambdas first and follow it up in six geometric steps. Stops early
        once a loss is within a relative 1e-10 of `target`.

        Returns
        -------
        v : array, the best minimizer
        losses : array, the loss that each start reached
        """
        if starts < 1:
            raise ValueError(f"need at least one start; got {starts}")
        size, L = sum(rows * columns for rows, columns in self.shapes), len(lambdas)
        best, losses = None, []
        for start in range(starts):
            v = (1.5, 3.0, 2.25)[start % 3] / np.sqrt(self.d) * rng.normal(size=size)
            for factor in np.geomspace(0.01, 1, 7) if start % 2 else [1.0]:
                loss, v = self.descend(v, np.asarray(lambdas) * factor ** (1 / L))
            if not losses or loss < min(losses):
                best = v
            losses.append(loss)
            if loss <= target * (1 + 1e-10):
                break
        return best, np.array(losses)

    def singular_values(self, v):
        """The K largest singular values of the product W_M ... W_1 H, in decreasing order."""
        factors, _ = self.unpack(v)
        product = factors[-1]
        for W in factors[:-1]:
            product = W @ product
        return np.linalg.svd(product, compute_uv=False)[: len(self.targets)]

    def follow(self, products, rng, starts=4):
        """Follow the branch of a minimum found at the first of the increasing `products` c, all lambdas equal.

        Each minimizer starts the descent at the next c, so the branch is kept where it is only a local minimum.

        Returns
        -------
        losses : array (m,)
        s : array (m, K), the K largest singular values of the product
        """
        v, losses, s = None, [], []
        for c in products:
            lambdas = np.full(self.M + 1, c ** (1 / (self.M + 1)))
            loss, v = self.descend(self.search(lambdas, rng, starts=starts)[0] if v is None else v, lambdas)
            losses.append(loss)
            s.append(self.singular_values(v))
        return np.array(losses), np.array(s)


def one_hot(nk, smoothing=0.0):
    """Targets Y (K x N) of classes of the sizes nk, samples sorted by class: (1 - smoothing) one-hot + smoothing/K."""
    K = len(nk)
    return np.repeat((1 - smoothing) * np.eye(K) + smoothing / K, nk, axis=1)


def decays(c, M, ratio):
    """lambda_1 = ... = lambda_M = ratio lambda_H with product c over all M + 1 factors; H last."""
    last = (c / ratio**M) ** (1 / (M + 1))
    return np.array([ratio * last] * M + [last])


def collapse_metrics(problem, v, nk):
    """How far the minimizer v of the problem has collapsed, with samples sorted by class.

    Returns
    -------
    dict with
        s: singular values of the product (K,), decreasing,
        spread: ||H - class means||/||H||,
        lengths: array (2, K), mean squared length of the samples of each class, squared length of the rows of W_M,
        cosines: array (2, K, K), of class means and of rows of W_M.
    """
    factors, _ = problem.unpack(v)
    H, W, ends = factors[-1], factors[-2], np.cumsum(nk)[:-1]
    means = np.stack([block.mean(axis=1) for block in np.split(H, ends, axis=1)])
    features = np.array([(block**2).sum() / block.shape[1] for block in np.split(H, ends, axis=1)])
    rows = np.stack([means, W])
    units = rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), np.finfo(float).tiny)
    return {
        "s": problem.singular_values(v),
        "spread": np.linalg.norm(H - np.repeat(means, nk, axis=0).T) / np.linalg.norm(H),
        "lengths": np.stack([features, (W**2).sum(axis=1)]),
        "cosines": units @ units.swapaxes(1, 2),
    }


def collapse_errors(found, predicted):
    """Deviations of `collapse_metrics` from a prediction that says s, lengths and cosine.

    Parameters
    ----------
    found : dict from `collapse_metrics`
    predicted : dict with s (K,), lengths (2, K), cosine (float); classes of predicted length 0 have no direction

    Returns
    -------
    dict of 1-d arrays: singular values relative to the largest, spread, cosines of different classes, squared lengths
    relative to the longest of their kind.
    """
    alive = predicted["lengths"][0] > 0
    pairs = np.outer(alive, alive) & ~np.eye(alive.size, dtype=bool)
    longest = predicted["lengths"].max(axis=1, keepdims=True)
    return {
        "singular values": (found["s"] - predicted["s"]) / predicted["s"].max(),
        "spread": np.atleast_1d(found["spread"]),
        "cosines": found["cosines"][:, pairs].ravel() - predicted["cosine"],
        "lengths": ((found["lengths"] - predicted["lengths"]) / longest).ravel(),
    }
