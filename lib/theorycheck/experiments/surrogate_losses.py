"""Comp-sum surrogate losses measured: conditional excess, adversarial search of its infimum, exact linear studies.

l_tau(q, y) = (q_y^(tau-1) - 1)/(1 - tau) of softmax probabilities q, and -log q_y at tau = 1; everything is computed
from log q, so that small probabilities do not underflow.
"""

import numpy as np
from scipy import optimize, special


def comp_sum_loss(log_q, tau):
    """Loss of each label given the logarithm of its probability (elementwise; infinite where it has to be)."""
    if tau == 1:
        return -np.asarray(log_q)
    with np.errstate(over="ignore"):
        return np.expm1((tau - 1) * np.asarray(log_q)) / (1 - tau)


def _best_log_q(p, tau):
    """log q of the least conditional risk: q proportional to p^(1/(2-tau)); from tau = 2 on the most likely label."""
    with np.errstate(divide="ignore"):
        if tau >= 2:
            return np.log(np.arange(p.shape[-1]) == p.argmax(axis=-1)[..., None])
        power = p ** (1 / (2 - tau))
        return np.log(power / power.sum(axis=-1, keepdims=True))


def conditional_risk(p, log_q, tau):
    """sum_y p_y l_tau(q, y) over the last axis, where labels of probability 0 cost nothing."""
    with np.errstate(invalid="ignore"):
        return np.where(p > 0, p * comp_sum_loss(log_q, tau), 0.0).sum(axis=-1)


def conditional_excess(p, log_q, tau):
    """Conditional risk of q less that of the best q for the conditional law p.

    Parameters
    ----------
    p, log_q : arrays (..., n)
    """
    p = np.asarray(p, dtype=float)
    return conditional_risk(p, log_q, tau) - conditional_risk(p, _best_log_q(p, tau), tau)


def extremal_search(t, tau, n, starts, rng, box=16.0):
    """Smallest conditional excess over all p and q whose predicted label is t less likely than the best one.

    Label 1 is predicted and label 0 the best: log q_1 = max log q and p_0 = max p = p_1 + t. Local minimization
    (L-BFGS-B) from random starts over log(p_k/p_0) for k >= 2 and log(q_k/q_1) for k != 1, all in [-box, 0]; where the
    p_k leave no room for p_1 >= 0 they are scaled down.

    Returns
    -------
    float, an upper bound on the infimum, since the problem is not convex.
    """
    if not 0 < t < 1 or n < 3:
        raise ValueError(f"need 0 < t < 1 and n >= 3; got t = {t}, n = {n}")

    def objective(v):
        # Plain NumPy: this runs thousands of times on vectors of a few entries.
        ratios = np.exp(v[: n - 2])
        total = ratios.sum()
        room = total <= (1 - t) / t
        p = np.empty(n)
        p[0] = (1 + t) / (2 + total) if room else t
        p[1] = max(p[0] - t, 1e-15)  # not 0, whose logarithm is infinite
        p[2:] = p[0] * ratios if room else (1 - t) * ratios / total
        logits = np.zeros(n)
        logits[0], logits[2:] = v[n - 2], v[n - 1 :]
        log_q = logits - np.log(np.exp(logits).sum())
        margin = comp_sum_loss(log_q, tau) - comp_sum_loss(_best_log_q(p, tau), tau)
        # By the envelope theorem the best q counts as fixed in the gradient with respect to p.
        gradient = np.empty(2 * n - 3)
        if room:
            change = margin[2:] - (margin[0] + margin[1] + ratios @ margin[2:]) / (2 + total)
        else:
            change = margin[2:] - ratios @ margin[2:] / total
        gradient[: n - 2] = p[2:] * change
        d_log = -p * np.exp((tau - 1) * log_q)
        d_logits = d_log - np.exp(log_q) * d_log.sum()
        gradient[n - 2], gradient[n - 1 :] = d_logits[0], d_logits[2:]
        return p @ margin, gradient

    size = box ** rng.uniform(-1.5, 1, size=(starts, 2))
    first = -rng.uniform(size=(starts, 2 * n - 3)) * np.repeat(size, [n - 2, n - 1], axis=1)
    # Leave room for a positive p_1 at the start.
    room = np.log(rng.uniform(size=(starts, 1)) * (1 - t) / t)
    first[:, : n - 2] -= np.maximum(0, special.logsumexp(first[:, : n - 2], axis=1, keepdims=True) - room)
    first = np.maximum(first, -box)
    bounds = [(-box, 0.0)] * (2 * n - 3)
    options = {"maxiter": 300, "ftol": 1e-10 * t**2, "gtol": 1e-7 * t**2}
    return min(
        optimize.minimize(objective, v, jac=True, method="L-BFGS-B", bounds=bounds, options=options).fun for v in first
    )


