"""The table of claims in README.md, generated from the verdicts that the notebooks store."""

import re
from pathlib import Path

from theorycheck.suite.summary import field_name, summarize

BEGIN = "<!-- The table of claims: written by `theorycheck readme`, do not edit. -->"
END = "<!-- End of the table of claims. -->"


class ReadmeError(ValueError):
    """README.md has no place for the table."""


def table(infos):
    """Return the table of claims as Markdown, one row a notebook, by field and slug."""
    lines = ["| claim | field | verdict | predicted | measured |", "| --- | --- | --- | --- | --- |"]
    for row in map(summarize, infos):
        link = f"[{row.title}](notebooks/{row.field}/{row.slug}.ipynb)"
        cells = [link, field_name(row.field), row.verdict, row.predicted, row.measured]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def update(text, infos):
    """Return the text of README.md with the table of the notebooks `infos` between its markers."""
    before, _ = _split(text)
    return f"{before}{BEGIN}\n\n{table(infos)}\n\n{END}{text.partition(END)[2]}"


def listed(text):
    """Return what the table in README.md says: path of the notebook -> verdict."""
    _, rows = _split(text)
    pattern = r"\]\((notebooks/[^)]+\.ipynb)\) \| [^|]* \| (\w[\w ]*) \|"
    return dict(re.findall(pattern, rows))


def read(root):
    """Return the text of README.md; ReadmeError if it is missing or has no markers."""
    path = Path(root, "README.md")
    if not path.is_file():
        raise ReadmeError("README.md is missing")
    text = path.read_text(encoding="utf-8")
    _split(text)
    return text


def _split(text):
    """Return what stands before the table, and the table."""
    before, begin, rest = text.partition(BEGIN)
    rows, end, _ = rest.partition(END)
    if not begin or not end:
        raise ReadmeError(f"README.md has no place for the table of claims, between `{BEGIN}` and `{END}`")
    return before, rows
