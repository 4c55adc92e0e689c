import numpy as np
import pytest

from theorycheck.experiments.convergence import exponents, leading_term, relative_distances, size
from theorycheck.seeds import generator


def test_size_by_hand():
    errors = np.array([[[3.0, 4.0], [0.0, -2.0]]])
    np.testing.assert_allclose(size(errors), [np.sqrt(29 / 4)])
    np.testing.assert_allclose(size(errors, axes=-1), np.sqrt([[12.5, 2.0]]))


def test_exponents_of_power_laws_and_their_spread_over_replicates():
    """Two kinds of errors N^{-p} with p = 1 and 2; the replicates of the second part by a known ± 0.1."""
    sizes = np.array([4.0, 8, 16, 32])[:, None, None, None]
    powers = np.array([[1.0, 1.0], [1.9, 2.1]])[..., None]
    found = exponents(sizes.ravel(), sizes**-powers * np.array([1.0, -3.0, 0.5]))
    np.testing.assert_allclose(found.value, [-1, -2])
    np.testing.assert_allclose(found.se, [0, 0.1], atol=1e-12)


@pytest.mark.parametrize("order", [1, 3])
def test_leading_term_cancels_the_next_one(order):
    rng = generator(0, "terms")
    c, after, last = *rng.normal(size=(2, 5)), rng.normal(size=5)
    errors = np.array([c * n**-order + after * n ** -(order + 1) + last * n ** -(order + 2) for n in (50.0, 100.0)])
    # What the third term leaves: 2 - 4.
    np.testing.assert_allclose(leading_term(errors, order) - c * 100.0**-order, -2 * last * 100.0 ** -(order + 2))


def test_leading_term_takes_an_order_for_each_entry():
    orders = np.array([1, 2])
    errors = np.array([np.full(2, n) ** -orders.astype(float) for n in (10.0, 20.0)])
    np.testing.assert_allclose(leading_term(errors, orders), [1 / 20, 1 / 400])


def test_relative_distances_by_hand():
    predicted = np.array([[[3.0, 0.0], [0.0, 4.0]], [[1.0, 0.0], [0.0, 0.0]]])
    found = predicted + np.array([[[0.0, 0.5], [0.0, 0.0]], [[0.0, 0.0], [2.0, 0.0]]])
    np.testing.assert_allclose(relative_distances(found, predicted), [0.1, 2.0])
