"""`theorycheck bench`: what the suite's own machinery costs, beside the time that notebooks spend in their cells.

All commands run in one scratch copy of the project, one after the other, so that their times can be compared on a
machine that others use as well: what counts are the ratios.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from theorycheck.suite.check import ONE_THREAD
from theorycheck.suite.layout import executed_path
from theorycheck.suite.notebooks import code_cells, read_content
from theorycheck.suite.pools import cores
from theorycheck.suite.selection import Refusal, select
from theorycheck.suite.status import table

COPIED = ("README.md", "requirements.txt", "notebooks", "figures", "ci", "lib/pyproject.toml")


def bench(root, names=(), jobs=None):
    """Time the commands on the named notebooks (all, if none is named) and print the figures; return 0."""
    infos, errors = select(root, names)
    if errors:
        raise Refusal(str(errors[0]))
    jobs = jobs or cores()
    with tempfile.TemporaryDirectory(prefix="theorycheck-bench-") as folder:
        copy = Path(folder, "project")
        _copy(Path(root), copy)
        slugs = [info.slug for info in infos]
        plain = _timed("papermill's own command, one notebook after another", lambda: _papermill(copy, infos))
        usual = sum(cell_seconds(path) for path in Path(copy, "plain").glob("*.ipynb"))
        batch = _timed("theorycheck run", lambda: _command(copy, "run", "--force", f"--jobs={jobs}", *slugs))
        cells = sum(cell_seconds(executed_path(copy, f"{info.field}/{info.slug}")) for info in infos)
        book = _timed("theorycheck status and book", lambda: _command(copy, "status", *slugs) + _command(copy, "book"))
        idle = _timed("both again, with nothing to do", lambda: _again(copy, slugs))
        check = _timed(
            "theorycheck check", lambda: _command(copy, "check", f"--jobs={jobs}", *(slugs if names else ()))
        )
    rows = [
        ("figure", "measured", "aim"),
        ("overhead: (wall time x workers - cells) / cells", f"{(batch * jobs - cells) / cells:.1%}", "10 %"),
        ("run, status and book / cells", f"{(batch + book) / cells:.2f}", f"{1.1 / jobs:.2f}"),
        ("run, status and book / cells of plain papermill", f"{(batch + book) / usual:.2f}", f"{1.1 / jobs:.2f}"),
        ("with nothing to do", f"{idle:.1f} s", "3 s"),
        ("check / run", f"{check / batch:.2f}", "1.15"),
        ("plain papermill / run", f"{plain / batch:.2f}", ""),
    ]
    click.echo(
        f"\n{len(infos)} notebooks, {jobs} workers, {cells:.0f} s in cells ({usual:.0f} s with plain papermill)\n"
    )
    click.echo(table(rows))
    return 0


def cell_seconds(path):
    """Return the seconds that an executed notebook spent in its code cells, as papermill measured them."""
    cells = code_cells(read_content(path))
    return sum(cell["metadata"].get("papermill", {}).get("duration") or 0 for cell in cells)


def _copy(root, target):
    for name in COPIED:
        source = root / name
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target / name)
        elif source.is_file():
            shutil.copy(source, target / name)


def _timed(what, function):
    """Call a function that returns exit statuses, and return the seconds that it took."""
    started = time.monotonic()
    status = function()
    seconds = time.monotonic() - started
    click.echo(f"{seconds:7.1f} s  {what}" + (f"  (exit status {status})" if status else ""))
    return seconds


def _command(folder, *arguments):
    command = [
        sys.executable,
        "-c",
        "from theorycheck.suite.cli import main; main(prog_name='theorycheck')",
        *arguments,
    ]
    return _run(command, folder)


def _again(folder, slugs):
    return _command(folder, "run", *slugs) + _command(folder, "status", *slugs) + _command(folder, "book")


def _papermill(folder, infos):
    Path(folder, "plain").mkdir()
    command = [sys.executable, "-m", "papermill", "--kernel", "python3", "--no-progress-bar"]
    return sum(_run([*command, str(info.path), f"plain/{info.slug}.ipynb"], folder) for info in infos)


def _run(command, folder):
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.run(command, cwd=folder, env={**ONE_THREAD, **os.environ}, **quiet).returncode
