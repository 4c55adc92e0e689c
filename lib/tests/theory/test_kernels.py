import itertools
import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special

from theorycheck.theory import kernels as k

DIGITS = 50

# A second, independent recursion: 50 digits, angles from their cosines, one pair of inputs at a time.


def relu_dual(q, p, c):
    rho = max(mp.mpf(-1), min(mp.mpf(1), c / mp.sqrt(q * p))) if q * p else mp.mpf(0)
    theta = mp.acos(rho)
    mean = mp.sqrt(q * p) / mp.pi * (mp.sin(theta) + (mp.pi - theta) * rho)
    return mean, (mp.pi - theta) / mp.pi


def erf_dual(q, p, c):
    root = (1 + 2 * q) * (1 + 2 * p)
    return 2 / mp.pi * mp.asin(2 * c / mp.sqrt(root)), 4 / mp.pi / mp.sqrt(root - 4 * c**2)


def polynomial_dual(coefficients):
    """Moments E[U^a V^b] of a Gaussian pair by Isserlis' recursion."""

    def moment(a, b, q, p, c):
        if a == 0 and b == 0:
            return mp.mpf(1)
        if a == 0:
            return moment(b, 0, p, q, c)
        rest = (a - 1) * q * moment(a - 2, b, q, p, c) if a > 1 else 0
        return rest + (b * c * moment(a - 1, b - 1, q, p, c) if b else 0)

    def expectation(f, q, p, c):
        terms = [(i, j) for i in range(len(f)) for j in range(len(f)) if f[i] and f[j]]
        return sum(f[i] * f[j] * moment(i, j, q, p, c) for i, j in terms)

    derivative = [i * a for i, a in enumerate(coefficients)][1:]
    return lambda q, p, c: (expectation(coefficients, q, p, c), expectation(derivative, q, p, c))


def reference(x, y, dual, depth, w, b):
    """Both kernels of one pair, with 50 digits."""
    with mp.workdps(DIGITS):
        x, y = [mp.mpf(float(v)) for v in x], [mp.mpf(float(v)) for v in y]
        w, b = [mp.mpf(float(v)) for v in w], [mp.mpf(float(v)) for v in b]

        def first(u, v):
            return w[0] * mp.fdot(u, v) / len(u) + b[0]

        q, p, c = first(x, x), first(y, y), first(x, y)
        theta = c
        for layer in range(1, depth):
            mean, slope = dual(q, p, c)
            theta = w[layer] * slope * theta
            q, p = (w[layer] * dual(v, v, v)[0] + b[layer] for v in (q, p))
            c = w[layer] * mean + b[layer]
            theta += c
        return float(c), float(theta)


def difficult_inputs():
    """Generic, identical, (nearly) parallel, (nearly) opposite, orthogonal and zero inputs."""
    rng = np.random.default_rng(5)
    base, noise = rng.normal(size=4), rng.normal(size=4)
    rows = [base, base, 3 * base, base / 7, -base, -2.7 * base, noise, np.zeros(4)]
    rows += [base + step * noise for step in (1e-14, 1e-10, 1e-7, 1e-4, 1e-2)]
    rows += [-1.3 * base + step * noise for step in (1e-12, 1e-8, 1e-5)]
    rows.append(noise - base * (noise @ base) / (base @ base))
    return np.array(rows)


DUALS = {
    "relu": ("relu", relu_dual),
    "erf": ("erf", erf_dual),
    "cubic": (k.polynomial([0.3, 1, -0.5, 0.25]), polynomial_dual([0.3, 1, -0.5, 0.25])),
}


