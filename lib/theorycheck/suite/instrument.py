"""The suite's own figures: how much it checks, how sensitive it is, and how steady.

What takes hours to measure is stored in ci/ by the command that measures it (`faults`, `seeds`, `matrix`), and told
from there by README.md, the book's front page and `theorycheck status`.
"""

import json
from pathlib import Path


def facts(root, infos):
    """Return [(what, figure)], texts, of the suite with the notebooks `infos` in the project at `root`."""
    verdicts = [info.stored_verdict for info in infos if info.stored_verdict]
    roles = [check["role"] for verdict in verdicts for check in verdict["checks"]]
    holding = sum(verdict["verdict"] == "holds" for verdict in verdicts)
    found = [
        ("claims", f"{len(infos)}, of which {holding} hold"),
        ("checks of evidence", str(roles.count("evidence"))),
        ("controls, each refuted by the check that the evidence passes", str(roles.count("control"))),
    ]
    folder = Path(root, "ci")
    if faults := _read(folder / "faults" / "results.json"):
        what = "small wrong edits of formulas and experiments that the suite catches"
        found.append((what, f"{faults['caught']} of {faults['tried']}"))
    if seeds := _read(folder / "seeds.json"):
        what = f"verdicts that change under {seeds['seeds']} other seeds"
        found.append((what, f"{seeds['changed']} of {seeds['runs']} (the stated levels allow {seeds['allowed']:.1f})"))
    if rows := _read(folder / "matrix.json"):
        tried = [row for row in rows if row["outcome"] != "not tried"]
        green = sum(row["outcome"] == "green" for row in tried)
        found.append(("other environments in which every output is the same", f"{green} of {len(tried)}"))
    return found


def markdown(root, infos):
    """Return the figures as a table in Markdown."""
    lines = ["| the instrument | figure |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| {what} | {figure} |" for what, figure in facts(root, infos))])


def _read(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
