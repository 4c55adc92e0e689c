"""Reading notebooks without running them."""

import json

import pytest

from theorycheck import claim
from theorycheck.parameters import Increasing, Integer
from theorycheck.suite.notebooks import (
    CLAIM_MIME,
    EVIDENCE,
    KINDS,
    VERDICT_MIME,
    NotebookError,
    discover,
    read_info,
    stored,
)

STATED = 'Claim(slug="s", field="f", title="t", paper="p", kind="limit", evidence="theorem", parameters={%s})'


def error_of(project, **options):
    path = project.notebook("alpha", "bad", **options)
    with pytest.raises(NotebookError) as caught:
        read_info(path, project.root)
    text = str(caught.value)
    assert text.startswith("notebooks/alpha/bad.ipynb: ") and "\n" not in text
    return text


def test_reads_the_claim_and_its_parameters(project):
    info = read_info(project.notebook("alpha", "good"))
    assert (info.slug, info.field, info.kind, info.evidence) == ("good", "alpha", "limit", "theorem")
    assert info.defaults == {"x": 1, "widths": [2, 3, 5], "scale": 0.5, "name": "relu", "seed": 0}
    assert info.full == info.defaults | {"x": 7, "widths": [2, 3, 5, 7]}
    assert info.parameters["widths"].comment == "widths"
    assert info.parameters["widths"].spec == Increasing(Integer(1, 9), min_length=2, full=[2, 3, 5, 7])
    assert info.stored_verdict is None


def test_discovers_in_order_and_collects_what_is_malformed(project):
    project.notebook("beta", "second")
    project.notebook("alpha", "first")
    (project.root / "notebooks/alpha/broken.ipynb").write_text("{")
    (project.root / "notebooks/alpha/index.md").write_text("# Alpha")
    infos, errors = discover(project.root)
    assert [info.slug for info in infos] == ["first", "second"]
    assert [str(error).split(": ")[0] for error in errors] == ["notebooks/alpha/broken.ipynb"]


def test_a_cell_over_several_lines_and_a_source_in_lines(project):
    text = (
        "x = -1  # negative\nwidths = [\n  2,\n  3,\n]  # widths\nscale = 1e-3  # s\nname = 'erf'  # n\nseed = 0  # s\n"
    )
    path = project.notebook("alpha", "good", parameters=text)
    content = json.loads(path.read_text())
    for cell in content["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    path.write_text(json.dumps(content))
    info = read_info(path)
    assert (info.defaults["x"], info.defaults["widths"], info.parameters["widths"].comment) == (-1, [2, 3], "widths")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("x = 1\n", "no comment that says what x is"),
        ("x = (1, 2)  # x\n", "x: a list is needed in place of a tuple"),
        ("x = 2 * 3  # x\n", "x: only plain literals can be read without running it, got `2 * 3`"),
        ("x = Integer(1)  # x\n", "only plain literals"),
        ("x, y = 1, 2  # both\n", "line 1 is something else"),
        ("import os  # os\n", "line 1 is something else"),
        ("x = 1  # x\nx = 2  # x\n", "sets x twice"),
        ("x = \n", "not Python"),
        ("x = 1  # x\n", "does not set widths, scale, name, seed"),
        ("zeta = 1  # zeta\n", "states no range for zeta"),
    ],
)
def test_a_malformed_parameters_cell_is_one_clear_line(project, parameters, message):
    assert message in error_of(project, parameters=parameters)


@pytest.mark.parametrize(
    ("default", "message"),
    [
        ("x = 1000  # x", "x must be an integer in [-100, 100]; got 1000"),
        ("x = True  # x", "x must be an integer"),
        ('x = "1"  # x', "x must be an integer"),
    ],
)
def test_a_default_outside_its_range_is_one_clear_line(project, default, message):
    _, *others = project.parameters.splitlines()
    assert message in error_of(project, parameters="\n".join([default, *others]))


@pytest.mark.parametrize(
    ("setup", "message"),
    [
        ("pass", "one Claim(...) call expected, none found"),
        (f"{STATED % ''}\n{STATED % ''}".replace("{", "{{").replace("}", "}}"), "expected, 2 found"),
        ("Claim(1)", "keyword arguments only"),
        ("Claim(**stated)", "keyword arguments only"),
        ("Claim(", "not Python"),
        ('Claim(slug="bad")', "Claim(...) lacks evidence, field, kind, paper, parameters, title"),
        ((STATED % "").replace("{}", "{{}}, colour=1"), "does not know colour"),
        ((STATED % "").replace("{}", "{{}}").replace('"limit"', '"guess"'), "kind='guess'"),
        ((STATED % "").replace("{}", "{{}}").replace('"theorem"', '"hope"'), "evidence='hope'"),
        ((STATED % "").replace("{}", "{{}}").replace('title="t"', 'title=" "'), "title=...) must be a string"),
        ((STATED % "").replace("{}", "[]"), "must be a dictionary"),
        ((STATED % "").replace("{}", "dict(x=1)"), "only literals and the ranges of theorycheck.parameters"),
        ((STATED % "").replace("{}", '{{"x": Integer(1, 2, 3, 4)}}'), "Integer(1, 2, 3, 4)"),
        ((STATED % "").replace("{}", '{{"x": open("/etc/passwd")}}'), "only literals"),
        ((STATED % "").replace("{}", '{{"x": 3}}'), "x has no range but 3"),
    ],
)
def test_a_malformed_claim_is_one_clear_line(project, setup, message):
    assert message in error_of(project, setup=setup, parameters="x = 1  # x\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a notebook"),
        ("[]", "format 4"),
        ('{"nbformat": 3, "cells": []}', "format 4"),
        ("\x00", "not a notebook"),
    ],
)
def test_a_file_that_is_no_notebook_is_one_clear_line(project, text, message):
    path = project.root / "notebooks/alpha/bad.ipynb"
    path.parent.mkdir()
    path.write_text(text)
    [error] = discover(project.root)[1]
    assert message in str(error) and "\n" not in str(error)


def test_slug_and_field_are_those_of_the_place(project):
    path = project.notebook("alpha", "good")
    moved = path.rename(path.with_name("other.ipynb"))
    with pytest.raises(NotebookError, match="slug='good', its place says 'other'"):
        read_info(moved)


def test_no_parameters_cell_is_one_clear_line(project):
    path = project.notebook("alpha", "good")
    path.write_text(path.read_text().replace('"parameters"]', '"params"]'))
    with pytest.raises(NotebookError, match="one cell tagged `parameters` expected, none found"):
        read_info(path)


def test_the_last_stored_bundle_counts():
    def shown(verdict):
        return {"output_type": "display_data", "data": {VERDICT_MIME: {"verdict": verdict}}}

    cell = {"cell_type": "code", "source": "claim.verdict()", "outputs": [shown("refuted"), shown("holds")]}
    assert stored({"cells": [cell]}, VERDICT_MIME) == {"verdict": "holds"}
    assert stored({"cells": [cell]}, CLAIM_MIME) is None


def test_agrees_with_the_contract():
    """The static reader does not import the contract, which is slow; they must say the same."""
    assert (KINDS, EVIDENCE) == (claim.KINDS, claim.EVIDENCE)
    assert (CLAIM_MIME, VERDICT_MIME) == (claim.CLAIM_MIME, claim.VERDICT_MIME)