def random_pairs(n, pairs, rng):
    """Random conditional laws and predictions, half of the predictions pulled towards the law.

    Both are Dirichlet with concentrations log-uniform in [0.1, 10]; a pulled q is a random geometric mixture with p.

    Returns
    -------
    p, log_q : arrays (pairs, n)
    gap : array (pairs,), p_max - p_j of the predicted label j
    """
    log_p, log_q = (
        special.log_softmax(np.log(np.maximum(rng.standard_gamma(a, size=(pairs, n)), 1e-300)), axis=1)
        for a in 10 ** rng.uniform(-1, 1, size=(2, pairs, 1))
    )
    pull = rng.uniform(size=(pairs, 1)) * (rng.uniform(size=(pairs, 1)) < 0.5)
    log_q = special.log_softmax((1 - pull) * log_q + pull * log_p, axis=1)
    p = np.exp(log_p)
    predicted = np.take_along_axis(p, log_q.argmax(axis=1)[:, None], axis=1)[:, 0]
    return p, log_q, p.max(axis=1) - predicted


def draw_distribution(n, points, misfit, rng):
    """A discrete distribution: `points` Gaussian points of the plane with weights, and a label law at each.

    The label laws are (1 - misfit) softmax of random linear scores + misfit Dirichlet(1/2), so that linear scores fit
    them exactly at misfit 0 and hardly at 1.

    Returns
    -------
    x : array (points, 3), the points with a constant coordinate
    weight : array (points,), Dirichlet(3)
    p : array (points, n)
    """
    x = np.column_stack([rng.normal(size=(points, 2)), np.ones(points)])
    fitting = special.softmax(x @ rng.normal(0, 2, size=(3, n)), axis=1)
    p = (1 - misfit) * fitting + misfit * rng.dirichlet(np.full(n, 0.5), size=points)
    return x, rng.dirichlet(np.full(points, 3.0)), p


def linear_risks(weights, x, weight, p, tau):
    """Exact surrogate risk and zero-one risk of linear scores, for a stack of weight matrices (m, n, 3).

    Returns
    -------
    surrogate, zero_one : arrays (m,)
    """
    log_q = special.log_softmax(np.einsum("mcd,xd->mxc", weights, x), axis=-1)
    predicted = np.take_along_axis(np.broadcast_to(p, log_q.shape), log_q.argmax(axis=-1)[..., None], axis=-1)[..., 0]
    return conditional_risk(p, log_q, tau) @ weight, (1 - predicted) @ weight


def train_linear(x, weight, p, tau, rng, iterations=500):
    """Minimize the exact surrogate risk over linear scores by L-BFGS; return all iterates (m, n, 3), start first."""
    n, dimension = p.shape[1], x.shape[1]

    def objective(v):
        log_q = special.log_softmax(x @ v.reshape(n, dimension).T, axis=-1)
        slope = -p * np.exp((tau - 1) * log_q) * weight[:, None]
        d_scores = slope - np.exp(log_q) * slope.sum(axis=1, keepdims=True)
        return conditional_risk(p, log_q, tau) @ weight, (d_scores.T @ x).ravel()

    path = [rng.normal(0, 0.3, size=n * dimension)]
    options = {"maxiter": iterations, "ftol": 1e-15, "gtol": 1e-9}
    optimize.minimize(
        objective, path[0], jac=True, method="L-BFGS-B", callback=lambda v: path.append(v.copy()), options=options
    )
    return np.array(path).reshape(-1, n, dimension)
