"""pytest plugin: what nbval lacks for the suite. Loaded by `theorycheck check` with `-p`.

- Where a verdict differs, the report says which of its numbers moved, and by how much.
- The figure that a cell shows is compared with the accepted one in figures/, in the very run whose texts nbval
  compares.
- Kernels talk over IPC: TCP ports race when many kernels start at once, and a kernel on TCP warns on stderr.
"""

import base64
import os
import shutil
import tempfile
import weakref
from pathlib import Path

import nbval.kernel
import pytest
from jupyter_client.manager import KernelManager
from nbval.plugin import IPyNbCell, NbCellError

from theorycheck.suite import images
from theorycheck.suite.accept import changes
from theorycheck.suite.notebooks import VERDICT_MIME

FRESH = Path("build", "figures-that-differ")  # where a figure that differs is left for a look


def pytest_configure():
    """Let nbval start kernels of ours."""
    nbval.kernel.KernelManager = IpcKernelManager


class IpcKernelManager(KernelManager):
    """A kernel whose sockets lie in a short-named folder of its own: the path of a socket has about a hundred bytes."""

    def __init__(self, **options):
        folder = tempfile.mkdtemp(prefix="tc-")
        super().__init__(transport="ipc", connection_file=os.path.join(folder, "k.json"), **options)
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Compare the figures of a cell once nbval has compared its texts; say which numbers of a verdict moved."""
    try:
        result = yield
    except NbCellError as error:
        error.inner_traceback = "\n".join([error.inner_traceback or "", *_moved(item)])
        raise
    if isinstance(item, IPyNbCell):
        for output in item.test_outputs or []:
            if picture := output.get("data", {}).get("image/png"):
                _compare(item, base64.b64decode(picture))
    return result


def _moved(item):
    """Return lines that say which numbers of the verdict changed, and by how much; none for other cells."""
    stored, fresh = (
        next((output["data"][VERDICT_MIME] for output in outputs if VERDICT_MIME in output.get("data", {})), None)
        for outputs in (item.cell.outputs, item.test_outputs or [])
    )
    return [f"{item.path.stem}: {line}" for line in changes(stored, fresh)] if stored and fresh else []


def _compare(item, fresh):
    root, notebook = item.config.rootpath, item.path
    name = f"{notebook.parent.name}/{notebook.stem}.png"
    accepted = root / "figures" / name
    if not accepted.is_file():
        raise NbCellError(item.cell_num, f"figures/{name} is missing", item.cell.source)
    distance = images.distance(accepted.read_bytes(), fresh)
    if distance > images.TOLERANCE:
        kept = root / FRESH / name
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(fresh)
        raise NbCellError(
            item.cell_num,
            f"the figure differs from figures/{name}: {distance:g} pixels have nothing like them nearby, at most "
            f"{images.TOLERANCE} may; the new figure is {kept.relative_to(root)}",
            item.cell.source,
        )