@pytest.mark.parametrize("name", DUALS)
@pytest.mark.parametrize(
    ("depth", "w", "b"),
    [
        (1, [1.0], [0.5]),
        (2, [1.0] * 2, [0.0] * 2),
        (3, [1.0, 1.5, 0.7], [0.09, 0.2, 0.0]),
        (4, [1.0] * 4, [0.0] * 4),
    ],
)
def test_agree_with_fifty_digits_on_difficult_inputs(name, depth, w, b):
    activation, dual = DUALS[name]
    x = difficult_inputs()
    found = k.kernels(x, depth=depth, activation=activation, weight_variance=w, bias_variance=b)
    pairs = list(itertools.combinations_with_replacement(range(len(x)), 2))
    expected = np.array([reference(x[i], x[j], dual, depth, w, b) for i, j in pairs])
    for kernel, values in zip(found, expected.T, strict=True):
        full = np.zeros_like(kernel)
        for (i, j), value in zip(pairs, values, strict=True):
            full[i, j] = full[j, i] = value
        scale = np.sqrt(np.outer(np.diag(full), np.diag(full)))
        scale = np.where(scale > 0, scale, 1)
        assert np.max(np.abs(kernel - full) / scale) < 4e-15 * 4**depth
        assert np.array_equal(kernel, kernel.T)


def test_naive_angle_would_fail_the_same_test():
    x = difficult_inputs()
    gram = x @ x.T / 4
    root = np.sqrt(np.diag(gram))
    with np.errstate(invalid="ignore"):
        rho = np.nan_to_num(np.clip(gram / np.outer(root, root), -1, 1))
    naive = gram * (1 - np.arccos(rho) / np.pi)
    exact = k.kernels(x, depth=2).ntk - k.kernels(x, depth=2).nngp
    assert np.max(np.abs(naive - exact)) > 1e-9


def test_large_erf_inputs_keep_their_digits():
    x = 300 * difficult_inputs()
    found = k.kernels(x, depth=3, activation="erf", weight_variance=2.0, bias_variance=0.1).ntk
    for i, j in [(0, 0), (0, 1), (0, 8), (0, 9), (0, 11), (3, 13), (6, 6)]:
        expected = reference(x[i], x[j], erf_dual, 3, [2.0] * 3, [0.1] * 3)[1]
        assert found[i, j] == pytest.approx(expected, rel=1e-12)


def test_large_biases_make_all_angles_small_and_cost_no_digits():
    x = np.random.default_rng(1).normal(size=(5, 3)) * [[1e-6], [1e-5], [1e-4], [1], [2]]
    found = k.kernels(x, depth=3, bias_variance=4.0)
    for i, j in itertools.product(range(5), repeat=2):
        expected = reference(x[i], x[j], relu_dual, 3, [1.0] * 3, [4.0] * 3)
        assert found.nngp[i, j] == pytest.approx(expected[0], rel=1e-14)
        assert found.ntk[i, j] == pytest.approx(expected[1], rel=1e-14)


@pytest.mark.parametrize(
    ("activation", "function", "derivative"),
    [
        ("relu", lambda u: math.sqrt(2) * max(0, u), lambda u: math.sqrt(2) * (u > 0)),
        ("erf", special.erf, lambda u: 2 / math.sqrt(math.pi) * math.exp(-u * u)),
        ("tanh", math.tanh, lambda u: 1 / math.cosh(u) ** 2),
        ("softplus", lambda u: np.logaddexp(0, u), special.expit),
    ],
)
def test_duals_are_the_gaussian_integrals_of_the_activation(activation, function, derivative):
    """Depth 2 against adaptive integration over the plane: the closed forms belong to these functions."""
    x = np.array([[1.2, -0.3], [0.4, 0.9]])
    q, p, c = x[0] @ x[0] / 2 + 0.1, x[1] @ x[1] / 2 + 0.1, x[0] @ x[1] / 2 + 0.1

    def integral(f):
        def inner(z):
            u = math.sqrt(q) * z
            mean, sd = c / math.sqrt(q) * z, math.sqrt(p - c * c / q)
            kink = [-mean / sd] if abs(mean / sd) < 9 else None

            def along(t):
                return f(mean + sd * t) * math.exp(-t * t / 2)

            return f(u) * integrate.quad(along, -9, 9, points=kink, epsabs=1e-12)[0] * math.exp(-z * z / 2)

        return integrate.quad(inner, -9, 9, points=[0], epsabs=1e-11)[0] / (2 * math.pi)

    found = k.kernels(x, depth=2, activation=activation, bias_variance=0.1)
    nngp = integral(function) + 0.1
    assert found.nngp[0, 1] == pytest.approx(nngp, abs=1e-9)
    assert found.ntk[0, 1] == pytest.approx(c * integral(derivative) + nngp, abs=1e-9)


