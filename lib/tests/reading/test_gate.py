"""Each defect of a stored notebook turns the gate red, with a line that says what and where."""

import shutil

import pytest
from sample_claim import FIGURE, NOTEBOOK

from theorycheck.suite import gate
from theorycheck.suite.notebooks import VERDICT_MIME


def test_an_accepted_project_has_no_problem(project):
    assert gate.problems(project) == []


def _drop_parameters_tag(cells):
    cells["parameters"]["metadata"]["tags"] = []


def _never_executed(cells):
    cells["experiment"]["execution_count"] = None


def _never_executed_at_all(cells):
    for cell in cells.values():
        if cell["cell_type"] == "code":
            cell["execution_count"] = None
            cell["outputs"] = []


def _counts_with_a_gap(cells):
    cells["verdict"]["execution_count"] += 1


def _stderr(cells):
    cells["experiment"]["outputs"].append(
        {"output_type": "stream", "name": "stderr", "text": "x.py:1: RuntimeWarning: overflow\n"}
    )


def _error(cells):
    cells["experiment"]["outputs"].append(
        {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}
    )


def _no_verdict(cells):
    cells["verdict"]["outputs"] = []


def _verdict_before_the_end(cells):
    return [*cells.values(), {**cells["prediction"], "id": "more", "execution_count": 8}]


def _other_claim(cells):
    cells["setup"]["source"] = cells["setup"]["source"].replace('kind="rate"', 'kind="limit"')


def _no_control(cells):
    checks = cells["verdict"]["outputs"][0]["data"][VERDICT_MIME]["checks"]
    checks[:] = [check for check in checks if check["role"] != "control"]


def _nothing_to_compare(cells):
    cells["prediction"]["outputs"] = cells["experiment"]["outputs"] = []


def _no_number(cells):
    done = [{"output_type": "stream", "name": "stdout", "text": "done\n"}]
    cells["prediction"]["outputs"] = cells["experiment"]["outputs"] = done


def _unrounded_number(cells):
    cells["experiment"]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "0.30000000000000004\n"}]


def _skipped_by_tag(cells):
    cells["experiment"]["metadata"]["tags"] = ["nbval-skip"]


def _skipped_by_comment(cells):
    cells["experiment"]["source"] = "# NBVAL_IGNORE_OUTPUT\n" + cells["experiment"]["source"]


def _expects_an_error(cells):
    cells["experiment"]["metadata"]["tags"] = ["raises-exception"]


def _empty_cell(cells):
    cells["prediction"]["source"] = ""


def _bell(cells):
    cells["statement"]["source"] += " with $\alpha$"


def _no_alt(cells):
    cells["figure"]["outputs"][0]["metadata"] = {}


def _other_text_than_alt(cells):
    cells["figure"]["outputs"][0]["data"]["text/plain"] = "<Figure size 640x480 with 1 Axes>"


def _no_figure(cells):
    cells["figure"]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "see elsewhere"}]


def _two_figures(cells):
    cells["experiment"]["outputs"] += cells["figure"]["outputs"]


def _other_picture(cells):
    cells["figure"]["outputs"][0]["data"]["image/png"] = "iVBORw0KGgo="


def _widget(cells):
    cells["experiment"]["outputs"][0]["data"]["application/vnd.jupyter.widget-view+json"] = {}


def _other_verdict(cells):
    cells["verdict"]["outputs"][0]["data"][VERDICT_MIME]["verdict"] = "refuted"


def _other_measurement(cells):
    checks = cells["verdict"]["outputs"][0]["data"][VERDICT_MIME]["checks"]
    checks[0]["shown"]["measured"] = "−0.7"


