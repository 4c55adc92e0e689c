from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from scipy import stats

from theorycheck.theory.finite_fields import consistent_learner, polynomial_floor, rank_law


def rank_mod(rows, q):
    """Rank over F_q, q prime, as the logarithm of the number of vectors in the span."""
    span = {tuple(np.zeros(len(rows[0]), dtype=int))}
    for row in rows:
        span = {tuple((np.array(v) + c * np.array(row)) % q) for v in span for c in range(q)}
    return round(np.log(len(span)) / np.log(q))


@pytest.mark.parametrize("q, d, n", [(2, 2, 3), (2, 3, 2), (3, 2, 2), (5, 1, 2)])
def test_rank_law_against_all_matrices(q, d, n):
    vectors = list(product(range(q), repeat=d))
    counts = {}
    for rows in product(vectors, repeat=n):
        rank = rank_mod(rows, q)
        counts[rank] = counts.get(rank, 0) + 1
    assert rank_law(q, d, n) == {rank: Fraction(count, q ** (d * n)) for rank, count in counts.items()}


def test_square_matrices_are_invertible_with_the_known_probability():
    # The order of GL(d, q) over q^(d^2).
    q, d = 3, 5
    expected = Fraction(1)
    for i in range(1, d + 1):
        expected *= 1 - Fraction(1, q**i)
    assert rank_law(q, d, d)[d] == expected


def test_success_and_failure_part_at_n_equal_d():
    success, failure = consistent_learner(2, 4, 3)
    assert success == failure == sum(Fraction(1, 2 ** (4 - r)) * p for r, p in rank_law(2, 4, 3).items())
    success, failure = consistent_learner(2, 4, 12)
    assert failure < Fraction(1, 50) < Fraction(9, 10) < success


@pytest.mark.parametrize("q, k, n, eps", [(17, 3, 3, 0.15), (17, 3, 5, 0.12), (11, 2, 4, 0.2), (5, 5, 5, 0.3)])
def test_polynomial_floor_against_floating_point(q, k, n, eps):
    centres = np.arange(-q, 3 * q) / (2 * q)  # every window of multiples of 1/q has a centre on this grid
    covered = 0.0
    for e in range(n - k + 1):
        loss = (e + np.arange(q - n + 1)) / q
        mass = stats.binom.pmf(e, n - k, 1 - 1 / q) * stats.binom.pmf(np.arange(q - n + 1), q - n, 1 - 1 / q)
        inside = np.abs(loss - centres[:, None]) <= eps + 1e-12
        covered += np.max(inside @ mass + (e == 0) * (np.abs(centres) <= eps + 1e-12))
    assert float(polynomial_floor(q, k, n, eps)) == pytest.approx(1 - covered / 2, rel=1e-9)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="q >= 2"):
        rank_law(1, 2, 2)
    with pytest.raises(ValueError, match="1 <= k <= n <= q"):
        polynomial_floor(5, 3, 2, 0.1)
