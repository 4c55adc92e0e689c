"""`theorycheck seeds`: every claim under other seeds. Nothing is wrong then, so no verdict should change.

Agreement with an exact prediction is decided at a stated level: of so many such checks, that share may be refuted by
chance. No other rule refutes what holds, and a check that is too often undecided has too few replicates.
"""

import json
from collections import Counter
from pathlib import Path

import click
from scipy.stats import binom

from theorycheck.rules import EXACT_LEVEL
from theorycheck.statistics import proportion
from theorycheck.suite.inputs import Inputs, pinned_names
from theorycheck.suite.jobs import RAN, Run, state_text
from theorycheck.suite.layout import write_files
from theorycheck.suite.records import check_lines, read_file, read_record
from theorycheck.suite.run import Options, execute_runs
from theorycheck.suite.selection import Refusal, select
from theorycheck.suite.status import table
from theorycheck.suite.sweep import is_result, point_path, point_store

STORED = Path("ci", "seeds.json")  # what README.md and the book tell
FALSE_ALARM = 0.01  # chance of naming some claim although all of them keep to their levels


def seeds(root, names=(), count=20, options=None, store=False):
    """Run the named claims (all, if none is named) under seeds 1 to `count`; return the exit status."""
    root, options = Path(root), options or Options()
    infos, errors = select(root, names)
    if errors:
        raise Refusal(str(errors[0]))
    drawing = [info for info in infos if "seed" in info.parameters]
    inputs = Inputs(pinned_names(root))
    runs = [Run(info, info.defaults | {"seed": seed}) for info in drawing for seed in range(1, count + 1)]
    pending = [run for run in runs if options.force or not is_result(read_file(point_path(root, inputs, run)))]
    usual = {run.key: read_record(root, Run(run.info, run.info.defaults).key) for run in pending}
    unwritten = {}
    execute_runs(pending, usual, options, inputs, point_store(root, inputs, unwritten), keep=False)

    records = {info.slug: [] for info in drawing}
    for run in runs:
        records[run.info.slug].append(unwritten.get(run.key) or read_file(point_path(root, inputs, run)))
    rows = [assess(info, records[info.slug], len(drawing)) for info in drawing]
    click.echo(table([HEADER, *map(_cells, rows)]))
    for row in rows:
        for line, times in row["wrong"].items():
            click.echo(f"{row['slug']}: {times} x {line}", err=True)
    summary = summarize(rows, count)
    click.echo(_told(summary))
    if store and not names:
        write_files({root / STORED: (json.dumps(summary, indent=1) + "\n").encode()})
    return 1 if summary["beyond"] else 0


HEADER = ("claim", "holds", "undecided", "refuted", "did not run", "allowed", "beyond")


def assess(info, records, claims):
    """Return what became of a claim under other seeds, and whether that is beyond its stated levels.

    `allowed` is the number of verdicts that its levels let change on average. A claim is beyond them where as many
    changes have a chance below FALSE_ALARM, shared by all `claims`.
    """
    outcome = Counter(record["verdict"] if record["state"] == RAN else record["state"] for record in records)
    changed = len(records) - outcome["holds"]
    level = allowed_rate(info.stored_verdict)
    chance = float(binom.sf(changed - 1, len(records), level)) if changed else 1.0
    wrong = Counter()
    for record in records:
        lines = check_lines(record) if record["state"] == RAN else [f"{state_text(record)}: {record['error']}"]
        wrong.update(line.split(":")[0] for line in lines)
    return {
        "slug": info.slug,
        "runs": len(records),
        "holds": outcome["holds"],
        "inconclusive": outcome["inconclusive"],
        "refuted": outcome["refuted"],
        "did_not_run": changed - outcome["inconclusive"] - outcome["refuted"],
        "allowed": level * len(records),
        "beyond": chance < FALSE_ALARM / claims,
        "wrong": wrong,
    }


def allowed_rate(verdict):
    """Return the chance at most with which a claim that is true has another verdict than `holds`."""
    checks = (verdict or {}).get("checks", [])
    exact = [check for check in checks if check["role"] == "evidence" and check["rule"] == "value"]
    return min(1.0, EXACT_LEVEL * len(exact))


def summarize(rows, count):
    """Return what there is to tell of all claims together."""
    runs, changed = sum(row["runs"] for row in rows), sum(row["runs"] - row["holds"] for row in rows)
    _, low, high = proportion(changed, runs, 0.05) if runs else (0, 0, 1)
    return {
        "claims": len(rows),
        "seeds": count,
        "runs": runs,
        "changed": changed,
        "interval": [round(float(low), 5), round(float(high), 5)],
        "allowed": round(sum(row["allowed"] for row in rows), 2),
        "beyond": [row["slug"] for row in rows if row["beyond"]],
    }


def _cells(row):
    numbers = (row[name] for name in ("holds", "inconclusive", "refuted", "did_not_run"))
    return (row["slug"], *map(str, numbers), f"{row['allowed']:.2f}", "beyond" if row["beyond"] else "")


def _told(summary):
    low, high = summary["interval"]
    text = (
        f"{summary['changed']} of {summary['runs']} verdicts changed ({100 * low:.2g} to {100 * high:.2g} %); "
        f"the stated levels allow {summary['allowed']:.1f} on average"
    )
    return text + (f"; beyond them: {', '.join(summary['beyond'])}" if summary["beyond"] else "")
