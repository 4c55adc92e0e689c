import mpmath
import numpy as np
import pytest
import sympy

from theorycheck.theory import legs_transfer


def exact_legs(size):
    root = [sympy.sqrt(2 * n + 1) for n in range(size)]
    a = sympy.Matrix(size, size, lambda n, k: -root[n] * root[k] if n > k else -(n + 1) if n == k else 0)
    p = sympy.Matrix([r / sympy.sqrt(2) for r in root])
    return a, a + p * p.T, sympy.Matrix(root)


def test_relative_deviation_and_resolvent_symbolically():
    s, size = sympy.Symbol("s"), 3
    a, normal, b = exact_legs(size)
    g = (s * sympy.eye(size) - a).LUsolve(b)
    g_diagonal = (s * sympy.eye(size) - normal).LUsolve(b) / 2
    point = sympy.Rational(1, 3) + 2 * sympy.I
    for n in range(size):
        ratio = complex(((g[n] - g_diagonal[n]) / g_diagonal[n]).subs(s, point).evalf())
        assert legs_transfer.relative_deviation(size, complex(point)) == pytest.approx(ratio)
        assert legs_transfer.resolvent(size, complex(point))[n] == pytest.approx(complex(g[n].subs(s, point).evalf()))


@pytest.mark.parametrize("size", [1, 2, 9, 40])
def test_moduli_on_the_imaginary_axis(size):
    w = np.array([-3.0, 0.1, 2.0, 50.0])
    assert np.abs(legs_transfer.relative_deviation(size, 1j * w)) == pytest.approx(np.abs(w) / np.hypot(size, w))
    norms = np.linalg.norm(legs_transfer.resolvent(size, 1j * w), axis=-1)
    assert norms == pytest.approx(legs_transfer.resolvent_norm(size, w))


def test_arrays_of_sizes_broadcast():
    sizes, w = np.array([[2], [5]]), np.array([0.3, 4.0, 11.0])
    for function in (legs_transfer.relative_deviation, legs_transfer.diagonal_deviation):
        together = function(sizes, w)
        assert together == pytest.approx(np.array([[function(n, x) for x in w] for n in (2, 5)]))
    product = (3 - 0) * (3 - 1) / ((3 + 1) * (3 + 2))  # N = 2 at s = 3
    assert legs_transfer.relative_deviation(np.array([2, 9]), 3)[0] == pytest.approx(product)


def test_diagonal_deviation_is_the_difference_of_resolvents():
    size, w = 6, np.array([0.3, 4.0, 11.0])
    g, q = legs_transfer.resolvent(size, 1j * w), legs_transfer.relative_deviation(size, 1j * w)
    difference = np.linalg.norm(g - g / (1 + q)[:, None], axis=-1)
    assert legs_transfer.diagonal_deviation(size, w) == pytest.approx(difference)


def test_supremum_is_reached_near_the_largest_eigenvalue():
    size = 60
    w = size**2 / np.pi + np.linspace(-30, 30, 6001)
    largest = legs_transfer.diagonal_deviation(size, w).max()
    assert largest == pytest.approx(legs_transfer.diagonal_supremum(size), rel=0.01)


def test_condition_growth_maximizes_the_binomial():
    n = mpmath.mpf(10) ** 6

    def per_state(x):
        i = x * n
        log_binomial = mpmath.loggamma(n + i + 1) - mpmath.loggamma(2 * i + 1) - mpmath.loggamma(n - i + 1)
        return (log_binomial + i * mpmath.log(4)) / n

    best = max(per_state(mpmath.mpf(k) / 1000) for k in range(1, 1000))
    assert float(best) == pytest.approx(legs_transfer.condition_growth(), abs=1e-4)
    assert float(per_state(1 / mpmath.sqrt(2))) == pytest.approx(float(best), abs=1e-6)
