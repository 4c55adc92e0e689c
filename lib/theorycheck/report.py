"""Tables of checks and of numbers, as text, as HTML and as JSON; all print the same rounded numbers."""

from html import escape
from math import isfinite

import numpy as np

from theorycheck.rounding import rounded, text

COLUMNS = ("check", "role", "rule", "predicted", "measured", "tolerance", "verdict")


def record(name, role, check):
    """One check for the verdict's JSON, with numbers rounded to what the check can tell."""
    digits = check.resolution
    predicted, measured = row(name, role, check)[3:5]
    return {
        "name": name,
        "role": role,
        "rule": check.rule,
        "verdict": check.verdict,
        "measured": rounded(check.measured, digits),
        "interval": check.interval and [rounded(end, digits) for end in check.interval],
        "predicted": rounded(check.predicted, digits),
        "relation": check.relation,
        "tolerance": rounded(check.tolerance, check.tolerance),
        "margin": rounded(check.margin, 0.1),
        "because": check.because,
        "note": check.note,
        "shown": {"predicted": predicted, "measured": measured},
    }


def row(name, role, check):
    """One check as the texts of the table's columns."""
    tolerance = f"± {text(check.tolerance, check.tolerance)}" if check.tolerance else "none"
    return (name, role, check.rule, *_predicted_and_measured(check), tolerance, check.verdict)


def _predicted_and_measured(check):
    """What theory says and what came out, in the words of the rule where a bare number would say little."""
    digits = check.resolution
    measured = text(check.measured, digits)
    if check.note.startswith("largest error"):
        limit = text(check.tolerance, check.tolerance)
        return f"error ≤ {limit}", f"error below {limit}" if measured == "0" else f"error {measured}"
    if check.rule == "bound" and check.predicted == 1:
        return f"{check.relation} bound", f"{measured} × bound"
    if check.interval:
        low, high = (text(end, digits) for end in check.interval)
        measured += f" [{low}, {high}]"
    # A whole number is what theory says, not something measured to so many digits.
    whole = isfinite(check.predicted) and float(check.predicted).is_integer() and abs(check.predicted) < 1e6
    relation = "" if check.relation == "=" else f"{check.relation} "
    return relation + text(int(check.predicted) if whole else check.predicted, digits), measured


def plain(verdict, entries):
    """The table as aligned text, the verdict first."""
    return f"verdict: {verdict}\n\n" + aligned([COLUMNS, *(row(*entry) for entry in entries)])


def html(verdict, entries):
    """The table as HTML; classes `tc-holds`, `tc-refuted` and `tc-inconclusive` carry the colours of the book."""
    head = "".join(f"<th>{column}</th>" for column in COLUMNS)
    body = "".join(_html_row(entry) for entry in entries)
    return (
        f'<div class="tc-verdict"><p>Verdict: <strong class="tc-badge tc-{verdict}">{verdict}</strong></p>'
        f'<table class="tc-checks"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _html_row(entry):
    name, role, rule, predicted, measured, tolerance, verdict = map(escape, row(*entry))
    # A control does its duty by being refuted, so it is marked as expected there.
    expected = "holds" if role == "evidence" else "refuted"
    state = "expected" if verdict == expected else "unexpected"
    notes = "; ".join(filter(None, [entry.check.note, entry.check.because]))
    name += f'<div class="tc-because">{escape(notes)}</div>' if notes else ""
    cells = "".join(f"<td>{cell}</td>" for cell in (name, role, rule, predicted, measured, tolerance))
    return f'<tr class="tc-{role} tc-{state}">{cells}<td><span class="tc-badge tc-{verdict}">{verdict}</span></td></tr>'


def columns(named, resolution=None):
    """Columns of numbers as rows of texts, the names first.

    `named` maps a column's name to an Estimate (printed with its 95 % half-width, to what its standard error supports),
    numbers or texts; all of one length, or scalars for a single row. Plain numbers print to `resolution`.
    """
    texts = {name: _column(entries, resolution) for name, entries in named.items()}
    if len({len(column) for column in texts.values()}) > 1:
        raise ValueError("columns of different lengths: " + ", ".join(f"{n} has {len(c)}" for n, c in texts.items()))
    return [tuple(texts), *zip(*texts.values(), strict=True)]


def _column(entries, resolution):
    if hasattr(entries, "se"):
        values, errors, halves = (np.atleast_1d(a) for a in (entries.value, entries.se, entries.half_width(0.05)))
        triples = zip(values, errors, halves, strict=True)
        return [f"{text(value, se)} ± {text(half, se)}" for value, se, half in triples]
    return [e if isinstance(e, str) else _plain_number(e, resolution) for e in np.atleast_1d(entries).tolist()]


def _plain_number(value, resolution):
    return str(value) if isinstance(value, bool) else text(value, resolution)


def table_html(rows):
    """Rows of texts, the first a header, as an HTML table of class `tc-numbers`."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in r) + "</tr>" for r in rows[1:])
    return f'<table class="tc-numbers"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def aligned(rows):
    """Rows of texts, the first a header, as text with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(r, widths, strict=True)).rstrip() for r in rows]
    return "\n".join(lines)
