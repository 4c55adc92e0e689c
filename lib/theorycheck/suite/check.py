"""`theorycheck check`: the stored notebooks against a fresh run of each."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from theorycheck.suite import kernelspec

CELL_TIMEOUT = 300  # seconds; a whole notebook takes a few, but a busy machine may be many times slower
# Workers would fight for the cores otherwise, and results could depend on how many there are.
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}


def compare(root, paths, jobs):
    """Run nbval over the notebooks at `paths`, figures included; return whether all outputs are the stored ones."""
    workers = min(jobs, len(paths))
    command = [
        *(sys.executable, "-m", "pytest", "--rootdir", str(root), "-p", "no:cacheprovider", "-q"),
        *("-p", "theorycheck.suite.nbval_plugin", "--nbval", "--nbval-kernel-name", kernelspec.NAME),
        *("--nbval-sanitize-with", str(Path(root, "ci", "nbval-sanitize.cfg"))),
        *("--nbval-cell-timeout", str(CELL_TIMEOUT)),
        # Without loadfile the cells of one notebook would run in different kernels.
        *(("-n", str(workers), "--dist", "loadfile") if workers > 1 else ()),
        *(str(Path(path).relative_to(root)) for path in paths),
    ]
    with tempfile.TemporaryDirectory(prefix="theorycheck-") as folder:
        kernelspec.write(folder)
        env = {**ONE_THREAD, **os.environ, "JUPYTER_PATH": folder}
        return subprocess.run(command, cwd=root, env=env).returncode == 0
