"""The table of claims in README.md."""

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
    assert readme.update(text, read_infos(project)) == text
    assert readme.listed(readme.update(text, [])) == {}


def test_a_bar_in_a_title_does_not_break_the_table(project, edit):
    def retitle(cells):
        cells["setup"]["source"] = cells["setup"]["source"].replace('title="Averages fluctuate', 'title="The mean |x|')

    edit(retitle)
    text = readme.update((project / "README.md").read_text(), read_infos(project))
    assert r"[The mean \|x\| as the inverse" in text
    assert readme.listed(text) == {NOTEBOOK: "holds"}


@pytest.mark.parametrize("text", ["# Claims", f"# Claims\n{readme.BEGIN}\n", f"{readme.END}\n{readme.BEGIN}\n"])
def test_a_readme_without_markers_has_no_place_for_the_table(text):
    with pytest.raises(readme.ReadmeError, match="no place"):
        readme.update(text, [])
