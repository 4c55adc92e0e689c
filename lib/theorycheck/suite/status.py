"""`theorycheck status`: the table of claims, as things are now."""

import click

from theorycheck.suite import instrument
from theorycheck.suite.inputs import Inputs, pinned_names
from theorycheck.suite.jobs import MALFORMED, RAN, STALE, Run, state_text
from theorycheck.suite.records import read_record, state
from theorycheck.suite.selection import select
from theorycheck.suite.summary import run_seconds

COLUMNS = ("field", "claim", "state", "verdict", "accepted", "seconds")


def status(root, names=()):
    """Print a line for each claim: its state, the verdict of its last run and the accepted one, seconds.

    The figures of the suite as an instrument follow, unless claims are named.
    """
    infos, errors = select(root, names)
    inputs = Inputs(pinned_names(root))
    rows = [row(info, read_record(root, Run(info, info.defaults).key), inputs) for info in infos]
    rows += [(error.path.parent.name, error.path.stem, MALFORMED, "", "", "") for error in errors]
    click.echo(table([COLUMNS, *sorted(rows)]))
    if not names:
        click.echo(
            "\n" + "\n".join(f"{what}: {figure}" for what, figure in [*instrument.facts(root, infos), _seconds(root)])
        )
    for error in errors:
        click.echo(str(error), err=True)


def _seconds(root):
    return ("seconds in all, as last run", f"{sum(run_seconds(root).values()):.0f}")


def row(info, record, inputs):
    """Return the texts of a claim's line."""
    now = state(record, inputs.digest(info.content, info.defaults))
    shown = state_text(record) if record and now == record["state"] else now
    verdict = (record["verdict"] or "") if now in (RAN, STALE) else ""
    accepted = (info.stored_verdict or {}).get("verdict", "")
    seconds = f"{record['seconds']:.1f}" if record and record.get("seconds") is not None else ""
    return (info.field, info.slug, shown, verdict, accepted, seconds)


def table(rows):
    """Return rows of texts, the first a header, as aligned lines; the last column to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for cells in rows:
        *left, last = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
        lines.append("  ".join([*left, last.strip().rjust(widths[-1])]).rstrip())
    return "\n".join(lines)
