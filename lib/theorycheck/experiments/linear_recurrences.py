"""Linear recurrences in arithmetic of finite precision: random diagonal stacks, and words of permutations."""

import itertools
from typing import NamedTuple

import numpy as np

LARGEST = 2.0**15  # states are clipped to ± this


def round_to_bits(x, bits):
    """Round to a significand of `bits` bits, ties to even.

    Done on the binary representation: half a unit of the last kept place is added, and the rest is cut off. Subnormal
    numbers keep fewer bits; `bits` is at most 52.
    """
    pattern = np.ascontiguousarray(x, dtype=float).view(np.int64)
    cut = 53 - bits
    rounded = pattern + ((1 << (cut - 1)) - 1) + ((pattern >> cut) & 1)
    return (rounded & -(1 << cut)).view(float)


class Stack(NamedTuple):
    """Random stacks of diagonal layers: all arrays have the layer first and the net second.

    One layer is h <- rnd(rnd(a h) + b), a = rnd(a_min + (1 - a_min) clip(1/2 + G_a x + g, 0, 1)), b = rnd(G_b x), and
    the next layer's input is rnd(tanh(G_o h)). `rotated` nets turn the first three channels of their first layer by
    one place instead, a matrix that is not triangular.
    """

    gate: np.ndarray  # (layers, nets, channels, channels)
    offset: np.ndarray  # (layers, nets, channels)
    drive: np.ndarray  # (layers, nets, channels, channels)
    output: np.ndarray  # (layers, nets, channels, channels)
    a_min: np.ndarray  # (nets,)
    rotated: np.ndarray  # (nets,) of bool

    def select(self, nets):
        """The stacks of these nets alone."""
        return Stack(*(part[:, nets] for part in self[:4]), *(part[nets] for part in self[4:]))


def random_stacks(layers, channels, a_min, rotated, rng):
    """Draw a stack for each entry of `a_min` and `rotated` (nets,); G_a and g are N(0, 4), the others N(0, 1)."""
    shape = (layers, len(a_min), channels, channels)
    gate, drive, output = (scale * rng.standard_normal(shape) for scale in (2, 1, 1))
    offset = 2 * rng.standard_normal(shape[:-1])
    return Stack(gate, offset, drive, output, np.asarray(a_min, dtype=float), np.asarray(rotated, dtype=bool))


def run_stack(stack, states, steps, bits):
    """Feed the constant input 1 for `steps` steps; returns the visited states (steps, layers, nets, channels)."""
    layers, nets, channels = stack.offset.shape
    low = stack.a_min[:, None]
    turning = np.flatnonzero(stack.rotated)
    one = np.zeros((nets, channels))
    one[:, 0] = 1.0
    visited = np.empty((steps, *states.shape))
    constant = None
    for t in range(steps):
        x = one
        for layer in range(layers):
            if layer or constant is None:  # the input of the first layer never changes
                share = 0.5 + (stack.gate[layer] @ x[..., None])[..., 0] + stack.offset[layer]
                a = round_to_bits(low + (1 - low) * np.minimum(np.maximum(share, 0), 1), bits)
                b = round_to_bits((stack.drive[layer] @ x[..., None])[..., 0], bits)
                constant = (a, b) if layer == 0 else constant
            else:
                a, b = constant
            h = states[layer]
            new = round_to_bits(round_to_bits(a * h, bits) + b, bits)
            new = np.minimum(np.maximum(new, -LARGEST), LARGEST)
            if layer == 0 and turning.size:
                new[turning, :3] = h[turning][:, [2, 0, 1]]
            visited[t, layer] = new
            x = round_to_bits(np.tanh((stack.output[layer] @ new[..., None])[..., 0]), bits)
        states = visited[t]
    return visited


