"""What a run depends on, by content: the notebook's source, its parameters, the package modules it imports, and the
versions of what is pinned. Two runs of one digest give the same result, so the second need not be made.

Imports are read from syntax trees, nothing is imported; an import that is computed at run time is not seen.
"""

import ast
import hashlib
import json
import platform
import re
import sys
from functools import cached_property
from pathlib import Path

import theorycheck
from theorycheck.suite.notebooks import code_cells, source, tags

PACKAGE = Path(theorycheck.__file__).resolve().parent


class Inputs:
    """Digests of runs, as the files are now: make a new one to see later edits.

    Parameters
    ----------
    pinned : iterable of str
        Names of the distributions whose versions count; see `pinned_names`.
    package : Path, optional
        Folder of the package whose modules notebooks import.
    """

    def __init__(self, pinned, package=PACKAGE):
        self.pinned = list(pinned)
        self.package = Path(package)
        self._modules, self._files = {}, {}
        self._notebooks = {}

    def digest(self, content, parameters):
        """Return the digest of running a notebook (its JSON) with these parameter values."""
        return digest([self._notebook(content)[0], parameters])

    def code_digest(self, content):
        """Return the digest of the package modules that a notebook imports, directly or not."""
        return self._notebook(content)[1]

    def _notebook(self, content):
        """Return (digest of all but the parameters, of the package modules alone); a sweep asks thousands of times."""
        if id(content) not in self._notebooks:
            cells = [[cell["cell_type"], source(cell), sorted(tags(cell))] for cell in content["cells"]]
            code = digest([[name, self._module(name)[0]] for name in self.modules(content)])
            # The content is kept with its digests, so that no other can come to have its id.
            self._notebooks[id(content)] = (digest([cells, code, self.versions]), code, content)
        return self._notebooks[id(content)]

    def modules(self, content):
        """Return the names of the package modules that a notebook imports, directly or not, sorted."""
        return self.imported(source(cell) for cell in code_cells(content))

    def imported(self, texts):
        """Return the names of the package modules that Python sources import, directly or not, sorted."""
        found, waiting = set(), set()
        for text in texts:
            waiting |= self._imported(text)
        while waiting:
            name = waiting.pop()
            found.add(name)
            waiting |= self._module(name)[1] - found
        return sorted(found)

    @cached_property
    def versions(self):
        """The running Python's version and the installed version of each pinned distribution, name -> version."""
        return versions(self.pinned)

    def _module(self, name):
        """Return (digest of the source, names of the package modules it imports) of a module."""
        if name not in self._modules:
            path = self._file(name)
            text = path.read_bytes()
            parent = name if path.name == "__init__.py" else name.rpartition(".")[0]
            self._modules[name] = (
                hashlib.sha256(text).hexdigest(),
                self._imported(text.decode("utf-8"), parent),
            )
        return self._modules[name]

    def _imported(self, text, parent=""):
        """Return the modules of the package that source imports, and the packages that importing them runs."""
        if self.package.name not in text and not (parent and re.search(r"\bfrom\s+\.", text)):
            return set()  # spares most cells of most notebooks the parser
        found = set()
        for name in imports(text, parent):
            parts = name.split(".")
            if parts[0] == self.package.name:
                prefixes = (".".join(parts[: n + 1]) for n in range(len(parts)))
                found.update(prefix for prefix in prefixes if self._file(prefix))
        return found

    def _file(self, name):
        if name not in self._files:
            base = self.package.parent.joinpath(*name.split("."))
            found = (path for path in (base / "__init__.py", base.with_suffix(".py")) if path.is_file())
            self._files[name] = next(found, None)
        return self._files[name]


def imports(text, parent=""):
    """Return the dotted names that Python source may import; relative ones are resolved in the package `parent`.

    `from a import b` gives both a and a.b, since b may be a module. Source that does not parse imports nothing: it
    fails when it runs, and its repair changes the digest.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return set()
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = parent.split(".")[: len(parent.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names.add(base)
            names.update(f"{base}.{alias.name}" for alias in node.names)
    return names


def digest(value):
    """Return a short name for the content of a JSON value."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def pinned_names(root):
    """Return the names of the distributions in requirements.txt under `root`, pinned or not."""
    text = Path(root, "requirements.txt").read_text(encoding="utf-8")
    return [_normal(name) for name in re.findall(r"^([A-Za-z0-9][\w.-]*)", text, re.MULTILINE)]


def versions(names):
    """Return the versions of Python and of the named distributions that are installed here, name -> version.

    Read from the names of the *.dist-info folders, which takes a millisecond where importlib.metadata takes a tenth
    of a second. One that is not installed is left out.
    """
    installed = {}
    for folder in reversed(sys.path):  # what stands first on the path is what an import finds
        for info in Path(folder).glob("*.dist-info") if Path(folder).is_dir() else ():
            name, _, version = info.name.removesuffix(".dist-info").rpartition("-")
            installed[_normal(name)] = version
    return {"python": platform.python_version()} | {
        name: installed[name] for name in sorted(set(names)) if name in installed
    }


def _normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()
