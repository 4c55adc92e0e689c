"""Prediction and measurement share no code: the two wings of the package never import each other."""

import ast
from pathlib import Path

import pytest

import theorycheck

PACKAGE = Path(theorycheck.__file__).parent
MODULES = sorted(p.relative_to(PACKAGE) for wing in ("theory", "experiments") for p in (PACKAGE / wing).rglob("*.py"))


def imported(path):
    """Dotted names of all that the module at `path` imports, relative imports resolved."""
    package = ["theorycheck", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_wings_do_not_meet(module):
    other = {"theory": "theorycheck.experiments", "experiments": "theorycheck.theory"}[module.parts[0]]
    assert not [name for name in imported(PACKAGE / module) if name.startswith(other)]


def test_imports_are_recognized(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    (tmp_path / "theory").mkdir()
    bad = tmp_path / "theory" / "bad.py"
    bad.write_text("from ..experiments import networks\nfrom theorycheck.experiments.data import x\nimport numpy\n")
    assert list(imported(bad)) == [
        "theorycheck.experiments.networks",
        "theorycheck.experiments.data.x",
        "numpy",
    ]
