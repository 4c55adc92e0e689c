"""One learner per group, combined by AdaNormalHedge over the learners that are awake, and simpler ways to predict.

All games are played for many replicates at once. Three predictions are compared: "anh" (the combination), "uniform"
(the plain average of the active learners) and "global" (the learner of group 0, to which every round belongs).
"""

import numpy as np

METHODS = ("anh", "uniform", "global")


def hedge_weights(surplus, spread):
    r"""AdaNormalHedge's weights $\Phi(R+1,C+1)-\Phi(R-1,C+1)$, $\Phi(R,C)=\exp([R]_+^2/3C)$, not normalized."""
    scale = 1 / (3 * (spread + 1))
    up, down = np.maximum(surplus + 1, 0), np.maximum(surplus - 1, 0)
    return np.exp(up * up * scale) - np.exp(down * down * scale)


def combine(predictions, weights, active):
    """Weighted and plain average of the active predictions over the first axis; the plain one where no weight is."""
    plain = (active * predictions).sum(axis=0) / active.sum(axis=0)
    weights = weights * active
    total = weights.sum(axis=0)
    return np.where(total > 0, (weights * predictions).sum(axis=0) / np.where(total > 0, total, 1.0), plain), plain


def coin_game(rounds, deepest, gaps, reps, rng, fed="group"):
    """Predict coins whose bias depends on nested groups, with gradient descent in each group.

    A round has depth kappa with P(kappa >= k) = 2**-k, at most `deepest`; group k = 0..deepest holds the rounds of
    depth at least k, two further groups each round with probability 1/2. The label is +-1 with mean (-1)**kappa * gap,
    the loss (1 - p y) / 2. A learner's n-th step is 4 / sqrt(n).

    Parameters
    ----------
    rounds : int
        T, a multiple of 16.
    deepest : int
    gaps : sequence of M floats in [0, 1]
        Played on the same rounds with the same random numbers.
    reps : int
    rng : numpy.random.Generator
    fed : str
        "group": a learner sees the rounds of its group; "all": every learner sees every round.

    Returns
    -------
    regret : dict of arrays (3, N, M, reps)
        For each method, at T/16, T/4 and T: loss on each group's rounds less that of the best constant +-1.
    counts : array (3, N, 1, reps)
        Rounds of each group.
    surplus, spread : arrays (3, N, M, reps)
        R_g and C_g of the combination.
    """
    gaps, groups = np.asarray(gaps, dtype=float), deepest + 3
    shape = (groups, gaps.size, reps)
    p, surplus, spread, ones = (np.zeros(shape) for _ in range(4))
    losses = {method: np.zeros(shape) for method in METHODS}
    counts, steps = np.zeros((groups, 1, reps)), np.zeros((groups, 1, reps))
    readings = {name: [] for name in (*METHODS, "counts", "surplus", "spread")}
    block = rounds // 16
    for number in range(1, 17):
        depth = np.minimum(rng.geometric(0.5, size=(block, reps)) - 1, deepest)
        nested = depth[:, None] >= np.arange(deepest + 1)[:, None]
        active = np.concatenate([nested, rng.random((block, 2, reps)) < 0.5], axis=1).astype(float)
        mean = gaps[:, None] * ((-1.0) ** depth)[:, None]
        labels = np.where(2 * rng.random((block, 1, reps)) < 1 + mean, 1.0, -1.0)
        lost = {method: np.empty((block, gaps.size, reps)) for method in METHODS}
        for t in range(block):
            awake, y = active[t][:, None], labels[t]
            weighted, plain = combine(p, hedge_weights(surplus, spread), awake)
            for method, prediction in zip(METHODS, (weighted, plain, p[0]), strict=True):
                lost[method][t] = (1 - prediction * y) / 2
            gained = awake * (p - weighted) * (y / 2)
            surplus += gained
            spread += np.abs(gained)
            seen = awake if fed == "group" else np.ones_like(awake)
            steps += seen
            p = np.clip(p + seen * (2 / np.sqrt(np.maximum(steps, 1))) * y, -1, 1)
        counts += active.sum(axis=0)[:, None]
        ones += np.einsum("tgr,tmr->gmr", active, labels)
        for method in METHODS:
            losses[method] += np.einsum("tgr,tmr->gmr", active, lost[method])
        if number in (1, 4, 16):
            for method in METHODS:
                readings[method].append(losses[method] - (counts - np.abs(ones)) / 2)
            for name, array in (("counts", counts), ("surplus", surplus), ("spread", spread)):
                readings[name].append(array.copy())
    readings = {name: np.array(rows) for name, rows in readings.items()}
    return {m: readings[m] for m in METHODS}, readings["counts"], readings["surplus"], readings["spread"]


