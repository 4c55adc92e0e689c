"""Trying a fault: the unit tests and then the notebooks that import the edited module, until something catches it.

Everything happens in forks of one process that has imported the scientific stack but none of the package's theory and
experiments, which each fork imports from a scratch copy with the fault in it.
"""

import base64
import json
import os
import select
import signal
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from theorycheck.suite import images, notebooks
from theorycheck.suite.layout import figure_path
from theorycheck.suite.notebooks import VERDICT_MIME

SECONDS = 300  # of one fault in the tests, and in each notebook: a fault may make a loop endless
# What can catch a fault, from what tells most about it to what tells least.
TESTS, VERDICT, RAISED, NUMBERS, FIGURE, TIME = "unit tests", "verdict", "error", "numbers", "figure", "time limit"


@dataclass(frozen=True)
class Caught:
    """What caught a fault: one of the words above, and where."""

    by: str
    where: str


def import_stack():
    """Import, in the process that will fork, everything slow but what is under test."""
    import importlib

    from theorycheck.suite.zygote import STACK

    for name in (*STACK, "hypothesis.extra.numpy", "pytest", "IPython.core.interactiveshell", "IPython.utils.capture"):
        importlib.import_module(name)


def use_package(folder):
    """Let this process import the modules of theorycheck from a scratch copy below `folder`."""
    import theorycheck

    sys.dont_write_bytecode = True  # two faults of one file have the same size and the same second
    sys.path.insert(0, str(folder))
    theorycheck.__path__[:] = [str(Path(folder, "theorycheck"))]


def in_fork(function, seconds=SECONDS):
    """Return what a function returns (a JSON value) in a fork of this process.

    TimeoutError after so many seconds; ChildProcessError where the process died; RuntimeError where it raised.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            with open(os.devnull, "r+b", buffering=0) as nowhere:
                for standard in (0, 1, 2):
                    os.dup2(nowhere.fileno(), standard)
            try:
                answer = {"value": function()}
            except Exception:  # of ours: what is under test has its own ways to fail
                answer = {"error": traceback.format_exc()}
            with open(writing, "wb") as pipe:
                pipe.write(json.dumps(answer).encode())
        finally:
            os._exit(0)
    os.close(writing)
    deadline = time.monotonic() + seconds
    chunks = []
    try:
        with open(reading, "rb", buffering=0) as pipe:
            while select.select([pipe], [], [], max(0, deadline - time.monotonic()))[0]:
                if not (chunk := pipe.read(1 << 20)):
                    break
                chunks.append(chunk)
            else:
                raise TimeoutError
    finally:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    if not chunks:
        raise ChildProcessError
    answer = json.loads(b"".join(chunks))
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer["value"]


def failing_test(files):
    """Run unit tests in this process up to the first that fails; return its name, or None."""
    import pytest

    class Watcher:
        failed = None

        def pytest_runtest_logreport(self, report):
            if report.failed and self.failed is None:
                self.failed = report.nodeid

    watcher = Watcher()
    root = Path(files[0]).parents[2]
    options = ["-x", "-q", "--rootdir", str(root), "-c", str(root / "pyproject.toml"), "-p", "no:cacheprovider"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # what it would rewrite was imported to be forked
    status = pytest.main([*options, *map(str, files)], plugins=[watcher])
    if status == pytest.ExitCode.OK:
        return None
    return watcher.failed or f"no test could be collected from {', '.join(Path(file).name for file in files)}"


def difference(info, sources=None):
    """Run a notebook in this process; return (word, where) of the worst difference from what it stores, or None.

    Parameters
    ----------
    info : NotebookInfo
    sources : dict of int to str, optional
        Cells to replace by other source.
    """
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output
    from traitlets.config import Config

    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    shell.user_ns["__name__"] = "__main__"
    found, verdict = None, None
    for index, cell in enumerate(info.content["cells"]):
        if cell["cell_type"] != "code":
            continue
        text = (sources or {}).get(index) or notebooks.source(cell)
        with capture_output() as captured:
            result = shell.run_cell(text)
        if not result.success:
            error = result.error_in_exec or result.error_before_exec
            return RAISED, f"{info.slug}: cell {index + 1}: {type(error).__name__}"
        shown = [output.data for output in captured.outputs]
        stored = [output["data"] for output in cell.get("outputs", []) if "data" in output]
        verdict = next((data[VERDICT_MIME] for data in shown if VERDICT_MIME in data), verdict)
        if found is None and (word := _other(info, shown, stored)):
            found = word, f"{info.slug}: cell {index + 1}"
    if verdict is None:
        return RAISED, f"{info.slug}: no verdict"
    if verdict["verdict"] != (info.stored_verdict or {}).get("verdict"):
        wanted = {"evidence": "holds", "control": "refuted"}
        wrong = [check["name"] for check in verdict["checks"] if check["verdict"] != wanted[check["role"]]]
        return VERDICT, f"{info.slug}: {', '.join(wrong[:1])}"
    return found


def _other(info, shown, stored):
    """Say in which way what a cell shows differs from what it stores; None if it does not."""
    texts = [["".join(data.get("text/plain", "")) for data in outputs] for outputs in (shown, stored)]
    if texts[0] != texts[1]:
        return NUMBERS
    for data in shown:
        if picture := data.get("image/png"):
            fresh = base64.b64decode(picture) if isinstance(picture, str) else picture
            accepted = figure_path(info.path.parents[2], info)
            if images.distance(accepted.read_bytes(), fresh) > images.TOLERANCE:
                return FIGURE
    return None


def executed_lines(info, package):
    """Run a notebook in this process; return its difference and the lines that it executes, by module."""
    import coverage

    watching = coverage.Coverage(data_file=None, include=[f"{package}/theorycheck/{wing}/*" for wing in _WINGS])
    watching.start()
    found = difference(info)
    watching.stop()
    data = watching.get_data()
    lines = {
        (Path("lib") / Path(name).relative_to(package)).as_posix(): sorted(data.lines(name))
        for name in data.measured_files()
    }
    return found, lines


_WINGS = ("theory", "experiments")


def attempt(fault, text, package, tests, infos):
    """Return what catches a fault, a Caught, or None if it survives.

    Parameters
    ----------
    fault : Fault
    text : str
        The source that the fault edits.
    package : Path
        A scratch copy of lib/, in which the fault is made and undone.
    tests : list of Path
        Files of unit tests in the scratch copy, to be run in this order.
    infos : list of NotebookInfo
        Notebooks to run after that.
    """
    wrong = fault.edit.apply(text)
    if fault.cell is not None:
        [info] = infos
        return _judge(lambda: difference(info, {fault.cell: wrong}), info.slug)
    target = Path(package, Path(fault.path).relative_to("lib"))
    target.write_text(wrong, encoding="utf-8")
    try:
        if tests and (caught := _judge(lambda: _test_result(tests), "unit tests")):
            return caught
        for info in infos:
            if caught := _judge(lambda info=info: difference(info), info.slug):
                return caught
    finally:
        target.write_text(text, encoding="utf-8")
    return None


def _test_result(tests):
    failed = failing_test(tests)
    return failed and (TESTS, failed)


def _judge(function, where):
    """Run a function in a fork, and say what it caught, if anything."""
    try:
        found = in_fork(function)
    except TimeoutError:
        return Caught(TIME, where)
    except ChildProcessError:
        return Caught(RAISED, f"{where}: the process died")
    return Caught(*found) if found else None
