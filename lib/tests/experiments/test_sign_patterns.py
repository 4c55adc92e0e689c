from itertools import pairwise, product

import numpy as np
import pytest

from theorycheck.experiments.sign_patterns import (
    exact_share,
    propagate_patterns,
    propagates_exactly,
    sign_patterns,
)


@pytest.mark.parametrize(("sizes", "values"), [((2, 1, 2), (-1, 1)), ((1, 2, 1), (-1, 0, 1))])
def test_every_pattern_is_listed_once(sizes, values):
    patterns = sign_patterns(sizes, values)
    rows = {tuple(np.concatenate([S[n].ravel() for S in patterns])) for n in range(len(patterns[0]))}
    assert rows == set(product(values, repeat=4))
    assert [S.shape[1:] for S in patterns] == [(b, a) for a, b in pairwise(sizes)]


def test_exactness_is_decided_by_the_corners():
    rng = np.random.default_rng(0)
    patterns = sign_patterns((2, 2, 2))
    weights = [S * rng.integers(1, 10, size=S.shape) for S in patterns]
    radius = np.array([2, 3])
    verdicts = propagates_exactly(weights, radius)
    corners = np.array(list(product([-1, 1], repeat=2))) * radius
    for n in rng.choice(256, size=60, replace=False):
        images = corners @ (weights[1][n] @ weights[0][n]).T
        low = high = None
        box = (-radius, radius)
        for W in (weights[0][n], weights[1][n]):
            plus, minus = np.maximum(W, 0), np.minimum(W, 0)
            box = (plus @ box[0] + minus @ box[1], plus @ box[1] + minus @ box[0])
        low, high = box
        assert verdicts[n] == ((images.min(axis=0) == low).all() and (images.max(axis=0) == high).all())
    assert 0 < verdicts.sum() < 256


def test_all_patterns_of_a_network_against_its_paths_one_by_one():
    signs = sign_patterns((2, 2, 2), (-1, 0, 1))
    exact, exact_too, image = propagate_patterns(signs, np.random.default_rng(1))
    (first, second) = signs
    for n in np.random.default_rng(2).choice(3**8, size=300, replace=False):
        agree = True
        for i, j in product(range(2), repeat=2):
            paths = [int(second[n, i, k] * first[n, k, j]) for k in range(2)]
            agree &= not {-1, 1} <= set(paths)
            if abs(sum(paths)) == sum(map(abs, paths)):  # no magnitudes can change the sign of such a sum
                assert image[n, i, j] == np.sign(sum(paths))
        assert exact[n] == exact_too[n] == agree
    assert 0 < exact.sum() < 3**8
    # Where paths disagree, magnitudes decide: both signs occur.
    undecided = image[(first.prod(axis=(1, 2)) < 0) & (second == 1).all(axis=(1, 2))]
    assert {-1, 1} <= set(np.unique(undecided))


def test_long_lists_are_refused():
    with pytest.raises(ValueError, match="too many"):
        sign_patterns((5, 5, 5))


def test_share_of_exact_networks_against_paths_followed_one_by_one():
    # One input, two hidden neurons, two outputs, by hand: the two paths to each output must have one sign.
    rng = np.random.default_rng(1)
    share = exact_share((1, 2, 2), 2000, np.random.default_rng(2))
    w, v = rng.normal(size=(2000, 2)), rng.normal(size=(2000, 2, 2))
    by_hand = (np.sign(w[:, None, :] * v).prod(axis=-1) > 0).all(axis=-1).mean()
    assert abs(share - by_hand) < 5 * np.sqrt(2 * 0.25 * 0.75 / 2000)
    assert exact_share((1, 1, 1), 50, rng) == 1.0


def test_shifted_weights_agree_more_often():
    shares = [exact_share((2, 2, 2), 20_000, np.random.default_rng(3), law) for law in ("gaussian", "shifted")]
    assert shares[1] > shares[0] + 0.005
