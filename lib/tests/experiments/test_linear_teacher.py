import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from theorycheck.experiments.linear_teacher import Regressions, square_eigenvalues, square_noise


@pytest.fixture(scope="module")
def wide():
    return Regressions.draw(12, 5, 20, np.random.default_rng(0), snr=2.0, inr=0.25, teachers=3)


def test_descent_follows_the_gradient(wide):
    students = wide.descend([0, 1, 4], 0.05)
    assert students.shape == (3, 20, 12, 3)
    np.testing.assert_array_equal(students[0], wide.start)
    x, y = wide.inputs[17], wide.targets[17, :, 2]

    def loss(w):
        return 0.5 * anp.sum((y - x.T @ w) ** 2)

    w = wide.start[17, :, 2]
    for _ in range(4):
        w = w - 0.05 * grad(loss)(w)
    np.testing.assert_allclose(students[2, 17, :, 2], w, rtol=1e-12)


@pytest.mark.parametrize("P", [5, 30])
def test_converged_is_the_nearest_least_squares_solution(P):
    some = Regressions.draw(12, P, 4, np.random.default_rng(1), snr=2.0, inr=0.25)
    x, y, w0 = some.inputs[2], some.targets[2, :, 0], some.start[2, :, 0]
    change = np.linalg.lstsq(x.T, y - x.T @ w0, rcond=None)[0]  # the shortest change that minimizes
    np.testing.assert_allclose(some.converged()[2, :, 0], w0 + change, rtol=1e-9)
    np.testing.assert_allclose(some.descend([20000], 0.2)[0, 2, :, 0], w0 + change, rtol=1e-6)


def test_error_is_the_population_error(wide):
    w = wide.start
    error = wide.error(w)
    assert error.shape == (20,)
    x = np.random.default_rng(2).normal(size=(12, 200000)) / np.sqrt(12)
    difference = (w[3] - wide.teacher[3]).T @ x
    assert error[3] == pytest.approx(np.mean(difference**2) + 0.5, rel=0.01)


def test_frozen_part_of_a_change(wide):
    inside = wide.inputs @ np.ones((20, 5, 3))
    inside /= np.linalg.norm(inside, axis=1, keepdims=True)
    assert wide.outside_span(inside).max() < 1e-14
    outside = np.linalg.svd(wide.inputs)[0][:, :, -1:] * np.ones(3)
    np.testing.assert_allclose(wide.outside_span(outside), 1)
    np.testing.assert_allclose(wide.outside_span(3 * outside + 4 * inside), 0.6)


@pytest.mark.parametrize("law", ["gaussian", "rademacher"])
def test_inputs_have_the_stated_moments(law):
    data = Regressions.draw(6, 4000, 5, np.random.default_rng(3), snr=4.0, inr=0.25, law=law, correlation=0.8)
    covariance = np.mean(data.inputs @ np.swapaxes(data.inputs, 1, 2) / 4000, axis=0) * 6
    index = np.arange(6)
    np.testing.assert_allclose(covariance, 0.8 ** np.abs(index[:, None] - index), atol=0.04)
    noise = data.targets - np.swapaxes(data.inputs, 1, 2) @ data.teacher
    assert noise.var() == pytest.approx(0.25, rel=0.05)


def test_square_eigenvalues():
    spectra = square_eigenvalues(50, 20, np.random.default_rng(4))
    assert spectra.shape == (20, 50)
    assert spectra.mean() == pytest.approx(1, abs=0.02)
    assert np.mean(spectra**2) == pytest.approx(2, abs=0.08)


def test_square_noise_is_the_error_of_a_student_of_noise():
    # Small steps of descent from zero on noise alone, on the matrices that the eigenvalues are those of.
    N, rate = 6, 1e-3
    found = square_noise(N, [0.5, 3.0], 2, np.random.default_rng(5))
    x = np.random.default_rng(5).normal(size=(2, N, N)) / np.sqrt(N)
    students = Regressions(x, np.tile(np.eye(N), (2, 1, 1)), np.zeros((2, N, N)), np.zeros((2, N, N)), 0.0)
    # Each unit vector of noise is a teacher of its own: the mean over noise is the sum over them, over N.
    error = students.error(students.descend([500, 3000], rate)) * N
    np.testing.assert_allclose(found, error, rtol=5e-3)