def eventual_period(visited):
    """Period with which each net's states return, 0 if none of at most half of the steps is one.

    Parameters
    ----------
    visited : array (steps, ..., nets, channels)
        The state is everything but the axes of steps and nets.

    Returns
    -------
    int array (nets,)
        Smallest T with s(t + T) = s(t), bit by bit, at all t of the window.
    """
    steps, nets = len(visited), visited.shape[-2]
    period = np.zeros(nets, dtype=int)
    for shift in range(steps // 2, 0, -1):
        same = visited[shift:] == visited[: steps - shift]
        period[same.all(axis=tuple(i for i in range(same.ndim) if i != same.ndim - 2))] = shift
    return period


def settled_states(stack, bits, burn_in, window, *, doublings=8):
    """Run from 0 (rotated channels from 1, 2, 3) until every net has an eventual period; returns the last states.

    Nets without a period after `burn_in` steps are continued, twice as long each time, at most `doublings` times.

    Returns
    -------
    array (window, layers, nets, channels)
    """
    layers, nets, channels = stack.offset.shape
    states = np.zeros((layers, nets, channels))
    if stack.rotated.any():
        states[0, stack.rotated, :3] = [1.0, 2.0, 3.0]
    settled = np.empty((window, layers, nets, channels))
    waiting = np.arange(nets)
    for _ in range(doublings + 1):
        for length in [500] * (burn_in // 500) + [burn_in % 500] * (burn_in % 500 > 0):
            states = run_stack(stack, states, length, bits)[-1]
        visited = run_stack(stack, states, window, bits)
        settled[:, :, waiting] = visited
        late = np.flatnonzero(eventual_period(visited) == 0)
        if late.size == 0:
            break
        waiting, stack, states, burn_in = waiting[late], stack.select(late), visited[-1][:, late], 2 * burn_in
    return settled


def lookup_hits(visited, labels):
    """How many of the labels (steps,) each net's best table from state to label gets right, as ints (nets,)."""
    steps, nets = len(visited), visited.shape[-2]
    by_net = np.moveaxis(visited, -2, 0).reshape(nets, steps, -1)
    hits = np.empty(nets, dtype=int)
    for i, states in enumerate(by_net):
        _, which = np.unique(states, axis=0, return_inverse=True)
        table = np.zeros((which.max() + 1, labels.max() + 1), dtype=int)
        np.add.at(table, (which.ravel(), labels), 1)
        hits[i] = table.max(axis=1).sum()
    return hits


def periods_and_counts(visited, moduli):
    """What the best decoder finds in the first 1, 2, ... layers of each stack, whose states include the layers before.

    Parameters
    ----------
    visited : array (steps, layers, nets, channels)
    moduli : sequence of int
        The decoder is to say the number of the step modulo each of these.

    Returns
    -------
    int array (1 + len(moduli), layers, nets)
        `eventual_period` of the first L layers, then for each modulus how many steps `lookup_hits` gets right.
    """
    steps, layers = np.arange(len(visited)), range(1, visited.shape[1] + 1)
    periods = [eventual_period(visited[:, :depth]) for depth in layers]
    return np.array([periods] + [[lookup_hits(visited[:, :depth], steps % m) for depth in layers] for m in moduli])


def reflection_pairs(permutation):
    """Pairs (i, j) such that the product, first to last, of I - k k^T with k = e_i - e_j is the permutation matrix.

    The matrix moves entry i to place permutation[i]; a cycle of m places takes m - 1 pairs.
    """
    pairs, seen = [], set()
    for start in range(len(permutation)):
        here = start
        while here not in seen:
            seen.add(here)
            if permutation[here] not in seen:
                pairs.append((here, permutation[here]))
            here = permutation[here]
    return pairs


def reflection_product(pairs, n):
    """Product of the integer matrices I - k k^T, k = e_i - e_j, first to last."""
    product = np.eye(n, dtype=int)
    for i, j in pairs:
        k = np.zeros(n, dtype=int)
        k[[i, j]] = 1, -1
        product = product @ (np.eye(n, dtype=int) - np.outer(k, k))
    return product


def cycle(n, *places):
    """The permutation of n places that moves places[0] to places[1], and so on around."""
    image = list(range(n))
    for here, there in zip(places, places[1:] + places[:1], strict=True):
        image[here] = there
    return image


GENERATORS = {
    "S3": [cycle(3, 0, 1), cycle(3, 0, 1, 2)],
    "S4": [cycle(4, 0, 1), cycle(4, 0, 1, 2, 3)],
    "A5": [cycle(5, 0, 1, 2), cycle(5, 0, 1, 2, 3, 4)],
    "S5": [cycle(5, 0, 1), cycle(5, 0, 1, 2, 3, 4)],
}


def factorizations(largest):
    """All permutations of 2 to `largest` places as products of reflections, in integers.

    Returns
    -------
    list of (tuple, int, bool, int)
        The permutation, its number of reflections, whether they multiply to it exactly, and rank(I - P).
    """
    found = []
    for image in (image for n in range(2, largest + 1) for image in itertools.permutations(range(n))):
        n, pairs = len(image), reflection_pairs(image)
        matrix = np.eye(n, dtype=int)[:, list(image)]  # column i is the unit vector of the place of entry i
        exact = np.array_equal(reflection_product(pairs, n), matrix)
        found.append((image, len(pairs), exact, int(np.linalg.matrix_rank(np.eye(n) - matrix))))
    return found


def last_change(bits, decay, steps):
    """Last k <= steps at which 1 - decay^k, stored with `bits` significant bits, differs from its value at k - 1."""
    stored = round_to_bits(1 - decay ** np.arange(steps + 1.0), bits)
    return 1 + int(np.flatnonzero(stored[1:] != stored[:-1]).max())


def first_misread(generators, words, length, shrink, bits, rng):
    """Letter at which the state of random words is first misread, `length` + 1 where it never is, as ints (words,).

    The state starts as (1, ..., n) and is multiplied, letter after letter, by the factors I - (1 - shrink/2) k k^T of a
    random generator, with rounding after each factor; it is read by rounding its entries to integers.
    """
    n = len(generators[0])
    factors = [reflection_pairs(g)[::-1] for g in generators]  # the last factor acts first
    longest = max(map(len, factors))
    pairs = np.array([f + [(0, 0)] * (longest - len(f)) for f in factors])  # (0, 0) does nothing
    sources = np.array([np.argsort(g) for g in generators])  # entry i comes from place sources[i]
    state, truth = np.tile(np.arange(1.0, n + 1), (words, 1)), np.tile(np.arange(1, n + 1), (words, 1))
    first, rows = np.full(words, length + 1), np.arange(words)
    for t in range(1, length + 1):
        letter = rng.integers(len(generators), size=words)
        for i, j in pairs[letter].transpose(1, 2, 0):
            step = (1 - shrink / 2) * (state[rows, i] - state[rows, j])
            moved = round_to_bits(np.stack([state[rows, i] - step, state[rows, j] + step]), bits)
            state[rows, i], state[rows, j] = np.where(i == j, state[rows, i], moved)
        truth = truth[rows[:, None], sources[letter]]
        wrong = (np.rint(state) != truth).any(axis=1) & (first > length)
        first[wrong] = t
        if (first <= length).all():
            break
    return first


def rounded_orbit_periods(n, orbits, bits, steps, rng):
    """Eventual periods of h <- rnd(A h + b), A = V D V^-1 with eigenvalues D uniform in [0, 1] and Gaussian V, b."""
    v = rng.standard_normal((orbits, n, n))
    a = v @ (rng.random((orbits, n, 1)) * np.linalg.inv(v))
    b = rng.standard_normal((orbits, n))
    h = np.zeros((orbits, n))
    visited = []
    for t in range(steps + 200):
        h = np.clip(round_to_bits((a @ h[..., None])[..., 0] + b, bits), -LARGEST, LARGEST)
        if t >= steps:
            visited.append(h)
    return eventual_period(np.array(visited))
