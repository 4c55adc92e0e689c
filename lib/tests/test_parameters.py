"""Good values pass, bad ones get one line with name, range and value, from Python and from the command line alike."""

import pytest

from theorycheck.parameters import Boolean, Choice, Increasing, Integer, List, Optional, ParameterError, Real

GOOD = [
    (Integer(2, 4), "3", 3),
    (Integer(0), "7", 7),
    (Integer(2, even=True), "10", 10),
    (Real(0, 1, open_low=True), "0.5", 0.5),
    (Real(0, 1), "1", 1),
    (Choice("relu", "erf"), "erf", "erf"),
    (Choice("relu", "erf"), "'erf'", "erf"),
    (Boolean(), "false", False),
    (List(Integer(1)), "[3, 1]", [3, 1]),
    (List(Real(), 2, 2), "(0.5, 1)", [0.5, 1]),
    (Increasing(Integer(1), full=[1, 2, 3]), "[1, 5]", [1, 5]),
    (Optional(Real(0)), "none", None),
    (Optional(Real(0)), "0.5", 0.5),
]
BAD = [
    (Integer(2, 4), "5", r"p must be an integer in \[2, 4\]; got 5"),
    (Integer(2, 4), "2.0", r"p must be an integer in \[2, 4\]; got 2.0"),
    (Integer(2, 4), "True", "got True"),
    (Integer(0), "many", "p must be an integer of at least 0; got 'many'"),
    (Integer(2, even=True), "3", "an even integer of at least 2; got 3"),
    (Real(0, 1, open_low=True), "0", r"a number in \(0, 1\]; got 0"),
    (Real(0), "float('nan')", "a number of at least 0"),
    (Choice("relu", "erf"), "tanh", "p must be one of relu, erf; got 'tanh'"),
    (Boolean(), "maybe", "true or false; got 'maybe'"),
    (List(Integer(1), 2), "[3]", "a list of 2 or more entries"),
    (List(Integer(1), 2), "[3, 0]", r"p\[1\] must be an integer of at least 1; got 0"),
    (Increasing(Integer(1)), "[2, 2]", r"an increasing list .* got \[2, 2\]"),
    (Optional(Real(0)), "-1", "a number of at least 0; got -1"),
]


@pytest.mark.parametrize(("specification", "text", "value"), GOOD)
def test_good_values(specification, text, value):
    parsed = specification.parse("p", text)
    assert parsed == value and type(parsed) is type(value)
    assert specification.check("p", value) == value


@pytest.mark.parametrize(("specification", "text", "message"), BAD)
def test_bad_values_get_one_line(specification, text, message):
    with pytest.raises(ParameterError, match=message) as caught:
        specification.parse("p", text)
    assert "\n" not in str(caught.value)


def test_infinity_is_no_number():
    with pytest.raises(ParameterError):
        Real(0).check("p", float("inf"))
    with pytest.raises(ParameterError):
        Choice(1, 2).check("p", True)


def test_full_profile():
    assert Integer(1, full=9).full == 9 and Integer(1).full is None
    assert Optional(Integer(1, full=9)).full == 9
