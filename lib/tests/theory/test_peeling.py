import numpy as np
import pytest
from scipy import stats

from theorycheck.theory import peeling


@pytest.mark.parametrize("groups", [3, 4, 5])
def test_threshold_is_where_density_evolution_stops_short(groups):
    eta = peeling.peeling_threshold(groups)
    assert peeling.density_evolution(1.001 * eta, groups) == pytest.approx(0, abs=1e-9)
    assert peeling.density_evolution(0.999 * eta, groups) > 0.3


def test_two_groups_have_the_threshold_of_a_random_graph():
    assert peeling.peeling_threshold(2) == 1
    assert peeling.density_evolution(1.1, 2) == pytest.approx(0, abs=1e-9)
    x = 1 - np.exp(-(peeling.density_evolution(0.8, 2) ** 0.5) / 0.8)
    assert x**2 == pytest.approx(peeling.density_evolution(0.8, 2))


def test_colliding_share_is_a_poisson_probability():
    assert peeling.colliding_share(0.5) == pytest.approx(1 - stats.poisson.pmf(0, 2))


def test_confusions_by_simulation_of_a_pair():
    rng = np.random.default_rng(0)
    p, snr, trials = 6, 1.5, 200_000
    differ = rng.integers(2, size=(trials, p)).sum(axis=1)
    # the correlation with the right signature minus that with the wrong one has mean 2 D and variance 4 D / snr
    margin = 2 * differ + np.sqrt(4 * differ / snr) * rng.normal(size=trials)
    half = np.mean(margin < 0) + np.mean(margin == 0) / 2
    assert peeling.confusions([p], 2, 1, snr)[0] == pytest.approx(2 * half, rel=0.03)


def test_mean_offsets_grow_as_chernoff_says():
    growth = (peeling.mean_offsets(2**40, 16, 2.0) - peeling.mean_offsets(2**36, 16, 2.0)) / 4
    assert growth == pytest.approx(peeling.offsets_per_bit(2.0), rel=0.03)
    assert peeling.offsets_per_bit(50.0) == pytest.approx(1, abs=1e-6)
