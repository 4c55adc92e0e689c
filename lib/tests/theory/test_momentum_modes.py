import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theorycheck.theory import momentum_modes as modes


@given(st.floats(1.5, 1e5), st.integers(2, 40))
def test_modes_are_powers_of_the_companion_matrix(kappa, k):
    mu = modes.tuned_momentum(kappa)
    h = np.append(np.geomspace(1 / kappa, 1, 6), 1 / kappa)
    found = modes.tuned_modes(k, h, kappa)
    for i, value in enumerate(h):
        companion = np.array([[(1 + mu) * (1 - value), -mu * (1 - value)], [1, 0]])
        start = np.array([1 - (1 + mu) * value, 1.0])
        expected = (np.linalg.matrix_power(companion, k - 1) @ start)[0]
        assert found[k, i] == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("kappa", [4.0, 100.0, 1e4])
def test_slow_mode_has_a_double_root(kappa):
    rho, c = modes.slow_mode(kappa)
    mu, k = modes.tuned_momentum(kappa), np.arange(50)
    assert np.roots([1, -(1 + mu) * (1 - 1 / kappa), mu * (1 - 1 / kappa)]).real == pytest.approx([rho, rho], rel=1e-6)
    assert modes.tuned_modes(49, [1 / kappa], kappa)[:, 0] == pytest.approx((1 + c * k) * rho**k, rel=1e-10)


@given(st.floats(1.5, 1e6), st.floats(-8, -0.5))
def test_steps_by_direct_search(kappa, log_accuracy):
    rho, c = modes.slow_mode(kappa)
    k, accuracy = modes.steps_to_accuracy(kappa, 10**log_accuracy), 10**log_accuracy
    assert (1 + c * k) * rho**k <= accuracy * (1 + 1e-8)
    assert (1 + c * (k - 1)) * rho ** (k - 1) > accuracy * (1 - 1e-8)


def test_refuses_what_it_does_not_cover():
    with pytest.raises(ValueError, match="above 1"):
        modes.tuned_momentum(1.0)
    with pytest.raises(ValueError, match="eigenvalues"):
        modes.tuned_modes(3, [0.001], 100)
    with pytest.raises(ValueError, match="accuracy"):
        modes.steps_to_accuracy(100, 1.5)
