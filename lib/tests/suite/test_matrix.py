"""The environments in which the notebooks are compared with what they store."""

import subprocess
import sys
from pathlib import Path

import pytest

from theorycheck.suite import matrix
from theorycheck.suite.selection import Refusal

REPOSITORY = Path(__file__).parents[3]
REQUIREMENTS = "-e ./lib\n\nnumpy==2.4.6\nscipy==1.17.1\n\n# needed by the above\nsix==1.0\n"


def test_other_versions_replace_the_pins_and_leave_the_rest_to_the_installer():
    assert matrix.pinned(REQUIREMENTS, {}) == REQUIREMENTS
    assert matrix.pinned(REQUIREMENTS, {"scipy": "1.13.1"}) == "-e ./lib\n\nnumpy==2.4.6\nscipy==1.13.1\n\n"
    assert matrix.pinned(REQUIREMENTS, "newest") == "-e ./lib\n\nnumpy\nscipy\n\n"
    with pytest.raises(Refusal, match="does not pin six"):
        matrix.pinned(REQUIREMENTS, {"six": "2"})


def test_the_catalogue_of_the_repository_is_in_order():
    environments = matrix.read(REPOSITORY)
    assert len({environment["name"] for environment in environments}) == len(environments) >= 8
    text = (REPOSITORY / "requirements.txt").read_text()
    for environment in environments:
        matrix.pinned(text, environment.get("pins", {}))


def test_an_interpreter_is_found_only_if_it_answers():
    name = f"python3.{sys.version_info.minor}"
    found = matrix.interpreter(name)
    assert subprocess.check_output(
        [found, "-c", "import sys; print(sys.version_info.minor)"], text=True
    ).strip() == str(sys.version_info.minor)
    assert matrix.interpreter("python3.999") is None


def catalogue(project, text):
    (project.root / "ci").mkdir()
    (project.root / "ci/matrix.toml").write_text(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[environment]]\nname = 'a'\ncolour = 'b'", "got colour"),
        ("[[environment]]\nenv = {}", "got no name"),
        ("[[environment]]\nname = 'a'\npins = 'newest'", "other pins need a python"),
        ("environment", "ci/matrix.toml cannot be read"),
    ],
)
def test_a_catalogue_out_of_order_is_one_line(project, text, complaint):
    catalogue(project, text)
    _, err = project("matrix", status=2)
    assert complaint in err and err.count("\n") == 1


def test_what_cannot_be_had_is_said_and_is_no_failure_and_what_differs_is(project):
    catalogue(
        project,
        "[[environment]]\nname = 'other machine'\nneeds = 'no-such-flag'\n"
        "[[environment]]\nname = 'other Python'\npython = 'python3.999'\n"
        "[[environment]]\nname = 'this one'\nenv = { OPENBLAS_CORETYPE = 'Prescott' }\n",
    )
    project.notebook("alpha", "never-accepted")
    out, _ = project("matrix", "other")
    assert "not tried: this CPU has no no-such-flag" in out and "not tried: there is no python3.999 here" in out
    out, _ = project("matrix", "this one", status=1)
    assert "red: see build/matrix/this-one.log" in out
    assert "theorycheck accept never-accepted" in (project.root / "build/matrix/this-one.log").read_text()
