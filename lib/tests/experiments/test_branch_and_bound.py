from itertools import pairwise

import numpy as np
import pytest

from theorycheck.experiments.branch_and_bound import lipschitz_search
from theorycheck.experiments.piecewise_linear import local_lipschitz


def random_network(rng, hidden=(5, 5)):
    sizes = (2, *hidden, 1)
    weights = [rng.normal(size=(b, a)) for a, b in pairwise(sizes)]
    return weights, [0.5 * rng.normal(size=W.shape[0]) for W in weights]


def test_search_ends_at_the_enumerated_constant():
    rng = np.random.default_rng(0)
    branched = 0
    for _ in range(8):
        weights, biases = random_network(rng)
        center, radius = rng.normal(size=2), 1.0
        exact, _, _ = local_lipschitz(weights, biases, center, radius)
        search = lipschitz_search(weights, biases, center, radius)
        assert search.upper == pytest.approx(exact, rel=1e-9)
        assert search.lower == pytest.approx(exact, rel=1e-9)
        lower, upper = search.history.T
        assert (np.diff(upper) <= 0).all() and (np.diff(lower) >= 0).all()
        assert (upper >= exact * (1 - 1e-9)).all() and (lower <= exact * (1 + 1e-9)).all()
        branched += search.branchings
    assert branched > 8


def test_without_geometry_the_search_is_sound_and_looser():
    rng = np.random.default_rng(1)
    excess = []
    for _ in range(6):
        weights, biases = random_network(rng)
        center = rng.normal(size=2)
        exact, _, _ = local_lipschitz(weights, biases, center, 1.0)
        excess.append(lipschitz_search(weights, biases, center, 1.0, geometry=False).upper / exact)
    assert min(excess) >= 1 - 1e-9 and max(excess) > 1.01


def test_a_linear_square_needs_no_branching():
    rng = np.random.default_rng(2)
    weights, biases = random_network(rng)
    search = lipschitz_search(weights, biases, rng.normal(size=2), 1e-9)
    assert search.branchings == 0
    assert search.upper == pytest.approx(search.lower, rel=1e-9)


def test_deeper_networks_are_refused():
    with pytest.raises(ValueError, match="two hidden layers"):
        lipschitz_search([np.ones((1, 2))], [None], np.zeros(2), 1.0)
