"""Small real projects in temporary folders, and the command line run on them as a user would."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

# What a shell starts in the background ignores Ctrl-C and so do its children; here some are sent one.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A PNG image of one pixel.
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

PARAMETERS = """\
x = 1  # a number: the claim holds when it is positive
widths = [2, 3, 5]  # widths
scale = 0.5  # scale
name = "relu"  # an activation
seed = 0  # seed of every random number
"""

# Claim and verdict without the package's numerical stack, whose import would be most of the time of these tests.
SETUP = """\
from theorycheck.parameters import Choice, Increasing, Integer, Real
{imports}

def Claim(**stated):
    return stated

claim = Claim(
    slug="{slug}", field="{field}", title="A claim", paper="author2026key", kind="limit", evidence="theorem",
    parameters={{
        "x": Integer(-100, 100, full=7),
        "widths": Increasing(Integer(1, 9), min_length=2, full=[2, 3, 5, 7]),
        "scale": Real(0, 1, open_low=True),
        "name": Choice("relu", "erf"),
        "seed": Integer(0),
    }},
)
"""

VERDICT = """\
from IPython.display import display

check = {{
    "name": "sign", "role": "evidence", "rule": "value", "verdict": "holds" if x > 0 else "refuted",
    "measured": x, "interval": [x - 1, x + 1], "predicted": 1, "tolerance": 0.5, "margin": 0.1,
}}
display({{"text/plain": f"x is {{x}}", "image/png": "{pixel}"}}, raw=True)
display({{
    "text/plain": check["verdict"],
    "application/vnd.theorycheck.claim+json": {{"slug": "{slug}"}},
    "application/vnd.theorycheck.verdict+json": {{
        "slug": "{slug}", "verdict": check["verdict"], "checks": [check], "figures": {{"x_seen": x}},
    }},
}}, raw=True)
"""


def cell(kind, name, text, *tags):
    """One cell of a notebook's JSON."""
    made = {"cell_type": kind, "id": name, "metadata": {"tags": list(tags)} if tags else {}, "source": text}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


class Project:
    """A project in a temporary folder."""

    parameters = PARAMETERS

    def __init__(self, root):
        self.root = Path(root)
        (self.root / "notebooks").mkdir(parents=True)
        (self.root / "requirements.txt").write_text("numpy==2.4.6\n")
        self.environment = os.environ | {"PROJECT": str(self.root)}  # tells its processes from those of other runs

    def notebook(self, field, slug, *texts, imports="", parameters=PARAMETERS, setup=SETUP, verdict=VERDICT):
        """Write a notebook whose middle cells have these texts; return its path."""
        words = {"slug": slug, "field": field, "imports": imports, "pixel": PIXEL}
        cells = [
            cell("markdown", "statement", "# A claim"),
            cell("code", "parameters", parameters, "parameters"),
            cell("code", "setup", setup.format(**words)),
            *[cell("code", f"middle-{number}", text) for number, text in enumerate(texts)],
            cell("code", "verdict", verdict.format(**words)),
            cell("markdown", "closing", "What it means."),
        ]
        path = self.root / "notebooks" / field / f"{slug}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
        return path

    def start(self, *arguments, **options):
        """Start the command line and return the process."""
        return subprocess.Popen(
            [sys.executable, "-c", "from theorycheck.suite.cli import main; main(prog_name='theorycheck')", *arguments],
            cwd=self.root,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )

    def __call__(self, *arguments, status=0, **options):
        """Run the command line to its end, expect this exit status, and return (stdout, stderr)."""
        with self.start(*arguments, **options) as process:
            out, err = process.communicate(timeout=120)
        assert process.returncode == status, f"exit status {process.returncode}\n{out}\n{err}"
        return out, err

    def results(self):
        """The runs in build/results.json, key -> record."""
        return {run["key"]: run for run in json.loads((self.root / "build/results.json").read_text())["runs"]}

    def built(self):
        """All files under build/, as paths relative to it."""
        return sorted(str(p.relative_to(self.root / "build")) for p in self.root.glob("build/**/*") if p.is_file())


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "project")


@pytest.fixture(scope="class")
def shared_project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("shared") / "project")
