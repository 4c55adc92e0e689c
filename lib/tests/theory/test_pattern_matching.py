import numpy as np
import pytest

from theorycheck.theory import pattern_matching


def cost(counts, shares, m):
    """Cost per text position by its definition: letters with their occurrences and their shares of the text."""
    heavy = counts > np.sqrt(m)
    return heavy.sum() + shares[~heavy] @ counts[~heavy]


@pytest.mark.parametrize("m", [16, 64, 256])
def test_balanced_patterns_by_the_definition(m):
    for f in (d for d in range(1, m + 1) if m % d == 0):
        letters = m // f
        direct = cost(np.full(letters, f), np.full(letters, 1 / letters), m)
        assert pattern_matching.balanced_cost(f, m) == pytest.approx(direct)


def test_no_profile_costs_more_than_the_bound():
    rng = np.random.default_rng(0)
    for _ in range(300):
        m = int(rng.integers(4, 400))
        counts = np.bincount(rng.integers(rng.integers(1, m + 1), size=m))
        shares = rng.dirichlet(np.full(len(counts), 0.1))
        assert cost(counts, shares, m) <= pattern_matching.worst_cost(m)


def test_several_lengths_at_once():
    assert pattern_matching.balanced_cost(np.array([2, 8, 8]), np.array([16, 16, 64])).tolist() == [2, 2, 8]


def test_frequencies_must_divide_the_length():
    with pytest.raises(ValueError, match="divide m = 16; got 3"):
        pattern_matching.balanced_cost(3, 16)


def test_surviving_share_by_enumeration_of_all_tables():
    tables = np.array(np.meshgrid(*[range(3)] * 2)).reshape(2, -1)
    assert pattern_matching.hashed_share(3) == pytest.approx(np.mean(tables[0] != tables[1]))
