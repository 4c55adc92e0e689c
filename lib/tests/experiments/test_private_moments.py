import numpy as np
import pytest
from scipy import integrate, stats

from theorycheck.experiments import private_moments as pm
from theorycheck.seeds import generator


def test_messages_without_noise_are_the_clipped_moments():
    rng = generator(0, "users")
    x, y = rng.normal(size=(50, 3)), rng.normal(size=50)
    sent = pm.noisy_messages(x, y, 1.0, 0.5, 0.0, 0.0, rng)
    a, b = np.minimum(np.maximum(x, -1), 1), np.minimum(np.maximum(y, -0.5), 0.5)
    moments = a.T @ a / 50
    assert sent[:6] == pytest.approx([moments[i, j] for i in range(3) for j in range(i, 3)])
    assert sent[6:] == pytest.approx(a.T @ b / 50)


def test_message_noise_has_the_stated_scales():
    zero = np.zeros((4000, 2))
    rng = generator(0, "noise")
    sent = np.array([pm.noisy_messages(zero, zero[:, 0], 1, 1, 3.0, 5.0, rng) for _ in range(200)]) * np.sqrt(4000)
    assert sent[:, :3].std() == pytest.approx(3.0, rel=0.15)
    assert sent[:, 3:].std() == pytest.approx(5.0, rel=0.15)


def test_sparse_signs():
    theta = pm.sparse_signs(9, 4, 3000, generator(0, "theta"))
    assert np.linalg.norm(theta, axis=1) == pytest.approx(np.ones(3000))
    assert np.all((theta != 0).sum(axis=1) == 4)
    assert (theta != 0).mean(axis=0) == pytest.approx(np.full(9, 4 / 9), abs=0.05)
    assert abs(np.sign(theta).sum()) < 5 * np.sqrt(12_000)


def test_wishart_factor_against_the_moments_of_scipy():
    n, d = 12, 3
    factor = pm.wishart_factor(n, d, 40_000, generator(0, "wishart"))
    moments = factor @ factor.swapaxes(1, 2)
    law = stats.wishart(n, np.eye(d))
    assert moments.mean(axis=0) == pytest.approx(law.mean(), abs=5 * np.sqrt(2 * n / 40_000))
    assert moments.var(axis=0) == pytest.approx(law.var(), rel=0.06)


@pytest.mark.parametrize("public", [False, True])
def test_errors_have_the_law_of_a_run_over_all_users(public):
    """The same mean error as with real users, each adding noise, at a size where that is possible."""
    n, d, scales, variance, runs = 400, 3, (2.0, 1.0), 0.5, 1500
    theta = np.tile([1.0, 0.0, 0.0], (runs, 1))
    drawn = pm.moment_errors(theta, n, scales, variance, 0.05, generator(0, "drawn"), public)
    rng, real = generator(0, "real"), []
    row, column = np.triu_indices(d)
    for _ in range(runs):
        x = rng.normal(size=(n, d))
        y = x[:, 0] + np.sqrt(variance) * rng.normal(size=n)
        sigma, b = x.T @ x / n, x.T @ y / n + scales[1] * rng.normal(size=d) / np.sqrt(n)
        if public:
            sigma = np.cov(rng.normal(size=(n, d)), rowvar=False, bias=True)
        else:
            noise = scales[0] * rng.normal(size=row.size) / np.sqrt(n)
            sigma[row, column] += noise
            sigma[column, row] = sigma[row, column]
        u = np.linalg.inv(sigma) @ b
        real.append(np.linalg.norm(np.sign(u) * np.maximum(np.abs(u) - 0.05, 0) - theta[0]))
    assert drawn.mean() == pytest.approx(np.mean(real), abs=5 * np.std(real) * np.sqrt(2 / runs))


def test_least_noise_against_the_integral_of_the_excess_density():
    """delta = integral of (p - e^epsilon q)_+ for the two shifted normal densities."""
    change, epsilon, delta = 3.0, 0.7, 1e-3
    noise = pm.least_noise(change, epsilon, delta)

    def excess(u):
        return max(stats.norm.pdf(u, change, noise) - np.exp(epsilon) * stats.norm.pdf(u, 0, noise), 0.0)

    start = change / 2 + epsilon * noise**2 / change  # where the two densities stand in the ratio e^epsilon
    integral, _ = integrate.quad(excess, start, start + 12 * noise)
    assert integral == pytest.approx(delta, rel=1e-6)
    assert pm.least_noise(2 * change, epsilon, delta) == pytest.approx(2 * noise)


def test_largest_changes_against_all_corners():
    corners = 1.5 * (2.0 * (np.arange(16)[:, None] >> np.arange(4) & 1) - 1)
    outer = max(np.linalg.norm(np.outer(a, a) - np.outer(b, b)) for a in corners for b in corners)
    product = max(np.linalg.norm(0.7 * a + 0.7 * b) for a in corners for b in corners)
    found = pm.largest_changes(4, 1.5, 0.7, 2000, generator(0, "pairs"))
    assert found == pytest.approx((outer, product))


def test_protocol_counts_clipped_runs_and_standardizes():
    clipped, residuals = pm.run_protocol(50, 2, 1.0, (2.5, 1e9), (30.0, 20.0), 400, 300, generator(0, "protocol"))
    chance = 1 - (1 - 2 * stats.norm.sf(2.5)) ** 100
    assert clipped / 400 == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / 400))
    assert residuals.shape == (300, 5)
    assert residuals.std(axis=0) == pytest.approx(np.ones(5), abs=0.2)
