import numpy as np
import pytest

from theorycheck.experiments import interval_training as it
from theorycheck.experiments.intervals import box_radii, interval_bounds


def finite_differences(function, parameters, step=1e-6):
    """Gradient of a sum over networks by central differences, one array for each parameter."""
    gradients = []
    for k, parameter in enumerate(parameters):
        gradient = np.empty_like(parameter)
        for index in np.ndindex(parameter.shape):
            ends = []
            for sign in (1, -1):
                moved = [p.copy() for p in parameters]
                moved[k][index] += sign * step
                ends.append(function(*moved).sum())
            gradient[index] = (ends[0] - ends[1]) / (2 * step)
        gradients.append(gradient)
    return gradients


def linear_case(seed=0):
    return it.linear_problem(reps=3, n=7, m=4, d=5, noise=0.3, rng=np.random.default_rng(seed))


def test_radii_are_those_of_boxes():
    (W, w), _ = linear_case()
    exact, propagated = box_radii([W, w[:, None, :]], np.ones(4))
    A, B = it.linear_radii(W, w)
    np.testing.assert_allclose(A, exact[:, 0])
    np.testing.assert_allclose(B, propagated[:, 0])
    np.testing.assert_allclose(it.linear_tightness(W, w), (exact / propagated)[:, 0])


@pytest.mark.parametrize("kind", ["ibp", "adversarial"])
def test_gradients_of_radii_by_finite_differences(kind):
    (W, w), _ = linear_case()
    _, *gradients = it.radius_gradients(W, w, kind)
    numeric = finite_differences(lambda *p: it.linear_radii(*p)[1 if kind == "ibp" else 0], (W, w))
    for analytic, expected in zip(gradients, numeric, strict=True):
        np.testing.assert_allclose(analytic, expected, atol=1e-6)


def test_losses_are_worst_cases_over_the_output_intervals():
    (W, w), (X, y) = linear_case()
    eps = 0.2
    for i in range(3):
        box = [W[i], w[i][None]]
        for j in range(7):
            low, high = interval_bounds(box, None, X[i, j] - eps, X[i, j] + eps, (1.0, 1.0))[-1]
            exact = box_radii(box, np.full(4, eps))[0][0]
            middle = w[i] @ W[i] @ X[i, j]
            losses = {
                "ibp": max((y[i, j] - low[0]) ** 2, (y[i, j] - high[0]) ** 2) / 2,
                "adversarial": max((y[i, j] - middle - exact) ** 2, (y[i, j] - middle + exact) ** 2) / 2,
                "standard": (y[i, j] - middle) ** 2 / 2,
            }
            for kind, expected in losses.items():
                one = it.linear_loss(
                    W[i : i + 1], w[i : i + 1], X[i : i + 1, j : j + 1], y[i : i + 1, j : j + 1], eps, kind
                )
                np.testing.assert_allclose(one, expected)


@pytest.mark.parametrize("kind", it.LOSSES)
def test_loss_gradients_by_finite_differences(kind):
    (W, w), data = linear_case()
    eps = np.array([0.1, 0.2, 0.3])
    numeric = finite_differences(lambda *p: it.linear_loss(*p, *data, eps, kind), (W, w))
    for analytic, expected in zip(it.linear_gradients(W, w, *data, eps, kind), numeric, strict=True):
        np.testing.assert_allclose(analytic, expected, atol=1e-6)


def test_drift_and_pull_are_derivatives_of_the_tightness():
    (W, w), data = linear_case()
    squared, B, inner, A = it.drift_terms(W, w)
    _, *down = it.radius_gradients(W, w, "ibp")
    step = 1e-6
    ends = [np.log(it.linear_tightness(W - s * down[0], w - s * down[1])) for s in (step, -step)]
    np.testing.assert_allclose(squared / B - inner / A, (ends[0] - ends[1]) / (2 * step), rtol=1e-5)

    eps = 0.1
    boxes = finite_differences(
        lambda *p: it.linear_loss(*p, *data, eps) - it.linear_loss(*p, *data, eps, "standard"), (W, w)
    )
    ends = [np.log(it.linear_tightness(W - s * boxes[0], w - s * boxes[1])) for s in (1e-5, -1e-5)]
    pull = (ends[0] - ends[1]) / 2e-5
    np.testing.assert_allclose(it.interval_pull(W, w, *data, eps), pull, rtol=1e-4, atol=1e-6)


