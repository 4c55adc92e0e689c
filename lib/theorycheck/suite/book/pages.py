"""The text of the book's pages, as MyST Markdown and as notebooks for myst-nb."""

import json
import re
from dataclasses import dataclass

from theorycheck.suite import notebooks
from theorycheck.suite.summary import Summary, field_name, summarize

# The sidebar on the left lists the fields already, and a table of claims needs the width.
WIDE = "---\nhtml_theme.sidebar_secondary.remove: true\n---\n\n"

FRONT = """\
# theorycheck

Each page of this book checks one theoretical claim about machine learning. It states the claim, predicts a number or
a shape from theory alone, measures it in a numerical experiment that shares no code with the prediction, and gives a
verdict. Every page is a notebook that you can run again, with other parameters.

A claim [holds]{{.tc-badge .tc-holds}} when all its checks hold *and* the same checks refute a wrong theory or a broken
assumption, the control; it is [refuted]{{.tc-badge .tc-refuted}} when a check is. What the measurements cannot decide,
or a control that passes, is [inconclusive]{{.tc-badge .tc-inconclusive}}. Each table shows the main number of a claim:
what theory predicts, and what was measured, with the interval that decided.

{figures}

{tables}

```{{toctree}}
:hidden:

{fields}
references
```
"""

REFERENCES = """\
# References

```{bibliography}
```
"""


# ------------------------------------------------------------------------------------------ tables of claims


@dataclass(frozen=True)
class Row:
    """One claim in a table: what is stored, its figure in words and as a small picture, the time of its last run."""

    summary: Summary
    alt: str
    thumbnail: str | None  # path below the source folder
    seconds: float | None


def front_page(rows, figures):
    """Return the front page; `rows` maps a field to its rows, `figures` is the table of the suite's own."""
    tables = "\n\n".join(
        f"## [{field_name(field)}]({field}/index.md)\n\n" + claims_table(members, folder=f"{field}/")
        for field, members in rows.items()
    )
    fields = "\n".join(f"{field_name(field)} <{field}/index>" for field in rows)
    return WIDE + FRONT.format(figures=figures, tables=tables, fields=fields)


def field_page(field, text, members):
    """Return a field's page: its own text, then the table of its claims.

    The claims follow one another in the order in which the text mentions them, which is the reading order.
    """
    text = text or f"# {field_name(field)}\n"
    mentioned = re.findall(r"\]\(([\w-]+)\.ipynb", text)
    order = {slug: place for place, slug in reversed([*enumerate(mentioned)])}
    members = sorted(members, key=lambda row: (order.get(row.summary.slug, len(mentioned)), row.summary.slug))
    entries = "\n".join(row.summary.slug for row in members)
    table = claims_table(members, up="../")
    return f"{WIDE}{text.rstrip()}\n\n## Claims\n\n{table}\n\n```{{toctree}}\n:hidden:\n\n{entries}\n```\n"


def claims_table(members, folder="", up=""):
    """Return a table of claims; `folder` leads from the page to their notebooks, `up` to the top of the book."""
    lines = ["```{list-table}", ":class: tc-claims", ":header-rows: 1", ""]
    timed = any(row.seconds for row in members)
    lines += list_row(["Claim", "Verdict", "Predicted", "Measured", *["Seconds"] * timed, "Figure"])
    for row in members:
        page = f"{folder}{row.summary.slug}.ipynb"
        cells = [
            f"[{plain(row.summary.title)}]({page})",
            badge(row.summary.verdict),
            plain(row.summary.predicted),
            plain(row.summary.measured),
            *[f"{row.seconds:.1f}" if row.seconds else ""] * timed,
            f"[![{plain(row.alt)}]({up}{row.thumbnail})]({page})" if row.thumbnail else "",
        ]
        lines += list_row(cells)
    return "\n".join([*lines, "```"])


def list_row(cells):
    """Return the lines of one row of a list-table."""
    return [("* - " if i == 0 else "  - ") + cell for i, cell in enumerate(cells)]


def badge(verdict):
    """Return a verdict as coloured text."""
    return f"[{verdict}]{{.tc-badge .tc-{verdict.replace(' ', '-')}}}"


