"""The table of checks, as text, as HTML and as JSON; all three print the same rounded numbers."""

from html import escape

from theorycheck.rounding import rounded, text

COLUMNS = ("check", "role", "rule", "predicted", "measured", "tolerance", "verdict")


def record(name, role, check):
    """One check for the verdict's JSON, with numbers rounded to what the check can tell."""
    digits = check.resolution
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
    }


def row(name, role, check):
    """One check as the texts of the table's columns."""
    digits = check.resolution
    measured = text(check.measured, digits)
    if check.interval:
        low, high = (text(end, digits) for end in check.interval)
        measured += f" [{low}, {high}]"
    relation = "" if check.relation == "=" else f"{check.relation} "
    # A whole number is what theory says, not something measured to so many digits.
    whole = float(check.predicted).is_integer() and abs(check.predicted) < 1e6
    predicted = relation + text(int(check.predicted) if whole else check.predicted, digits)
    tolerance = f"± {text(check.tolerance, check.tolerance)}" if check.tolerance else "none"
    return (name, role, check.rule, predicted, measured, tolerance, check.verdict)


def plain(verdict, entries):
    """The table as aligned text, the verdict first."""
    rows = [COLUMNS, *(row(*entry) for entry in entries)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(r, widths, strict=True)).rstrip() for r in rows]
    return "\n".join([f"verdict: {verdict}", "", *lines])


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
