import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from theorycheck.experiments.factorized_descent import (
    descend,
    draw_problems,
    exponential_rates,
    gaussian_gram,
    haar,
    late_rates,
)
from theorycheck.seeds import generator


def problem(runs=2, n=4, k=2):
    rng = generator(0, "problem")
    return rng.normal(size=(runs, n, n)) / n, rng.normal(size=(runs, n, k)) / 2, rng.normal(size=(runs, n, k)) / 2


@pytest.mark.parametrize("measured", [False, True])
def test_two_factors_against_automatic_differentiation(measured):
    target, left, right = problem()
    rng = generator(0, "measurements")
    a = rng.normal(size=(2, 30, 16))
    gram = np.einsum("rmi,rmj->rij", a, a) / 30 if measured else np.broadcast_to(np.eye(16), (2, 16, 16))

    def loss(factors, i):
        e = (factors[0] @ factors[1].T - target[i]).reshape(-1)
        return anp.dot(e, anp.dot(gram[i], e)) / 2

    errors = descend(target, left, right, 0.1, [0, 1, 4], gram=gram if measured else None)
    for i in range(2):
        f, path = np.stack([left[i], right[i]]), []
        for _ in range(5):
            path.append(np.sum((f[0] @ f[1].T - target[i]) ** 2))
            f = f - 0.1 * grad(loss)(f, i)
        assert errors[:, i] == pytest.approx(np.array(path)[[0, 1, 4]])


def test_one_factor_against_automatic_differentiation():
    target, start, _ = problem()
    target = target @ target.swapaxes(1, 2)
    errors = descend(target, start, None, 0.1, [0, 3])
    for i in range(2):
        x = start[i]
        for _ in range(3):
            x = x - 0.1 * grad(lambda y, i=i: anp.sum((y @ y.T - target[i]) ** 2) / 4)(x)
        assert errors[0, i] == pytest.approx(np.sum((start[i] @ start[i].T - target[i]) ** 2))
        assert errors[1, i] == pytest.approx(np.sum((x @ x.T - target[i]) ** 2))


@pytest.mark.parametrize("symmetric", [False, True])
def test_gram_is_isotropic_on_what_it_sees(symmetric):
    gram = gaussian_gram(3, 200_000, 1, generator(0, "gram"), symmetric=symmetric)[0]
    swap = np.eye(9).reshape(3, 3, 3, 3).transpose(1, 0, 2, 3).reshape(9, 9)
    expected = (np.eye(9) + swap) / 2 if symmetric else np.eye(9)
    assert gram == pytest.approx(expected, abs=0.02)


def test_haar_columns_are_orthonormal_and_isotropic():
    q = haar(3, 2, 20_000, generator(0, "haar"))
    assert np.abs(q.swapaxes(1, 2) @ q - np.eye(2)).max() < 1e-12
    assert q.mean(axis=0) == pytest.approx(np.zeros((3, 2)), abs=0.02)
    assert (q[..., 0, 0] ** 4).mean() == pytest.approx(3 / 15, abs=0.01)


def test_targets_have_the_singular_values_and_vectors():
    problems, values = draw_problems(5, 2, 3, 4, generator(0, "draw")), np.array([1.0, 0.4])
    assert problems.left.shape == problems.right.shape == (4, 5, 3)
    target = problems.target(values)
    assert np.linalg.svd(target, compute_uv=False)[:, :3] == pytest.approx(np.tile([1, 0.4, 0], (4, 1)), abs=1e-12)
    assert target @ problems.v == pytest.approx(problems.u * values)
    symmetric = problems.target(values, symmetric=True)
    assert symmetric == pytest.approx(symmetric.swapaxes(1, 2))
    assert symmetric @ problems.u == pytest.approx(problems.u * values)


def test_rates_of_exponentials_that_are_spoilt_where_they_have_not_settled():
    times, rates = np.arange(0, 60, 3), np.array([0.2, 0.05])
    errors, settled = np.exp(1 - rates * times[:, None]), times[:, None] >= [15, 30]
    assert exponential_rates(times, np.where(settled, errors, 7.0), settled) == pytest.approx(rates)


def test_late_rate_is_that_of_the_slowest_mode_of_a_scalar():
    """F = diag(1, s) and G = diag(1, 0 + small) on M = diag(1, 0): the small column decays by 1 - eta s^2 a step."""
    s, eta = np.array([0.5, 0.8]), 0.1
    left, right = np.zeros((2, 2, 2)), np.zeros((2, 2, 2))
    left[:, 0, 0] = right[:, 0, 0] = 1
    left[:, 1, 1], right[:, 1, 1] = s, 1e-4
    target = np.broadcast_to(np.diag([1.0, 0.0]), (2, 2, 2))
    found = late_rates(target, left, right, eta, np.array([200.0, 120.0]))
    assert found == pytest.approx(-2 * np.log(1 - eta * s**2), rel=1e-6)
