"""Wrong edits of source text: each is the slip that it says, and nothing else changes."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theorycheck.suite.faults.operators import edits


def wrong(text, operator):
    """The sources that an operator makes of a line."""
    return [ast.unparse(ast.parse(edit.apply(text))) for edit in edits(text) if edit.operator == operator]


@pytest.mark.parametrize(
    ("text", "operator", "expected"),
    [
        ("a + b", "sign", ["a - b"]),
        ("a - b", "sign", ["a + b"]),
        ("-a", "sign", ["a"]),
        ("np.exp(x)", "sign", ["np.exp(-x)"]),
        ("a + b", "dropped term", ["a", "b"]),
        ("a - b", "dropped term", ["a"]),
        ("n - 1", "off by one", ["n - 2"]),
        ("range(n)", "off by one", ["range(n - 1)"]),
        ("a * b", "factor 2", ["2 * (a * b)"]),
        ("3 * b", "factor 2", ["6 * b"]),
        ("a / b", "factor 2", ["2 * (a / b)"]),
        ("a / 2", "factor 2", ["a / 4"]),
        ("a / b", "wrong normalization", ["a"]),
        ("x.mean(axis=0)", "wrong normalization", ["x.sum(axis=0)"]),
        ("x ** 2", "wrong exponent", ["x ** 3"]),
        ("x ** k", "wrong exponent", ["x ** (k + 1)"]),
        ("np.pi", "wrong constant", ["2 * np.pi"]),
        ("np.sqrt(x)", "missing square root", ["x"]),
        ("f(a, b, c)", "swapped arguments", ["f(b, a, c)"]),
        ("f(a, a)", "swapped arguments", []),
        ("x.var(ddof=1)", "biased estimator", ["x.var()"]),
        ("generator(seed, 'draws')", "wrong seed", ["generator(1234, 'draws')"]),
        ("np.minimum(a, b)", "opposite", ["np.maximum(a, b)"]),
        ("a < b", "wrong side", ["a > b"]),
    ],
)
def test_each_operator_makes_its_slip(text, operator, expected):
    assert wrong(text, operator) == [ast.unparse(ast.parse(each)) for each in expected]


@pytest.mark.parametrize(
    "text",
    [
        'def f(x):\n    """Return a + b."""\n',
        "if n < 1 + k:\n    raise ValueError(f'{n + 1}')",
        "import numpy as np",
        "x = y[i + 1]",
        "f(a, axis=1 + 1)",
        "def f(x: int | 2 * 3): pass",
        "claim = Claim(title='a', size=2 * 3)",
    ],
)
def test_words_types_layout_and_checks_of_arguments_are_left_alone(text):
    assert [edit for edit in edits(text) if edit.operator != "swapped arguments"] == []


def test_only_the_lines_asked_for_are_edited():
    text = "a = b + c\nd = e + f\n"
    assert {edit.line for edit in edits(text, {2})} == {2}


def test_an_edit_refuses_a_text_that_has_changed():
    [edit] = [edit for edit in edits("é = a + b") if edit.operator == "sign"]
    assert edit.apply("é = a + b") == "é = (a - b)"
    with pytest.raises(ValueError, match="line 1 does not read"):
        edit.apply("é = c + d + e")


EXPRESSIONS = st.recursive(
    st.sampled_from(["a", "b", "2", "0.5", "np.pi"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**", "<"]), inner).map(lambda t: f"({' '.join(t)})"),
        inner.map(lambda x: f"np.sqrt({x})"),
        inner.map(lambda x: f"-{x}"),
    ),
    max_leaves=8,
)


@given(EXPRESSIONS)
def test_every_edit_is_another_program_that_parses(text):
    for edit in edits(text):
        assert ast.dump(ast.parse(edit.apply(text))) != ast.dump(ast.parse(text))
