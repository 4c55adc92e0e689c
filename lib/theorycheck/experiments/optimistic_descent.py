"""Online gradient descent with the last gradient as a hint, on the square [-1, 1]^2 and on an interval.

Many games are played at once, one a cell; all replicates of a game see noise of their own.
"""

import numpy as np

DIAMETER = 2 * np.sqrt(2)  # of the square


def linear_game(drift, noise, swing, gradient, times, reps, rng, optimistic=True):
    """Play linear losses on the square, from its centre.

    The second coordinate of the gradient is 1. The first is -drift + noise * (random sign) - swing * (-1)^t. With
    hints the step is D / sqrt(4 G^2 + V), where V sums the squared changes of the gradient so far; without, it is
    D / (G sqrt(t)).

    Parameters
    ----------
    drift : array (C, K)
        At least 0. The K drifts of a row share their random signs.
    noise, swing, gradient : arrays (C,)
        `gradient` is G, at least the largest norm of a gradient.
    times : increasing sequence of even int
        Rounds after which to read the regret.
    reps : int
    rng : numpy.random.Generator
        Not used where all noise is 0.
    optimistic : bool

    Returns
    -------
    regret : array (len(times), C, K, reps)
        Of the mean losses, against the corner (1, -1).
    realised : array (C, K, reps)
        Of the losses as they came, against the best point in hindsight, at the last time.
    squares : array (C, K, reps)
        V at the last time.
    """
    drift, (noise, swing, gradient) = np.asarray(drift), (np.reshape(v, (-1, 1, 1)) for v in (noise, swing, gradient))
    shape = (*drift.shape, reps)
    first, second, squares, regret, cost, total = (np.zeros(shape) for _ in range(6))
    last_first, last_second, readings = 0.0, 0.0, []
    for t in range(1, times[-1] + 1):
        step = DIAMETER / np.sqrt(4 * gradient**2 + squares) if optimistic else DIAMETER / (gradient * np.sqrt(t))
        x = np.clip(first - step * last_first, -1, 1) if optimistic else first
        y = np.clip(second - step * last_second, -1, 1) if optimistic else second
        mean = -drift[..., None] - swing * (-1) ** t
        signs = 2.0 * rng.integers(2, size=(len(drift), 1, reps), dtype=np.int8) - 1 if noise.any() else 0.0
        now = mean + noise * signs
        regret += mean * (x - 1) + (y + 1)
        cost += now * x + y
        total += now
        squares += (now - last_first) ** 2 + (1 - last_second) ** 2
        first, second = np.clip(first - step * now, -1, 1), np.clip(second - step, -1, 1)
        last_first, last_second = now, 1.0
        if t in times:
            readings.append(regret.copy())
    return np.array(readings), cost + np.abs(total) + times[-1], squares


def alternating_game(amplitude, gradient, rounds):
    """Regret of `linear_game` with hints, where the gradient is (a, 1), (-a, 1) in turn and nothing is random.

    Parameters
    ----------
    amplitude, gradient : arrays (C,)
        a, and G.
    rounds : int
        Even.

    Returns
    -------
    array (C,)
    """
    still = np.zeros(len(amplitude))
    return linear_game(still[:, None], still, amplitude, gradient, [rounds], 1, None)[0][0, :, 0, 0]


def calm_game(drift, gradient, times, optimistic=True):
    """Regret of `linear_game` where the gradient is (-drift, 1) in every round.

    Parameters
    ----------
    drift : array (C, K)
    gradient : array (C,)
        G.
    times : increasing sequence of C even int
        Row i of the drifts is played for `times[i]` rounds.
    optimistic : bool

    Returns
    -------
    array (C, K)
    """
    still = np.zeros(len(drift))
    regret, _, _ = linear_game(drift, still, still, gradient, times, 1, None, optimistic=optimistic)
    return np.array([regret[i, i, :, 0] for i in range(len(drift))])


def quadratic_game(noise, decay, amplitude, factor, curvature, times, reps, rng):
    r"""Play $\frac\lambda2(x-(-1)^ta)^2$ with noisy gradients and hints on [-4, 4], from 1, with steps c / (lambda t).

    Parameters
    ----------
    noise, decay, amplitude, factor : arrays (C,)
        Noise of standard deviation `noise` * t^(-`decay`) (random signs, shared by all cells), a, and c.
    curvature : float
        lambda.
    times : increasing sequence of even int
    reps : int
    rng : numpy.random.Generator

    Returns
    -------
    array (len(times), C, reps)
        Regret of the mean losses against 0.
    """
    noise, decay, amplitude, factor = (np.reshape(v, (-1, 1)) for v in (noise, decay, amplitude, factor))
    point, last = np.ones((len(noise), reps)), np.zeros((len(noise), reps))
    regret, readings = np.zeros((len(noise), reps)), []
    for t in range(1, times[-1] + 1):
        step = factor / (curvature * t)
        centre = amplitude * (-1) ** t
        x = np.clip(point - step * last, -4, 4)
        regret += curvature * x * (x / 2 - centre)
        signs = 2.0 * rng.integers(2, size=reps, dtype=np.int8) - 1
        last = curvature * (x - centre) + noise * float(t) ** -decay * signs
        point = np.clip(point - step * last, -4, 4)
        if t in times:
            readings.append(regret.copy())
    return np.array(readings)
