from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from theorycheck.experiments import linear_bounds as lb
from theorycheck.experiments.intervals import interval_bounds, local_linear_map, preactivations


def random_network(sizes, rng, batch=()):
    weights = [rng.normal(size=(*batch, b, a)) for a, b in pairwise(sizes)]
    return weights, [0.5 * rng.normal(size=(*batch, W.shape[-2])) for W in weights]


def points_of(center, radius, rng, n=300):
    corners = np.array(list(product([-1.0, 1.0], repeat=len(center))))
    return center + radius * np.concatenate([corners, rng.uniform(-1, 1, size=(n, len(center)))])


intervals = st.tuples(st.floats(-5, 5), st.floats(0, 5)).map(lambda p: (p[0], p[0] + p[1]))


@given(intervals)
def test_relu_relaxation_holds_relu_between_its_bounds(interval):
    low, high = interval
    r = lb.relu_relaxation(low, high)
    v = np.linspace(low, high, 21)
    y = np.maximum(v, 0)
    assert (r.lower_slope * v + r.lower_offset <= y + 1e-12).all()
    assert (r.upper_slope * v + r.upper_offset >= y - 1e-12).all()


@given(intervals, st.sampled_from([(0, 0), (0, 1), (1, 1)]))
def test_gate_relaxations_are_sound_and_nested(interval, gates):
    low, high = interval
    v = np.linspace(low, high, 21)
    y = v * np.linspace(*gates, 5)[:, None]
    previous = None
    for kind in ("interval", "recursive", "linear"):
        r = lb.gate_relaxation(low, high, *gates, kind)
        under, over = r.lower_slope * v + r.lower_offset, r.upper_slope * v + r.upper_offset
        assert (under <= y + 1e-12).all() and (over >= y - 1e-12).all()
        if previous is not None:
            assert (under >= previous[0] - 1e-12).all() and (over <= previous[1] + 1e-12).all()
        previous = under, over


def test_linear_gate_relaxation_touches_both_ends():
    r = lb.gate_relaxation(-1.0, 3.0, 0.0, 1.0, "linear")
    np.testing.assert_allclose(r.upper_slope * np.array([-1, 3]) + r.upper_offset, [0, 3])
    np.testing.assert_allclose(r.lower_slope * np.array([-1, 3]) + r.lower_offset, [-1, 0])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 2.0))
def test_boxes_hold_all_sampled_values_and_lie_inside_interval_boxes(seed, radius):
    rng = np.random.default_rng(seed)
    weights, biases = random_network((3, 7, 6, 2), rng)
    center = rng.normal(size=3)
    lower, upper = center - radius, center + radius
    boxes = lb.linear_bounds(weights, biases, lower, upper)
    z = preactivations(weights, biases, points_of(center, radius, rng))
    for zl, (low, high), (loose_low, loose_high) in zip(
        z, boxes, interval_bounds(weights, biases, lower, upper), strict=True
    ):
        slack = 1e-9 * (1 + np.abs(zl).max())
        assert (zl >= low - slack).all() and (zl <= high + slack).all()
        assert (low >= loose_low - slack).all() and (high <= loose_high + slack).all()


def test_affine_bounds_hold_pointwise():
    rng = np.random.default_rng(1)
    weights, biases = random_network((2, 6, 5, 3), rng)
    center, radius = rng.normal(size=2), 0.7
    boxes = interval_bounds(weights, biases, center - radius, center + radius)
    (A, a), (C, c) = lb.affine_bounds(weights, biases, center - radius, center + radius, boxes)
    x = points_of(center, radius, rng)
    f = preactivations(weights, biases, x)[-1]
    assert (x @ A.T + a <= f + 1e-9).all() and (x @ C.T + c >= f - 1e-9).all()


def test_small_boxes_are_bounded_exactly():
    # Without an unstable neuron the network is affine, and its exact box is the Jacobian's.
    rng = np.random.default_rng(2)
    weights, biases = random_network((4, 8, 8, 2), rng, batch=(5,))
    x = rng.normal(size=(5, 4))
    radius = 1e-6
    low, high = lb.linear_bounds(weights, biases, x - radius, x + radius)[-1]
    first, second, last = local_linear_map(weights, biases, x)
    exact = np.abs(last @ second @ first).sum(axis=-1) * radius
    np.testing.assert_allclose((high - low) / 2, exact, rtol=1e-7)


def triangle_maximum(weights, biases, lower, upper, boxes, row):
    """Maximum of row @ f(x) with every ReLU replaced by its triangle: a linear programme in (x, h_1, h_2)."""
    W1, W2, W3 = weights
    d0, d1, d2 = W1.shape[1], W1.shape[0], W2.shape[0]
    n = d0 + d1 + d2
    A, b = [], []

    def constrain(layer, W, bias, inputs, outputs, box):
        for k, (low, high) in enumerate(zip(*box, strict=True)):
            above = np.zeros(n)  # h_k >= z_k, that is z_k - h_k <= 0
            above[inputs], above[outputs.start + k] = W[k], -1.0
            A.append(above)
            b.append(-bias[k])
            slope = high / (high - low) if low < 0 < high else float(low >= 0)
            chord = np.zeros(n)  # h_k <= slope (z_k - low) if unstable, <= slope z_k if stable
            chord[inputs], chord[outputs.start + k] = -slope * W[k], 1.0
            A.append(chord)
            b.append(slope * bias[k] - (slope * low if low < 0 < high else 0.0))

    constrain(1, W1, biases[0], slice(0, d0), slice(d0, d0 + d1), boxes[0])
    constrain(2, W2, biases[1], slice(d0, d0 + d1), slice(d0 + d1, n), boxes[1])
    cost = np.zeros(n)
    cost[d0 + d1 :] = -(row @ W3)
    bounds = [*zip(lower, upper, strict=True), *[(0, None)] * (d1 + d2)]
    solution = linprog(cost, A_ub=np.array(A), b_ub=np.array(b), bounds=bounds)
    assert solution.status == 0
    return -solution.fun + row @ biases[2]


