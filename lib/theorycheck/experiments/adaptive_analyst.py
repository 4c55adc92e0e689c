"""An analyst who chooses questions by earlier answers, and three ways to answer them from one sample.

Labels and features are +-1. Only the products of label and feature matter to the questions; for features that tell
nothing about the label they are fair coins.
"""

import numpy as np


def final_answers(n, questions, tau, reps, rng, analysts=1, adaptive=True):
    """Correlation, on the sample itself, of the label with the sign of a sum of features, each with its answer's sign.

    Parameters
    ----------
    n : int
        Sample points.
    questions : increasing sequence of int
        How many features are asked for; a longer list continues a shorter one.
    tau : float
        Standard deviation of the noise added to each answer.
    reps, analysts : int
        Independent samples, and analysts who each get answers with noise of their own from one sample.
    rng : numpy.random.Generator
    adaptive : bool
        If not, the signs are coins, chosen without looking.

    Returns
    -------
    array (len(questions), reps)
        Averages over the analysts of one sample.
    """
    final, most = np.empty((len(questions), reps)), questions[-1]
    for r in range(reps):
        bits = np.unpackbits(rng.integers(256, size=(most, -(-n // 8)), dtype=np.uint8), axis=1, count=n)
        agree = bits.astype(np.float32)  # 1 where label and feature agree
        answers = 2 * agree.sum(axis=1) / n - 1 + tau * rng.normal(size=(analysts, most))
        coins = rng.choice([-1.0, 1.0], size=answers.shape)
        signs = np.where((answers == 0) | (not adaptive), coins, np.sign(answers)).astype(np.float32)
        votes, start = np.zeros((analysts, n)), 0
        for i, k in enumerate(questions):
            votes += 2 * (signs[:, start:k] @ agree[start:k]) - signs[:, start:k].sum(axis=1, keepdims=True)
            ties = rng.choice([-1.0, 1.0], size=votes.shape)
            final[i, r] = np.where(votes == 0, ties, np.sign(votes)).mean()
            start = k
    return final


def waiting_times(n, threshold, sigma, runs, rng):
    """Questions of true answer 0 until guess and check first releases one, in independent runs: array (runs,)."""
    gaps, since = [], 0
    while len(gaps) < runs:
        q = 2 * rng.binomial(n, 0.5, size=200000) / n - 1
        hits = np.flatnonzero(np.abs(q + sigma * rng.normal(size=q.size)) > threshold)
        gaps.extend(np.diff(np.concatenate([[-1 - since], hits])))
        since = q.size - 1 - hits[-1] if hits.size else since + q.size
    return np.array(gaps[:runs], dtype=float)


def guess_and_check(n, questions, real, bias, threshold, sigma, rng):
    """An analyst asks many questions, a few of them with a real answer, and combines what is released.

    The guess for every answer is 0; the mechanism releases a noisy answer only where the sample contradicts the guess.

    Parameters
    ----------
    n, questions : int
    real : int
        How many features have the true correlation `bias` with the label; all others 0.
    bias, threshold, sigma : float
    rng : numpy.random.Generator

    Returns
    -------
    error : float
        Empirical minus true correlation of the label with the sign of the sum of released features.
    found, false : int
        Releases of features with and without a real correlation.
    """
    counts = rng.binomial(n, 0.5, size=questions)
    counts[:real] = rng.binomial(n, (1 + bias) / 2, size=real)
    answers = 2 * counts / n - 1 + sigma * rng.normal(size=questions)
    released = np.flatnonzero(np.abs(answers) > threshold)
    signs = np.sign(answers[released]).astype(int)
    # Given its count, a feature agrees with the label at a random choice of sample points.
    votes = np.zeros(n)
    for s, count in zip(signs, counts[released], strict=True):
        votes += s * np.where(rng.permutation(n) < count, 1, -1)
    ties = rng.choice([-1.0, 1.0], size=n)
    empirical = np.where(votes == 0, ties, np.sign(votes)).mean()
    # On fresh data the vote is a sum of independent signs: its law by convolution.
    law = np.ones(1)
    for s, index in zip(signs, released, strict=True):
        up = (1 + s * bias * (index < real)) / 2
        law = np.convolve(law, [1 - up, 0, up])
    votes = np.arange(law.size) - released.size
    found = int(np.sum(released < real))
    return empirical - law @ np.sign(votes), found, released.size - found