def plain(text):
    """Return `text` as Markdown that shows it as it is, but for formulas between dollar signs."""
    parts = re.split(r"(\$[^$]+\$)", " ".join(text.split()))
    return "".join(p if i % 2 else re.sub(r"([\\`*_\[\]<>|{}$~^])", r"\\\1", p) for i, p in enumerate(parts))


# ---------------------------------------------------------------------------------------------- claim pages

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
LANGUAGE = {"name": "python", "pygments_lexer": "python"}


def alt_text(info):
    """Return what the claim's figure says to those who do not see it."""
    outputs = [output for cell in notebooks.code_cells(info.content) for output in cell.get("outputs", [])]
    return next(filter(None, map(_alt, outputs)), "")


def _alt(output):
    return output.get("metadata", {}).get("image/png", {}).get("alt", "")


def claim_page(info):
    """Return the notebook that myst-nb renders: the accepted one, with its facts and parameters in readable form."""
    cells = []
    for cell in info.content["cells"]:
        if cell["cell_type"] != "code":
            cells.append(cell)
        elif "parameters" in notebooks.tags(cell):
            cells.append(_markdown(_parameters(info)))
        else:
            cells.append(_code(cell))
    cells = [_titled(info, cells[0]), *cells[1:]]
    cells = [{"id": f"page-{number}", **cell} for number, cell in enumerate(cells)]
    page = {"cells": cells, "metadata": {"kernelspec": KERNEL, "language_info": LANGUAGE}}
    return json.dumps({**page, "nbformat": 4, "nbformat_minor": 5}, indent=1, ensure_ascii=False)


def _markdown(text):
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _titled(info, cell):
    """Return the page's first cell, with the line of facts between its title and its text."""
    title, _, text = notebooks.source(cell).partition("\n")
    facts = [
        badge(summarize(info).verdict),
        f"{info.kind} ({info.evidence})",
        f"{{cite:t}}`{info.paper}`",
        f"{{download}}`download the notebook <../downloads/{info.field}/{info.slug}.ipynb>`",
    ]
    return _markdown(f"{title}\n\n::::{{container}} tc-facts\n{' · '.join(facts)}\n::::\n\n{text.lstrip()}")


def _code(cell):
    """Return a code cell as the page shows it: without what is for programs, the least telling code folded away."""
    text, outputs = notebooks.source(cell), cell.get("outputs", [])
    tags, options = list(notebooks.tags(cell)), {}
    if alt := next(filter(None, map(_alt, outputs)), None):
        options["image"] = {"alt": alt}
    if text.strip() == "claim.verdict()":
        tags.append("remove-input")
    elif what := "the claim's declaration" if "Claim(" in text else "the figure's code" if alt else None:
        tags.append("hide-input")
        options |= {"code_prompt_show": f"Show {what}", "code_prompt_hide": f"Hide {what}"}
    outputs = [_without_program_data(output) for output in outputs]
    return {**cell, "outputs": outputs, "metadata": {"tags": tags, "mystnb": options}}


def _without_program_data(output):
    """Return an output without the claim's and the verdict's JSON."""
    data = {mime: value for mime, value in output.get("data", {}).items() if not mime.endswith("+json")}
    return {**output, "data": data} if data else output


def _parameters(info):
    """Return the parameters as a table, and the command that runs the claim with other values."""
    lines = ["```{list-table} Parameters", ":class: tc-parameters", ":header-rows: 1", ""]
    lines += list_row(["Name", "Meaning", "Default", "Range", "Full profile"])
    for parameter in info.parameters.values():
        meaning, allowed = plain(parameter.comment), plain(parameter.spec.describe())
        full = "" if parameter.full == parameter.default else f"`{parameter.full!r}`"
        lines += list_row([f"`{parameter.name}`", meaning, f"`{parameter.default!r}`", allowed, full])
    # Another seed is valid everywhere; most other values depend on each other.
    example = f"seed={info.defaults['seed'] + 1}" if "seed" in info.parameters else "NAME=VALUE"
    command = f"theorycheck run {info.slug} -p {example}"
    words = "Run it with other values, as many `-p NAME=VALUE` as you like, or with `--profile full`:"
    return "\n".join([*lines, "```", "", words, "", "```bash", command, "```"])
