"""Dimensions against the rank of a matrix of monomials at random points."""

from itertools import product

import numpy as np
import pytest

from theorycheck.theory.sphere_polynomials import ambient_dimension, harmonic_count, polynomial_dimension


def monomial_rank(d, degrees, on_sphere, rng):
    exponents = [e for e in product(range(max(degrees) + 1), repeat=d) if sum(e) in degrees]
    x = rng.normal(size=(3 * len(exponents), d))
    if on_sphere:
        x /= np.linalg.norm(x, axis=1, keepdims=True)
    return np.linalg.matrix_rank(np.prod(x[:, None] ** np.array(exponents), axis=2))


@pytest.mark.parametrize(("d", "degree"), [(2, 3), (3, 2), (3, 4), (4, 3), (5, 2)])
def test_dimensions_are_ranks_of_monomials(d, degree):
    rng = np.random.default_rng(0)
    assert polynomial_dimension(d, degree) == monomial_rank(d, range(degree + 1), True, rng)
    assert polynomial_dimension(d, degree, parity=True) == monomial_rank(d, {degree}, True, rng)
    assert ambient_dimension(d, degree) == monomial_rank(d, range(degree + 1), False, rng)


def test_circle_and_sphere():
    assert [harmonic_count(2, k) for k in range(4)] == [1, 2, 2, 2]
    assert [harmonic_count(3, k) for k in range(5)] == [1, 3, 5, 7, 9]


def test_bad_dimension():
    with pytest.raises(ValueError, match="d >= 2"):
        harmonic_count(1, 2)
