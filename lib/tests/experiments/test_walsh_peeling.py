import numpy as np
import pytest
from scipy.linalg import hadamard

from theorycheck.experiments import walsh_peeling as walsh
from theorycheck.seeds import generator


def rank(vectors, n):
    """Rank over F_2 by elimination on a 0/1 matrix."""
    a = np.array([[int(v) >> i & 1 for i in range(n)] for v in vectors])
    done = 0
    for column in range(n):
        rows = np.flatnonzero(a[done:, column]) + done
        if rows.size:
            a[[done, rows[0]]] = a[[rows[0], done]]
            others = np.flatnonzero(a[:, column])
            a[others[others != done]] ^= a[done]
            done += 1
    return done


def test_signs_are_the_entries_of_a_hadamard_matrix():
    assert np.array_equal(walsh.signs(np.arange(32), np.arange(32)), hadamard(32))


def test_columns_are_independent_and_hashes_balanced():
    for k in range(30):
        columns = walsh.random_columns(6, 5, generator(0, "columns", k))
        assert rank(columns, 6) == 5
        assert np.array_equal(np.bincount(walsh.hashes(columns, np.arange(64))), np.full(32, 2))


def test_span_sums_the_columns_of_each_bit():
    columns = np.array([1, 6, 8])
    assert walsh.span(columns).tolist() == [0, 1, 6, 7, 8, 9, 14, 15]


def test_subsampling_adds_up_the_coefficients_of_a_bin():
    rng = generator(0, "spectrum")
    spectrum = rng.normal(size=64)
    columns, offset = walsh.random_columns(6, 3, rng), 37
    bins = hadamard(8) @ (hadamard(64) @ spectrum)[walsh.span(columns) ^ offset] / 8
    signed = spectrum * walsh.signs(np.arange(64), np.array([offset]))[:, 0]
    assert bins == pytest.approx(np.bincount(walsh.hashes(columns, np.arange(64)), signed, minlength=8))


def test_peeling_against_one_removal_at_a_time():
    rng = generator(0, "bins")
    for size in (6, 9, 14):
        bins = rng.integers(size, size=(3, 20))
        left = set(range(20))
        while True:
            alone = [k for k in left if any(sum(row[j] == row[k] for j in left) == 1 for row in bins)]
            if not alone:
                break
            left.remove(alone[0])
        assert set(np.flatnonzero(walsh.peel(bins, size)).tolist()) == left


def test_largest_peelable_is_a_change_of_verdict():
    bins = generator(0, "bins").integers(64, size=(3, 250))
    found = walsh.largest_peelable(bins, 64, 0.1)
    assert walsh.peel(bins[:, :found], 64).mean() <= 0.1 < walsh.peel(bins[:, : found + 1], 64).mean()


@pytest.mark.parametrize("count", [20, 50])
def test_noiseless_decoder_finds_what_peeling_reaches(count):
    rng = generator(0, "noiseless", count)
    columns = [walsh.random_columns(12, 4, rng) for _ in range(3)]
    k, values = walsh.support(12, count, rng), rng.uniform(1, 2, count)
    indices, found = walsh.noiseless_decode(k, values, columns, 12)
    left = walsh.peel(np.array([walsh.hashes(c, k) for c in columns]), 16)
    expected = dict(zip(k[~left].tolist(), values[~left].tolist(), strict=True))
    assert dict(zip(indices.tolist(), found.tolist(), strict=True)) == pytest.approx(expected)


def test_noisy_decoder_with_little_noise_is_exact_either_way():
    rng = generator(1, "noisy")
    columns = [walsh.random_columns(8, 4, rng) for _ in range(3)]
    k, values = walsh.support(8, 9, rng), rng.choice([-1.0, 1.0], 9)
    truth = np.zeros(256)
    truth[k] = values
    assert not walsh.peel(np.array([walsh.hashes(c, k) for c in columns]), 16).any()
    for offsets, spell in ((rng.integers(256, size=30), False), (np.concatenate([[0], 1 << np.arange(8)]), True)):
        decoder = walsh.NoisyDecoder(columns, 8, offsets)
        bins = walsh.noisy_bins(k, values, columns, offsets, 1e-3, rng)
        found = decoder.decode(bins, 1e-3, decoder.spell if spell else None)
        assert np.array_equal(found, truth)
        if not spell:
            needed = decoder.offsets_needed(bins, 1e-3, truth)
            assert np.array_equal(decoder.decode(bins[..., :needed], 1e-3), truth)
            assert not np.array_equal(decoder.decode(bins[..., : needed - 1], 1e-3), truth)
