"""Bandits whose rewards are linear up to an adversary's error of at most epsilon, and ways to look for the best action.

Rewards are without noise, so querying an action twice is of no use.
"""

from itertools import combinations

import numpy as np
from scipy import sparse
from scipy.sparse import linalg


def random_unit_vectors(k, s, rng):
    """Independent uniform points of the unit sphere: array (k, s)."""
    points = rng.normal(size=(k, s))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def needle_rewards(actions, needle, gap):
    """Rewards, in units of epsilon, when theta = gap * actions[needle] and an adversary hides it.

    The needle pays `gap`; every other reward is moved towards 0 by up to 1.

    Returns
    -------
    array (k,)
    """
    linear = gap * actions @ actions[needle]
    rewards = np.sign(linear) * np.maximum(np.abs(linear) - 1, 0)
    rewards[needle] = gap
    return rewards


def queries_to_needle(actions, rewards, needle, order, explore):
    """Number of queries until the needle is hit.

    The first `explore` actions of `order` are queried, least squares is fitted to their rewards, and the rest is
    queried in decreasing order of predicted reward, or as `order` has it if all rewards seen were 0.

    Parameters
    ----------
    actions : array (k, s)
    rewards : array (k,)
    needle : int
    order : permutation of range(k)
    explore : int
    """
    seen, rest = order[:explore], order[explore:]
    place = int(np.flatnonzero(order == needle)[0])
    if place < explore or not rewards[seen].any():
        return place + 1
    fitted = actions[rest] @ np.linalg.lstsq(actions[seen], rewards[seen], rcond=None)[0]
    return explore + 1 + int(np.sum(fitted > fitted[place - explore]))


def needle_search(k, s, gaps, explore, runs, rng):
    """Search for hidden needles among k random unit vectors of dimension s, at several gaps.

    Each run draws actions, a needle among them and an order, which all gaps share: `queries_to_needle` with the rewards
    of `needle_rewards`.

    Parameters
    ----------
    k, s : int
        At least 2 actions; their dimension.
    gaps : sequence of G floats
        What the needle pays, in units of epsilon.
    explore : int
        Queries before the fit; from k on all actions are queried in order.
    runs : int
    rng : numpy.random.Generator

    Returns
    -------
    queries : array (G, runs)
    closest : array (runs,)
        Largest absolute inner product of the needle with another action: it is hidden at a gap of at most one over
        that.
    """
    queries, closest = np.empty((len(gaps), runs)), np.empty(runs)
    for run in range(runs):
        actions, needle, order = random_unit_vectors(k, s, rng), rng.integers(k), rng.permutation(k)
        closest[run] = np.abs(np.delete(actions @ actions[needle], needle)).max()
        for row, gap in zip(queries, gaps, strict=True):
            row[run] = queries_to_needle(actions, needle_rewards(actions, needle, gap), needle, order, explore)
    return queries, closest


def fooled_least_squares(d, epsilon):
    """Suboptimality of least squares, and of the net of signed coordinates, on an instance made against least squares.

    Actions are the signed coordinate vectors, all of which are queried, and u = (0, 1, ..., 1) / sqrt(d - 1), which is
    not. theta is 0.98 epsilon sqrt(d - 1) times the first coordinate; the reward of the i-th signed coordinate, i >= 2,
    is in error by plus or minus epsilon.

    Returns
    -------
    (float, float)
    """
    axes = sparse.vstack([sparse.eye(d), -sparse.eye(d)]).tocsr()
    u = sparse.csr_matrix(np.concatenate([[0.0], np.full(d - 1, 1 / np.sqrt(d - 1))]))
    theta = np.zeros(d)
    theta[0] = 0.98 * epsilon * np.sqrt(d - 1)
    error = np.full(d, epsilon)
    error[0] = 0.0
    rewards = axes @ theta + np.concatenate([error, -error])
    everything, paid = sparse.vstack([axes, u]).tocsr(), np.append(rewards, (u @ theta)[0])
    fitted = linalg.lsqr(axes, rewards, atol=1e-14, btol=1e-14)[0]
    chosen = int(np.argmax(everything @ fitted))
    net = np.asarray((everything @ axes.T).argmax(axis=0)).ravel()  # best action of each signed coordinate
    return float(paid.max() - paid[chosen]), float(paid.max() - paid[np.unique(net)].max())


