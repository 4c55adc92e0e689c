from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from theorycheck.experiments import hamming_distances as hamming
from theorycheck.seeds import generator

words = st.lists(st.integers(0, 4), min_size=1, max_size=12).map(np.array)


def by_loops(text, pattern):
    return [sum(a != b for a, b in zip(text[i:], pattern, strict=False)) for i in range(len(text) - len(pattern) + 1)]


@settings(max_examples=60, deadline=None)
@given(words, st.lists(st.integers(0, 6), min_size=12, max_size=40).map(np.array), st.integers(0, 5))
def test_all_exact_methods_agree_with_loops(pattern, text, threshold):
    expected = by_loops(text, pattern)
    assert hamming.sliding(text, pattern).tolist() == expected
    assert hamming.heavy_light(text, pattern, threshold)[0].tolist() == expected
    assert hamming.three_sum(text, pattern).tolist() == expected


def test_operations_are_counted_by_hand():
    text, pattern = np.array([0, 1, 2, 0, 1, 3]), np.array([0, 0, 1])
    assert hamming.heavy_light(text, pattern, 0)[1] == 6 * 2
    assert hamming.heavy_light(text, pattern, 1)[1] == 6 + 2
    assert hamming.heavy_light(text, pattern, 2)[1] == 2 * 2 + 2


def test_a_small_stride_mixes_letters():
    text, pattern = generator(0, "t").integers(50, size=300), generator(0, "p").integers(50, size=40)
    assert np.any(hamming.three_sum(text, pattern, stride=30) != hamming.sliding(text, pattern))


def test_hashing_is_the_distance_of_hashed_words_and_never_more():
    text, pattern = generator(0, "t").integers(50, size=300), generator(0, "p").integers(50, size=40)
    tables = generator(0, "h").integers(7, size=(3, 50))
    found = hamming.hashed(text, pattern, tables)
    assert found.tolist() == [hamming.sliding(t[text], t[pattern]).tolist() for t in tables]
    assert np.all(found <= hamming.sliding(text, pattern))


def test_signs_average_to_the_distance_over_all_labellings():
    text, pattern = generator(0, "t").integers(3, size=30), generator(0, "p").integers(3, size=8)
    labels = np.array(np.meshgrid(*[[-1.0, 1.0]] * 3)).reshape(3, -1).T
    assert hamming.signed(text, pattern, labels) == pytest.approx(hamming.sliding(text, pattern))


def test_cost_takes_its_threshold_from_the_length_of_the_pattern():
    text, pattern = np.array([0, 1, 2, 0, 1, 3]), np.array([0, 0, 1])  # thresholds 1, √3 and 3
    assert [hamming.cost(text, pattern, e) for e in (0, 0.5, 1)] == pytest.approx([8 / 6, 8 / 6, 1])


def test_runs_are_as_long_as_asked_but_for_the_last():
    word = hamming.runs(103, 10, 10**6, generator(0, "runs"))
    assert [len(list(run)) for _, run in groupby(word)] == [10] * 10 + [3]


def test_zipf_words_follow_the_law_of_scipy():
    first, second = hamming.zipf_words((20_000, 50), 1.7, 30, generator(0, "zipf"))
    assert second.size == 50
    assert np.mean(first == 1) == pytest.approx(stats.zipf(1.7).pmf(1), abs=0.015)
    assert np.mean(first == 30) == pytest.approx(stats.zipf(1.7).sf(29), abs=0.015)


def test_balanced_words_have_equal_counts_and_no_other_letter():
    text, pattern = hamming.balanced_words(24, 3, generator(0, "words"))
    assert np.bincount(pattern).tolist() == [3] * 8
    assert text.size == 96
    assert set(text.tolist()) == set(range(8))
    with pytest.raises(ValueError, match="divide m = 24; got 5"):
        hamming.balanced_words(24, 5, generator(0, "words"))


def test_random_tables_are_uniform_and_the_fixed_one_lets_all_letters_collide():
    tables = hamming.hash_tables(4, 50, 400, generator(0, "tables"))
    assert np.bincount(tables.ravel()) / tables.size == pytest.approx(np.full(4, 0.25), abs=0.015)
    text, pattern = generator(0, "t").integers(50, size=80), generator(0, "p").integers(50, size=20)
    tables = hamming.hash_tables(4, 50, 2, generator(0, "tables"), "mod")
    assert np.all(hamming.hashed(text, pattern, tables) == 0)
    with pytest.raises(ValueError, match="random or mod; got 'sha'"):
        hamming.hash_tables(4, 50, 2, generator(0, "tables"), "sha")


def test_relative_errors_leave_out_shifts_without_mismatch():
    text, pattern = np.array([0, 0, 1, 1]), np.array([0, 0])  # distances 0, 1, 2
    assert hamming.relative_errors(np.array([5.0, 1.5, 1.0]), text, pattern).tolist() == [0.5, 0.5]
