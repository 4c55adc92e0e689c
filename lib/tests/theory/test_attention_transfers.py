import numpy as np
import pytest
from scipy import optimize

from theorycheck.theory import attention_transfers


def test_phase_maximum_by_search():
    """The largest number of products in a phase, over a + b <= 2M, a + b + c <= 3M, found numerically."""
    d, m = 7.0, 50.0

    def products(z):
        a, b, c = np.maximum(z, 0)
        return -(a * b / d + np.sqrt(a * b * c))

    limits = [optimize.LinearConstraint([[1, 1, 0], [1, 1, 1]], ub=[2 * m, 3 * m])]
    found = optimize.minimize(products, [30.0, 20.0, 10.0], bounds=[(0, None)] * 3, constraints=limits)
    assert -found.fun == pytest.approx(m**2 / d + m**1.5, rel=1e-4)
    n = 1000
    assert attention_transfers.lower_bound(n, d, m) == m * (n * n * d // (m**2 / d + m**1.5))


def test_both_regimes_of_the_bound():
    n, d = 2**30, 64
    small, large = d * d / 1e4, d * d * 1e4
    assert attention_transfers.lower_bound(n, d, small) == pytest.approx(n**2 * d / np.sqrt(small), rel=0.02)
    assert attention_transfers.lower_bound(n, d, large) == pytest.approx(n**2 * d**2 / large, rel=0.02)
    assert attention_transfers.fused_cost(n, d, large) == pytest.approx(4 * n**2 * d**2 / large + 2 * n * d)
    assert np.all(attention_transfers.product_bound(n, d, small) >= attention_transfers.lower_bound(n, d, small))


def test_crossover_solves_the_equation():
    x = optimize.brentq(lambda x: 4 / x**2 - 3 / x - 3, 0.5, 1)
    assert attention_transfers.crossover() == pytest.approx(x * x)