def net_search(actions, theta, epsilon, points):
    """Query the best action of every point of a 2-sparse net, against an adversary who knows which they are.

    The net is a circle of `points` equally spaced unit vectors on each pair of coordinates. Queried actions pay epsilon
    less, all others epsilon more, than the linear reward.

    Parameters
    ----------
    actions : array (k, d)
        In the unit ball.
    theta : array (d,)
        Unit vector.

    Returns
    -------
    suboptimality : float
        Best reward minus best queried reward.
    queries : int
        Different actions queried.
    """
    angles = 2 * np.pi * np.arange(points) / points
    circle = np.stack([np.cos(angles), np.sin(angles)])
    queried = np.zeros(len(actions), dtype=bool)
    for i, j in combinations(range(actions.shape[1]), 2):
        queried[np.argmax(circle.T @ actions[:, [i, j]].T, axis=1)] = True
    rewards = actions @ theta + np.where(queried, -epsilon, epsilon)
    return float(rewards.max() - rewards[queried].max()), int(queried.sum())


def sparse_direction(d, turn, rng):
    """A unit vector at angle `turn` on a random pair of d coordinates, and the direction of growing angle: (2, d)."""
    i, j = rng.choice(d, size=2, replace=False)
    pair = np.zeros((2, d))
    pair[:, min(i, j)], pair[:, max(i, j)] = [np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]
    return pair


def shielded_actions(theta, across, angle, height=0.2):
    """Three actions of which the last, height * theta, is never the best of a net point at `angle` or more from theta.

    The other two are unit vectors left and right of it, as much lower as they can be and still win at that angle.
    """
    # u cos(angle) + sqrt(1 - u^2) sin(angle) = height cos(angle), solved for u.
    lower = np.cos(angle + np.arccos(height * np.cos(angle)))
    side = np.sqrt(1 - lower**2)
    return np.array([lower * theta + side * across, lower * theta - side * across, height * theta])


def net_losses(d, k, epsilon, points, instances, rng):
    """Suboptimality of a 2-sparse net in d dimensions, on actions at random and on actions made against it.

    See `net_search`. For each instance the net is tried on

    - "sparse": k random unit actions and theta, a random direction on a random pair of coordinates;
    - "shielded": the three `shielded_actions` of a theta halfway between two net points;
    - "dense": the k random actions and a theta that is random in all d dimensions.

    Parameters
    ----------
    d, k, points, instances : int
    epsilon : float
    rng : numpy.random.Generator

    Returns
    -------
    losses : dict of str to array (instances,)
    queries : int array (instances,)
        Different actions queried in the "sparse" case.
    """
    losses, queries = {"sparse": [], "shielded": [], "dense": []}, []
    for _ in range(instances):
        theta, _ = sparse_direction(d, rng.uniform(0, 2 * np.pi), rng)
        others, dense = np.split(random_unit_vectors(k + 1, d, rng), [k])
        halfway, across = sparse_direction(d, (2 * rng.integers(points) + 1) * np.pi / points, rng)
        # As far from the net as theta is, but for rounding.
        shield = shielded_actions(halfway, across, np.pi / points * (1 - 1e-9))
        loss, queried = net_search(np.vstack([others, theta]), theta, epsilon, points)
        losses["sparse"].append(loss)
        losses["shielded"].append(net_search(shield, halfway, epsilon, points)[0])
        losses["dense"].append(net_search(np.vstack([others, dense]), dense[0], epsilon, points)[0])
        queries.append(queried)
    return {kind: np.array(found) for kind, found in losses.items()}, np.array(queries)
