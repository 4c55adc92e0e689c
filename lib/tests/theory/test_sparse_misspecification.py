import numpy as np
import pytest
from scipy import integrate, special

from theorycheck.theory import sparse_misspecification as theory


@pytest.mark.parametrize("s, gamma", [(2, 0.3), (3, 0.5), (10, 0.5), (30, 0.25)])
def test_sphere_tail_by_integrating_the_density(s, gamma):
    # The first coordinate of a random unit vector has density proportional to (1 - x^2)^((s - 3)/2).
    angle = integrate.quad(lambda a: np.sin(a) ** (s - 2), 0, np.arccos(gamma))[0]
    whole = integrate.quad(lambda a: np.sin(a) ** (s - 2), 0, np.pi / 2)[0]
    assert theory.sphere_tail(s, gamma) == pytest.approx(angle / whole)


def test_sphere_tail_in_three_dimensions_is_archimedes():
    assert theory.sphere_tail(3, 0.4) == pytest.approx(0.6)


@pytest.mark.parametrize("s", [12, 24, 48])
def test_needle_is_hidden_about_half_the_time(s):
    k = theory.needle_actions(s, 0.5)
    assert isinstance(k, int)
    assert theory.hidden_probability(s, 0.5, k) >= 0.5 > theory.hidden_probability(s, 0.5, k + 2)


def test_needle_actions_grow_at_the_stated_rate():
    s = np.array([400, 420])
    k = theory.needle_actions(s, 0.3)
    assert np.diff(np.log(k))[0] / 20 == pytest.approx(-0.5 * np.log(1 - 0.3**2), rel=0.05)


def test_hidden_probability_against_sampling():
    rng = np.random.default_rng(0)
    inner = rng.normal(size=(20000, 9, 6))
    closest = np.abs(inner[..., 0] / np.linalg.norm(inner, axis=-1)).max(axis=1)
    found = np.mean(closest <= 0.7)
    assert abs(found - theory.hidden_probability(6, 0.7, 10)) < 4.5 * 0.5 / np.sqrt(20000)


def test_net_size_is_fine_enough():
    per_pair = theory.net_size(5, 2, 0.07) / special.comb(5, 2)
    assert np.pi / per_pair <= 0.07 < np.pi / (per_pair - 1)
    assert theory.net_size(5, 1, 0.07) == 10
    with pytest.raises(ValueError, match="s must be 1 or 2; got 3"):
        theory.net_size(5, 3, 0.07)


def test_guarantee_on_random_instances():
    rng = np.random.default_rng(1)
    for _ in range(50):
        actions = rng.uniform(-1, 1, size=(6, 3)) / np.sqrt(3)
        theta = rng.normal(size=3)
        theta /= np.linalg.norm(theta)
        net = theta + rng.normal(size=3) * 0.1
        epsilon, radius = 0.05, np.linalg.norm(net - theta)
        rewards = actions @ theta + epsilon * rng.choice([-1, 1], size=6)
        lost = rewards.max() - rewards[np.argmax(actions @ net)]
        assert lost <= theory.net_guarantee(epsilon, radius)
