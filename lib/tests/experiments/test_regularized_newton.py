import numpy as np
import pytest
from scipy import optimize

from theorycheck.experiments import regularized_newton as rn
from theorycheck.seeds import generator

U = generator(0, "points").normal(size=(2, 6, 3)) + np.array([1.0, 0, 0])


def loss(u, x, tail):
    m = u @ x
    return (np.logaddexp(0, -m) if tail == "logistic" else (np.sqrt(1 + m**2) - m) / 2).mean()


@pytest.mark.parametrize("tail", rn.TAILS)
def test_state_by_finite_differences(tail):
    x = generator(1, "x").normal(size=(2, 3))
    log_f, g, H = rn.relative_state(U, x, tail)
    for k in range(2):
        f = loss(U[k], x[k], tail)
        numerical = optimize.approx_fprime(x[k], lambda y, k=k: loss(U[k], y, tail), 1e-7)
        shifted = [rn.relative_state(U[k], x[k] + 1e-6 * e, tail) for e in np.eye(3)]
        slope = [(s[1] * np.exp(s[0]) - g[k] * f) / 1e-6 for s in shifted]
        assert (np.exp(log_f[k]), *g[k]) == pytest.approx((f, *numerical / f), abs=1e-5)
        assert H[k] * f == pytest.approx(np.array(slope), abs=1e-5)


def test_far_out_nothing_underflows():
    log_f, g, H = rn.relative_state(np.ones((1, 1)), np.array([5000.0]))
    assert (log_f, g[0], H[0, 0]) == pytest.approx((-5000, -1, 1))


def test_step_solves_the_regularized_system():
    x = generator(2, "x").normal(size=3)
    log_f, g, H = rn.relative_state(U[0], x)
    f = np.exp(log_f)
    lam = np.linalg.norm(f * g) ** 0.5 / 0.7
    h, log_lambda = rn.step((log_f, g, H), 0.7, 0.3, 0.5)
    assert np.exp(log_lambda) == pytest.approx(lam)
    assert (1.3 * f * H + lam * np.eye(3)) @ h == pytest.approx(-f * g)


def test_a_batch_is_its_single_runs():
    gammas = np.array([[0.5], [1.0]])
    logs, progress = rn.descend(U, gammas, 5, delta=np.array([[0.0], [0.5]]))
    assert logs.shape == (6, 2, 2) and progress.shape == (5, 2, 2)
    single = rn.descend(U[1], 1.0, 5, delta=0.5)
    assert logs[:, 1, 1] == pytest.approx(single[0]) and progress[:, 1, 1] == pytest.approx(single[1])
    falls = np.exp(single[0][:-1]) - np.exp(single[0][1:])
    assert (falls > 0).all()


def test_search_accepts_what_it_should():
    accepted = rn.adaptive(U[0], 100.0, 12)
    assert (np.diff(np.log2(accepted)) <= 1 + 1e-12).all() and accepted.min() > 0


def test_steps_grow_by_one_over_gamma():
    points = np.array([1.0, 1.0, -1.0])
    near, far = (rn.steps_from_distance(points, distance, 0.5) for distance in (20, 40))
    assert far - near == pytest.approx(40, abs=1)


def test_local_run_ends_at_the_minimizer_of_scipy():
    logs = rn.local_gradients(U[0][:, :2], 0.1, 0.0, 1.0, 1e-30, digits=60)
    assert logs[-1] < np.log(1e-30) and (np.diff(logs) < 0).all()
    start = np.linalg.norm(U[0][:, :2].mean(axis=0)) / 2
    assert np.exp(logs[0]) == pytest.approx(start)