def test_mean_drift_is_the_rate_of_the_ratio_of_means():
    (W, w), _ = it.linear_problem(6, 1, 4, 5, 0.0, np.random.default_rng(5))
    drift = it.mean_drift(np.array([it.drift_terms(W, w)]))
    down = finite_differences(lambda *p: it.linear_radii(*p)[1], (W, w))
    step = 1e-6
    ends = [np.mean(it.linear_radii(W - s * down[0], w - s * down[1]), axis=1) for s in (step, -step)]
    np.testing.assert_allclose(drift, [(np.subtract(*np.log(ends)) @ [1, -1]) / (2 * step)], rtol=1e-5)


def relu_case():
    network, (X, y) = it.relu_problem(reps=2, d=5, rng=np.random.default_rng(1), n=6)
    rng = np.random.default_rng(2)
    return [p + 0.1 * rng.standard_normal(p.shape) for p in network], X, y


def test_relu_intervals_are_interval_propagation():
    (W, b, w, a), X, _ = relu_case()
    eps = np.array([0.05, 0.2])
    center, radius, _ = it.relu_intervals((W, b, w, a), X, eps)
    for i in range(2):
        low, high = interval_bounds([W[i], w[i][None]], [b[i], a[i]], X[i] - eps[i], X[i] + eps[i])[-1]
        np.testing.assert_allclose(center[i], (low + high)[:, 0] / 2)
        np.testing.assert_allclose(radius[i], (high - low)[:, 0] / 2)


def test_relu_gradients_by_finite_differences():
    network, X, y = relu_case()
    eps = np.array([0.05, 0.2])

    def loss(*parameters):
        center, radius, _ = it.relu_intervals(parameters, X, eps)
        return 0.5 * ((np.abs(y - center) + radius) ** 2).mean(axis=-1)

    for analytic, expected in zip(
        it.relu_gradients(network, X, y, eps), finite_differences(loss, network), strict=True
    ):
        np.testing.assert_allclose(analytic, expected, atol=1e-6)


def test_relu_tightness_by_definition():
    (W, b, w, a), X, _ = relu_case()
    measured = it.relu_tightness((W, b, w, a), X)
    for i in range(2):
        ratios = []
        for x in X[i]:
            active = W[i] @ x + b[i] > 0
            paths = w[i][active, None] * W[i][active]
            ratios.append(np.abs(paths.sum(axis=0)).sum() / max(np.abs(paths).sum(), 1e-300))
        np.testing.assert_allclose(measured[i], np.mean(ratios))


def test_descent_finds_the_minimum_of_a_parabola_and_records_the_way():
    (x,), seen = it.descend(
        [np.array([4.0])], lambda p, t: (p[0] - 1,), np.full(3, 0.5), lambda p: p[0][0], at=[0, 2, 3]
    )
    np.testing.assert_allclose(x, 1 + 3 / 8)
    np.testing.assert_allclose(seen, [4.0, 1 + 3 / 4, 1 + 3 / 8])


def test_training_lowers_the_loss_it_trains():
    network, data = linear_case()
    for kind in it.LOSSES:
        trained, record = it.train_linear(network, data, kind, np.full(200, 0.05), np.full(200, 0.1), at=[0, 200])
        assert (it.linear_loss(*trained, *data, 0.1, kind) < it.linear_loss(*network, *data, 0.1, kind)).all()
        np.testing.assert_allclose(record[0], it.linear_tightness(*network))
        np.testing.assert_allclose(record[1], it.linear_tightness(*trained))


def test_lazy_tightness_is_that_of_the_least_squares_solution():
    (W, w), (X, y) = linear_case()
    lazy = it.lazy_tightness((W, w), (X, y))
    for i in range(3):
        beta = np.linalg.lstsq(X[i], y[i], rcond=None)[0]
        paths = np.abs(w[i])[:, None] * np.abs(W[i])
        np.testing.assert_allclose(lazy[i], np.abs(beta).sum() / paths.sum())


