"""`theorycheck sweep`: one claim over a grid of parameters, as a tidy table and a map of verdicts.

Each point's record is a file, named by the digest of all that it depends on, so an interrupted sweep goes on where it
was. The executed notebooks stay where they ran: thousands of them would fill a disk.
"""

import csv
import json
from collections import Counter
from itertools import product
from pathlib import Path

import click

from theorycheck.suite.inputs import Inputs, pinned_names
from theorycheck.suite.jobs import FAILED, RAN, Run
from theorycheck.suite.layout import write_files
from theorycheck.suite.records import as_bytes, make_record, read_file, read_record
from theorycheck.suite.run import Options, execute_runs, report
from theorycheck.suite.selection import Refusal, parse_grid, select_one

# One row a quantity: a check, or a scalar that the claim publishes.
QUANTITY = ("quantity", "role", "rule", "check_verdict", "measured", "low", "high", "predicted", "tolerance", "margin")

DID_NOT_RUN = "did not run"

# Colours that the common kinds of colour blindness keep apart, and hatching for those who see none.
LOOKS = {
    "holds": {"color": "#0072B2"},
    "inconclusive": {"color": "#d9d9d9"},
    "refuted": {"color": "#D55E00", "hatch": "///"},
    DID_NOT_RUN: {"color": "white", "hatch": "xxx"},
}


def sweep(root, slug, settings, options=None):
    """Run the grid and write build/sweeps/<slug>.csv and .png; return the exit status."""
    root, options = Path(root), options or Options()
    info = select_one(root, slug)
    grid = parse_grid(info, settings)
    if not grid:
        raise Refusal("a sweep needs a grid, e.g. width=64,128 seed=0:10")
    inputs = Inputs(pinned_names(root))
    runs = [Run(info, info.defaults | point) for point in grid_points(grid)]
    pending = [run for run in runs if options.force or not is_result(read_file(point_path(root, inputs, run)))]
    click.echo(f"{len(runs)} points" + (f", {len(runs) - len(pending)} of them up to date" if pending != runs else ""))

    unwritten = {}
    usual = read_record(root, Run(info, info.defaults).key)
    known = {run.key: usual for run in pending}
    execute_runs(pending, known, options, inputs, point_store(root, inputs, unwritten), keep=False)

    records = (unwritten.get(run.key) or read_file(point_path(root, inputs, run)) for run in runs)
    return _gather(root, info, grid, records)


def point_store(root, inputs, unwritten):
    """Return a function (run, result) -> record that keeps a point's record; in `unwritten`, if the disk refuses."""

    def store(run, result):
        record = make_record(run, inputs.digest(run.info.content, run.values), result)
        try:
            write_files({point_path(root, inputs, run): as_bytes(record)})
        except OSError as error:
            record |= {"state": FAILED, "cell": None, "error": f"its result could not be written: {error}"}
            unwritten[run.key] = record
        return record

    return store


def grid_points(grid):
    """Yield the points of a grid, name -> value; the last name varies fastest."""
    for values in product(*grid.values()):
        yield dict(zip(grid, values, strict=True))


def point_path(root, inputs, run):
    """Return where the record of a point is kept."""
    name = inputs.digest(run.info.content, run.values)
    return Path(root, "build", "sweeps", run.info.slug, f"{name}.json")


def is_result(record):
    """Whether a point is done: a notebook that raised does so again, but a limit or a kill may not come again."""
    return record is not None and (record["state"] == RAN or (record["state"] == FAILED and record["cell"] is not None))


