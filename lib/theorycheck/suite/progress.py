"""What a batch shows while it runs: a bar with the time left on a terminal, a line for each run in a log."""

import sys
import time

import click

from theorycheck.suite.jobs import RAN, state_text

UNKNOWN_SECONDS = 5.0  # what a run is expected to take that has never run


class Progress:
    """Progress of runs that are expected to take so many seconds each (key -> seconds); a context manager.

    Parameters
    ----------
    expected : dict
    parallel : callable
        () -> how many of them run at a time.
    stream : file, optional
        Standard error by default; a terminal gets a bar, anything else lines.
    """

    def __init__(self, expected, parallel=lambda: 1, stream=None):
        self.expected, self.parallel = expected, parallel
        self.stream = stream or sys.stderr
        self.started = time.monotonic()
        self.done, self.took, self.foreseen = 0, 0.0, 0.0
        self.bar = None
        if self.stream.isatty():
            from tqdm import tqdm

            form = "{n_fmt}/{total_fmt} runs |{bar}| {elapsed}{postfix}"
            self.bar = tqdm(total=len(expected), file=self.stream, bar_format=form, leave=False, dynamic_ncols=True)
            self.tick()

    def finished(self, key, label, record):
        """Show that a run has ended."""
        self.done += 1
        self.took += record["seconds"] or 0
        self.foreseen += self.expected[key]
        total = len(self.expected)
        line = f"[{self.done:{len(str(total))}}/{total}] {label}: {outcome(record)}"
        if self.bar is None:
            click.echo(line, file=self.stream)
            return
        if record["state"] != RAN or record["verdict"] != "holds":
            self.bar.write(line, file=self.stream)
        self.bar.update()
        self.tick()

    def seconds_left(self):
        """Return the time left: what runs took before, in the measure in which those that have ended took longer."""
        slower = self.took / self.foreseen if self.took and self.foreseen else 1.0
        rest = sum(self.expected.values()) * slower / min(self.parallel(), len(self.expected))
        return max(0.0, rest - (time.monotonic() - self.started))

    def tick(self):
        """Let the clock of the bar go on."""
        if self.bar is not None:
            minutes, seconds = divmod(round(self.seconds_left()), 60)
            self.bar.set_postfix_str(f"about {minutes:02d}:{seconds:02d} left")

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
