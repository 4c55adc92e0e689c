"""`theorycheck check`: the stored notebooks against a fresh run of each."""

import os
import subprocess
import sys
from pathlib import Path

CELL_TIMEOUT = 300  # seconds; a whole notebook takes a few, but a busy machine may be many times slower
# Workers would fight for the cores otherwise, and results could depend on how many there are.
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}


def compare(root, paths, jobs):
    """Run nbval over the notebooks at `paths`, figures included; return whether all outputs are the stored ones."""
    workers = min(jobs, len(paths))
    command = [
        *(sys.executable, "-m", "pytest", "--rootdir", str(root), "-p", "no:cacheprovider", "-q"),
        *("-p", "theorycheck.suite.nbval_plugin", "--nbval", "--nbval-current-env"),
        *("--nbval-sanitize-with", str(Path(root, "ci", "nbval-sanitize.cfg"))),
        *("--nbval-cell-timeout", str(CELL_TIMEOUT)),
        # Without loadfile the cells of one notebook would run in different kernels.
        *(("-n", str(workers), "--dist", "loadfile") if workers > 1 else ()),
        *(str(Path(path).relative_to(root)) for path in paths),
    ]
    return subprocess.run(command, cwd=root, env={**ONE_THREAD, **os.environ}).returncode == 0
