"""Linear functions and polynomials over a finite field: what random samples determine, in exact fractions."""

from fractions import Fraction
from math import comb

from theorycheck.theory.minimax_estimation import window_width


def rank_law(q, d, n):
    """Law of the rank of n independent uniform vectors in F_q^d.

    A new vector lies in the span of vectors of rank r with probability q^(r - d), and raises the rank otherwise.

    Parameters
    ----------
    q : int
        Size of the field, a prime power; at least 2.
    d, n : int
        Dimension (>= 1) and number of vectors (>= 0).

    Returns
    -------
    dict {rank: Fraction}, the exact probabilities of the possible ranks 0..min(d, n).
    """
    if q < 2 or d < 1 or n < 0:
        raise ValueError(f"need q >= 2, d >= 1 and n >= 0; got q = {q}, d = {d}, n = {n}")
    law = {0: Fraction(1)}
    for _ in range(n):
        following = {}
        for rank, mass in law.items():
            stays = Fraction(q**rank, q**d)
            for new, share in ((rank, stays), (rank + 1, 1 - stays)):
                if share:
                    following[new] = following.get(new, 0) + mass * share
        law = following
    return law


def consistent_learner(q, d, n):
    r"""Success of a learner that outputs a consistent linear function, and failure of the best bound on its loss.

    With $\rho=d-\mathrm{rank}$ the sample leaves $q^\rho$ equally likely targets, which all differ from one another on
    the same share of points: the loss is 0 for one of them and $1-1/q$ for the others. So success has probability
    $Eq^{-\rho}$, and the best bound fails with probability $E\min(q^{-\rho},1-q^{-\rho})$.

    Returns
    -------
    (Fraction, Fraction) : success, failure
    """
    shares = [(Fraction(1, q ** (d - rank)), mass) for rank, mass in rank_law(q, d, n).items()]
    return sum(s * mass for s, mass in shares), sum(min(s, 1 - s) * mass for s, mass in shares)


def polynomial_floor(q, k, n, eps):
    r"""Least failure probability of a bound on the loss of polynomial interpolation, averaged over two worlds.

    The learner interpolates the first k of n distinct points of $F_q$ by a polynomial of degree < k. In world T the
    target is such a polynomial, and the loss is 0; in world F it is a uniform function. A sample shows e, the number of
    the other n - k points that contradict the interpolant, and nothing else that matters: e = 0 in T, and
    $e\sim\mathrm{Bin}(n-k,1-\frac1q)$ in F, where the loss is $(e+\mathrm{Bin}(q-n,1-\frac1q))/q$. The floor is

    .. math:: 1-\tfrac12\sum_e\max_c\bigl[1\{e=0,|c|\le\epsilon\}+P(\mathrm{Bin}(n-k,1-\tfrac1q)=e)\,
        P(|(e+\mathrm{Bin}(q-n,1-\tfrac1q))/q-c|\le\epsilon)\bigr].

    Parameters
    ----------
    q : int
        Size of the field.
    k, n : int
        1 <= k <= n <= q.
    eps : float
        Tolerance in (0, 1/2), read as the decimal number that it is written as.

    Returns
    -------
    Fraction
    """
    if not 1 <= k <= n <= q:
        raise ValueError(f"need 1 <= k <= n <= q; got k = {k}, n = {n}, q = {q}")
    width = window_width(q, eps)
    seen, unseen = (_wrong_values(m, q) for m in (n - k, q - n))
    covered = Fraction(0)
    for e, mass in enumerate(seen):
        # A window of `width` consecutive multiples of 1/q that starts at `start`; world T sits at 0.
        covered += max(
            Fraction(int(e == 0 and start <= 0))
            + mass * sum(unseen[max(start - e, 0) : max(start + width - e, 0)], Fraction(0))
            for start in range(1 - width, q + 1)
        )
    return 1 - covered / 2


def _wrong_values(m, q):
    """Law of the number of m points at which a uniform function differs from a given one: Bin(m, 1 - 1/q)."""
    return [Fraction(comb(m, e) * (q - 1) ** e, q**m) for e in range(m + 1)]
