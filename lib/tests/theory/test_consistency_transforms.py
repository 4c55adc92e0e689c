import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from theorycheck.theory.consistency_transforms import (
    comp_sum_bayes,
    comp_sum_gamma,
    comp_sum_transform,
    extremal_pair,
    is_attained,
)


def loss(q, tau):
    return -mpmath.log(q) if tau == 1 else (mpmath.mpf(q) ** (tau - 1) - 1) / (1 - mpmath.mpf(tau))


@pytest.mark.parametrize("tau", [0, 0.5, 1, 1.5, 1.8, 2, 3])
@pytest.mark.parametrize("t", [0.1, 0.7])
def test_two_classes_by_minimizing_over_the_prediction(tau, t):
    p = ((1 + t) / 2, (1 - t) / 2)

    def risk(q):
        return float(p[0] * loss(q, tau) + p[1] * loss(1 - q, tau))

    grid = np.linspace(1e-6, 1 - 1e-6, 400)
    best = min(
        optimize.minimize_scalar(risk, bounds=(a, b), method="bounded", options={"xatol": 1e-12}).fun
        for a, b in ((1e-12, 0.5), (0.5, 1 - 1e-12))
    )
    wrong = min(risk(q) for q in [*grid[grid < 0.5], 0.5])  # the second label is predicted
    excess = wrong - best
    if tau <= 2:
        assert comp_sum_transform(t, tau, 2) == pytest.approx(excess, abs=2e-6)
    else:
        assert comp_sum_transform(t, tau, 2) <= excess + 1e-9


@pytest.mark.parametrize("tau", [0, 0.5, 1, 1.5, 1.9])
def test_bayes_risk_against_a_numerical_minimum(tau):
    p = np.array([0.5, 0.3, 0.15, 0.05])

    def risk(z):
        q = np.exp(z - z.max())
        q /= q.sum()
        return -p @ np.log(q) if tau == 1 else p @ (q ** (tau - 1) - 1) / (1 - tau)

    found = optimize.minimize(risk, np.log(p), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13})
    assert comp_sum_bayes(p, tau) == pytest.approx(found.fun, abs=1e-9)


def test_bayes_risk_from_tau_2_on_is_that_of_a_vertex():
    p = np.array([0.4, 0.35, 0.25])
    rng = np.random.default_rng(0)
    q = np.vstack([rng.dirichlet([0.3, 0.3, 0.3], size=20000), np.eye(3)])
    for tau in (2, 2.7):
        risks = ((1 - q ** (tau - 1)) / (tau - 1)) @ p
        assert risks.min() == pytest.approx(comp_sum_bayes(p, tau))


@given(st.floats(0, 4), st.floats(0, 1), st.floats(0, 1), st.integers(2, 9))
def test_transform_is_increasing_and_convex(tau, s, t, n):
    if abs(tau - 1) < 1e-3 or 1.9 < tau < 2:  # large cancelling powers
        return
    at_s, at_t, middle = (float(comp_sum_transform(x, tau, n)) for x in (s, t, (s + t) / 2))
    assert 2 * middle <= at_s + at_t + 1e-12
    assert (at_s - at_t) * (s - t) >= -1e-12


@given(st.sampled_from([0, 0.5, 1, 1.5, 2, 3]), st.floats(1e-3, 1), st.integers(2, 9))
def test_gamma_inverts_the_transform(tau, t, n):
    assert comp_sum_gamma(comp_sum_transform(t, tau, n), tau, n) == pytest.approx(t, rel=1e-6)


def test_gamma_stays_in_the_unit_interval():
    assert comp_sum_gamma(np.array([-1e-18, 0.0, 1e9]), 1, 4).tolist() == pytest.approx([0, 0, 1], abs=1e-15)


@pytest.mark.parametrize("tau, t, n", [(0, 0.3, 4), (0.5, 0.25, 3), (1, 0.6, 5), (2, 0.2, 4)])
def test_extremal_pairs_attain_the_transform(tau, t, n):
    p, q = extremal_pair(t, tau, n)
    assert p.sum() == pytest.approx(1) and q.sum() == pytest.approx(1)
    assert (p >= 0).all() and p.max() - p[1] == pytest.approx(t) and q[1] == q.max()
    risk = sum(a * loss(b, tau) for a, b in zip(p, q, strict=True) if a)
    assert float(risk) - comp_sum_bayes(p, tau) == pytest.approx(float(comp_sum_transform(t, tau, n)), abs=1e-14)


def test_no_extremal_pair_is_made_up():
    assert not is_attained(0.5, 1.5, 4) and not is_attained(0.5, 2, 4)
    with pytest.raises(ValueError, match="no extremal pair"):
        extremal_pair(0.5, 2, 4)
    with pytest.raises(ValueError, match="need 0 <= t <= 1"):
        comp_sum_transform(1.2, 1, 4)
