import itertools
import math

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from autograd.scipy import special as aspecial
from scipy import stats

from theorycheck.experiments import networks as nw

DEFINITIONS = {
    "relu": lambda h: math.sqrt(2) * anp.maximum(h, 0),
    "erf": aspecial.erf,
    "tanh": anp.tanh,
    "softplus": lambda h: anp.logaddexp(0, h),
}
SIZES = [3, 5, 4, 2]


def outputs_of(flat, x, networks, activation):
    """One network of the batch as a plain function of its flat parameter vector, for autograd."""
    a, start = x, 0
    last = len(networks.weights) - 1
    for layer, (w, b) in enumerate(zip(networks.weights, networks.biases, strict=True)):
        n_out, n_in = w.shape[1:]
        weight = anp.reshape(flat[start : start + n_out * n_in], (n_out, n_in))
        bias = flat[start + n_out * n_in : start + n_out * n_in + b.shape[1]]
        start += n_out * n_in + n_out
        h = networks.weight_multipliers[layer] * a @ weight.T + networks.bias_multipliers[layer] * bias
        a = h if layer == last else DEFINITIONS[activation](h)
    return a


def flat_parameters(networks, r):
    parts = zip(networks.weights, networks.biases, strict=True)
    return np.concatenate([np.concatenate([w[r].ravel(), b[r]]) for w, b in parts])


def example(activation="erf", parametrization="ntk", sizes=SIZES, replicates=3, bias_scale=0.7, seed=0):
    rng = np.random.default_rng(seed)
    networks = nw.sample(
        rng,
        sizes,
        replicates,
        activation=activation,
        parametrization=parametrization,
        weight_scale=1.3,
        bias_scale=bias_scale,
    )
    return networks, rng.normal(size=(6, sizes[0]))


@pytest.mark.parametrize(("activation", "parametrization"), list(itertools.product(DEFINITIONS, nw.PARAMETRIZATIONS)))
def test_outputs_jacobian_and_tangent_kernel_agree_with_autograd(activation, parametrization):
    networks, x = example(activation, parametrization)
    outputs, jacobian = networks(x), nw.jacobian(networks, x)
    kernel = nw.tangent_kernel(networks, x)
    for r in range(3):
        flat = flat_parameters(networks, r)
        np.testing.assert_allclose(outputs[r], outputs_of(flat, x, networks, activation), atol=1e-12)
        expected = autograd.jacobian(outputs_of)(flat, x, networks, activation)  # (P, K, N)
        np.testing.assert_allclose(jacobian[r], expected.swapaxes(0, 1), atol=1e-12)
        np.testing.assert_allclose(kernel[r], np.einsum("pkn,qln->klpq", expected, expected), atol=1e-11, rtol=1e-11)


def test_jacobian_agrees_with_finite_differences():
    networks, x = example("tanh")
    flat, step = flat_parameters(networks, 1), 1e-6
    jacobian = nw.jacobian(networks, x)[1]
    for index in range(flat.size):
        e = step * np.eye(flat.size)[index]
        ends = [outputs_of(flat + sign * e, x, networks, "tanh") for sign in (1, -1)]
        np.testing.assert_allclose(jacobian[..., index].T, (ends[0] - ends[1]) / (2 * step), atol=1e-8)


@pytest.mark.parametrize("sizes", [[3, 2], [3, 5, 1], SIZES])
def test_kernel_between_two_sets_is_a_block_of_the_kernel_on_both(sizes):
    networks, x = example("erf", sizes=sizes)
    whole = nw.tangent_kernel(networks, x)
    np.testing.assert_allclose(nw.tangent_kernel(networks, x[:2], x), whole[..., :2, :], rtol=1e-12)
    assert whole.shape == (3, sizes[-1], sizes[-1], 6, 6)


def test_output_scale_multiplies_outputs_and_kernel():
    networks, x = example()
    scaled = networks.scale_output(0.5)
    np.testing.assert_allclose(scaled(x), 0.5 * networks(x))
    np.testing.assert_allclose(nw.tangent_kernel(scaled, x), 0.25 * nw.tangent_kernel(networks, x))


@pytest.mark.parametrize("parametrization", nw.PARAMETRIZATIONS)
def test_gradient_descent_follows_autograd(parametrization):
    networks, x = example("tanh", parametrization)
    y = np.random.default_rng(1).normal(size=(4, 2))
    flats = [flat_parameters(networks, r) for r in range(3)]
    path = list(nw.gradient_descent(networks, x, nw.least_squares(y), rate=0.1, steps=3))
    assert len(path) == 4
    # The architecture as it was, for multipliers and shapes only.
    for r, flat in enumerate(flats):

        def cost(p):
            return anp.sum((outputs_of(p, x[:4], networks, "tanh") - y) ** 2) / 8

        for outputs in path:
            np.testing.assert_allclose(outputs[r], outputs_of(flat, x, networks, "tanh"), atol=1e-12)
            flat = flat - 0.1 * autograd.grad(cost)(flat)


