import itertools
from fractions import Fraction

import numpy as np
import pytest

from theorycheck.theory import state_tracking


@pytest.mark.parametrize("decay", [Fraction(1, 2), Fraction(9, 10), Fraction(99, 100)])
@pytest.mark.parametrize("bits", [1, 8, 16, 24])
def test_memory_length_in_exact_arithmetic(decay, bits):
    k = int(state_tracking.memory_length(bits, float(decay)))
    assert decay**k <= Fraction(1, 2 ** (bits + 1)) < decay ** (k - 1)


def test_fewest_factors_is_a_rank():
    for n in (1, 2, 3, 4, 5):
        for permutation in itertools.permutations(range(n)):
            matrix = np.eye(n)[:, permutation]
            assert state_tracking.fewest_factors(permutation) == np.linalg.matrix_rank(np.eye(n) - matrix)


def test_places_and_factors_of_a_transposition_and_a_turn():
    """A swap of two places is one reflection, and a turn of the plane of (1, 1, 1)'s orthogonal complement is two."""
    assert state_tracking.places_and_factors([(1, 0, 2), (1, 2, 0)]) == (3, 1.5)


def test_first_misread_of_one_plane():
    """n = 3: deviation 1 shrinks by (1 - d/2) a factor on average and is misread below 1/2."""
    d = 1e-4
    steps = np.log(0.5) / np.log(1 - d / 2)
    assert state_tracking.first_misread(3, 1.0, d) == pytest.approx(steps, rel=1e-3)
    assert state_tracking.first_misread(3, 2.0, d) == pytest.approx(steps / 2, rel=1e-3)
