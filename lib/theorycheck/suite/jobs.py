"""One execution of one notebook: what is asked, and what came of it."""

from dataclasses import dataclass
from functools import cached_property

from theorycheck.suite.inputs import digest
from theorycheck.suite.notebooks import NotebookInfo, code_cells, source, tags

RAN, FAILED, TIMED_OUT, KILLED = "ran", "failed", "timed out", "killed"
NOT_RUN, STALE, MALFORMED = "not run", "stale", "malformed"


@dataclass(frozen=True)
class Run:
    """A notebook with a value for each of its parameters."""

    info: NotebookInfo
    values: dict

    @cached_property
    def profile(self):
        """Where the values come from: "default" and "full" are the notebook's own, "custom" the experimenter's.

        Only a custom run may come to another verdict than `holds` without that being an error.
        """
        if not self.changed:
            return "default"
        return "full" if self.values == self.info.full else "custom"

    @cached_property
    def changed(self):
        """The values that differ from the notebook's own, which papermill has to inject."""
        return {name: value for name, value in self.values.items() if value != self.info.parameters[name].default}

    @cached_property
    def key(self):
        """Name of the run's files: field/slug, and a short digest of the values where they are not the defaults."""
        name = f"{self.info.field}/{self.info.slug}"
        return f"{name}.{digest(self.values)[:10]}" if self.changed else name

    @property
    def label(self):
        """The run in a line of a log."""
        if not self.changed:
            return self.info.slug
        if self.profile == "full":
            return f"{self.info.slug} (full)"
        return f"{self.info.slug} ({', '.join(f'{name}={value}' for name, value in self.changed.items())})"


@dataclass(frozen=True)
class Job:
    """What a worker needs to execute a run, wherever it is: everything travels with the job."""

    key: str
    notebook: dict  # cells without their outputs
    parameters: dict  # to inject
    code_digest: str  # of the package modules it imports, as the client has them
    versions: dict  # of Python and the pinned distributions, as the client has them
    session: str  # the client's; all that belongs to it can be ended at once
    seconds: float = 600  # time limit
    memory: int | None = 4 << 30  # limit in bytes
    threads: int = 1  # of BLAS
    keep: bool = True  # whether the executed notebook comes back


def make_job(run, inputs, **options):
    """Return the job that executes a run."""
    content = run.info.content
    return Job(
        key=run.key,
        notebook=without_outputs(content),
        parameters=run.changed,
        code_digest=inputs.code_digest(content),
        versions=inputs.versions,
        **options,
    )


def without_outputs(content):
    """Return a notebook's JSON as if it had never been executed, with Python named as its language alone."""
    cells = []
    for cell in content["cells"]:
        bare = {name: value for name, value in cell.items() if name not in ("outputs", "execution_count")}
        if cell["cell_type"] == "code":
            bare |= {"outputs": [], "execution_count": None}
        cells.append(bare | {"source": source(cell), "metadata": dict(cell.get("metadata", {}))})
    metadata = {"language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": content.get("nbformat_minor", 5)}


def source_cell(job, index):
    """Return number (from 1, code cells only) and id of the source cell behind a cell of the executed notebook.

    papermill puts a cell of its own behind the parameters cell when there are parameters to inject; what goes wrong
    there counts as the parameters cell's.
    """
    cells = job.notebook["cells"]
    if job.parameters:
        tagged = next(i for i, cell in enumerate(cells) if "parameters" in tags(cell))
        index -= index > tagged
    number = sum(1 for cell in cells[: index + 1] if cell["cell_type"] == "code" and cell["source"].strip())
    return {"number": number, "id": cells[index].get("id")}


def unexecuted(notebook):
    """Return the number of the first code cell that has no execution count, or None."""
    counts = [cell.get("execution_count") for cell in code_cells(notebook)]
    return next((number for number, count in enumerate(counts, 1) if count is None), None)


def state_text(record):
    """Return the state in words, with the cell where it ended."""
    state, cell = record["state"], record.get("cell")
    return f"{state} in cell {cell['number']}" if cell and state != RAN else state
