"""Schedules of exact attention O = softmax(Q K^T) V through a small fast memory, with every moved word counted.

Each schedule runs in two modes that share its loops: with arrays (Q, K, V), each (N, d), it computes the output too;
without, blocks of equal size are visited once and their transfers multiplied, so that counting is exact at any N.
"""

from itertools import product

import numpy as np
from scipy.special import softmax

from theorycheck.experiments.two_level_memory import LRUCache, TwoLevelMemory


def _blocks(total, size, numeric):
    """Slices of range(total) of at most `size`, each with how often it occurs: all of them, or one of each length."""
    starts = range(0, total, size)
    if numeric:
        return [(slice(s, min(s + size, total)), 1) for s in starts]
    full, rest = divmod(total, size)
    found = [(slice(0, size), full)] if full else []
    return found + ([(slice(0, rest), 1)] if rest else [])


def _length(block):
    return block.stop - block.start


class _Rows:
    """Running softmax of some rows: weighted sum of values, maximum and sum of the weights (Milakov-Gimelshein)."""

    def __init__(self, rows, d):
        self.out, self.top, self.sum = np.zeros((rows, d)), np.full(rows, -np.inf), np.zeros(rows)

    def add(self, scores, values):
        """Add keys with these scores (rows, keys) and values (keys, d)."""
        top = np.maximum(self.top, scores.max(axis=1))
        shrink, weights = np.exp(self.top - top), np.exp(scores - top[:, None])
        self.out = self.out * shrink[:, None] + weights @ values
        self.sum, self.top = self.sum * shrink + weights.sum(axis=1), top


