"""Wrong edits of a small project: what catches each, and what the hunt says of it."""

import json
import os
import signal
import subprocess
import time

import pytest
from sample_claim import COMMAND, read_infos

from theorycheck.suite.faults import catalogue, trial

MODULE = '''"""Halves."""


def half(x):
    """Return x / 2."""
    return x / 2


def spelled(x):
    return x / 2 + 0
'''
TEST = """from theorycheck.theory.halves import half


def test_half():
    assert half(4) + half(2) == 3
"""
BY_HAND = """
[[fault]]
path = "lib/theorycheck/theory/halves.py"
old = "return x / 2\\n\\n"
new = "return x / 3\\n\\n"
what = "a third"

[[fault]]
path = "lib/theorycheck/theory/halves.py"
old = "x / 2 + 0"
new = "x / 2"
what = "without zero"
"""


@pytest.fixture
def faulty(project):
    """The accepted project with a module of theory, its unit test, and faults written by hand."""
    files = {
        "lib/pyproject.toml": "[tool.pytest.ini_options]\n",
        "lib/theorycheck/theory/halves.py": MODULE,
        "lib/tests/theory/test_halves.py": TEST,
        "ci/faults/by_hand.toml": BY_HAND,
        "ci/faults/equivalent.toml": "",
    }
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    return project


def hunt(root, *arguments):
    env = {**os.environ, "PYTHONPATH": str(root / "formulas")}
    done = subprocess.run([COMMAND, "faults", *arguments], cwd=root, env=env, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_a_hunt_names_what_catches_each_fault_and_what_survives(faulty):
    status, out, err = hunt(faulty, "--jobs", "1", "--store")
    assert "theory/halves: a third: caught by unit tests" in out
    assert "theory/halves: without zero: survived" in out
    assert "averages/mean-of-draws: wrong seed:" in out
    assert (status, err) == (1, "survived: theory/halves: without zero\n")
    stored = json.loads((faulty / "ci/faults/results.json").read_text())
    assert stored["tried"] == 6 and stored["caught"] == 5
    assert stored["survived"] == ["theory/halves: without zero"]
    assert (faulty / "lib/theorycheck/theory/halves.py").read_text() == MODULE

    reason = 'reason = "adding 0 changes nothing"'
    (faulty / "ci/faults/equivalent.toml").write_text(f'[[fault]]\nname = "theory/halves: without zero"\n{reason}\n')
    status, out, err = hunt(faulty, "--store")
    assert (status, err) == (0, "")
    assert "[1/" not in out, "what is known was tried again"
    assert "5 of 5 faults caught" in out and "1 more change nothing" in out


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"ci/faults/by_hand.toml": BY_HAND.replace("x / 2 + 0", "x / 7")}, "has 0 places that read 'x / 7', not 1"),
        ({"ci/faults/by_hand.toml": BY_HAND.replace("halves.py", "thirds.py")}, "there is no file"),
        ({"ci/faults/by_hand.toml": "[[fault]]\nname = 'x'\n"}, "an entry has path, old, new, what; got name"),
        ({"ci/faults/by_hand.toml": "[[fault"}, "ci/faults/by_hand.toml: Expected"),
        ({"ci/faults/equivalent.toml": "[[fault]]\nname = 'x'\nreason = 'y'\n"}, "there is no fault 'x' any more"),
    ],
)
def test_a_wrong_catalogue_is_one_line(faulty, change, complaint):
    for name, text in change.items():
        (faulty / name).write_text(text)
    status, _, err = hunt(faulty, "--jobs", "1")
    assert status == 2 and complaint in err and err.count("\n") == 1


def test_a_unit_test_that_fails_anyway_catches_nothing(faulty):
    (faulty / "lib/tests/theory/test_halves.py").write_text(TEST.replace("== 3", "== 4"))
    status, _, err = hunt(faulty, "theory/halves", "--jobs", "1")
    assert status == 2 and err.count("\n") == 1
    assert "lib/tests/theory/test_halves.py fails without a fault" in err


def test_a_fault_that_is_caught_is_no_equivalent(faulty):
    reason = '[[fault]]\nname = "theory/halves: a third"\nreason = "a third is nearly a half"\n'
    (faulty / "ci/faults/equivalent.toml").write_text(reason)
    status, _, err = hunt(faulty, "theory/halves", "--jobs", "1")
    assert status == 2 and "'theory/halves: a third' is no equivalent: a check catches it" in err


def test_a_name_that_no_fault_is_about_is_one_line(faulty):
    status, _, err = hunt(faulty, "no-such-claim", "--jobs", "1")
    assert status == 2 and err.startswith("Error: no fault is about no-such-claim") and err.count("\n") == 1


@pytest.fixture(scope="module")
def stack():
    trial.import_stack()


@pytest.mark.parametrize(
    ("cell", "old", "new", "word"),
    [
        ("experiment", "size", "size", None),
        ("prediction", "exponent()", "exponent() / 0", trial.RAISED),
        ("prediction", "exponent()", "2 * exponent()", trial.VERDICT),
        ("experiment", "seed", "seed + 1", trial.NUMBERS),
        ("figure", "number of draws n", "width", trial.FIGURE),
    ],
)
def test_the_worst_difference_of_a_notebook_is_told(stack, project, monkeypatch, cell, old, new, word):
    monkeypatch.syspath_prepend(project / "formulas")
    [info] = read_infos(project)
    [(index, text)] = [
        (i, "".join(each["source"])) for i, each in enumerate(info.content["cells"]) if each["id"] == cell
    ]
    found = trial.in_fork(lambda: trial.difference(info, {index: text.replace(old, new)}))
    assert (found and found[0]) == word


def test_a_fork_gives_what_the_function_returns_or_says_how_it_ended():
    assert trial.in_fork(lambda: {"pid": os.getppid()}) == {"pid": os.getpid()}
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        trial.in_fork(lambda: 1 / 0)
    with pytest.raises(ChildProcessError):
        trial.in_fork(lambda: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(TimeoutError):
        trial.in_fork(lambda: time.sleep(60), seconds=0.2)


def test_faults_are_spread_over_kinds_and_stay_when_something_else_is_edited(tmp_path):
    text = "def f(n):\n    a = n + 1\n    b = n - 1\n    return a * b / np.sqrt(n) - np.exp(n)\n"
    path = tmp_path / "lib/theorycheck/theory/f.py"
    path.parent.mkdir(parents=True)

    def names(text, lines):
        path.write_text(text)
        return [fault.name for fault in catalogue.generate(tmp_path, [], {"lib/theorycheck/theory/f.py": lines})]

    found = names(text, {2, 3, 4})
    assert len(found) == catalogue.EACH
    assert len({name.split(": ")[1] for name in found}) == catalogue.EACH
    assert names(f'"""Words."""\n\n{text}', {4, 5, 6}) == found
    assert names(text, set()) == []
