"""`theorycheck accept`: the same bytes each time, the numbers' difference first, and no half-stored notebook."""

import base64
import json
import warnings

import nbformat
import pytest

from theorycheck.suite.accept import Unacceptable, changes, figure_bytes, merged


def digest_of(project):
    paths = [*project.root.glob("notebooks/*/*.ipynb"), *project.root.glob("figures/*/*")]
    return {str(path.relative_to(project.root)): path.read_bytes() for path in paths}


class TestStored:
    @pytest.fixture(scope="class")
    @classmethod
    def project(cls, shared_project):
        """One notebook accepted; every cell shows something."""
        project = shared_project
        project.notebook("alpha", "good", "import sys\nfor _ in range(3):\n    print(x, flush=True)", "x + 1")
        project.first, _ = project("accept", "good")
        return project

    def test_says_the_numbers_before_it_writes(self, project):
        assert project.first.splitlines()[:2] == ["good:", "  verdict holds, accepted for the first time"]
        assert "  sign, measured: 1" in project.first and "  figure x_seen: 1" in project.first
        assert project.first.splitlines()[-1] == "  figures/alpha/good.png: written"

    def test_the_stored_notebook_is_valid_and_carries_no_noise(self, project):
        path = project.root / "notebooks/alpha/good.ipynb"
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert notebook.metadata == {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert [cell.execution_count for cell in code] == [1, 2, 3, 4, 5]
        assert [cell.id for cell in notebook.cells][:3] == ["statement", "parameters", "setup"]
        assert [dict(cell.metadata) for cell in code] == [{"tags": ["parameters"]}, {}, {}, {}, {}]
        assert [output["text"] for output in code[2].outputs] == ["1\n1\n1\n"]
        assert code[3].outputs[0].execution_count == 4
        assert path.read_text() == nbformat.writes(notebook) + "\n"

    def test_the_figure_is_the_one_that_the_notebook_shows(self, project):
        content = json.loads((project.root / "notebooks/alpha/good.ipynb").read_text())
        image = content["cells"][-2]["outputs"][0]["data"]["image/png"]
        assert (project.root / "figures/alpha/good.png").read_bytes() == base64.b64decode("".join(image))

    def test_accepting_again_gives_the_same_bytes(self, project):
        before = digest_of(project)
        out, err = project("accept", "good")
        assert err == "" and "no number changes" in out and "written" not in out
        out, err = project("accept", "good", "--force")
        assert "[1/1] good: holds" in err and "written" not in out
        assert digest_of(project) == before

    def test_storing_outputs_makes_nothing_stale(self, project):
        out, _ = project("status")
        assert out.splitlines()[1].split()[2:5] == ["ran", "holds", "holds"]

    def test_a_change_is_shown_by_name_and_size(self, project):
        path = project.root / "notebooks/alpha/good.ipynb"
        path.write_text(path.read_text().replace("x = 1  #", "x = 4  #"))
        out, _ = project("accept", "good")
        assert "  sign, measured: 1 -> 4 (+3 of it)" in out
        assert "  sign, interval: [0, 2] -> [3, 5]" in out
        assert "  outputs that change: middle-0, middle-1, verdict" in out


@pytest.fixture(scope="class")
def refused(shared_project):
    """Notebooks that may not be accepted, and one between them that may."""
    project = shared_project
    negative = project.parameters.replace("x = 1", "x = -1")
    project.notebook("alpha", "negative", parameters=negative)
    project.notebook("alpha", "raises", "1 / 0")
    project.notebook("alpha", "warns", "import warnings\nwarnings.warn('beware')")
    project.notebook("alpha", "address", "object()")
    project.notebook(
        "alpha", "pictures", "from IPython.display import Image\nImage('@')".replace("'@'", "open('p').read()")
    )
    project.notebook("beta", "good")
    project.before = digest_of(project)
    project.out, project.err = project("accept", "negative", "raises", "warns", "address", "good", status=1)
    return project


class TestRefused:
    @pytest.mark.parametrize(
        "line",
        [
            "negative: not accepted: the verdict is refuted, not holds; --verdict refuted would store it",
            "raises: not accepted: failed in cell 3",
            "warns: not accepted: cell 3 writes to stderr: ",
            "address: not accepted: cell 3 shows an object's address (at 0x",
        ],
    )
    def test_says_why(self, refused, line):
        assert line in refused.err

    def test_shows_the_traceback_of_one_that_failed(self, refused):
        assert "ZeroDivisionError: division by zero" in refused.err and "----> 1 1 / 0" in refused.err

    def test_writes_the_others_alone(self, refused):
        after = digest_of(refused)
        changed = {name for name in after if after[name] != refused.before.get(name)}
        assert changed == {"notebooks/beta/good.ipynb", "figures/beta/good.png"}

    def test_another_verdict_can_be_allowed(self, refused):
        out, err = refused("accept", "negative", "--verdict", "refuted")
        assert "verdict refuted, accepted for the first time" in out
        _, err = refused("accept", "good", "--verdict", "refuted", status=1)
        assert "good: not accepted: the verdict is holds, not refuted" in err

    def test_a_disk_that_refuses_leaves_both_files_as_they_were(self, refused):
        """The figure cannot be written, so the notebook is not written either."""
        before = digest_of(refused)
        path = refused.root / "notebooks/beta/good.ipynb"
        path.write_text(path.read_text().replace("x = 1  #", "x = 2  #"))
        edited = path.read_bytes()
        figures = refused.root / "figures/beta"
        (figures / "good.png").unlink()
        figures.rmdir()
        figures.write_text("a file in place of the folder")
        _, err = refused("accept", "good", status=1)
        assert "good: not accepted: [Errno" in err
        assert path.read_bytes() == edited and len(before) == len(digest_of(refused)) + 1
        assert not [name for name in path.parent.iterdir() if "draft" in name.name]


def code(text, *outputs, **more):
    return {"cell_type": "code", "id": "a", "metadata": {}, "source": text, "outputs": list(outputs)} | more


def image(data="QQ=="):
    return {"output_type": "display_data", "data": {"image/png": data}, "metadata": {}}


def test_one_image_is_a_figure_and_no_other_number_is():
    assert figure_bytes({"cells": [code("a", image("QUJD\n"))]}) == b"ABC"
    with pytest.raises(Unacceptable, match="one figure, this notebook none"):
        figure_bytes({"cells": [code("a")]})
    with pytest.raises(Unacceptable, match="one figure, this notebook 2"):
        figure_bytes({"cells": [code("a", image()), code("b", image())]})


def test_merging_keeps_the_source_and_takes_the_outputs_of_the_cell_that_was_executed():
    stream = {"output_type": "stream", "name": "stdout"}
    executed = {
        "cells": [
            code("x = 1", execution_count=4),
            code("x = 2", tags=[], **{"metadata": {"tags": ["injected-parameters"]}}),
            code("f(x)", stream | {"text": ["a\n", "b"]}, stream | {"text": "c"}, metadata={"papermill": {}}),
        ]
    }
    content = {
        "cells": [
            {"cell_type": "markdown", "id": "m", "source": ["# T\n", "text"], "metadata": {}},
            code("x = 1"),
            code("  ", id="empty"),
            {key: value for key, value in code("f(x)").items() if key != "id"},
        ]
    }
    cells = merged(content, executed)["cells"]
    assert [cell["id"] for cell in cells] == ["m", "a", "empty", "cell-3"]
    assert [cell.get("execution_count") for cell in cells] == [None, 1, None, 2]
    assert cells[3]["outputs"] == [stream | {"text": "a\nbc"}]
    assert cells[0]["source"] == "# T\ntext" and cells[3]["metadata"] == {}


def test_changes_name_what_is_new_gone_and_different():
    check = {"name": "a", "verdict": "holds", "measured": 2.0, "interval": None}
    old = {"verdict": "holds", "checks": [check], "figures": {"f": 1.0, "gone": 3}}
    new = {"verdict": "refuted", "checks": [check | {"measured": 1.5}], "figures": {"f": None, "new": 5}}
    assert changes(old, new) == [
        "verdict: holds -> refuted",
        "figure gone: gone (was 3)",
        "a, measured: 2.0 -> 1.5 (-0.25 of it)",
        "figure f: 1.0 -> None",
        "figure new: 5 (new)",
    ]
    assert changes(old, old) == ["verdict holds, no number changes"]
