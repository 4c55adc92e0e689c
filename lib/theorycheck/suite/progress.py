"""What a batch shows while it runs: a bar with the time left on a terminal, a line for each run in a log."""

import sys

import click

from theorycheck.suite.jobs import RAN, state_text

UNKNOWN_SECONDS = 5.0  # what a run is expected to take that has never run


class Progress:
    """Progress of `total` runs, which are expected to take `seconds` in all; a context manager."""

    def __init__(self, total, seconds, stream=None):
        self.total, self.done = total, 0
        self.stream = stream or sys.stderr
        self.bar = None
        if self.stream.isatty():
            from tqdm import tqdm

            # The bar counts expected seconds, not runs, so that its time left is right when runs differ in length.
            self.bar = tqdm(
                total=seconds,
                file=self.stream,
                bar_format="{desc} |{bar}| {percentage:3.0f} % {elapsed}<{remaining}",
                leave=False,
                dynamic_ncols=True,
            )
            self._describe()

    def finished(self, label, record, expected):
        """Show that a run has ended; `expected` is the share of the expected seconds that it stood for."""
        self.done += 1
        line = f"[{self.done:{len(str(self.total))}}/{self.total}] {label}: {outcome(record)}"
        if self.bar is None:
            click.echo(line, file=self.stream)
            return
        self.bar.update(expected)
        self._describe()
        if record["state"] != RAN or record["verdict"] != "holds":
            self.bar.write(line, file=self.stream)

    def tick(self):
        """Let the clock of the bar go on."""
        if self.bar is not None:
            self.bar.refresh()

    def _describe(self):
        self.bar.set_description_str(f"{self.done}/{self.total} runs")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.bar is not None:
            self.bar.close()


def outcome(record):
    """Return the outcome of a run in a few words."""
    seconds = f" ({record['seconds']:.1f} s)" if record.get("seconds") is not None else ""
    return (record["verdict"] if record["state"] == RAN else f"{state_text(record)}, {record['error']}") + seconds


def expected_seconds(record):
    """Return how long a run should take, from its last record."""
    return (record and record.get("seconds")) or UNKNOWN_SECONDS
