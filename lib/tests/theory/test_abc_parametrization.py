import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from theorycheck.theory.abc_parametrization import Parametrization, named

exponent = st.floats(-1, 1)


@pytest.mark.parametrize(
    ("name", "first", "later", "gram"),
    [
        ("sp", [-1.5, -0.5, -0.5], [-1.5, -0.5, -0.5], -1),
        ("ntp", [-0.5] * 3, [-0.5] * 3, -1),
        ("interp0.5", [-0.25] * 3, [-0.25] * 3, -0.5),
        ("interp0.9", [-0.05] * 3, [-0.05] * 3, -0.1),
        ("mup", [0] * 3, [0] * 3, 0),
        ("mup_small", [-0.5] * 3, [0] * 3, 0),
        ("sp_unstable", [-0.5, 0.5, 0.5], None, None),
    ],
)
def test_members_worked_out_by_hand(name, first, later, gram):
    member = named(name, 3)
    assert_allclose(member.change_exponents(later=False), first, atol=1e-12)
    if later:
        assert_allclose(member.change_exponents(), later, atol=1e-12)
        assert_allclose(member.gram_exponent(), gram, atol=1e-12)


@given(st.lists(st.tuples(exponent, exponent), min_size=3, max_size=5), exponent, exponent, st.booleans())
def test_symmetry_of_the_space(pairs, c, t, later):
    a, b = (np.array(part) for part in zip(*pairs, strict=True))
    one = Parametrization(tuple(a), tuple(b), c)
    other = Parametrization(tuple(a + t), tuple(b - t), c - 2 * t)
    assert_allclose(one.change_exponents(later), other.change_exponents(later), atol=1e-9)


@given(st.floats(0.1, 2), st.floats(-0.5, 1.5), st.floats(-0.5, 1.0))
def test_one_step_of_a_network_with_all_weights_equal(beta, c, a):
    """Two linear layers, one input, w^1 = n^-b1, readout n^-beta: the first step by hand, at two huge widths."""
    member = Parametrization((a, 0.25), (0.0, beta), c)

    def change(n):
        delta = n ** -(0.25 + beta)  # d f / d h of each neuron
        return n**-a * n**-c * delta * n**-a * 1.0  # residual and input are 1

    slope = np.log(change(1e12) / change(1e8)) / np.log(1e4)
    assert_allclose(member.change_exponents(later=False), [slope], atol=1e-9)


def test_unknown_members_are_refused():
    for name in ("ntk", "interp2", "interp", "interpx"):
        with pytest.raises(ValueError, match="unknown parametrization"):
            named(name, 2)
    with pytest.raises(ValueError, match="one entry for each"):
        Parametrization((0.0,), (0.0, 1.0), 0.0)
