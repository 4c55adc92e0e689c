"""What a run depends on: the import graph, and digests that change exactly when it should."""

import hashlib
import importlib.metadata
import sys

import pytest

from theorycheck.suite.inputs import Inputs, imports, pinned_names, versions
from theorycheck.suite.layout import write_files
from theorycheck.suite.notebooks import read_info


@pytest.fixture
def package(tmp_path):
    """A package that has modules, subpackages, relative imports, a cycle, and a module that nobody imports."""
    modules = {
        "__init__": "",
        "seeds": "import numpy",
        "lonely": "",
        "theory/__init__": "",
        "theory/kernels": "from theorycheck import seeds\nfrom .hermite import polynomial",
        "theory/hermite": "from . import series",
        "theory/series": "from ..theory import kernels",
        "experiments/__init__": "from .networks import run",
        "experiments/networks": "def run():\n    import theorycheck.seeds as s",
        "broken": "def (",
    }
    folder = tmp_path / "theorycheck"
    write_files({folder / f"{name}.py": text.encode() for name, text in modules.items()})
    return folder


def notebook(*texts):
    return {"cells": [{"cell_type": "code", "source": text, "metadata": {}} for text in texts]}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import numpy", []),
        ("import theorycheck", [""]),
        ("import theorycheck.seeds as s", ["", "seeds"]),
        ("from theorycheck import seeds, lonely", ["", "lonely", "seeds"]),
        ("from theorycheck.lonely import something", ["", "lonely"]),
        ("def later():\n    from theorycheck import lonely", ["", "lonely"]),
        (
            "from theorycheck.theory.kernels import k",
            ["", "seeds", "theory", "theory.hermite", "theory.kernels", "theory.series"],
        ),
        ("from theorycheck.experiments import *", ["", "experiments", "experiments.networks", "seeds"]),
        ("from theorycheck import broken", ["", "broken"]),
        ("from theorycheck import absent", [""]),
        ("%magic\nfrom theorycheck import seeds", []),
    ],
)
def test_follows_imports_into_the_package_and_nowhere_else(package, text, names):
    found = Inputs([], package).modules(notebook("x = 1", text))
    assert found == [f"theorycheck.{name}".rstrip(".") for name in names]


def test_resolves_relative_imports_in_their_package():
    assert imports("from . import a", "p.q") == {"p.q", "p.q.a"}
    assert imports("from ..r import b", "p.q") == {"p.r", "p.r.b"}
    assert imports("from .s.t import c", "p") == {"p.s.t", "p.s.t.c"}


@pytest.mark.parametrize(
    "module", ["__init__", "seeds", "theory/hermite", "theory/series", "lonely", "experiments/networks"]
)
def test_an_edit_changes_the_digest_of_those_that_import_it_alone(package, module):
    content = notebook("from theorycheck.theory.kernels import k")
    before = Inputs([], package).digest(content, {})
    path = package / f"{module}.py"
    path.write_text(path.read_text() + "\n# edited")
    imported = module not in ("lonely", "experiments/networks")
    assert (Inputs([], package).digest(content, {}) != before) == imported


def test_the_digest_covers_source_parameters_and_versions_but_not_outputs(package):
    inputs = Inputs(["numpy"], package)
    content = notebook("x = 1")
    before = inputs.digest(content, {"x": 1})
    executed = notebook("x = 1")
    executed["cells"][0] |= {"outputs": [{"output_type": "stream"}], "execution_count": 1, "source": ["x = 1"]}
    assert inputs.digest(executed, {"x": 1}) == before
    assert inputs.digest(notebook("x = 2"), {"x": 1}) != before
    assert inputs.digest(content, {"x": 2}) != before
    other = Inputs(["numpy"], package)
    other.versions = other.versions | {"numpy": "0.1"}
    assert other.digest(content, {"x": 1}) != before


def test_versions_are_those_that_python_finds(project):
    names = ["numpy", "scikit-learn", "sphinx", "papermill", "no-such-distribution"]
    found = versions(names)
    assert found == {name: importlib.metadata.version(name) for name in names[:-1]} | {"python": found["python"]}
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))


def test_reads_the_pinned_names(project):
    (project.root / "requirements.txt").write_text("# numpy==1\n-e ./lib\nScikit_Learn==1.9\nmyst-nb>=1  # book\n")
    assert pinned_names(project.root) == ["scikit-learn", "myst-nb"]


def test_the_digest_of_the_real_package_is_that_of_its_files(project):
    """Against a second reading of the same rule: a notebook that imports seeds depends on two files."""
    info = read_info(project.notebook("alpha", "good", imports="from theorycheck.seeds import generator"))
    inputs = Inputs([])
    assert inputs.modules(info.content) == ["theorycheck", "theorycheck.parameters", "theorycheck.seeds"]
    for name, (digest, _) in inputs._modules.items():
        path = sys.modules["theorycheck"].__path__[0] + name.removeprefix("theorycheck").replace(".", "/")
        path += "/__init__.py" if name == "theorycheck" else ".py"
        with open(path, "rb") as file:
            assert hashlib.sha256(file.read()).hexdigest() == digest
