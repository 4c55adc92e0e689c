"""What a batch shows while it runs."""

import contextlib
import io
import os
import pty
import termios

import pytest

from theorycheck.suite.progress import Progress


def record(seconds, **more):
    return {"state": "ran", "verdict": "holds", "seconds": seconds} | more


def test_a_log_gets_a_line_for_each_run():
    log = io.StringIO()
    with Progress({"a": 1.0, "b": 2.0}, stream=log) as progress:
        progress.finished("a", "first", record(1.5))
        progress.tick()
        cell = {"number": 3, "id": "x"}
        progress.finished("b", "second", record(2, state="failed", verdict=None, cell=cell, error="ValueError: no"))
    assert log.getvalue() == "[1/2] first: holds (1.5 s)\n[2/2] second: failed in cell 3, ValueError: no (2.0 s)\n"


def test_a_terminal_gets_a_bar_with_the_time_left_and_lines_for_what_went_wrong_alone():
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, 100))
    with open(slave, "w") as terminal, Progress({"a": 60.0, "b": 60.0}, lambda: 2, terminal) as progress:
        progress.finished("a", "first", record(60))
        progress.finished("b", "second", record(60, verdict="refuted"))
    shown = ""
    with contextlib.suppress(OSError):  # the end of what a terminal was sent, once it is closed
        while piece := os.read(master, 4096):
            shown += piece.decode()
    os.close(master)
    assert "0/2 runs |" in shown and "about 01:00 left" in shown
    assert "first" not in shown and "[2/2] second: refuted (60.0 s)" in shown


@pytest.mark.parametrize(("parallel", "took", "left"), [(1, 0, 90), (3, 0, 30), (8, 0, 30), (1, 20, 180), (3, 5, 15)])
def test_the_time_left_follows_earlier_times_and_how_these_runs_compare(parallel, took, left):
    progress = Progress({"a": 10.0, "b": 30.0, "c": 50.0}, lambda: parallel, io.StringIO())
    if took:
        progress.finished("a", "a", record(took))
    assert progress.seconds_left() == pytest.approx(left, abs=1)
