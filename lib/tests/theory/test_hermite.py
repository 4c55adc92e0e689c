import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import special

from theorycheck.theory import hermite


def test_polynomials_agree_with_scipy():
    z = np.linspace(-4, 4, 9)
    for k, values in enumerate(hermite.polynomials(8, z)):
        assert_allclose(values, special.eval_hermitenorm(k, z) / np.sqrt(special.factorial(k)), atol=1e-10)


def test_expansion_of_a_polynomial_is_exact():
    # z^3 = sqrt(6) h_3 + 3 h_1
    assert_allclose(hermite.expansion(lambda z: z**3, 4, nodes=5), [0, 3, 0, np.sqrt(6), 0], atol=1e-12)


def test_expansion_of_the_exponential():
    # E[e^(tz) h_k] = e^(t^2/2) t^k / sqrt(k!)
    k = np.arange(6)
    expected = np.exp(0.125) * 0.5**k / np.sqrt(special.factorial(k))
    assert_allclose(hermite.expansion(lambda z: np.exp(z / 2), 5), expected, atol=1e-12)


def test_first_coefficient_is_the_mean_slope():
    # E[tanh'(z)] by another quadrature rule
    z = np.linspace(-9, 9, 4001)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    slope = np.trapezoid(density / np.cosh(z) ** 2, z)
    assert_allclose(hermite.expansion(np.tanh, 1)[1], slope, atol=1e-9)


def test_too_few_nodes_are_refused():
    with pytest.raises(ValueError, match="more than 5"):
        hermite.expansion(np.tanh, 5, nodes=5)
