"""Streams of Bernoulli arms, algorithms that hold one arm or all of them, and their regret in given worlds.

All arms have mean 1/2 but one, the special arm. An arm pulled n times is one binomial draw. Worlds are cells that are
played at once: `gaps` (C,) is the special arm's surplus, and `last` (C,) says whether it comes last, else it takes one
of the other places at random. Every algorithm returns regrets (C, reps).
"""

import numpy as np

from theorycheck import statistics


def _places(arms, last, reps, rng):
    return np.where(np.reshape(last, (-1, 1)), arms - 1, rng.integers(arms - 1, size=(len(last), reps)))


def worst_world(regret):
    """Mean regret in the world where it is largest.

    Parameters
    ----------
    regret : array (C, reps)
        Over C worlds, at least two replicates.

    Returns
    -------
    Estimate
        Its standard error is the largest of any world, since more than one may be the worst.
    """
    world = statistics.mean(regret)
    return statistics.Estimate(world.value.max(), world.se.max(), world.dof.max())


def uniform_exploration(arms, rounds, pulls, gaps, reps, rng):
    """Pull every arm `pulls` times, hold the best mean so far, and play it to the end; equal means by fair coins.

    The place of the special arm is of no account here. The worlds share the draws of the ordinary arms.
    """
    gaps = np.reshape(gaps, (-1, 1))
    best, ties = np.full(reps, -1), np.zeros(reps, dtype=int)
    for _ in range(arms - 1):
        wins = rng.binomial(pulls, 0.5, size=reps)
        ties = np.where(wins > best, 1, ties + (wins == best))
        best = np.maximum(best, wins)
    special = rng.binomial(pulls, 0.5 + gaps, size=(gaps.size, reps))
    found = (special > best) | ((special == best) & (rng.random(special.shape) * (ties + 1) < 1))
    return gaps * np.where(found, (arms - 1) * pulls, rounds - pulls)


def best_arm_stream(arms, rounds, epsilon, pulls, levels, gaps, last, reps, rng):
    """Find an arm within `epsilon` of the best with one held arm, the champion, and play it to the end.

    The first arm is champion after pulls * 2**(levels - 1) pulls, whose mean is stored. Every later arm is pulled until
    it has had pulls * 2**l pulls, l = 0, 1, ..., and dropped as soon as its mean is less than the champion's plus
    epsilon / 2; after the last level it is the champion, with its mean.
    """
    gaps = np.reshape(gaps, (-1, 1))
    place = _places(arms, last, reps, rng)
    most = pulls * 2 ** (levels - 1)

    def probability(arm):
        return np.where(place == arm, 0.5 + gaps, 0.5)

    stored = rng.binomial(most, probability(0)) / most
    champion, spent = np.zeros_like(place), np.full(place.shape, most)
    on_special = np.where(place == 0, most, 0)
    for arm in range(1, arms):
        mean, wins, total = probability(arm), 0, 0
        alive = np.ones(place.shape, dtype=bool)
        for level in range(levels):
            more = pulls * 2**level - total
            total += more
            if level == 0:
                wins = rng.binomial(more, mean)
            else:
                wins[alive] += rng.binomial(more, mean[alive])
            spent += more * alive
            on_special += more * (alive & (place == arm))
            alive &= wins / total >= stored + epsilon / 2
            if not alive.any():
                break
        stored, champion = np.where(alive, wins / total, stored), np.where(alive, arm, champion)
    on_special += np.where(champion == place, np.maximum(rounds - spent, 0), 0)
    return gaps * (rounds - on_special)


def successive_elimination(arms, rounds, gaps, last, reps, rng):
    """Hold all arms: pull those left to 4, 8, 16, ... pulls each, and drop what is two radii below the best mean.

    The radius after n pulls is sqrt(max(log(T / (K n)), 1/2) / (2 n)). When one arm is left, or the next round of pulls
    would exceed T, the best mean is played to the end.
    """
    gaps = np.reshape(gaps, (-1, 1))
    place = _places(arms, last, reps, rng)
    means = np.full((gaps.size, reps, arms), 0.5)
    np.put_along_axis(means, place[..., None], np.broadcast_to(0.5 + gaps[..., None], (gaps.size, reps, 1)), axis=-1)
    wins, alive = np.zeros(means.shape, dtype=np.int64), np.ones(means.shape, dtype=bool)
    spent, on_special = np.zeros(place.shape), np.zeros(place.shape)
    total, goal, running = np.zeros(place.shape), 4, np.ones(place.shape, dtype=bool)
    while True:
        more = goal - (goal // 2 if goal > 4 else 0)
        running &= (alive.sum(axis=-1) > 1) & (spent + more * alive.sum(axis=-1) <= rounds)
        if not running.any():
            break
        pulled = alive & running[..., None]
        wins[pulled] += rng.binomial(more, means[pulled])
        spent += more * pulled.sum(axis=-1)
        on_special += more * np.take_along_axis(pulled, place[..., None], axis=-1)[..., 0]
        total = np.where(running, goal, total)
        radius = np.sqrt(max(np.log(rounds / (arms * goal)), 0.5) / (2 * goal))
        share = np.where(pulled, wins / goal, -1.0)
        kept = share >= share.max(axis=-1, keepdims=True) - 2 * radius
        alive = np.where(running[..., None], pulled & kept, alive)
        goal *= 2
    best = np.where(alive, wins / total[..., None], -1.0).argmax(axis=-1)
    on_special += np.where(best == place, rounds - spent, 0)
    return gaps * (rounds - on_special)
