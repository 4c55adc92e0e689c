from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycheck.experiments import intervals as iv

ACTIVATIONS = {"relu": (0.0, 1.0), "linear": (1.0, 1.0), "leaky": (0.3, 1.0), "abs": (-1.0, 1.0)}


def random_network(sizes, rng, batch=()):
    weights = [rng.normal(size=(*batch, b, a)) for a, b in pairwise(sizes)]
    return weights, [rng.normal(size=(*batch, W.shape[-2])) for W in weights]


def evaluate(weights, biases, x, phi):
    for layer, (W, b) in enumerate(zip(weights, biases, strict=True)):
        x = phi(x) if layer else x
        x = W @ x + b
    return x


PHI = {
    "relu": lambda z: np.where(z > 0, z, 0),
    "linear": lambda z: z,
    "leaky": lambda z: np.where(z > 0, z, 0.3 * z),
    "abs": np.abs,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_preactivations_are_the_networks(name):
    rng = np.random.default_rng(0)
    weights, biases = random_network((3, 5, 4, 2), rng, batch=(6,))
    x = rng.normal(size=(6, 3))
    z = iv.preactivations(weights, biases, x, ACTIVATIONS[name])
    for n in range(6):
        for depth in range(1, 4):
            expected = evaluate([W[n] for W in weights[:depth]], [b[n] for b in biases[:depth]], x[n], PHI[name])
            np.testing.assert_allclose(z[depth - 1][n], expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(sorted(ACTIVATIONS)), st.floats(0.01, 3.0))
def test_boxes_contain_every_sampled_preactivation(seed, name, radius):
    rng = np.random.default_rng(seed)
    weights, biases = random_network((3, 6, 5, 2), rng)
    center = rng.normal(size=3)
    boxes = iv.interval_bounds(weights, biases, center - radius, center + radius, ACTIVATIONS[name])
    corners = np.array(list(product([-1.0, 1.0], repeat=3)))
    points = center + radius * np.concatenate([corners, rng.uniform(-1, 1, size=(200, 3))])
    for z, (low, high) in zip(iv.preactivations(weights, biases, points, ACTIVATIONS[name]), boxes, strict=True):
        slack = 1e-9 * (1 + np.abs(z).max())
        assert (z >= low - slack).all() and (z <= high + slack).all()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_one_hidden_neuron_and_one_input_are_bounded_exactly(name):
    # x -> w2 phi(w1 x + b1) + b2 depends on one number, so nothing is lost.
    rng = np.random.default_rng(1)
    for _ in range(20):
        weights, biases = random_network((1, 1, 1), rng)
        low, high = iv.interval_bounds(weights, biases, np.array([-1.0]), np.array([1.5]), ACTIVATIONS[name])[-1]
        kink = -biases[0] / weights[0][0]
        grid = np.append(np.linspace(-1, 1.5, 5), np.clip(kink, -1, 1.5))
        values = [evaluate(weights, biases, np.array([x]), PHI[name])[0] for x in grid]
        np.testing.assert_allclose([low[0], high[0]], [min(values), max(values)], atol=1e-12)


def test_linear_radii_are_corners_and_interval_arithmetic():
    rng = np.random.default_rng(2)
    weights, _ = random_network((4, 6, 5, 3), rng, batch=(7,))
    radius = rng.uniform(0.1, 1, size=4)
    exact, propagated = iv.box_radii(weights, radius)
    corners = np.array(list(product([-1.0, 1.0], repeat=4))) * radius
    for n in range(7):
        images = np.array([evaluate([W[n] for W in weights], [0, 0, 0], c, PHI["linear"]) for c in corners])
        np.testing.assert_allclose(exact[n], np.ptp(images, axis=0) / 2, rtol=1e-12)
    low, high = iv.interval_bounds(weights, None, -radius, radius, iv.LINEAR)[-1]
    np.testing.assert_allclose(propagated, (high - low) / 2, rtol=1e-12)
    assert (exact <= propagated * (1 + 1e-12)).all()


def test_integer_radii_stay_integers():
    exact, propagated = iv.box_radii([np.array([[1, -2], [3, 1]]), np.array([[1, 1]])], np.array([1, 1]))
    assert exact.dtype.kind == propagated.dtype.kind == "i"
    assert (exact.item(), propagated.item()) == (4 + 1, 7)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_local_linear_map_is_the_jacobian(name):
    rng = np.random.default_rng(3)
    weights, biases = random_network((3, 6, 5, 2), rng)
    x = rng.normal(size=3)
    jacobian = np.eye(3)
    for W in iv.local_linear_map(weights, biases, x, ACTIVATIONS[name]):
        jacobian = W @ jacobian
    step = 1e-6
    for j, direction in enumerate(np.eye(3)):
        ends = [evaluate(weights, biases, x + s * step * direction, PHI[name]) for s in (1, -1)]
        np.testing.assert_allclose(jacobian[:, j], (ends[0] - ends[1]) / (2 * step), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["relu", "leaky", "abs"])
def test_stable_radius_by_bisection_on_interval_bounds(name):
    rng = np.random.default_rng(4)
    slopes = ACTIVATIONS[name]
    weights, biases = random_network((3, 6, 5, 2), rng, batch=(10,))
    x = rng.normal(size=(10, 3))
    radius = iv.stable_radius(weights, biases, x, slopes)

    def stable(r):
        boxes = iv.interval_bounds(weights, biases, x - r[:, None], x + r[:, None], slopes)[:-1]
        return np.all([((low > 0) | (high < 0)).all(axis=-1) for low, high in boxes], axis=0)

    low, high = np.zeros(10), np.full(10, 10.0)
    for _ in range(60):
        middle = (low + high) / 2
        ok = stable(middle)
        low, high = np.where(ok, middle, low), np.where(ok, high, middle)
    np.testing.assert_allclose(radius, low, rtol=1e-9)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_local_radii_are_the_real_ones_within_the_stable_radius(name):
    rng = np.random.default_rng(5)
    slopes = ACTIVATIONS[name]
    weights, biases = random_network((4, 7, 5, 2), rng, batch=(8,))
    x = rng.normal(size=(8, 4))
    exact, propagated = iv.local_box_radii(weights, biases, x, slopes)
    r = 0.9 * iv.stable_radius(weights, biases, x, slopes)[:, None]
    low, high = iv.interval_bounds(weights, biases, x - r, x + r, slopes)[-1]
    np.testing.assert_allclose((high - low) / 2 / r, propagated, rtol=1e-8)
    corners = np.array(list(product([-1.0, 1.0], repeat=4)))
    for n in range(8):
        layers = [W[n] for W in weights], [b[n] for b in biases]
        images = np.array([evaluate(*layers, x[n] + r[n] * c, PHI[name]) for c in corners])
        np.testing.assert_allclose(np.ptp(images, axis=0) / 2 / r[n], exact[n], rtol=1e-8)


@pytest.mark.parametrize("name", ["relu", "linear", "leaky"])
def test_output_box_by_centre_and_radius_and_corners_one_by_one(name):
    rng = np.random.default_rng(6)
    weights, biases = random_network((3, 6, 5, 2), rng, batch=(4,))
    centers, radii = rng.normal(size=(4, 3)), np.array([0.01, 0.2, 1.0, 3.0])
    low, high = iv.corner_range(weights, biases, centers, radii, iv.SLOPES[name])
    below, above = iv.output_box(weights, biases, centers, radii, iv.SLOPES[name])
    for n in range(4):
        W, b = [W[n] for W in weights], [b[n] for b in biases]
        cube = centers[n] + radii[n] * np.array(list(product([-1.0, 1.0], repeat=3)))
        images = np.array([evaluate(W, b, corner, PHI[name]) for corner in cube])
        np.testing.assert_allclose([low[n], high[n]], [images.min(axis=0), images.max(axis=0)], rtol=1e-12)
        c, r = centers[n], np.full(3, radii[n])
        for layer in range(3):
            if layer:  # an increasing activation takes ends to ends
                bottom, top = PHI[name](c - r), PHI[name](c + r)
                c, r = (top + bottom) / 2, (top - bottom) / 2
            c, r = W[layer] @ c + b[layer], np.abs(W[layer]) @ r
        np.testing.assert_allclose([below[n], above[n]], [c - r, c + r], rtol=1e-12, atol=1e-12)


def test_networks_that_are_constant_near_their_input_are_dropped():
    rng = np.random.default_rng(7)
    weights, biases = random_network((2, 3, 3, 1), rng, batch=(200,))
    x = rng.normal(size=(200, 2))
    step = 1e-7
    moves = [
        any(
            evaluate([W[n] for W in weights], [b[n] for b in biases], x[n] + step * direction, PHI["relu"])
            != evaluate([W[n] for W in weights], [b[n] for b in biases], x[n], PHI["relu"])
            for direction in np.eye(2)
        )
        for n in range(200)
    ]
    kept_weights, kept_biases, kept = iv.without_dead(weights, biases, x)
    assert 0 < sum(moves) < 200
    np.testing.assert_array_equal(kept, x[moves])
    for parts, kept_parts in ((weights, kept_weights), (biases, kept_biases)):
        for part, kept_part in zip(parts, kept_parts, strict=True):
            np.testing.assert_array_equal(kept_part, part[moves])
    np.testing.assert_array_equal(iv.without_dead(weights, biases, x, most=7)[2], x[moves][:7])


def test_networks_one_by_one_compute_what_the_batch_does():
    rng = np.random.default_rng(8)
    weights, biases = random_network((3, 4, 2), rng, batch=(5,))
    x = rng.normal(size=(5, 3))
    alone = [evaluate(*network, PHI["relu"]) for network in iv.one_by_one(weights, biases, x)]
    np.testing.assert_allclose(alone, iv.preactivations(weights, biases, x)[-1])


def test_sampled_quotients_stay_below_the_constant_and_reach_it_where_the_network_is_linear():
    rng = np.random.default_rng(9)
    weights, biases = random_network((2, 5, 1), rng, batch=(6,))
    x = rng.normal(size=(6, 2))
    # No gradient exceeds the sum over neurons; a linear network's is |W_2 W_1|_1, in the direction of its signs.
    limit = np.abs(weights[1] * np.abs(weights[0]).sum(axis=-1)[:, None]).sum(axis=(-2, -1))
    found = iv.sampled_quotient(weights, biases, x, 0.5, 300, rng)
    assert found.shape == (6,) and (0 <= found).all() and (found <= limit).all()
    linear = iv.sampled_quotient(weights, biases, x, 0.5, 3000, rng, iv.LINEAR)
    slope = np.abs(weights[1] @ weights[0]).sum(axis=(-2, -1))
    assert (linear <= slope * (1 + 1e-9)).all() and (linear > 0.95 * slope).all()


@pytest.mark.parametrize(
    ("weights", "biases", "message"),
    [
        ([], None, "at least one"),
        ([np.ones((2, 3)), np.ones((1, 4))], None, "layer 2 takes 4 inputs"),
        ([np.ones((2, 3))], [np.ones(3)], "layer 1: expected a bias of 2"),
        ([np.ones((2, 3))], [None, None], "one bias per weight"),
        ([np.ones(3)], None, "expected a matrix"),
    ],
)
def test_networks_that_do_not_fit_together_are_refused(weights, biases, message):
    with pytest.raises(ValueError, match=message):
        iv.check_network(weights, biases)


def test_an_empty_box_is_refused():
    with pytest.raises(ValueError, match="empty"):
        iv.interval_bounds([np.ones((1, 2))], None, np.zeros(2), np.array([1.0, -1.0]))
