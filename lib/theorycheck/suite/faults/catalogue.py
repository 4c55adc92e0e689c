"""Which faults are tried: some of each function and of each notebook, chosen by a rule, and those written by hand.

The choice depends on nothing but the source of a function, so an edit elsewhere leaves the names of faults alone.
"""

import ast
import hashlib
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from theorycheck.suite import notebooks
from theorycheck.suite.faults.operators import Edit, edits

WINGS = ("theory", "experiments")
FOLDER = Path("ci", "faults")
EACH = 4  # faults of a function, and of a notebook's own cells
# Cells that state, draw or judge; a fault of the theory or the experiment is elsewhere.
SPARED = ("Claim(", "figures.panels(", "claim.figure(", "claim.verdict(")


class CatalogueError(ValueError):
    """A file of ci/faults is wrong; str(error) is one line."""


@dataclass(frozen=True)
class Fault:
    """One wrong edit of one file of the project."""

    name: str  # what it does and where; the same as long as the function is
    path: str  # below the project's root
    edit: Edit
    cell: int | None = None  # of a notebook, from 0


def generate(root, infos, executed):
    """Yield the faults that the rule chooses.

    Parameters
    ----------
    root : Path
    infos : list of NotebookInfo
    executed : dict of str to set of int
        For each module below lib/, its lines that the notebooks execute.
    """
    for wing in WINGS:
        for path in sorted(Path(root, "lib", "theorycheck", wing).glob("*.py")):
            name = path.relative_to(root).as_posix()
            if lines := executed.get(name):
                yield from _of_module(name, path.read_text(encoding="utf-8"), lines)
    for info in infos:
        yield from _of_notebook(root, info)


def _of_module(path, text, lines):
    where = f"{Path(path).parent.name}/{Path(path).stem}"
    by_function = defaultdict(list)
    spans = _functions(text)
    for edit in edits(text, lines):
        name = next((name for name, first, last in spans if first <= edit.line <= last), None)
        if name:
            by_function[name].append(edit)
    for function, candidates in by_function.items():
        for name, edit in _choose(f"{where}.{function}", candidates):
            yield Fault(name, path, edit)


def _of_notebook(root, info):
    candidates = []
    for index, cell in enumerate(info.content["cells"]):
        text = notebooks.source(cell)
        if cell["cell_type"] != "code" or "parameters" in notebooks.tags(cell) or any(word in text for word in SPARED):
            continue
        candidates += [(edit, index) for edit in edits(text)]
    cells = dict(candidates)
    for name, edit in _choose(f"{info.field}/{info.slug}", [edit for edit, _ in candidates]):
        yield Fault(name, info.path.relative_to(root).as_posix(), edit, cells[edit])


def _functions(text):
    """Return (name, first line, last line) of the functions and methods of a module."""
    found = []
    for node in ast.parse(text).body:
        members = [(f"{node.name}.", each) for each in node.body] if isinstance(node, ast.ClassDef) else [("", node)]
        found += [
            (prefix + each.name, each.body[0].lineno, each.end_lineno)
            for prefix, each in members
            if isinstance(each, ast.FunctionDef)
        ]
    return found


def _choose(where, candidates):
    """Yield (name, edit) of EACH candidates: as many kinds as there are, within a kind by the digest of their names."""
    seen = defaultdict(int)
    kinds = defaultdict(list)
    for edit in sorted(candidates, key=lambda edit: edit.start):
        name = f"{where}: {edit.operator}: {_short(edit.old)} -> {_short(edit.new)}"
        seen[name] += 1
        name += f" (no. {seen[name]})" if seen[name] > 1 else ""
        kinds[edit.operator].append((hashlib.sha256(name.encode()).hexdigest(), name, edit))
    ordered = sorted(
        (sorted(group, key=lambda each: each[0]) for group in kinds.values()), key=lambda group: group[0][0]
    )
    rounds = [each for each in zip_longest(*ordered)]
    chosen = [each for turn in rounds for each in turn if each is not None][:EACH]
    yield from ((name, edit) for _, name, edit in chosen)


def _short(text):
    text = " ".join(text.split())
    return text if len(text) <= 70 else f"{text[:40]} ... {text[-25:]}"


def by_hand(root):
    """Yield the faults of ci/faults/by_hand.toml: those that need mathematics."""
    for entry in _entries(root, "by_hand.toml", ("path", "old", "new", "what")):
        path = Path(root, entry["path"])
        if not path.is_file():
            raise CatalogueError(f"{FOLDER}/by_hand.toml: there is no file {entry['path']}")
        places = _places(path, entry["old"])
        if len(places) != 1:
            raise CatalogueError(
                f"{FOLDER}/by_hand.toml: {entry['path']} has {len(places)} places that read {entry['old']!r}, not 1"
            )
        [(cell, text, start)] = places
        edit = Edit(
            "by hand", text[:start].count("\n") + 1, start, start + len(entry["old"]), entry["old"], entry["new"]
        )
        where = f"{path.parent.name}/{path.stem}"
        yield Fault(f"{where}: {entry['what']}", entry["path"], edit, cell)


def _places(path, old):
    """Return (cell or None, its text, offset) wherever a file reads `old`."""
    if path.suffix != ".ipynb":
        texts = [(None, path.read_text(encoding="utf-8"))]
    else:
        cells = notebooks.read(path).content["cells"]
        texts = [(i, notebooks.source(cell)) for i, cell in enumerate(cells) if cell["cell_type"] == "code"]
    found = []
    for cell, text in texts:
        start = text.find(old)
        while start >= 0:
            found.append((cell, text, start))
            start = text.find(old, start + 1)
    return found


def equivalents(root):
    """Return name -> reason of the faults that are none: edits that leave the mathematics as it was."""
    return {entry["name"]: entry["reason"] for entry in _entries(root, "equivalent.toml", ("name", "reason"))}


def _entries(root, name, keys):
    path = Path(root, FOLDER, name)
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("fault", []) if path.is_file() else []
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{FOLDER}/{name}: {error}") from error
    for entry in entries:
        if set(entry) != set(keys):
            raise CatalogueError(
                f"{FOLDER}/{name}: an entry has {', '.join(keys)}; got {', '.join(entry) or 'nothing'}"
            )
    return entries
