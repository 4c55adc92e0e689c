"""`theorycheck new`: a skeleton that runs, holds, and follows the anatomy."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from theorycheck.suite.notebooks import code_cells, read_info, source


class TestSkeleton:
    @pytest.fixture(scope="class")
    @classmethod
    def project(cls, shared_project):
        shared_project.out, _ = shared_project("new", "some_field", "some-claim")
        return shared_project

    def test_has_its_own_names_and_a_front_page(self, project):
        info = read_info(project.root / "notebooks/some_field/some-claim.ipynb")
        assert (info.slug, info.field) == ("some-claim", "some_field")
        assert "[some-claim](some-claim.ipynb)" in (project.root / "notebooks/some_field/index.md").read_text()
        assert "skeleton" not in info.path.read_text()

    def test_follows_the_anatomy(self, project):
        info = read_info(project.root / "notebooks/some_field/some-claim.ipynb")
        headings = [source(cell).splitlines()[0] for cell in info.content["cells"] if cell["cell_type"] == "markdown"]
        assert headings[0] == f"# {info.title}" and headings[1] == "## What would refute it"
        assert headings[2:5] == ["## Prediction", "## Experiment", "## Checks"] and headings[5].startswith("TODO")
        assert source(code_cells(info.content)[-1]) == "claim.verdict()"
        assert 8 <= len(info.content["cells"]) <= 14
        assert info.full != info.defaults
        assert not any(cell.get("outputs") for cell in info.content["cells"])

    def test_runs_and_holds_and_its_control_is_refuted(self, project):
        project("accept", "some-claim")
        [record] = project.results().values()
        assert record["verdict"] == "holds"
        assert [(check["role"], check["verdict"]) for check in record["checks"]] == [
            ("evidence", "holds"),
            ("control", "refuted"),
        ]
        assert record["figures"].keys() == {"largest_size_error"}
        assert (project.root / "figures/some_field/some-claim.png").stat().st_size > 10_000

    def test_its_check_can_fail(self, project):
        """With draws that are correlated in the experiment as well, the claim is refuted."""
        path = project.root / "notebooks/some_field/some-claim.ipynb"
        text = path.read_text()
        assert text.count("errors(n, 0, ") == 1
        path.write_text(text.replace("errors(n, 0, ", "errors(n, correlation, "))
        _, err = project("run", "some-claim", status=1)
        assert "evidence 'exponent of the error' is refuted" in err
        path.write_text(text)

    def test_a_second_claim_of_the_field_keeps_its_front_page(self, project):
        page = project.root / "notebooks/some_field/index.md"
        page.write_text("mine")
        out, _ = project("new", "some_field", "other-claim")
        assert page.read_text() == "mine" and "index.md" not in out

    def test_is_formatted_as_the_suite_is(self, project):
        settings = Path(__file__).parents[2] / "pyproject.toml"
        paths = sorted(str(path) for path in project.root.glob("notebooks/*/*.ipynb"))
        for command in (["check"], ["format", "--check"]):
            done = subprocess.run(
                [sys.executable, "-m", "ruff", *command, "--no-cache", "--config", settings, *paths],
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stdout
        assert json.loads(Path(paths[0]).read_text())["nbformat"] == 4
