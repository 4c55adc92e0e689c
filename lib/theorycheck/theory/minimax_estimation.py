"""How well can the loss of a hypothesis be read off the sample and the hypothesis? Exact minimax values.

Setting. The domain is {1, ..., N}, the class is all 2^N binary functions, S is a sample of n uniform points
labelled by f. The learner A_g copies the labels of S and answers g elsewhere, so the sample and the
hypothesis (S, h) leave open what f is on the U points outside S: the loss of h is K/N, where K counts the
points outside S at which g and f differ. An estimate B(S, h), random or not, fails if |B - K/N| > eps.
"""

from fractions import Fraction
from math import comb, floor

import numpy as np
from scipy import sparse, stats
from scipy.optimize import linprog


def _check(N, n, eps=None):
    if N < 1 or n < 0:
        raise ValueError(f"need a domain of N >= 1 points and n >= 0 draws; got N = {N}, n = {n}")
    if eps is not None and not 0 < eps < 0.5:
        raise ValueError(f"need 0 < eps < 1/2; got eps = {eps}")


def occupancy(N, n):
    """Law of the number of distinct points among n uniform draws from N points.

    One more draw is new with probability (N - d)/N when d points have been seen.

    Parameters
    ----------
    N, n : int
        Domain size (>= 1) and number of draws (>= 0).

    Returns
    -------
    dict {d: Fraction}, the exact probabilities of the possible values d <= min(N, n).
    """
    _check(N, n)
    law = {0: Fraction(1)}
    for _ in range(n):
        following = {}
        for d, mass in law.items():
            following[d] = following.get(d, 0) + mass * Fraction(d, N)
            following[d + 1] = following.get(d + 1, 0) + mass * Fraction(N - d, N)
        law = {d: mass for d, mass in following.items() if mass}
    return law


def window_width(N, eps):
    """Number of multiples of 1/N that a closed interval of length 2 eps can hold: floor(2 eps N) + 1.

    `eps` counts as the decimal number it is written as, so that 0.1 covers exactly what 1/10 covers.
    """
    _check(N, 0, eps)
    return floor(2 * Fraction(str(eps)) * N) + 1


def two_world_floor(N, n, eps):
    """Least failure probability of an estimate B(S, h), averaged over two worlds with the same (S, h).

    In one world f = g is uniform and the loss is 0; in the other f and g are independent and uniform, so that
    K is Binomial(U, 1/2) whatever (S, h) with U unseen points is. The floor is

        1 - E_U max_c (1/2) [ 1{|c| <= eps} + P(|K/N - c| <= eps | U) ].

    Returns
    -------
    Fraction, exact.
    """
    _check(N, n, eps)
    width = window_width(N, eps)
    covered = Fraction(0)
    for d, mass in occupancy(N, n).items():
        U = N - d
        weights = [comb(U, k) for k in range(U + 1)]
        best = max(2**U * (start == 0) + sum(weights[start : start + width]) for start in range(max(U - width, 0) + 2))
        covered += mass * Fraction(best, 2 ** (U + 1))
    return 1 - covered


def unseen_share(N, n):
    """Expected share of the domain outside a sample of n uniform points: (1 - 1/N)^n."""
    _check(N, n)
    return (1 - 1 / N) ** n


def minimax_limit(u, eps):
    """Limit of the minimax failure probability for large N with a share u of the domain unseen: 1 - 1/m.

    The loss can be any of m = floor(u/(2 eps)) + 1 values in [0, u] that are more than 2 eps apart, and (S,
    h) does not say which; conversely m windows of length 2 eps cover [0, u]. Valid where u/(2 eps) is not an
    integer.

    Parameters
    ----------
    u, eps : float or array
        Unseen share in [0, 1] and tolerance > 0.
    """
    return 1 - 1 / (np.floor(np.asarray(u) / (2 * np.asarray(eps))) + 1)


def minimax_estimation_lp(N, n, eps):
    """Least worst-case failure probability of an estimate B(S, h) over all (f, g), and what attains it.

    Permuting points and flipping labels leaves everything but j = #{x : f(x) != g(x)} and U as it was, so the
    best B draws the start a of a window {a, ..., a + width - 1} for K from a law p_{U,a}, and

        V = min_p max_j E_U sum_a p_{U,a} P(K outside the window | j, U),   K | j, U ~ Hypergeometric(N, j,
        U).

    Parameters
    ----------
    N, n : int
        Domain size and sample size. The linear programme has about N min(n, N) variables and N + 1
        constraints.
    eps : float in (0, 1/2)

    Returns
    -------
    value : float
    strategy : dict {U: array}
        Law of the window's start a; the estimate is (a + (width - 1)/2)/N. Fails with probability at most `value` in
        every world.
    prior : array (N + 1,)
        Least favourable law of j, from the dual: against it every estimate fails with probability at least `value`,
        and `strategy` exactly so.

    Raises
    ------
    RuntimeError if the solver does not finish.
    """
    _check(N, n, eps)
    width = window_width(N, eps)
    worlds = np.arange(N + 1)[:, None]
    columns, equalities, sizes = [], [], {}
    for d, mass in occupancy(N, n).items():
        U = N - d
        starts = np.arange(max(U + 1 - width, 0) + 1)
        law = np.pad(stats.hypergeom.pmf(np.arange(U + 1), N, worlds, U), ((0, 0), (1, width)))
        below = np.cumsum(law, axis=1)
        covered = below[:, starts + width] - below[:, starts]
        columns.append(float(mass) * (1 - covered))
        equalities.append(np.ones((1, starts.size)))
        sizes[U] = starts.size
    failure = np.hstack(columns)
    variables = failure.shape[1]
    solution = linprog(
        np.r_[np.zeros(variables), 1.0],
        A_ub=np.hstack([failure, -np.ones((N + 1, 1))]),
        b_ub=np.zeros(N + 1),
        A_eq=sparse.hstack([sparse.block_diag(equalities), sparse.csr_array((len(sizes), 1))]).tocsr(),
        b_eq=np.ones(len(sizes)),
        bounds=[(0, None)] * variables + [(None, None)],
        method="highs",
    )
    if solution.status != 0:
        raise RuntimeError(f"the linear programme for N = {N}, n = {n}, eps = {eps} failed: {solution.message}")
    laws = np.split(np.clip(solution.x[:-1], 0, None), np.cumsum(list(sizes.values()))[:-1])
    prior = np.clip(-solution.ineqlin.marginals, 0, None)
    strategy = {U: law / law.sum() for U, law in zip(sizes, laws, strict=True)}
    return float(solution.fun), strategy, prior / prior.sum()
