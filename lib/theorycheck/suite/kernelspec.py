"""The kernel that notebooks of the suite run in, described as Jupyter wants it."""

import json
import sys
from pathlib import Path

NAME = "theorycheck"
PROVISIONER = "theorycheck-fork"  # the entry point in pyproject.toml


def write(folder):
    """Describe, below the Jupyter path `folder`, kernels of this very Python that fork where they can.

    Kernels that a user has installed do not matter: the spec names the interpreter that runs this.
    """
    target = Path(folder, "kernels", NAME)
    target.mkdir(parents=True, exist_ok=True)
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": NAME,
        "language": "python",
        "metadata": {"kernel_provisioner": {"provisioner_name": PROVISIONER}},
    }
    (target / "kernel.json").write_text(json.dumps(spec))