@pytest.mark.parametrize(
    "change, complaint",
    [
        (_drop_parameters_tag, "one cell tagged `parameters` expected"),
        (_never_executed, "cell 5 was never executed"),
        (_never_executed_at_all, "stores no outputs (theorycheck accept mean-of-draws)"),
        (_counts_with_a_gap, "cell 8 has execution count 8, expected 7"),
        (_stderr, "cell 5 stores output on stderr, a warning perhaps (x.py:1: RuntimeWarning: overflow)"),
        (_error, "cell 5 stores an error (ValueError)"),
        (_no_verdict, "stores no verdict"),
        (_verdict_before_the_end, "does not end in claim.verdict()"),
        (_other_claim, "stores another kind than its Claim(...) says"),
        (_no_control, "checks no control"),
        (_nothing_to_compare, "cells that compute show no number"),
        (_no_number, "cells that compute show no number"),
        (_unrounded_number, "cell 5 shows a number with more digits than another computer gives (0.30000000000000004)"),
        (_skipped_by_tag, "cell 5 asks nbval not to compare it (nbval-skip)"),
        (_skipped_by_comment, "cell 5 asks nbval not to compare it (NBVAL_IGNORE_OUTPUT)"),
        (_expects_an_error, "cell 5 asks nbval not to compare it (raises-exception)"),
        (_empty_cell, "cell 4 is empty"),
        (_bell, "cell 1 holds the control character"),
        (_no_alt, "has a figure without alt text"),
        (_other_text_than_alt, "has a figure whose text form is not its alt text"),
        (_no_figure, "no figures, expected one"),
        (_two_figures, "2 figures, expected one"),
        (_other_picture, f"{FIGURE} is not the figure that the notebook stores"),
        (_widget, "stores an output of type application/vnd.jupyter.widget-view+json"),
        (_other_verdict, "its verdict is refuted, README.md's table says holds"),
        (_other_measurement, "README.md's table is out of step"),
    ],
)
def test_a_defect_in_the_notebook_is_named(project, edit, change, complaint):
    edit(change)
    found = "\n".join(gate.problems(project))
    assert complaint in found


def _no_figure_file(root):
    (root / FIGURE).unlink()


def _figure_of_no_notebook(root):
    shutil.copy(root / FIGURE, root / "figures/averages/median-of-draws.png")


def _no_notebook(root):
    (root / NOTEBOOK).unlink()


def _notebook_that_is_not_json(root):
    (root / NOTEBOOK).write_text("{")


def _notebook_that_no_table_lists(root):
    text = (root / "README.md").read_text()
    (root / "README.md").write_text("\n".join(line for line in text.splitlines() if "mean-of-draws" not in line))


def _no_field_page(root):
    (root / "notebooks/averages/index.md").unlink()


def _link_to_nowhere(root):
    path = root / "notebooks/averages/index.md"
    path.write_text(path.read_text() + "Then [the median](median-of-draws.ipynb).\n")


def _no_paper(root):
    (root / "notebooks/references.bib").unlink()


def _no_readme(root):
    (root / "README.md").unlink()


def _no_markers(root):
    (root / "README.md").write_text("# Claims\n")


@pytest.mark.parametrize(
    "change, complaint",
    [
        (_no_figure_file, f"{FIGURE} is missing"),
        (_figure_of_no_notebook, "figures/averages/median-of-draws.png belongs to no notebook"),
        (_no_notebook, f"{NOTEBOOK} is missing, README.md lists it"),
        (_notebook_that_is_not_json, f"{NOTEBOOK}: not a notebook"),
        (_notebook_that_no_table_lists, f"{NOTEBOOK} is not in README.md's table"),
        (_no_field_page, "notebooks/averages/index.md is missing"),
        (_link_to_nowhere, "notebooks/averages/index.md: links to median-of-draws.ipynb, which does not exist"),
        (_no_paper, f"{NOTEBOOK}: notebooks/references.bib has no entry laplace1810theory"),
        (_no_readme, "README.md is missing"),
        (_no_markers, "README.md has no place for what `theorycheck readme` writes"),
    ],
)
def test_a_defect_around_the_notebook_is_named(project, change, complaint):
    change(project)
    found = "\n".join(gate.problems(project))
    assert complaint in found


@pytest.mark.parametrize(
    "text, answer",
    [
        ("import numpy as np\nfrom theorycheck import rules", False),
        ("def f(x):\n    return x**2\n\n\nclass A:\n    pass", False),
        ('SIZES = [1, 2]\nNAME = "a"', False),
        ('claim = Claim(slug="a")\nclaim.check_parameters(globals())', False),
        ('claim.require(width > 2, "too small")', False),
        ('claim = Claim(slug="a")\nfor n in sizes:\n    claim.require(n > 2, "too small")', False),
        ('z = compute()\nclaim.evidence("z", rules.count(z, 1))', False),
        ("x = compute()", True),
        ("x = 2 * y", True),
        ("compute()", True),
        ("for n in sizes:\n    run(n)", True),
        ("x = [f for f in y]", True),
        ("%matplotlib inline", True),
    ],
)
def test_which_cells_must_show_something(text, answer):
    assert gate.computes(text) is answer