def test_quadrature_reproduces_the_closed_form_of_a_smooth_activation():
    x = difficult_inputs()
    by_quadrature = k.quadrature(special.erf, lambda u: 2 / math.sqrt(math.pi) * np.exp(-u * u))
    options = {"depth": 3, "weight_variance": 0.8, "bias_variance": 0.2}
    for found, expected in zip(
        k.kernels(x, activation=by_quadrature, **options),
        k.kernels(x, activation="erf", **options),
        strict=True,
    ):
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_quadrature_of_a_growing_activation():
    """exp has E e^u e^v = exp((q + q')/2 + c) for itself and its derivative."""
    x = np.array([[0.5, -0.2], [0.3, 0.8]])
    gram = x @ x.T / 2
    half = np.diag(gram) / 2
    dual = np.exp(half[:, None] + half + gram)
    found = k.kernels(x, depth=2, activation=k.quadrature(np.exp, np.exp))
    np.testing.assert_allclose(found.nngp, dual, rtol=1e-12)
    np.testing.assert_allclose(found.ntk, dual + gram * dual, rtol=1e-12)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 4),
    st.sampled_from(["relu", "erf", "tanh"]),
    st.floats(0, 2),
    st.floats(0.2, 3),
)
def test_properties(seed, depth, activation, bias, weight):
    """Rows do not depend on their company, the kernels are positive semidefinite, and relu is homogeneous."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(7, 3)), rng.normal(size=(4, 3))
    options = {"depth": depth, "activation": activation, "weight_variance": weight, "bias_variance": bias}
    whole = k.kernels(np.vstack([x, y]), **options)
    for part, cross in zip(whole, k.kernels(x, y, **options), strict=True):
        np.testing.assert_allclose(part[:7, 7:], cross, rtol=1e-11, atol=1e-11)
        assert np.linalg.eigvalsh(part).min() > -1e-12 * np.abs(part).max()
    if activation == "relu":
        scaled = k.kernels(3 * x, **{**options, "bias_variance": 9 * bias})
        unscaled = k.kernels(x, **options)
        np.testing.assert_allclose(scaled.nngp, 9 * unscaled.nngp, rtol=1e-12, atol=1e-12)


def test_many_tiles_give_what_one_tile_gives():
    x = np.random.default_rng(2).normal(size=(700, 3))
    x[650:] = x[:50]
    symmetric = k.kernels(x, depth=3, bias_variance=0.1)
    full = k.kernels(x, x.copy(), depth=3, bias_variance=0.1)
    rows = k.kernels(x[640:660], x, depth=3, bias_variance=0.1)
    for one, two, three in zip(symmetric, full, rows, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-13)
        np.testing.assert_allclose(one[640:660], three, rtol=1e-13)
        np.testing.assert_array_equal(np.diag(one)[650:], np.diag(one)[:50])


@pytest.mark.parametrize("activation", ["relu", "erf", "tanh"])
@pytest.mark.parametrize("bias", [0.0, 0.3])
def test_zonal_kernels_agree_with_points_on_a_circle(activation, bias):
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    circle = 1.7 * np.column_stack([np.cos(angle), np.sin(angle)])
    options = {"depth": 3, "activation": activation, "weight_variance": 1.3, "bias_variance": bias}
    cosine = np.cos(angle)
    cosine[8] = -1
    for zonal, planar in zip(
        k.zonal_kernels(cosine.reshape(4, 4), square_norm=1.7**2 / 2, **options),
        k.kernels(circle[:1], circle, **options),
        strict=True,
    ):
        np.testing.assert_allclose(zonal.ravel(), planar[0], atol=3e-14)


def test_relu_without_bias_has_depth_on_the_diagonal():
    assert k.zonal_kernels(1.0, depth=5).ntk == 5
    assert k.zonal_kernels(np.array([1.0, -1.0]), depth=2).ntk.tolist() == [2, 0]


def exact_tangent_moments(widths):
    """E Theta and E Theta^2 by enumerating the masks and a product rule exact for polynomials of degree 5."""
    nodes, weights = np.array([-math.sqrt(3), 0, math.sqrt(3)]), np.array([1, 4, 1]) / 6
    sizes = [1, *widths, 1]
    shapes = [(b, a) for a, b in itertools.pairwise(sizes)]
    count = sum(a * b for a, b in shapes)
    grid = np.array(np.meshgrid(*[range(3)] * count, indexing="ij")).reshape(count, -1)
    chance = weights[grid].prod(axis=0)
    values = np.split(nodes[grid], np.cumsum([a * b for a, b in shapes])[:-1])
    matrices = [v.reshape(*s, -1) for v, s in zip(values, shapes, strict=True)]
    first = second = 0.0
    for mask in itertools.product([0, 1], repeat=sum(widths)):
        masks = np.split(np.array(mask), np.cumsum(widths)[:-1])
        forward = [np.ones((1, grid.shape[1]))]
        for matrix, m, before in zip(matrices, [*masks, None], sizes, strict=False):
            h = np.einsum("jis,is->js", matrix, forward[-1]) / math.sqrt(before)
            forward.append(h if m is None else math.sqrt(2) * m[:, None] * h)
        backward = np.ones((1, grid.shape[1]))
        theta = 0
        for layer in range(len(matrices) - 1, -1, -1):
            theta = theta + (backward**2).sum(0) * (forward[layer] ** 2).sum(0) / sizes[layer]
            if layer:
                backward = np.einsum("jis,js->is", matrices[layer], backward) / math.sqrt(sizes[layer])
                backward = math.sqrt(2) * masks[layer - 1][:, None] * backward
        first += chance @ theta
        second += chance @ theta**2
    share = 0.5 ** sum(widths)
    return first * share, second * share


@pytest.mark.parametrize("widths", [[1], [3], [1, 1], [2, 1], [1, 2], [1, 1, 1], [1, 2, 1]])
def test_relu_tangent_variance_against_enumeration(widths):
    mean, square = exact_tangent_moments(widths)
    assert mean == pytest.approx(len(widths) + 1, rel=1e-12)
    assert k.relu_tangent_variance(widths) == pytest.approx(square - mean**2, rel=1e-12)


@pytest.mark.parametrize("n", [1, 2, 16, 333])
def test_relu_tangent_variance_of_equal_widths(n):
    assert k.relu_tangent_variance([n]) == pytest.approx(12 / n)
    assert k.relu_tangent_variance([n] * 2) == pytest.approx(58 / n + 113 / n**2)
    assert k.relu_tangent_variance([n] * 3) == pytest.approx(160 / n + 640 / n**2 + 912 / n**3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"depth": 0}, "depth"),
        ({"depth": 2.0}, "depth"),
        ({"activation": "swish"}, "activation"),
        ({"weight_variance": 0}, "weight_variance"),
        ({"bias_variance": -1}, "bias_variance"),
        ({"bias_variance": [0.1] * 2}, "bias_variance"),
        ({"x2": np.ones((2, 4))}, "columns"),
        ({"x": np.ones(3)}, "shape"),
        ({"x": np.full((2, 3), np.nan)}, "finite"),
    ],
)
def test_bad_arguments(change, message):
    arguments = {"x": np.ones((2, 3)), "depth": 3, **change}
    with pytest.raises(ValueError, match=message):
        k.kernels(arguments.pop("x"), arguments.pop("x2", None), **arguments)


def test_bad_activations_and_cosines():
    for bad in ([1.0], [0, np.inf], [[0, 1]]):
        with pytest.raises(ValueError, match="polynomial"):
            k.polynomial(bad)
    with pytest.raises(ValueError, match="nodes"):
        k.quadrature(np.tanh, np.cosh, nodes=1)
    with pytest.raises(ValueError, match="cosine"):
        k.zonal_kernels([1.1], depth=2)
    with pytest.raises(ValueError, match="square_norm"):
        k.zonal_kernels([0.1], depth=2, square_norm=0)
    with pytest.raises(ValueError, match="widths"):
        k.relu_tangent_variance([])