def _gather(root, info, grid, records):
    """Write the table as the records come by and the map from their verdicts; report what did not run.

    No more than one record is held at a time, so that a sweep may have any length.
    """
    outcomes, failures = [], {}
    path = Path(root, "build", "sweeps", f"{info.slug}.csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".csv.new")
    with open(unfinished, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*info.parameters, "state", "verdict", "seconds", "error", *QUANTITY])
        for record in records:
            writer.writerows(rows(record, info.parameters))
            outcomes.append(record["verdict"] if record["state"] == RAN else DID_NOT_RUN)
            if record["state"] != RAN:
                first, times = failures.get((record["state"], record["error"]), (record, 0))
                failures[record["state"], record["error"]] = first, times + 1
    unfinished.replace(path)
    for first, times in failures.values():
        click.echo(report(first), err=True)
        if times > 1:
            click.echo(f"  The same error ended {times} points in all.", err=True)
    write_files({path.with_suffix(".png"): verdict_map(grid, outcomes)})
    counts = ", ".join(f"{count} {word}" for word, count in Counter(outcomes).most_common())
    click.echo(f"{counts}: {path.relative_to(root)} and {path.with_suffix('.png').name}")
    return 1 if failures else 0


def rows(record, names):
    """Return the rows of a point: one for each check and each scalar, or one alone where it gave neither."""
    values = [_cell(record["parameters"].get(name)) for name in names]
    point = [*values, record["state"], record["verdict"], record["seconds"], record["error"]]
    quantities = []
    for check in record["checks"] or []:
        low, high = check.get("interval") or (None, None)
        known = check | {"quantity": check["name"], "check_verdict": check["verdict"], "low": low, "high": high}
        quantities.append([_cell(known.get(column)) for column in QUANTITY])
    for name, value in (record["figures"] or {}).items():
        known = {"quantity": name, "role": "scalar", "measured": value}
        quantities.append([_cell(known.get(column)) for column in QUANTITY])
    return [point + quantity for quantity in quantities or [[None] * len(QUANTITY)]]


def _cell(value):
    return value if value is None or isinstance(value, str | int | float) else json.dumps(value)


def verdict_map(grid, outcomes):
    """Return a PNG of the verdicts over the first two parameters that vary, as shares over all the others.

    `outcomes` has one word for each point of the grid, in the order of `grid_points`.
    """
    from theorycheck import figures

    across, up = ([name for name, values in grid.items() if len(values) > 1] + [None, None])[:2]
    columns, lines = grid.get(across, [None]), grid.get(up, [None])
    cells = {}
    for point, outcome in zip(grid_points(grid), outcomes, strict=True):
        place = columns.index(point.get(across)), lines.index(point.get(up))
        cells.setdefault(place, []).append(outcome)

    width = min(12, max(4, 1.2 + 0.55 * len(columns)))
    fig, axes = figures.panels(width=width, height=min(12, 1.6 + 0.45 * len(lines)))
    for word in LOOKS:
        _fill(axes, cells, word)
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(-0.5, len(lines) - 0.5), xlabel=across, ylabel=up)
    axes.grid(False)
    for axis, values in [(axes.xaxis, columns), (axes.yaxis, lines)]:
        step = -(-len(values) // 20)
        axis.set_ticks(range(0, len(values), step), [_short(value) for value in values[::step]])
    axes.tick_params(axis="x", rotation=45 if max(len(_short(value)) for value in columns) > 4 else 0)
    fig.legend(loc="outside upper center", ncols=2, fontsize=8)
    return figures.png(fig)


def _fill(axes, cells, word):
    """Fill in each cell the part of its height that is the share of one outcome, above those that come before it."""
    order = list(LOOKS)
    xs, bottoms, heights = [], [], []
    for (x, y), outcomes in cells.items():
        below = sum(outcomes.count(other) for other in order[: order.index(word)])
        xs.append(x)
        bottoms.append(y - 0.46 + 0.92 * below / len(outcomes))
        heights.append(0.92 * outcomes.count(word) / len(outcomes))
    axes.bar(xs, heights, 0.92, bottoms, edgecolor="#555555", linewidth=0.5, label=word, **LOOKS[word])


def _short(value):
    text = "" if value is None else str(value).replace(" ", "")
    return text if len(text) <= 18 else text[:17] + "…"
