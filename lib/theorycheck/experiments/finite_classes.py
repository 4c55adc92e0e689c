"""Learners of functions on a finite domain: who they find, and how well their loss can be known.

Everything is computed given the sample, with the target uniform on the functions of the class that are consistent
with it: a sample then leaves open a known, finite set of losses, and the best bound on the loss is found by search.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product

import numpy as np

LEARNERS = (
    "first",
    "sparse",
    "random consistent",
    "majority",
    "hedge",
    "coin",
    "memorize",
    "nearest",
    "random fill",
)


@dataclass(frozen=True)
class FunctionClass:
    """Functions from {0, ..., X - 1} to {0, ..., values - 1}.

    Attributes
    ----------
    table : array (T, X) of int
        The T functions of the class.
    size : array (T,)
        A description length of each, for learners that prefer short ones.
    distance : array (X, X)
        Between points of the domain, for learners that look at neighbours.
    values : int
    """

    table: np.ndarray
    size: np.ndarray
    distance: np.ndarray
    values: int

    def consistent(self, xs, labels):
        """Which functions agree with samples xs, labels (S, n): array (S, T) of bool."""
        return np.all(self.table[:, xs].swapaxes(0, 1) == labels[:, None, :], axis=-1)

    def first(self, xs, labels):
        """The consistent function that is first in the table, for each of the samples xs, labels (S, n): (S, X)."""
        return self.table[self.consistent(xs, labels).argmax(axis=1)]

    def losses(self, h):
        """Number of points at which hypotheses h (S, X) differ from each function: (S, T)."""
        return sum(((h != v).astype(np.float32) @ (self.table == v).T.astype(np.float32)) for v in range(self.values))


def linear_functions(q, d):
    r"""All $x\mapsto\langle a,x\rangle$ on $F_q^d$, q prime; size is the number of non-zero coefficients."""
    points = np.array(list(product(range(q), repeat=d)))
    hamming = (points[:, None] != points).sum(axis=-1)
    return FunctionClass(points @ points.T % q, np.count_nonzero(points, axis=1), hamming, q)


def thresholds(m):
    r"""All $x\mapsto1\{x\ge t\}$ on m ordered points, t = 0..m: consistent functions lie close to one another."""
    points = np.arange(m)
    table = (points >= np.arange(m + 1)[:, None]).astype(int)
    return FunctionClass(table, np.arange(m + 1), np.abs(points[:, None] - points), 2)


def all_samples(functions, n):
    """Every sequence of n points with every target of the class, each once: xs and labels (X^n T, n)."""
    count, domain = functions.table.shape
    xs = np.array(list(product(range(domain), repeat=n)))
    return np.repeat(xs, count, axis=0), functions.table[:, xs].swapaxes(0, 1).reshape(-1, n)


def random_samples(functions, n, draws, rng):
    """Independent uniform points, labelled by an independent uniform target in each draw."""
    count, domain = functions.table.shape
    xs = rng.integers(domain, size=(draws, n))
    return xs, functions.table[rng.integers(count, size=draws)[:, None], xs]


def hypotheses(functions, xs, labels, rng):
    """What the nine LEARNERS make of samples xs, labels (S, n): dict of arrays (S, X).

    - first, sparse, random consistent: the consistent function that is first in the table, of least size, drawn;
    - majority: at each point the most frequent value of the consistent functions;
    - hedge: where the first two consistent functions differ, values of one and of the other in turn;
    - coin: first or hedge, by a hash of the sample;
    - memorize, nearest, random fill: the labels on the sample; elsewhere 0, the label of the nearest, a random value.
    """
    table, row = functions.table, np.arange(len(xs))
    mask = functions.consistent(xs, labels)
    index = mask.argmax(axis=1)
    others = mask.copy()
    others[row, index] = False
    second = np.where(others.any(axis=1), others.argmax(axis=1), index)
    first, rival = table[index], table[second]
    differ = first != rival
    hedge = np.where(differ & (differ.cumsum(axis=1) % 2 == 0), rival, first)
    votes = np.stack([mask.astype(np.int64) @ (table == v) for v in range(functions.values)])
    hashed = (xs * 7 + labels * 3 + 1) @ (2 * np.arange(xs.shape[1]) + 5) // 3 % 2
    nearest = functions.distance[xs].argmin(axis=1)

    def filled(rest):
        h = np.array(rest)
        np.put_along_axis(h, xs, labels, axis=1)
        return h

    return {
        "first": first,
        "sparse": table[np.where(mask, functions.size, functions.size.max() + 1).argmin(axis=1)],
        "random consistent": table[(mask * rng.uniform(0.5, 1, size=mask.shape)).argmax(axis=1)],
        "majority": votes.argmax(axis=0),
        "hedge": hedge,
        "coin": np.where(hashed[:, None] == 0, first, hedge),
        "memorize": filled(np.zeros_like(first)),
        "nearest": filled(np.take_along_axis(labels, nearest, axis=1)),
        "random fill": filled(rng.integers(functions.values, size=first.shape)),
    }


def success_and_failure(functions, xs, labels, h, eps, eta):
    r"""Given each sample: probabilities that h has loss at most eta, and that the best bound misses the loss by > eps.

    Parameters
    ----------
    xs, labels : arrays (S, n)
    h : array (S, X)
    eps, eta : float

    Returns
    -------
    success, failure : arrays (S,)
        The target is uniform on the consistent functions. The best bound is the centre of the closed window of radius
        eps that holds most of their losses.
    determined : array (S,) of bool
        Whether one function alone is consistent.
    """
    domain = functions.table.shape[1]
    mask = functions.consistent(xs, labels)
    wrong = np.rint(functions.losses(h)).astype(int)
    count = mask.sum(axis=1)
    histogram = np.zeros((len(xs), domain + 1))
    np.add.at(histogram, (np.arange(len(xs))[:, None], wrong), mask)
    width = int(np.floor(2 * eps * domain + 1e-9)) + 1
    below = np.concatenate([np.zeros((len(xs), 1)), histogram.cumsum(axis=1)], axis=1)
    ends = np.minimum(np.arange(domain + 1) + width, domain + 1)
    held = (below[:, ends] - below[:, :-1]).max(axis=1)
    success = (mask & (wrong <= eta * domain + 1e-9)).sum(axis=1) / count
    return success, 1 - held / count, count == 1


def trade_off(functions, xs, labels, eps, eta, rng):
    """How often the nine LEARNERS succeed, and how often the best bound on their loss fails, given each sample.

    Parameters
    ----------
    xs, labels : arrays (S, n)
    eps, eta : float
        As for `success_and_failure`.
    rng : numpy.random.Generator
        For the learners that draw.

    Returns
    -------
    array (3, 9, S)
        Success, failure, and success where the sample leaves a choice (0 where it determines the target).
    """
    learned = hypotheses(functions, xs, labels, rng)
    found = [success_and_failure(functions, xs, labels, learned[name], eps, eta) for name in LEARNERS]
    success, failure, determined = np.moveaxis(np.array(found), 1, 0)
    return np.array([success, failure, success * (1 - determined)])


def fresh_points_failure(functions, xs, labels, points, eps, rng):
    """Failure of the error on fresh labelled points as a bound on the loss of the first consistent function.

    Parameters
    ----------
    xs, labels : arrays (S, n)
    points : int
        Number of fresh points, drawn anew for every sample and target.
    eps : float
        The bound fails if it is off by more.
    rng : numpy.random.Generator

    Returns
    -------
    array (S,)
        Share of the functions consistent with each sample for which it fails.
    """
    mask = functions.consistent(xs, labels)
    loss = functions.losses(functions.first(xs, labels)) / functions.table.shape[1]
    missed = np.abs(rng.binomial(points, loss) / points - loss) > eps
    return np.sum(missed & mask, axis=1) / mask.sum(axis=1)


def polynomial_interpolation(q, k, n, eps):
    """Failure of the best bound on the loss of interpolation on F_q, q prime, by a search over all q^q functions.

    Two worlds of equal weight: the target is a uniform polynomial of degree < k, or a uniform function. The sample is a
    set of n points; the learner interpolates the first k. For each sample that can occur, all losses compatible
    with it are counted in both worlds, and the window that holds most weight is found.

    Returns
    -------
    Fraction
    """
    functions = np.array(list(product(range(q), repeat=q)))
    powers = np.arange(q)[:, None] ** np.arange(k)  # (point, power)
    polynomials = np.array(list(product(range(q), repeat=k))) @ powers.T % q
    width = int(np.floor(2 * eps * q + 1e-9)) + 1
    held, sets = 0, list(combinations(range(q), n))
    for points in sets:
        first = q ** np.arange(k)
        # The one polynomial that agrees with a function on the first k points, by its values there.
        interpolant = np.empty_like(polynomials)
        interpolant[polynomials[:, points[:k]] @ first] = polynomials
        weight = np.zeros((q**n, q + width), dtype=np.int64)  # (sample, loss), in units of 1/(2 q^q)
        for world in (polynomials, functions):
            loss = (world != interpolant[world[:, points[:k]] @ first]).sum(axis=1)
            np.add.at(weight, (world[:, points] @ q ** np.arange(n), loss), q**q // len(world))
        held += np.max([weight[:, start : start + width].sum(axis=1) for start in range(q)], axis=0).sum()
    return 1 - Fraction(int(held), 2 * q**q * len(sets))