def test_gradient_descent_moves_outputs_by_the_tangent_kernel_to_first_order():
    networks, x = example("softplus")
    kernel, rate = nw.tangent_kernel(networks, x), 1e-6
    gradient = np.random.default_rng(2).normal(size=(3, 6, 2))
    before, after = nw.gradient_descent(networks, x, lambda f: gradient, rate=rate, steps=1)
    expected = -rate * np.einsum("rklpq,rql->rpk", kernel, gradient)
    np.testing.assert_allclose(after - before, expected, rtol=1e-4, atol=1e-9)


def test_each_network_may_have_its_own_inputs_and_rate():
    networks, _ = example("erf")
    x = np.random.default_rng(4).normal(size=(3, 6, 3))
    y, rate = np.random.default_rng(5).normal(size=(3, 4, 2)), np.array([0.05, 0.1, 0.2])
    kernel = nw.tangent_kernel(networks, x, x[:, :2])
    singles = [
        nw.Networks(
            [w[[r]] for w in networks.weights],
            [b[[r]] for b in networks.biases],
            [1.3 / m for m in (3**0.5, 5**0.5, 2.0)],
            [0.7] * 3,
            "erf",
        ).copy()
        for r in range(3)
    ]
    for r, single in enumerate(singles):
        np.testing.assert_allclose(kernel[r], nw.tangent_kernel(single, x[r], x[r, :2])[0], rtol=1e-12)
    *_, last = nw.gradient_descent(networks, x, nw.least_squares(y), rate=rate, steps=3)
    for r, single in enumerate(singles):
        *_, alone = nw.gradient_descent(single, x[r], nw.least_squares(y[r]), rate=rate[r], steps=3)
        np.testing.assert_allclose(last[r], alone[0], rtol=1e-12)


def test_training_a_copy_leaves_the_original():
    networks, x = example()
    before = networks(x)
    trained = networks.copy()
    *_, last = nw.gradient_descent(trained, x, nw.least_squares(np.ones((6, 2))), rate=0.1, steps=2)
    np.testing.assert_array_equal(networks(x), before)
    np.testing.assert_allclose(trained(x), last)
    assert np.abs(last - before).max() > 1e-3


def test_parametrizations_have_one_law_of_hidden_units():
    """Mean squares of pre-activations: w |x|^2 / d + b, then w E sigma^2 + b; mu has a small readout."""
    x = np.ones((1, 3))
    for parametrization in nw.PARAMETRIZATIONS:
        networks, _ = example("relu", parametrization, sizes=[3, 40, 40, 1], replicates=4000)
        hidden, _ = networks._forward(x)
        first = 1.3**2 + 0.49
        second = 1.3**2 * first + 0.49
        expected = [first, second, 1.3**2 * second / (40 if parametrization == "mu" else 1) + 0.49]
        for h, square in zip(hidden, expected, strict=True):
            assert np.mean(h**2) == pytest.approx(square, rel=0.12)


def test_student_weights_have_unit_variance_law_and_heavy_tails():
    networks = nw.sample(np.random.default_rng(0), [100, 100], 1, law="student")
    standard = networks.weights[0].ravel() * math.sqrt(5)
    assert stats.kstest(standard, stats.t(2.5).cdf).pvalue > 1e-3


def test_batches_cover_all_replicates_within_memory():
    options = {"activation": "erf", "bias_scale": 0.2}
    parts = list(nw.batches(np.random.default_rng(0), [3, 10, 10, 1], 25, memory=8 * 140 * 4, **options))
    assert [part.weights[0].shape[0] for part in parts] == [4] * 6 + [1]
    assert all(part.bias_multipliers == [0.2] * 3 for part in parts)
    assert len(list(nw.batches(np.random.default_rng(0), [3, 10, 1], 3, memory=1))) == 3


def test_own_activation():
    quadratic = (lambda h: h + h * h, lambda h: 1 + 2 * h)
    networks, x = example(quadratic, sizes=[3, 7, 1], bias_scale=0.5)
    jacobian = nw.jacobian(networks, x)
    kernel = nw.tangent_kernel(networks, x)
    np.testing.assert_allclose(kernel[:, 0, 0], jacobian[:, 0] @ jacobian[:, 0].swapaxes(1, 2), rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": [3]}, "sizes"),
        ({"sizes": [3, 0, 1]}, "sizes"),
        ({"activation": "swish"}, "activation"),
        ({"parametrization": "maximal"}, "parametrization"),
        ({"sizes": [3, 1], "parametrization": "mu"}, "hidden"),
        ({"law": "cauchy"}, "law"),
    ],
)
def test_bad_arguments_of_sample(change, message):
    arguments = {"sizes": [3, 4, 1], **change}
    with pytest.raises(ValueError, match=message):
        nw.sample(np.random.default_rng(0), arguments.pop("sizes"), 2, **arguments)


def test_bad_inputs():
    networks, _ = example()
    with pytest.raises(ValueError, match="inputs"):
        networks(np.ones((2, 4)))
