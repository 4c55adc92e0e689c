"""nbval over stored notebooks: green when nothing changed, red when a formula, an output or a figure did."""

import json
import os
import shutil

import pytest
from PIL import Image
from sample_claim import FIGURE, NOTEBOOK

from theorycheck.suite.check import compare


@pytest.fixture
def check(project, monkeypatch, capfd):
    """A function that compares notebooks of the project with a fresh run: (all the same?, what was printed)."""
    monkeypatch.setenv("PYTHONPATH", str(project / "formulas"))
    monkeypatch.setenv("TMPDIR", str(project / "temporary"))
    (project / "temporary").mkdir()

    def check(*names):
        same = compare(project, [project / name for name in names], jobs=2)
        return same, capfd.readouterr().out

    return check


def _copy(project, slug):
    """Copy the claim under another name, figure included; return the paths of both files."""
    copies = [project / name.replace("mean-of-draws", slug) for name in (NOTEBOOK, FIGURE)]
    for name, copy in zip((NOTEBOOK, FIGURE), copies, strict=True):
        shutil.copy(project / name, copy)
    return copies


def test_what_did_not_change_is_green_and_leaves_nothing_behind(project, check):
    stored = (project / NOTEBOOK).read_bytes()
    same, text = check(NOTEBOOK)
    assert same, text
    assert "7 passed" in text
    assert (project / NOTEBOOK).read_bytes() == stored
    assert not [name for name in os.listdir(project / "temporary") if name.startswith("tc-")]


def test_an_edited_formula_is_red_wherever_it_shows(project, check):
    (project / "formulas/formulas.py").write_text("def exponent():\n    return -0.55\n")
    same, text = check(NOTEBOOK)
    assert not same
    for cell in (2, 4, 6):  # the predicted number, the figure with its line, the verdict
        assert f"{NOTEBOOK}::Cell {cell}" in text
    assert "the figure differs from figures/averages/mean-of-draws.png" in text
    assert "mean-of-draws: exponent, predicted: -0.5 -> -0.55 (-0.1 of it)" in text


def test_a_moved_figure_and_a_lost_output_are_red(project, check):
    _, figure = _copy(project, "moved")
    with Image.open(figure) as image:
        moved = Image.new("RGB", image.size, "white")
        moved.paste(image.convert("RGB"), (0, 8))
    moved.save(figure)
    silenced, _ = _copy(project, "silenced")
    notebook = json.loads(silenced.read_text())
    next(cell for cell in notebook["cells"] if cell["id"] == "experiment")["outputs"] = []
    silenced.write_text(json.dumps(notebook))

    same, text = check("notebooks/averages/moved.ipynb", "notebooks/averages/silenced.ipynb")
    assert not same
    assert "2 failed, 12 passed" in text
    assert "the figure differs from figures/averages/moved.png" in text
    assert (project / "build/figures-that-differ/averages/moved.png").read_bytes() == (project / FIGURE).read_bytes()
    assert "Unexpected output fields" in text
