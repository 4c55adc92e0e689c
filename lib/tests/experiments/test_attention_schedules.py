import numpy as np
import pytest
from scipy.special import softmax

from theorycheck.experiments import attention_schedules as schedules
from theorycheck.experiments.two_level_memory import LRUCache, TwoLevelMemory
from theorycheck.seeds import generator


@pytest.mark.parametrize("schedule", [schedules.fused, schedules.fused_keys_outside, schedules.tiled])
@pytest.mark.parametrize(("n", "d", "capacity"), [(10, 3, 25), (17, 4, 60), (12, 6, 200), (5, 2, 500)])
def test_output_and_counts(schedule, n, d, capacity):
    q, k, v = generator(0, "inputs").normal(size=(3, n, d))
    moved, output = schedule(n, d, capacity, (q, k, v))
    assert output == pytest.approx(softmax(q @ k.T, axis=1) @ v, abs=1e-12)
    assert schedule(n, d, capacity) == (moved, None)


def test_counts_against_their_formulas():
    n, d, m = 1000, 16, 700
    rows = (m - d) // (2 * d + 3)
    assert schedules.fused(n, d, m)[0] == 2 * n * d + 2 * n * d * -(-n // rows)
    keys = (m - 2 * d - 3) // (2 * d + 1)
    assert schedules.fused_keys_outside(n, d, m)[0] == 2 * n * d + -(-n // keys) * n * (3 * d + 4)
    tiles, strips = 40, 1  # side 25: 625 + 75 = 700 words
    exact = tiles**2 * (2 * 25 * d + 25 * 25) + n + tiles * strips * (n * (25 + d) + 25 + 25 * d)
    assert schedules.tiled(n, d, m)[0] == exact
    assert schedules.cost("naive", n, d, m) == exact + 2 * n * n
    with pytest.raises(ValueError, match="algorithm must be"):
        schedules.cost("magic", n, d, m)


def test_run_on_numbers_finds_a_wrong_schedule(monkeypatch):
    n, d, sizes = 9, 3, [25, 90]
    error, counted, blind = schedules.run_on_numbers(n, d, sizes, generator(0, "numbers"))
    assert error.max() < 1e-12
    assert counted.tolist() == blind.tolist()
    assert counted[0].tolist() == [6 * 2 * n * d, 2 * 2 * n * d]  # 2 rows at a time, then all 9
    monkeypatch.setattr(
        schedules, "tiled", lambda n, d, m, arrays=None: (m if arrays is None else m + 1, np.ones((n, d)))
    )
    error, counted, blind = schedules.run_on_numbers(n, d, sizes, generator(0, "numbers"))
    assert (error.max(axis=1) > 0.1).tolist() == [False, False, True]
    assert (counted - blind).tolist() == [[0, 0], [0, 0], [1, 1]]


def test_costs_of_arrays_of_sizes():
    n, m = np.array([[40.0], [1000.0]]), [30.9, 700.0, 9e4]
    for name in ("fused", "tiled", "naive", "best"):
        found = schedules.cost(name, n, 16, m)
        assert found.shape == (2, 3)
        assert found.tolist() == [[schedules.cost(name, int(k), 16, int(c)) for c in m] for k in n[:, 0]]


def test_too_small_a_memory_is_refused():
    with pytest.raises(MemoryError):
        schedules.fused(10, 8, 20)
    assert schedules.cost("fused", 10, 8, 20) == float("inf")
    assert schedules.cost("best", 10, 8, 20) == schedules.cost("tiled", 10, 8, 20)


def test_crossover_is_where_the_order_changes():
    n, d = 2**12, 64
    m = schedules.crossover(n, d)
    assert schedules.fused(n, d, m)[0] <= schedules.tiled(n, d, m)[0]
    assert schedules.fused(n, d, m - 1)[0] > schedules.tiled(n, d, m - 1)[0]


def test_two_level_memory_refuses_too_much():
    memory = TwoLevelMemory(10)
    memory.hold(7)
    with pytest.raises(MemoryError):
        memory.hold(4)
    memory.release(7)
    with pytest.raises(ValueError, match="cannot release"):
        memory.release(1)


def test_cache_against_a_list():
    rng = generator(0, "accesses")
    cache, words, dirty, moved = LRUCache(5), [], set(), 0
    for address, write in zip(rng.integers(9, size=500), rng.random(500) < 0.4, strict=True):
        (cache.write if write else cache.read)(int(address))
        if address in words:
            words.remove(address)
        else:
            moved += not write
            if len(words) == 5:
                gone = words.pop(0)
                moved += gone in dirty
                dirty.discard(gone)
        words.append(address)
        if write:
            dirty.add(address)
        assert cache.moved == moved
    cache.flush()
    assert cache.moved == moved + len(dirty)


def test_a_large_cache_moves_every_input_once():
    n, d = 6, 3
    assert schedules.fused_through_cache(n, d, 10**4, 10**5) == 3 * n * d + n * d  # Q, K, V in, O out
    assert schedules.random_product_schedule(n, d, 10**5, generator(0, "order")) == 2 * n * d


def test_a_cache_of_one_tile_of_sums():
    """Three words: with c innermost every product costs one or two loads, never less than the distinct words."""
    moved = schedules.random_product_schedule(4, 2, 3, generator(3, "order"))
    assert 4 * 4 * 2 <= moved <= 4 * 4 * 2 * 4
