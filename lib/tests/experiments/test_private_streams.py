import numpy as np
import pytest
from scipy import stats

from theorycheck.experiments import private_streams as ps
from theorycheck.seeds import generator


def test_reduction_stream_by_hand():
    stream, reads = ps.reduction_stream(np.array([[1, 0]]))
    assert stream.tolist() == [[1, 0], [1, 0], [0, 1], [0, 1], [1, 0]]
    assert reads.tolist() == [2, 4]


def test_running_maximum_against_cumulative_sums():
    stream = generator(0, "stream").integers(2, size=(50, 4))
    assert ps.running_maximum(stream).tolist() == stream.cumsum(axis=0).max(axis=1).tolist()


def test_recompute_errors_against_every_step():
    errors = ps.recompute_errors(23, 5, 0.1, 4, generator(0, "noise"))
    rng, t = generator(0, "noise"), np.arange(23)
    for error in errors:
        z = 5 * rng.standard_normal(5)
        assert error == pytest.approx(np.abs((t // 5 * 5 + z[t // 5]) - t).max())


def test_tree_noise_has_the_covariance_of_shared_blocks():
    times, runs = np.array([4, 5, 7, 12]), 60_000
    noise = ps.tree_noise(times, 12, 2.0, runs, generator(0, "tree"))

    def blocks(t):
        """Dyadic blocks (start, length) of the prefix of length t."""
        starts, start = set(), 0
        for bit in reversed(range(4)):
            if t >> bit & 1:
                starts.add((start, 1 << bit))
                start += 1 << bit
        return starts

    expected = [[len(blocks(s) & blocks(t)) for t in times] for s in times]
    assert noise.T @ noise / runs == pytest.approx(np.array(expected), abs=6 * 3 / np.sqrt(runs))


def test_tracing_rates_against_a_loop():
    n, d, scale = 3, 40, 0.5
    found = ps.tracing_rates(n, d, [0.0, scale], 2, generator(0, "trace"), read_noise=np.zeros((2, d)))
    rng = generator(0, "trace")
    for r in range(2):
        p = rng.random(d, dtype=np.float32)
        bits = rng.random((2, n, d), dtype=np.float32) < p
        noise = np.array([0.0, scale])[:, None] * rng.standard_normal((2, d))
        for k in range(3):
            q = [(sum(bits[0, :, j]) + (noise[k, j] if k < 2 else 0)) / n for j in range(d)]
            picked = [[sum((z[j] - p[j]) * (q[j] - p[j]) for j in range(d)) > d / (12 * n) for z in g] for g in bits]
            assert found[k, r] == pytest.approx(np.mean(picked[0]) - np.mean(picked[1]))


def test_noise_hides_the_members():
    found = ps.tracing_rates(10, 400, [0.0, 1e4], 40, generator(0, "trace")).mean(axis=1)
    assert found[0] > 0.95
    assert abs(found[1]) < stats.norm.isf(1e-4) * np.sqrt(0.5 / 400)


def test_fitted_crossing_of_a_known_parabola():
    x = np.array([0.5, 0.8, 1.0, 1.3, 2.0])
    u = np.log(x)
    curves = (1 - 0.4 * u + 0.1 * u**2)[:, None] + np.array([-0.2, 0.2])
    assert 1 - 0.4 * np.log(ps.fitted_crossing(x, curves, 0.9)) + 0.1 * np.log(
        ps.fitted_crossing(x, curves, 0.9)
    ) ** 2 == pytest.approx(0.9)
    assert np.isnan(ps.fitted_crossing(x, curves, -5))
