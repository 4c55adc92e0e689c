"""`theorycheck sweep` on a real notebook, and its map and table."""

import csv
import io

import numpy as np
import pytest
from PIL import Image

from theorycheck.suite.sweep import LOOKS, grid_points, rows, verdict_map


class TestSweep:
    @pytest.fixture(scope="class")
    @classmethod
    def project(cls, shared_project):
        project = shared_project
        project.notebook("alpha", "good", "if name == 'erf' and x == 2:\n    raise ValueError('no such case')")
        project.grid = ["x=-1,2", "name=relu,erf", "widths=[1,2]"]
        project.out, project.err = project("sweep", "good", *project.grid, status=1)
        return project

    @staticmethod
    def table(project):
        with (project.root / "build/sweeps/good.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    def test_the_table_is_tidy(self, project):
        table = self.table(project)
        assert len({(row["x"], row["name"]) for row in table}) == 4
        checks = [row for row in table if row["role"] == "evidence"]
        assert len(checks) == 3 and {row["quantity"] for row in checks} == {"sign"}
        for row in checks:
            assert row["verdict"] == row["check_verdict"] == ("holds" if row["x"] == "2" else "refuted")
            shown = [float(row[column]) - float(row["x"]) for column in ("measured", "low", "high")]
            assert shown == [0, -1, 1]
        scalars = [row for row in table if row["role"] == "scalar"]
        assert {(row["quantity"], row["measured"]) for row in scalars} == {("x_seen", "-1"), ("x_seen", "2")}
        assert {row["seed"] for row in table} == {"0"} and {row["widths"] for row in table} == {"[1, 2]"}

    def test_a_point_that_fails_has_a_row_and_its_error_is_shown(self, project):
        [failed] = [row for row in self.table(project) if row["state"] == "failed"]
        assert (failed["x"], failed["name"], failed["verdict"]) == ("2", "erf", "")
        assert failed["error"] == "ValueError: no such case"
        assert "----> 2     raise ValueError('no such case')" in project.err

    def test_says_what_came_of_it(self, project):
        assert project.out.splitlines() == [
            "4 points",
            "2 refuted, 1 holds, 1 did not run: build/sweeps/good.csv and good.png",
        ]

    def test_is_incremental_and_resumes(self, project):
        before = (project.root / "build/sweeps/good.csv").read_bytes()
        out, err = project("sweep", "good", *project.grid, status=1)
        assert out.startswith("4 points, 4 of them up to date") and "[1/" not in err
        assert (project.root / "build/sweeps/good.csv").read_bytes() == before
        records = sorted((project.root / "build/sweeps/good").iterdir())
        records[0].unlink()  # as if it had been interrupted before this one
        out, err = project("sweep", "good", *project.grid, status=1)
        assert out.startswith("4 points, 3 of them up to date") and "[1/1] good" in err
        assert sorted((project.root / "build/sweeps/good").iterdir()) == records

    def test_other_verdicts_are_results_and_no_failure(self, project):
        out, _ = project("sweep", "good", "x=-1", "name=relu", "widths=[1,2]")
        assert out.splitlines() == [
            "1 points, 1 of them up to date",
            "1 refuted: build/sweeps/good.csv and good.png",
        ]

    def test_the_map_is_a_picture(self, project):
        with Image.open(project.root / "build/sweeps/good.png") as picture:
            assert picture.format == "PNG" and min(picture.size) > 200


def share(picture, color):
    """The share of the pixels that have a colour."""
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), dtype=int)
    wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    return np.mean(np.abs(pixels - wanted).sum(axis=-1) < 12)


def test_the_map_fills_each_cell_by_the_share_of_verdicts():
    grid = {"width": [1, 2, 4], "one": [5], "depth": [1, 2], "seed": list(range(4))}
    points = list(grid_points(grid))
    holds = LOOKS["holds"]["color"]
    whole = share(verdict_map(grid, ["holds"] * len(points)), holds)
    half = share(verdict_map(grid, ["holds" if p["seed"] < 2 else "inconclusive" for p in points]), holds)
    row = share(verdict_map(grid, ["holds" if p["depth"] == 1 else "refuted" for p in points]), holds)
    none = share(verdict_map(grid, ["did not run"] * len(points)), holds)
    assert none < 0.01 < 0.2 < whole
    assert half - none == pytest.approx((whole - none) / 2, rel=0.05)
    assert row - none == pytest.approx((whole - none) / 2, rel=0.05)


@pytest.mark.parametrize("grid", [{"x": [1]}, {"x": [1, 2]}, {"x": list(range(60)), "y": [[1, 2], [3, 4]]}])
def test_the_map_of_any_grid_is_drawn(grid):
    assert share(verdict_map(grid, ["holds" for _ in grid_points(grid)]), LOOKS["holds"]["color"]) > 0.1


def test_colours_differ_for_every_eye():
    """Lightness alone tells the outcomes apart, or their hatching does."""
    looks = [(look["color"], look.get("hatch")) for look in LOOKS.values()]
    assert len(set(looks)) == 4
    assert len({hatch for _, hatch in looks if hatch}) == 2


def test_rows_of_a_point_without_checks():
    record = {"parameters": {"x": 1, "w": [1]}, "state": "timed out", "verdict": None, "seconds": 3, "error": "late"}
    record |= {"checks": [], "figures": {}}
    assert rows(record, ["x", "w"]) == [[1, "[1]", "timed out", None, 3, "late"] + [None] * 10]
