"""Harmonics against Laplace's equation, their normalization against Monte Carlo, degrees against orthogonality."""

import numpy as np
import pytest
import sympy

from theorycheck.experiments.harmonic_targets import harmonic_parts, sphere_points, zonal_harmonic
from theorycheck.seeds import generator


@pytest.mark.parametrize("degree", [1, 2, 3, 4])
def test_zonal_polynomials_are_harmonic(degree):
    """|x|^k P_k(x_1 / |x|) is a harmonic polynomial."""
    x = sympy.symbols("x1:5")
    norm = sympy.sqrt(sum(v**2 for v in x))
    t = sympy.Symbol("t")
    p = sympy.gegenbauer(degree, sympy.Rational(len(x), 2) - 1, t)
    solid = sympy.expand(sympy.simplify(norm**degree * p.subs(t, x[0] / norm)))
    assert sympy.simplify(sum(sympy.diff(solid, v, 2) for v in x)) == 0
    assert zonal_harmonic(degree, 4, np.array(0.3)) == pytest.approx(float(p.subs(t, 0.3) / p.subs(t, 1)))


@pytest.mark.parametrize("directions", [None, 1])
@pytest.mark.parametrize("d", [5, 8])
def test_parts_are_orthonormal(d, directions):
    rng = generator(0, "parts", d)
    x = sphere_points(200_000, d, rng)
    parts, first = harmonic_parts(x, [1, 2, 3], rng, directions=directions)
    error = parts[:, None] * parts[None]
    deviation = np.abs(error.mean(axis=-1) - np.eye(3))
    assert (deviation < 5 * error.std(axis=-1) / np.sqrt(len(x))).all()
    assert np.linalg.norm(first) == pytest.approx(1)


def test_points_are_uniform():
    x = sphere_points(50_000, 6, generator(1, "points"))
    assert np.linalg.norm(x, axis=1) == pytest.approx(1)
    assert x.T @ x / len(x) == pytest.approx(np.eye(6) / 6, abs=5e-3)
