"""Dimensions of spaces of polynomials on the sphere, and the ranks they impose on kernels."""

from math import comb


def harmonic_count(d, degree):
    """Dimension N(d, k) of the spherical harmonics of one degree on the unit sphere of R^d, as an exact integer.

    N(d, k) = C(d+k-1, k) - C(d+k-3, k-2): homogeneous polynomials of degree k, less those that |x|^2 divides.

    Raises
    ------
    ValueError
        If d < 2 or degree < 0.
    """
    if d < 2 or degree < 0:
        raise ValueError(f"need d >= 2 and degree >= 0; got d = {d}, degree = {degree}")
    return comb(d + degree - 1, degree) - (comb(d + degree - 3, degree - 2) if degree >= 2 else 0)


def polynomial_dimension(d, degree, *, parity=False):
    """Dimension of the polynomials of degree at most `degree` on the unit sphere of R^d.

    With `parity` only those whose degrees all have the parity of `degree` count. On the sphere |x|^2 = 1 identifies
    polynomials, so that this is sum_k N(d, k), less than the C(d+degree, d) monomials of R^d from degree 2 on.
    """
    step = 2 if parity else 1
    return sum(harmonic_count(d, k) for k in range(degree, -1, -step))


def ambient_dimension(d, degree):
    """Number C(d+degree, d) of monomials of degree at most `degree` in d variables: the count off the sphere."""
    return comb(d + degree, d)
