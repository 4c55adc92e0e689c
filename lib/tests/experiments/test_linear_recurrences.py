import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy.combinatorics import Permutation, PermutationGroup

from theorycheck.experiments import linear_recurrences as lr
from theorycheck.seeds import generator

finite = st.floats(-1e6, 1e6, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-300)


@given(st.lists(finite, min_size=1, max_size=20), st.integers(2, 30))
def test_rounding_against_frexp(values, bits):
    mantissa, exponent = np.frexp(values)
    expected = np.ldexp(np.rint(np.ldexp(mantissa, bits)), exponent - bits)  # rint breaks ties to even
    assert np.array_equal(lr.round_to_bits(np.array(values), bits), expected)


def test_rounding_to_24_bits_is_single_precision():
    x = generator(0, "x").normal(size=1000)
    assert np.array_equal(lr.round_to_bits(x, 24), x.astype(np.float32).astype(float))


def test_stack_against_a_loop_over_channels():
    stack = lr.random_stacks(2, 3, [0.0, -1.0], [False, False], generator(0, "stack"))
    visited = lr.run_stack(stack, np.zeros((2, 2, 3)), 30, 8)

    def rnd(x):
        mantissa, exponent = np.frexp(x)
        return np.ldexp(np.rint(np.ldexp(mantissa, 8)), exponent - 8)

    for net in range(2):
        h = np.zeros((2, 3))
        for t in range(30):
            x = np.array([1.0, 0.0, 0.0])
            for layer in range(2):
                low = stack.a_min[net]
                for c in range(3):
                    share = 0.5 + stack.gate[layer, net, c] @ x + stack.offset[layer, net, c]
                    a = rnd(low + (1 - low) * min(max(share, 0), 1))
                    h[layer, c] = rnd(rnd(a * h[layer, c]) + rnd(stack.drive[layer, net, c] @ x))
                x = rnd(np.tanh(stack.output[layer, net] @ h[layer]))
            assert np.array_equal(visited[t, :, net], h)


def test_rotated_nets_turn_three_channels():
    stack = lr.random_stacks(1, 4, [0.0], [True], generator(0, "stack"))
    settled = lr.settled_states(stack, 8, 30, 12)
    assert lr.eventual_period(settled).tolist() == [3]
    assert sorted(settled[0, 0, 0, :3]) == [1, 2, 3]


def test_slow_nets_are_continued():
    """A channel with a = 1 and a small drive climbs for hundreds of steps before rounding stops it."""
    one = np.ones((1, 1, 1, 1))
    stack = lr.Stack(0 * one, np.ones((1, 1, 1)), one, one, np.array([0.0]), np.array([False]))
    assert lr.eventual_period(lr.run_stack(stack, np.zeros((1, 1, 1)), 20, 8)).tolist() == [0]
    settled = lr.settled_states(stack, 8, 20, 12)
    assert settled[-1].item() == 256.0  # 256 + 1 is a tie between neighbours 2 apart, and goes to even
    assert lr.eventual_period(settled).tolist() == [1]


def test_period_and_lookup_of_known_sequences():
    t = np.arange(24)
    visited = np.stack([t % 2, t % 3, t % 4, 0 * t, t], axis=1)[:, :, None].astype(float)  # (steps, nets, 1)
    assert lr.eventual_period(visited).tolist() == [2, 3, 4, 1, 0]
    assert lr.lookup_hits(visited, t % 2).tolist() == [24, 12, 24, 12, 24]
    assert lr.lookup_hits(visited, t % 3).tolist() == [8, 24, 8, 8, 24]


def test_periods_and_counts_of_a_blinking_layer_above_a_turning_one():
    """The first layer turns by 3, the second blinks: together they have period 6, and a table knows both counts."""
    t = np.arange(24)
    visited = np.stack([t % 3, t % 2], axis=1)[:, :, None, None].astype(float)
    assert lr.periods_and_counts(visited, (2, 3))[..., 0].tolist() == [[3, 6], [12, 24], [24, 24]]
    swapped = lr.periods_and_counts(visited[:, ::-1], (2, 3))
    assert swapped[..., 0].tolist() == [[2, 6], [24, 24], [8, 24]]


def test_reflections_multiply_to_the_permutation():
    for n in (2, 3, 4, 5):
        for permutation in itertools.permutations(range(n)):
            matrix = np.zeros((n, n), dtype=int)
            matrix[list(permutation), range(n)] = 1
            assert np.array_equal(lr.reflection_product(lr.reflection_pairs(permutation), n), matrix)


def test_factorizations_against_sympy():
    found = lr.factorizations(4)
    assert len({image for image, *_ in found}) == len(found) == 2 + 6 + 24
    for image, factors, exact, rank in found:
        assert exact
        assert factors == rank == len(Permutation(list(image)).transpositions())


def test_generators_generate_the_groups():
    orders = {name: PermutationGroup(*map(Permutation, pair)).order() for name, pair in lr.GENERATORS.items()}
    assert orders == {"S3": 6, "S4": 24, "A5": 60, "S5": 120}


def test_last_change_in_half_precision():
    values = (1 - 0.9 ** np.arange(200.0)).astype(np.float16)
    assert lr.last_change(11, 0.9, 199) == 1 + np.flatnonzero(np.diff(values)).max()


def test_words_are_read_right_by_isometries_and_wrong_by_projections():
    generators = [lr.cycle(4, 0, 1), lr.cycle(4, 0, 1, 2, 3)]
    exact = lr.first_misread(generators, 5, 300, 0.0, 8, generator(0, "words"))
    assert exact.tolist() == [301] * 5
    assert lr.first_misread(generators, 5, 300, 1.0, 24, generator(0, "words")).max() < 20


def test_shrinking_reflection_on_one_pair():
    """Two entries and one generator: the deviation is 0.5 (1 - d)^t and rounds wrongly as soon as it has shrunk."""
    d = 0.25
    first = lr.first_misread([lr.cycle(3, 0, 2)], 1, 100, d, 40, generator(0, "words"))
    # entries 1 and 3 at 2 ± (1 - d)^t; misread once (1 - d)^t < 1/2
    assert first.tolist() == [int(np.ceil(np.log(0.5) / np.log(1 - d)))]


def test_scalar_orbits_with_eigenvalues_in_the_unit_interval_are_constant():
    assert set(lr.rounded_orbit_periods(1, 50, 8, 2000, generator(0, "orbits"))) <= {0, 1}


def test_rounding_limit_of_bits():
    x = generator(0, "x").normal(size=10)
    assert lr.round_to_bits(x, 52) == pytest.approx(x, rel=1e-15)
