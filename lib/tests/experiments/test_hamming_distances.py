import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
