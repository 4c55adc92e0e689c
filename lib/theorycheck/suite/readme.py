"""What README.md shows of the notebooks: the table of claims, and the figures of the suite as an instrument."""

import re
from pathlib import Path

from theorycheck.suite import instrument
from theorycheck.suite.summary import field_name, summarize

BEGIN = "<!-- The table of claims: written by `theorycheck readme`, do not edit. -->"
END = "<!-- End of the table of claims. -->"
FIGURES_BEGIN = "<!-- The instrument's figures: written by `theorycheck readme`, do not edit. -->"
FIGURES_END = "<!-- End of the instrument's figures. -->"


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


def update(text, infos, root):
    """Return the text of README.md with the table of the notebooks `infos`, and the figures where they have a place."""
    text = _replace(text, BEGIN, END, table(infos))
    if FIGURES_BEGIN in text:
        text = _replace(text, FIGURES_BEGIN, FIGURES_END, instrument.markdown(root, infos))
    return text


def listed(text):
    """Return what the table in README.md says: path of the notebook -> verdict."""
    _, rows, _ = _split(text, BEGIN, END)
    pattern = r"\]\((notebooks/[^)]+\.ipynb)\) \| [^|]* \| (\w[\w ]*) \|"
    return dict(re.findall(pattern, rows))


def read(root):
    """Return the text of README.md; ReadmeError if it is missing or has no markers."""
    path = Path(root, "README.md")
    if not path.is_file():
        raise ReadmeError("README.md is missing")
    text = path.read_text(encoding="utf-8")
    _split(text, BEGIN, END)
    return text


def _replace(text, begin, end, content):
    before, _, after = _split(text, begin, end)
    return f"{before}{begin}\n\n{content}\n\n{end}{after}"


def _split(text, begin, end):
    """Return what stands before, between and after two markers."""
    before, first, rest = text.partition(begin)
    between, last, after = rest.partition(end)
    if not first or not last:
        raise ReadmeError(f"README.md has no place for what `theorycheck readme` writes, between `{begin}` and `{end}`")
    return before, between, after