def test_three_copies_are_trained_on_their_losses_and_judged_by_them():
    network, data = linear_case()
    tightness, losses = it.compare_losses(network, data, "ibp", 300, 0.05, 0.1)
    best = it.linear_loss(*network, *data, 0.1, "ibp")
    for k, kind in enumerate(it.LOSSES):
        rates, radii = it.warm_schedule(300 if kind == "ibp" else 150, 0.05, 0.1)
        W, w = (part.copy() for part in network)
        for rate, eps in zip(rates, radii, strict=True):
            grad_W, grad_w = it.linear_gradients(W, w, *data, eps, kind)
            W, w = W - rate * grad_W, w - rate * grad_w
        np.testing.assert_allclose(tightness[k], it.linear_tightness(W, w))
        np.testing.assert_allclose(losses[k], it.linear_loss(W, w, *data, 0.1, kind))
        best = np.minimum(best, it.linear_loss(W, w, *data, 0.1, "ibp"))
    np.testing.assert_array_equal(losses[0], best)
    swapped = it.compare_losses(network, data, "standard", 300, 0.05, 0.1)
    np.testing.assert_allclose(swapped[0][0], tightness[2])
    assert (swapped[1][0] > losses[0]).all()


def test_settled_pull_moves_the_tightness_of_networks_that_fit():
    network, data = it.linear_problem(reps=4, n=40, m=6, d=8, noise=0.1, rng=np.random.default_rng(6))
    pull = it.settled_pull(network, data, 0.05)
    trained, _ = it.train_linear(network, data, "standard", np.full(200, 0.05), np.full(200, 0.3))
    fit, start = (it.linear_loss(*net, *data, 0.0, "standard") for net in (trained, network))
    assert (fit < 0.1 * start).all()  # the radius of a standard loss plays no part
    boxes = finite_differences(
        lambda *p: it.linear_loss(*p, *data, 0.05) - it.linear_loss(*p, *data, 0.05, "standard"), trained
    )
    moved = [p - 1e-6 * g for p, g in zip(trained, boxes, strict=True)]
    numeric = np.log(it.linear_tightness(*moved) / it.linear_tightness(*trained)) / 1e-6
    np.testing.assert_allclose(pull, numeric, rtol=1e-3, atol=1e-5)


def test_collapse_curves_are_read_at_equal_products_and_at_equal_times():
    network, data = linear_case()
    smaller, larger, equal_times = it.collapse_curves(network, data, (0.02, 0.05), 0.05, np.array([0.05, 0.1]))
    for curve, eps, steps in ((smaller, 0.02, [50, 100]), (larger, 0.05, [20, 40]), (equal_times, 0.02, [20, 40])):
        for row, count in zip(curve, steps, strict=True):
            trained, _ = it.train_linear(network, data, "ibp", np.full(count, 0.05), np.full(count, eps))
            np.testing.assert_allclose(row, it.linear_tightness(*trained))


def test_tightness_is_read_where_radius_times_time_says():
    network, data = linear_case()
    products = [0.5, 0.1, 0.1]
    read = it.tightness_in_products(network, data, 0.05, 0.02, products)
    for row, product in zip(read, products, strict=True):
        steps = round(product / 0.05 / 0.02)
        trained, _ = it.train_linear(network, data, "ibp", np.full(steps, 0.02), np.full(steps, 0.05))
        np.testing.assert_allclose(row, it.linear_tightness(*trained))


def test_schedule_warms_up_and_cools_down():
    rates, radii = it.warm_schedule(1000, 0.1, 0.2)
    assert radii[0] == 0 and (radii[300:] == 0.2).all() and (np.diff(radii[:301]) > 0).all()
    assert (rates[:500] == 0.1).all() and (np.diff(rates[500:]) < 0).all() and 0 < rates[-1] < 3e-4


def test_relu_copies_with_equal_radii_train_alike():
    network, data = it.relu_problem(reps=2, d=6, rng=np.random.default_rng(3), n=10)
    tightness, r_squared = it.train_relu(network, data, [0.05, 0.0, 0.05], 150, 0.1)
    np.testing.assert_allclose(tightness[0], it.relu_tightness(network, data[0]))
    np.testing.assert_allclose(tightness[1], tightness[3])
    assert (tightness[2] < tightness[1]).all()
    assert (r_squared[1] > r_squared[0] - 0.05).all() and (r_squared < 1).all()


def test_teacher_and_network_have_equal_mean_size():
    (W, w), (X, y) = it.linear_problem(4000, 2, 6, 40, 0.0, np.random.default_rng(4))
    beta = np.array([np.linalg.lstsq(X[i], y[i], rcond=None)[0] for i in range(5)])
    assert beta.shape == (5, 6)
    A, _ = it.linear_radii(W, w)
    expected = 6 * np.sqrt(2 / (np.pi * 6))
    assert abs(A.mean() - expected) < 0.02 * expected + 4 * A.std() / np.sqrt(4000)
