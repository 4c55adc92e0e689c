from itertools import islice

import numpy as np
import pytest

from theorycheck.experiments import halpern
from theorycheck.seeds import generator


def problem(n=30, d=6):
    return halpern.rotation_components(n, d, 0.5, 1e-2, generator(0, "operator"))


def test_components_are_cocoercive_with_equality_and_centred():
    matrices, shifts = problem()
    rotations = np.eye(6) - matrices
    assert np.einsum("nij,nkj->nik", rotations, rotations) == pytest.approx(np.broadcast_to(np.eye(6), (30, 6, 6)))
    assert shifts.sum(axis=0) == pytest.approx(np.zeros(6), abs=1e-12)
    x = generator(0, "x").normal(size=6)
    left = np.mean([np.sum((m @ x) ** 2) for m in matrices])
    assert left == pytest.approx(2 * x @ matrices.mean(axis=0) @ x)


def test_without_noise_the_rotation_has_the_stated_angles():
    matrices, _ = halpern.rotation_components(2, 6, 0.0, 0.01, generator(0, "operator"))
    angles = np.abs(np.angle(np.linalg.eigvals(np.eye(6) - matrices[0])))
    assert np.sort(angles)[::2] == pytest.approx([0.01, 0.1, 1.0])


def test_halpern_bound_on_the_last_iterate():
    """||F(u_k)|| <= L ||u_0 - u*|| times a constant over k: the residual of the exact method decays like 1/k."""
    matrices, _ = problem()
    mean, start = matrices.mean(axis=0), np.ones(6)
    residuals = [np.linalg.norm(mean @ u) for u in halpern.halpern(lambda k, u: mean @ u, start, 0.5, 400)]
    k = np.arange(1, 401)
    assert np.all(np.array(residuals[1:]) * k <= 4 * 2 * np.linalg.norm(start))


def test_recursive_estimate_against_a_loop_over_components():
    matrices, shifts = problem(n=8)
    estimate = halpern.RecursiveEstimate(matrices, shifts, lambda k: 0.3, 3, 1, generator(0, "draws"))
    draw = generator(0, "draws")
    points = generator(0, "points").normal(size=(12, 1, 6))
    held, calls = None, 0
    for k, u in enumerate(points):
        if k == 0 or draw.random(1)[0] < 0.3:
            held, calls = np.mean([matrices[i] @ u[0] - shifts[i] for i in range(8)], axis=0), calls + 8
        else:
            batch = draw.integers(8, size=(1, 3))[0]
            change = [matrices[i] @ u[0] - shifts[i] - (matrices[i] @ points[k - 1][0] - shifts[i]) for i in batch]
            held, calls = held + np.mean(change, axis=0), calls + 6
        assert estimate(k, u)[0] == pytest.approx(held)
        assert estimate.calls[0] == calls


def test_fresh_batches_are_unbiased_and_noisy():
    matrices, shifts = problem(n=8)
    estimate = halpern.RecursiveEstimate(matrices, shifts, None, 4, 20_000, generator(0, "draws"), recursive=False)
    u = generator(0, "u").normal(size=6)
    values = estimate(3, np.tile(u, (20_000, 1)))
    exact = matrices.mean(axis=0) @ u
    each = matrices @ u - shifts
    assert values.mean(axis=0) == pytest.approx(exact, abs=5 * each.std(axis=0).max() / np.sqrt(4 * 20_000))
    assert values.var(axis=0) == pytest.approx(each.var(axis=0) / 4, rel=0.06)
    assert np.all(estimate.calls == 4)


def test_first_hits_against_the_trajectory():
    matrices, shifts = problem()
    mean, start = matrices.mean(axis=0), np.ones(6)
    exact = halpern.RecursiveEstimate(matrices, shifts, lambda k: 1.0, 1, 2, generator(0, "draws"))
    steps, calls = halpern.first_hits(exact, mean, start, 0.5, [0.5, 0.05, 1e-9], 300)
    path = list(islice(halpern.halpern(lambda k, u: mean @ u, start, 0.5, 300), 301))
    residual = np.array([np.linalg.norm(mean @ u) for u in path])
    assert steps[:2, 0].tolist() == [int(np.argmax(residual <= 0.5)), int(np.argmax(residual <= 0.05))]
    assert steps[2].tolist() == [300, 300]
    assert np.array_equal(calls, 30 * steps)
