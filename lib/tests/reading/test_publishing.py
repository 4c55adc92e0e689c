"""The commands gate, check, readme and book, as they answer a person in a terminal."""

import subprocess

import pytest
from sample_claim import COMMAND, FIGURE, NOTEBOOK


@pytest.fixture
def theorycheck(project):
    """A function that runs the command in the project: (exit status, all that was printed)."""

    def run(*arguments, folder=project):
        done = subprocess.run([COMMAND, *arguments], cwd=folder, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


def test_gate_says_that_all_is_well(theorycheck):
    assert theorycheck("gate") == (0, "1 notebook, whole and in step with README.md and figures/\n")


def test_gate_lists_problems_and_fails(theorycheck, project):
    (project / NOTEBOOK).unlink()
    status, text = theorycheck("gate")
    assert status == 1
    assert f"{NOTEBOOK} is missing, README.md lists it\n" in text
    assert text.endswith("problems in what is stored\n")


def test_check_runs_nothing_when_the_gate_is_red(theorycheck, project):
    (project / FIGURE).unlink()
    status, text = theorycheck("check")
    assert status == 1 and f"{FIGURE} is missing" in text and "passed" not in text


def test_check_refuses_a_slug_that_it_does_not_know(theorycheck):
    status, text = theorycheck("check", "mean-of-drawz")
    assert status == 2 and "no slug or field is called 'mean-of-drawz'" in text


def test_readme_writes_the_table_and_check_only_compares(theorycheck, project):
    readme = project / "README.md"
    good = readme.read_text()
    stale = good.replace("| holds |", "| refuted |")
    readme.write_text(stale)
    status, text = theorycheck("readme", "--check")
    assert status == 1 and "out of step" in text and readme.read_text() == stale
    assert theorycheck("readme")[0] == 0 and readme.read_text() == good
    assert theorycheck("readme", "--check")[0] == 0


@pytest.mark.parametrize("arguments", [["gate"], ["check"], ["readme"], ["book"]])
def test_outside_a_project_one_line_says_so(theorycheck, arguments, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    status, text = theorycheck(*arguments, folder=empty)
    assert status == 2
    assert len(text.splitlines()) == 1 and "no folder with notebooks/ and requirements.txt" in text


@pytest.mark.parametrize("arguments", [["readme"], ["book"]])
def test_a_notebook_that_cannot_be_read_is_one_line(theorycheck, project, arguments):
    (project / NOTEBOOK).write_text("[]")
    status, text = theorycheck(*arguments)
    assert status == 1
    assert text == f"Error: {NOTEBOOK}: not a notebook of format 4\n"