def at_worst_gap(samples):
    """Replicates at the gap where their mean is largest, for every time and group.

    Parameters
    ----------
    samples : array (..., M, reps)
        Over M gaps.

    Returns
    -------
    array (..., reps)
    """
    worst = samples.mean(axis=-1).argmax(axis=-1)
    return np.take_along_axis(samples, worst[..., None, None], axis=-2)[..., 0, :]


def growth_exponent(regret):
    """Exponent of the regret at its worst gap in the number of rounds, averaged over groups.

    Parameters
    ----------
    regret : array (3, N, M, reps)
        At T/16, T/4 and T, as from `coin_game`.

    Returns
    -------
    float
        Of the least-squares line through three points at equal distances, which has the slope from the first to the
        last. A regret that is not positive counts as 1e-9.
    """
    worst = np.maximum(regret.mean(axis=-1).max(axis=-1), 1e-9)
    return np.mean(np.log(worst[2] / worst[0])) / np.log(16)


def regression_game(theta, probabilities, rounds, rng, fed="group", ridge=1.0):
    """Predict y = <x, mean of the active groups' parameters> + noise, with a ridge forecaster in each group.

    Group 0 is always active, the others with the given probabilities; x is uniform in [-1, 1]^d, the noise in
    [-0.2, 0.2]; predictions are clipped to [-1, 1], the loss is (p - y)^2 / 4.

    Parameters
    ----------
    theta : array (reps, N, d)
        Parameters of L1 norm at most 0.8, one set a replicate.
    probabilities : array (N - 1,)
    rounds : int
    rng : numpy.random.Generator
    fed : str
        As in `coin_game`.
    ridge : float

    Returns
    -------
    regret : dict of arrays (N, reps)
        For each method, and for "learner" (each group's own), against the best linear predictor in hindsight.
    counts, square_norms, spread : arrays (N, reps)
        Rounds of each group, squared norm of its best parameter, and C_g.
    """
    reps, groups, d = theta.shape
    inverse = np.broadcast_to(np.eye(d) / ridge, (groups, reps, d, d)).copy()
    moments, own = np.zeros((groups, reps, d)), np.zeros((groups, reps))
    gram, cross, square = np.zeros((groups, reps, d, d)), np.zeros((groups, reps, d)), np.zeros((groups, reps))
    surplus, spread, counts = (np.zeros((groups, reps)) for _ in range(3))
    losses = {method: np.zeros((groups, reps)) for method in METHODS}
    for _ in range(rounds):
        awake = np.ones((groups, reps))
        awake[1:] = rng.random((groups - 1, reps)) < np.reshape(probabilities, (-1, 1))
        x = rng.uniform(-1, 1, size=(reps, d))
        mixed = np.einsum("gr,rgd->rd", awake, theta) / awake.sum(axis=0)[:, None]
        y = np.sum(x * mixed, axis=1) + rng.uniform(-0.2, 0.2, size=reps)
        seen = awake if fed == "group" else np.ones_like(awake)
        # The forecaster counts the new point before it predicts (rank-one update of the inverse).
        turned = inverse @ x[..., None]
        shrink = seen[..., None, None] / (1 + x[:, None] @ turned)
        inverse -= shrink * turned * np.swapaxes(turned, -1, -2)
        p = np.clip(np.sum((inverse @ x[..., None])[..., 0] * moments, axis=-1), -1, 1)
        moments += seen[..., None] * (y[:, None] * x)
        weighted, plain = combine(p, hedge_weights(surplus, spread), awake)
        for method, prediction in zip(METHODS, (weighted, plain, p[0]), strict=True):
            losses[method] += awake * (prediction - y) ** 2 / 4
        each = awake * (p - y) ** 2 / 4
        own += each
        gained = awake * (weighted - y) ** 2 / 4 - each
        surplus += gained
        spread += np.abs(gained)
        counts += awake
        gram += awake[..., None, None] * (x[:, :, None] * x[:, None])
        cross += awake[..., None] * (y[:, None] * x)
        square += awake * y**2
    best = np.linalg.solve(gram, cross[..., None])[..., 0]
    least = (square - np.sum(best * cross, axis=-1)) / 4
    regret = {name: lost - least for name, lost in {**losses, "learner": own}.items()}
    return regret, counts, np.sum(best**2, axis=-1), spread
