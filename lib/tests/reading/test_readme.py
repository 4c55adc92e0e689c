"""The table of claims in README.md."""

import json

import pytest
from sample_claim import NOTEBOOK, read_infos

from theorycheck.suite import readme


def test_the_table_shows_the_headline_that_the_notebook_stores(project):
    text = (project / "README.md").read_text()
    [info] = read_infos(project)
    shown = info.stored_verdict["checks"][0]["shown"]
    row = (
        f"| [Averages fluctuate as the inverse square root of their number]({NOTEBOOK}) | Averages | holds "
        f"| {shown['predicted']} | {shown['measured']} |"
    )
    assert row in text.splitlines()
    assert readme.listed(text) == {NOTEBOOK: "holds"}


def test_updating_keeps_the_rest_and_is_idempotent(project):
    text = (project / "README.md").read_text()
    assert text.startswith("# Claims\n\n") and text.endswith("\n\nThe end.\n")
    assert readme.update(text, read_infos(project), project) == text
    assert readme.listed(readme.update(text, [], project)) == {}


def test_a_bar_in_a_title_does_not_break_the_table(project, edit):
    def retitle(cells):
        cells["setup"]["source"] = cells["setup"]["source"].replace('title="Averages fluctuate', 'title="The mean |x|')

    edit(retitle)
    text = readme.update((project / "README.md").read_text(), read_infos(project), project)
    assert r"[The mean \|x\| as the inverse" in text
    assert readme.listed(text) == {NOTEBOOK: "holds"}


@pytest.mark.parametrize("text", ["# Claims", f"# Claims\n{readme.BEGIN}\n", f"{readme.END}\n{readme.BEGIN}\n"])
def test_a_readme_without_markers_has_no_place_for_the_table(text, tmp_path):
    with pytest.raises(readme.ReadmeError, match="no place"):
        readme.update(text, [], tmp_path)


def test_the_figures_of_the_instrument_stand_where_they_have_a_place(project):
    stored = {
        "faults/results.json": {"tried": 40, "caught": 38},
        "seeds.json": {"seeds": 20, "runs": 200, "changed": 1, "allowed": 0.6},
        "matrix.json": [{"outcome": "green"}, {"outcome": "red"}, {"outcome": "not tried"}],
    }
    for name, content in stored.items():
        path = project / "ci" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))
    text = (project / "README.md").read_text()
    text += f"\n{readme.FIGURES_BEGIN}\n{readme.FIGURES_END}\n"
    updated = readme.update(text, read_infos(project), project)
    rows = updated.partition(readme.FIGURES_BEGIN)[2].partition(readme.FIGURES_END)[0]
    for row in (
        "| claims | 1, of which 1 hold |",
        "| checks of evidence | 1 |",
        "| small wrong edits of formulas and experiments that the suite catches | 38 of 40 |",
        "| verdicts that change under 20 other seeds | 1 of 200 (the stated levels allow 0.6) |",
        "| other environments in which every output is the same | 1 of 2 |",
    ):
        assert row in rows.splitlines()
    assert readme.update(updated, read_infos(project), project) == updated