def fused(n, d, capacity, arrays=None):
    """FlashAttention with queries in the outer loop: B rows of Q, O, maximum, sum and score stay, keys stream past.

    Moves 2 N d + 2 N d ceil(N/B) words, B = floor((M - d)/(2 d + 3)); the value of a key takes the place of its key.

    Returns
    -------
    moved : int
    output : array (N, d) or None

    Raises
    ------
    MemoryError
        If not even one row fits.
    """
    memory, numeric = TwoLevelMemory(capacity), arrays is not None
    output = np.empty((n, d)) if numeric else None
    for rows, repeat in _blocks(n, max((capacity - d) // (2 * d + 3), 1), numeric):
        size = _length(rows)
        memory.hold(size * (2 * d + 3) + d)
        memory.transfer(repeat * size * d)  # load Q
        state = _Rows(size, d) if numeric else None
        for keys, inner in _blocks(n, 1, numeric):
            memory.transfer(repeat * inner * 2 * d)  # load a key, then its value
            if numeric:
                state.add(arrays[0][rows] @ arrays[1][keys].T, arrays[2][keys])
        memory.transfer(repeat * size * d)  # store O
        memory.release(size * (2 * d + 3) + d)
        if numeric:
            output[rows] = state.out / state.sum[:, None]
    return memory.moved, output


def fused_keys_outside(n, d, capacity, arrays=None):
    """FlashAttention with keys and values in the outer loop: the running rows are loaded and stored once a block.

    Moves 2 N d + ceil(N/B) N (3 d + 4) words, B = floor((M - 2 d - 3)/(2 d + 1)). Returns as `fused`.
    """
    memory, numeric = TwoLevelMemory(capacity), arrays is not None
    states = [_Rows(1, d) for _ in range(n)] if numeric else None
    for keys, repeat in _blocks(n, max((capacity - 2 * d - 3) // (2 * d + 1), 1), numeric):
        size = _length(keys)
        memory.hold(size * (2 * d + 1) + 2 * d + 3)
        memory.transfer(repeat * size * 2 * d)  # load K and V
        for row, inner in _blocks(n, 1, numeric):
            memory.transfer(repeat * inner * (3 * d + 4))  # load q, o, maximum, sum; store the last three
            if numeric:
                states[row.start].add(arrays[0][row] @ arrays[1][keys].T, arrays[2][keys])
        memory.release(size * (2 * d + 1) + 2 * d + 3)
    output = np.concatenate([s.out / s.sum[:, None] for s in states]) if numeric else None
    return memory.moved, output


def tiled(n, d, capacity, arrays=None, *, softmax_pass=False):
    """Two products by square tiles of side b, the largest with b^2 + 3 b <= M, with exp(S) written to slow memory.

    Tiles of S collect outer products of streamed columns of Q and K; exp(S) and its row sums are stored. Tiles of the
    output collect outer products of columns of exp(S) and rows of V. Moves about 4 N^2 d/sqrt(M) + N^2 words. With
    `softmax_pass`, S itself is written first, and read and written again to exponentiate it. Returns as `fused`.
    """
    memory, numeric = TwoLevelMemory(capacity), arrays is not None
    side = int((np.sqrt(9 + 4 * capacity) - 3) // 2)
    weights, output = (np.empty((n, n)), np.empty((n, d))) if numeric else (None, None)
    for rows, repeat in _blocks(n, side, numeric):
        memory.hold(_length(rows))  # row sums
        for keys, inner in _blocks(n, side, numeric):
            height, width, times = _length(rows), _length(keys), repeat * inner
            memory.hold(height * width + height + width)
            memory.transfer(times * d * (height + width))  # columns of Q and K
            memory.transfer(times * height * width)  # store exp(S)
            memory.release(height * width + height + width)
            if numeric:
                weights[rows, keys] = np.exp(sum(np.outer(arrays[0][rows, c], arrays[1][keys, c]) for c in range(d)))
        memory.transfer(repeat * _length(rows))  # store the row sums
        memory.release(_length(rows))
    if softmax_pass:
        memory.transfer(2 * n * n)
    for rows, repeat in _blocks(n, side, numeric):
        for columns, inner in _blocks(d, side, numeric):
            height, width, times = _length(rows), _length(columns), repeat * inner
            memory.hold(height * width + 2 * height + width)
            memory.transfer(times * n * (height + width))  # columns of exp(S), rows of V
            memory.transfer(times * (height + height * width))  # load the row sums, store O
            memory.release(height * width + 2 * height + width)
            if numeric:
                product = weights[rows] @ arrays[2][:, columns]
                output[rows, columns] = product / weights[rows].sum(axis=1, keepdims=True)
    return memory.moved, output


def run_on_numbers(n, d, capacities, rng):
    """Run the schedules `fused`, `fused_keys_outside` and `tiled` on Gaussian Q, K and V at each size of fast memory.

    Returns
    -------
    error : array (3, len(capacities))
        Largest difference of the output from softmax attention formed at once.
    counted, blind : int arrays of that shape
        Words moved, counted in the run with numbers and in a run without.
    """
    arrays = queries, keys, values = rng.normal(size=(3, n, d))
    attention = softmax(queries @ keys.T, axis=1) @ values
    found = np.empty((3, 3, len(capacities)))
    for (i, schedule), (j, m) in product(enumerate((fused, fused_keys_outside, tiled)), enumerate(capacities)):
        moved, output = schedule(n, d, m, arrays)
        found[:, i, j] = np.abs(output - attention).max(), moved, schedule(n, d, m)[0]
    return found[0], *found[1:].astype(int)


def cost(algorithm, n, d, capacity):
    """Words moved by "fused", "tiled", "naive" (tiled, with a separate softmax pass) or the "best" of these schedules.

    Parameters
    ----------
    algorithm : str
    n, d, capacity : numbers or arrays
        Broadcast against each other, and rounded down.

    Returns
    -------
    float or array
        Infinite where the schedule does not fit.

    Raises
    ------
    ValueError
        If the algorithm is none of the four.
    """
    if algorithm not in ("best", "fused", "tiled", "naive"):
        raise ValueError(f"algorithm must be 'best', 'fused', 'tiled' or 'naive'; got {algorithm!r}")
    sizes = np.broadcast_arrays(n, d, capacity)
    moved = [_cost(algorithm, *map(int, one)) for one in zip(*(a.ravel() for a in sizes), strict=True)]
    return np.reshape(np.array(moved, dtype=float), sizes[0].shape)[()]


def _cost(algorithm, n, d, capacity):
    """Words moved at one size, as an int, or infinity."""
    if algorithm == "naive":
        return tiled(n, d, capacity, softmax_pass=True)[0]
    moved = [tiled(n, d, capacity)[0]] if algorithm in ("tiled", "best") else []
    for schedule in (fused, fused_keys_outside) if algorithm in ("fused", "best") else ():
        try:
            moved.append(schedule(n, d, capacity)[0])
        except MemoryError:
            continue  # not even one row fits
    return min(moved, default=np.inf)


def crossover(n, d):
    """Smallest fast memory at which the fused schedule moves no more than the tiled one, by bisection."""
    low, high = 3 * d + 3, 4 * d * d
    while high - low > 1:
        middle = (low + high) // 2
        if fused(n, d, middle)[0] <= tiled(n, d, middle)[0]:
            high = middle
        else:
            low = middle
    return high


def fused_through_cache(n, d, capacity, cache_size):
    """Words that an LRU cache of `cache_size` words moves for the accesses of `fused` with fast memory `capacity`."""
    cache = LRUCache(cache_size)
    size = (capacity - d) // (2 * d + 3)
    for start in range(0, n, size):
        rows = range(start, min(start + size, n))
        for j in range(n):
            for i in rows:
                for c in range(d):
                    cache.read(("q", i, c))
                    cache.read(("k", j, c))
                cache.write(("score", i - start))
            for i in rows:
                for name in ("score", "top", "sum"):
                    (cache.write if j == 0 else cache.read)((name, i - start))
                    cache.write((name, i - start))
                for c in range(d):
                    cache.read(("v", j, c))
                    if j:
                        cache.read(("o", i, c))
                    cache.write(("o", i, c))
        for i in rows:
            for name in ("score", "top", "sum"):
                cache.discard((name, i - start))
    cache.flush()
    return cache.moved


def random_product_schedule(n, d, capacity, rng):
    """Words that an LRU cache moves to form S = Q K^T in tiles of random sides (1 to 19) and random loop order.

    A finished sum is consumed at once and needs no store, so this costs no more than attention in the same order.
    """
    sides = {name: int(rng.integers(1, 20)) for name in "ijc"}
    limits = {"i": n, "j": n, "c": d}
    outer, inner = (["ijc"[k] for k in rng.permutation(3)] for _ in range(2))
    cache, done = LRUCache(capacity), {}

    def ranges(order, bounds):
        if not order:
            yield {}
            return
        for value in bounds(order[0]):
            for rest in ranges(order[1:], bounds):
                yield {order[0]: value, **rest}

    for corner in ranges(outer, lambda name: range(0, limits[name], sides[name])):
        ends = {name: min(corner[name] + sides[name], limits[name]) for name in corner}
        for at in ranges(inner, lambda name, corner=corner, ends=ends: range(corner[name], ends[name])):
            i, j, c = at["i"], at["j"], at["c"]
            cache.read((0, i, c))
            cache.read((1, j, c))
            count = done.get((i, j), 0)
            if count:
                cache.read((2, i, j))
            if count + 1 == d:
                cache.discard((2, i, j))
                done.pop((i, j), None)
            else:
                cache.write((2, i, j))
                done[i, j] = count + 1
    return cache.moved
