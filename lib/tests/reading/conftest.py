"""A small project with one accepted claim, for what checks, lists and renders stored notebooks."""

import json
import os
import shutil
import subprocess

import nbformat
import pytest
from sample_claim import COMMAND, FILES, NOTEBOOK, REPOSITORY, make_notebook, read_infos

from theorycheck.suite import readme


@pytest.fixture(scope="session")
def accepted(tmp_path_factory):
    """The folder of the project, with the notebook executed and everything in step. Do not write here."""
    root = tmp_path_factory.mktemp("accepted")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    shutil.copytree(REPOSITORY / "ci", root / "ci")
    nbformat.write(make_notebook(), root / NOTEBOOK)
    subprocess.run(
        [COMMAND, "accept", "mean-of-draws"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "formulas")},
        check=True,
        capture_output=True,
    )
    return root


@pytest.fixture
def project(accepted, tmp_path):
    """A copy of the accepted project, in step with its README, to change as the test likes."""
    root = tmp_path / "project"
    shutil.copytree(accepted, root)
    text = (root / "README.md").read_text()
    (root / "README.md").write_text(readme.update(text, read_infos(root), root))
    return root


@pytest.fixture
def edit(project):
    """A function that lets another change the notebook of the project: `edit(lambda cells: ...)`, cells by name."""

    def edit(change):
        notebook = json.loads((project / NOTEBOOK).read_text())
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
        changed = change({cell["id"]: cell for cell in notebook["cells"]})
        if changed is not None:
            notebook["cells"] = changed
        (project / NOTEBOOK).write_text(json.dumps(notebook))

    return edit
