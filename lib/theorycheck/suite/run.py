"""`theorycheck run`: execute what has changed, keep what has finished, and say what came of it."""

import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import click

from theorycheck.suite.inputs import Inputs, pinned_names
from theorycheck.suite.jobs import FAILED, MALFORMED, RAN, make_job, state_text
from theorycheck.suite.layout import executed_path, record_path, write_files
from theorycheck.suite.notebooks import discover
from theorycheck.suite.records import (
    as_bytes,
    check_lines,
    make_record,
    read_record,
    state,
    succeeded,
    unreadable,
    write_junit,
    write_results,
)
from theorycheck.suite.selection import Refusal, make_run, select

DEFAULT_SECONDS = {"default": 600.0, "custom": 600.0, "full": 7200.0}


@dataclass(frozen=True)
class Options:
    """How runs are executed; None stands for the default."""

    jobs: int | None = None  # local workers
    scheduler: str | None = None  # address of a Dask scheduler
    seconds: float | None = None  # time limit of a run
    memory: float | None = 4.0  # limit of a run in GiB, 0 for none
    threads: int = 1  # of BLAS in each kernel
    force: bool = False  # whether to repeat runs that are up to date


@dataclass
class Batch:
    """Runs with their digests and last records, split into those to execute and those that are up to date."""

    root: Path
    options: Options
    inputs: Inputs
    pending: list = field(default_factory=list)
    fresh: list = field(default_factory=list)
    digests: dict = field(default_factory=dict)
    records: dict = field(default_factory=dict)


def run(root, names=(), settings=(), profile="default", options=None):
    """Run the named notebooks (all, if none is named); return the exit status."""
    options = options or Options()
    found = discover(root)
    infos, errors = select(root, names, found)
    if errors and settings:
        raise Refusal(str(errors[0]))
    runs = [make_run(info, settings, profile) for info in infos]
    batch = plan(root, runs, options)
    execute_batch(batch, found[0])
    records = [unreadable(error) for error in errors] + [batch.records[run.key] for run in runs]
    _attempt(write_junit, root, records)
    _summarize(records, len(batch.fresh))
    return 0 if all(map(succeeded, records)) else 1


def plan(root, runs, options):
    """Find out which runs have to be executed, the longest first."""
    batch = Batch(Path(root), options, Inputs(pinned_names(root)))
    for run in runs:
        batch.digests[run.key] = batch.inputs.digest(run.info.content, run.values)
        record = batch.records[run.key] = read_record(root, run.key)
        current = state(record, batch.digests[run.key]) == RAN and executed_path(root, run.key).is_file()
        (batch.fresh if current and not options.force else batch.pending).append(run)
    # One that has never run may be long, so it does not come last.
    batch.pending.sort(key=lambda run: -((batch.records[run.key] or {}).get("seconds") or float("inf")))
    return batch


def execute_batch(batch, infos):
    """Execute what is pending; every finished run is on disk before the next one is looked at.

    build/results.json follows at the end, at an interrupt as well. `infos` are all notebooks of the project.
    """
    try:
        execute_runs(batch.pending, batch.records, batch.options, batch.inputs, partial(store, batch))
    except KeyboardInterrupt:
        _write_results(batch, infos)
        raise
    _write_results(batch, infos)


def execute_runs(runs, records, options, inputs, store, keep=True):
    """Execute runs in this order on the pool that the options ask for.

    Parameters
    ----------
    runs : list of Run
    records : dict of key to record or None
        The last record of each run, which says how long it may take.
    options : Options
    inputs : Inputs
    store : callable (run, result) -> record
        Called in this thread as each run ends.
    keep : bool
        Whether results bring the executed notebook.
    """
    if not runs and not options.scheduler:
        return
    # Imported here, because most commands and a run of which everything is up to date need none of it.
    from theorycheck.suite.pools import execute, open_pool
    from theorycheck.suite.progress import Progress, expected_seconds

    by_key = {run.key: run for run in runs}
    expected = {key: expected_seconds(records[key]) for key in by_key}
    with (
        open_pool(options.jobs, options.scheduler) as pool,
        Progress(expected, pool.parallel) as progress,
    ):

        def finished(job, result):
            run = by_key[job.key]
            progress.finished(run.key, run.label, store(run, result))

        jobs = (
            make_job(
                run,
                inputs,
                session=pool.session,
                seconds=options.seconds or DEFAULT_SECONDS[run.profile],
                memory=int(options.memory * 2**30) if options.memory else None,
                threads=options.threads,
                keep=keep,
            )
            for run in runs
        )
        execute(jobs, pool, finished, progress.tick)


def store(batch, run, result):
    """Put a run's executed notebook and its record on disk and return the record.

    Where they cannot be written, the run has failed, and what an earlier run left stays as it was.
    """
    record = make_record(run, batch.digests[run.key], result)
    files = {record_path(batch.root, run.key): as_bytes(record)}
    if result["notebook"] is not None:
        files = {executed_path(batch.root, run.key): result["notebook"].encode()} | files
    try:
        write_files(files)
    except OSError as error:
        record |= {"state": FAILED, "verdict": None, "error": f"its result could not be written: {error}"}
    batch.records[run.key] = record
    return record


def _write_results(batch, infos):
    """Write build/results.json as things are now."""
    inputs = batch.inputs
    if batch.pending:  # that took time, in which someone may have edited what ran
        infos, inputs = discover(batch.root)[0], Inputs(inputs.pinned)
    _attempt(write_results, batch.root, inputs, infos)


def _attempt(write, *arguments):
    """Write a file that gathers what is known: a disk that refuses it may not hide how the runs went."""
    try:
        write(*arguments)
    except OSError as error:
        click.echo(f"Error: the results could not be written: {error}", err=True)


def _summarize(records, fresh):
    """Print what went wrong in full, and everything else in a line."""
    for record in records:
        if not succeeded(record):
            click.echo(report(record), err=True)
    counts = {}
    for record in records:
        word = record["verdict"] if record["state"] == RAN else record["state"]
        counts[word] = counts.get(word, 0) + 1
    what = ", ".join(f"{count} {word}" for word, count in sorted(counts.items(), key=lambda item: -item[1]))
    click.echo(f"{len(records)} runs: {what}" + (f" ({fresh} up to date)" if fresh else ""))


def report(record):
    """Return what there is to know about a run that did not go as it should."""
    if record["state"] == MALFORMED:
        return f"\n{record['error']}"
    name = f"\n{record['key']}"
    if record.get("changed"):
        name += f" {json.dumps(record['changed'])}"
    if record["state"] == RAN:
        return "\n  ".join([f"{name}: the verdict is {record['verdict']}", *check_lines(record)])
    lines = (record["traceback"] or "").splitlines()
    return "\n  ".join([f"{name}: {state_text(record)}: {record['error']}", *lines])
