"""The papers that the claims are about, as far as their keys go; Sphinx reads the rest."""

import re
from pathlib import Path

FILE = "notebooks/references.bib"


def keys(root):
    """Return the keys of all entries of notebooks/references.bib; none where the file is missing."""
    path = Path(root, FILE)
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return set(re.findall(r"^\s*@\w+\s*\{\s*([^\s,]+)\s*,", text, re.MULTILINE))