def test_linear_programme_lies_between_samples_and_linear_bounds():
    rng = np.random.default_rng(3)
    gaps = []
    for _ in range(8):
        weights, biases = random_network((3, 5, 4, 2), rng)
        center, radius = rng.normal(size=3), 0.5
        lower, upper = center - radius, center + radius
        boxes = lb.linear_bounds(weights, biases, lower, upper)
        (_, _), (C, c) = lb.affine_bounds(weights, biases, lower, upper, boxes)
        crown = lb.box_maximum(C, lower, upper) + c
        f = preactivations(weights, biases, points_of(center, radius, rng))[-1]
        for k in range(2):
            programme = triangle_maximum(weights, biases, lower, upper, boxes, np.eye(2)[k])
            assert f[:, k].max() <= programme + 1e-9
            assert programme <= crown[k] + 1e-9
            gaps.append(crown[k] - programme)
    assert max(gaps) > 1e-3  # the comparison was not between equal things


def test_batches_are_their_networks_one_by_one():
    rng = np.random.default_rng(4)
    weights, biases = random_network((3, 6, 5, 1), rng, batch=(4,))
    center = rng.normal(size=(4, 3))
    boxes = lb.linear_bounds(weights, biases, center - 0.4, center + 0.4)
    ranges = lb.activation_ranges(boxes[:-1])
    for n in range(4):
        one = [W[n] for W in weights], [b[n] for b in biases]
        single = lb.linear_bounds(*one, center[n] - 0.4, center[n] + 0.4)
        for (low, high), (low_n, high_n) in zip(boxes, single, strict=True):
            np.testing.assert_allclose([low[n], high[n]], [low_n, high_n], rtol=1e-12, atol=1e-12)
        for kind in ("linear", "recursive", "interval", "product"):
            whole = lb.jacobian_norm_bound(weights, ranges, kind)
            alone = lb.jacobian_norm_bound(one[0], lb.activation_ranges(single[:-1]), kind)
            np.testing.assert_allclose(whole[n], alone, rtol=1e-12)


def largest_norm_over_gates(weights, ranges):
    """Brute force over all 0/1 gates: the Jacobian is affine in each gate, so that corners suffice."""
    choices = [np.array(list(product(*zip(low, high, strict=True)))) for low, high in ranges]
    best = 0.0
    for gates in product(*choices):
        row = weights[-1][0]
        for W, s in zip(weights[-2::-1], gates[::-1], strict=True):
            row = (row * s) @ W
        best = max(best, np.abs(row).sum())
    return best


@pytest.mark.parametrize("sizes", [(2, 4, 4, 1), (3, 5, 1), (2, 3, 3, 3, 1)])
def test_jacobian_bounds_exceed_brute_force_over_all_gates(sizes):
    rng = np.random.default_rng(5)
    strict = {"linear": 0, "recursive": 0, "interval": 0}
    for _ in range(12):
        weights, biases = random_network(sizes, rng)
        center = rng.normal(size=sizes[0])
        boxes = interval_bounds(weights, biases, center - 0.3, center + 0.3)
        ranges = lb.activation_ranges(boxes[:-1])
        exact = largest_norm_over_gates(weights, ranges)
        values = [lb.jacobian_norm_bound(weights, ranges, kind) for kind in [*strict, "product"]]
        assert exact <= values[0] * (1 + 1e-12)
        for value in values:
            assert exact <= value * (1 + 1e-12)
        if len(sizes) <= 4:
            assert (np.diff(values) >= -1e-12).all()
        for kind, value in zip(strict, values, strict=False):
            strict[kind] += value > exact * (1 + 1e-9)
    assert strict["interval"] > 0


def test_jacobian_bounds_are_exact_when_every_gate_is_known():
    rng = np.random.default_rng(6)
    weights, biases = random_network((4, 6, 5, 1), rng, batch=(6,))
    x = rng.normal(size=(6, 4))
    first, second, last = local_linear_map(weights, biases, x)
    exact = np.abs(last @ second @ first).sum(axis=(-1, -2))
    ranges = lb.activation_ranges([(z, z) for z in preactivations(weights, biases, x)[:-1]])
    for kind in ("linear", "recursive", "interval"):
        np.testing.assert_allclose(lb.jacobian_norm_bound(weights, ranges, kind), exact, rtol=1e-10)


def test_product_is_a_product_of_matrix_norms():
    rng = np.random.default_rng(7)
    weights, _ = random_network((3, 6, 5, 1), rng)
    expected = np.prod([np.linalg.norm(W, np.inf) for W in weights])
    np.testing.assert_allclose(lb.jacobian_norm_bound(weights, None, "product"), expected)


def test_bad_arguments_are_refused():
    weights = [np.ones((2, 3)), np.ones((2, 2))]
    with pytest.raises(ValueError, match="one output"):
        lb.jacobian_norm_bound(weights, [])
    with pytest.raises(ValueError, match="gate ranges for 1"):
        lb.jacobian_norm_bound([np.ones((2, 3)), np.ones((1, 2))], [])
    with pytest.raises(ValueError, match="kind must be"):
        lb.gate_relaxation(-1.0, 1.0, 0.0, 1.0, "cubic")
