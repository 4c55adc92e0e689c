"""Worker processes: `run_job` runs one notebook in one, watches its time and memory, and ends it for certain.

The same function serves a thread of the command line and a task of a Dask worker. Worker processes are kept between
jobs of one session, and `stop(session)` ends whatever that session has left on this machine.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from contextlib import suppress
from multiprocessing import Pipe
from pathlib import Path

from theorycheck.suite import kernelspec
from theorycheck.suite.inputs import Inputs
from theorycheck.suite.jobs import FAILED, KILLED, RAN, TIMED_OUT, source_cell, unexecuted
from theorycheck.suite.notebooks import VERDICT_MIME, stored

MARK = "THEORYCHECK_SCRATCH"  # environment variable that everything a worker starts inherits
TICK = 0.2  # seconds between two looks at the clock
SAMPLE = 0.5  # seconds between two looks at the memory
START_SECONDS = 120  # for a worker to import papermill, on a machine that is busy

_lock = threading.Lock()
_workers = defaultdict(set)  # session -> workers that live
_idle = defaultdict(list)  # session -> those that wait for a job
_stopped = set()  # sessions that were stopped


class Unstartable(RuntimeError):
    """No worker process could be started."""


def run_job(job):
    """Execute a job and return its result, a dictionary: state, cell, error, traceback, verdict, ...

    Never raises for what happens to the notebook.
    """
    try:
        worker = _take(job)
    except (Unstartable, OSError) as error:
        return make_result(FAILED, error=f"no worker process: {error}")
    try:
        return worker.run(job)
    finally:
        _give_back(worker, job.session)


def run_job_elsewhere(job):
    """Do the same on a machine that may have another package or other versions than the client, and then refuse.

    Its result would be recorded as one of the client's.
    """
    if difference := _difference(job):
        return make_result(FAILED, error=difference)
    return run_job(job)


def stop(session):
    """End every worker of a session on this machine, with its kernels, and let it start no more."""
    with _lock:
        _stopped.add(session)
        _idle.pop(session, None)
        workers = _workers.pop(session, set())
    for worker in workers:
        worker.end()


def _difference(job):
    """Say how this machine's package or versions differ from the client's; an empty text when they do not."""
    inputs = Inputs(job.versions)
    for name, version in job.versions.items():
        if inputs.versions.get(name) != version:
            return f"this worker has {name} {inputs.versions.get(name, 'not at all')}, the client {version}"
    if inputs.code_digest(job.notebook) != job.code_digest:
        return "this worker has another theorycheck package than the client"
    return ""


def _take(job):
    with _lock:
        if job.session in _stopped:
            raise Unstartable("stopped")
        if _idle[job.session]:
            return _idle[job.session].pop()
        worker = Worker(job.threads)
        _workers[job.session].add(worker)
        return worker


def _give_back(worker, session):
    with _lock:
        if worker.alive and session not in _stopped:
            _idle[session].append(worker)
            return
        if session in _workers:
            _workers[session].discard(worker)
    worker.end()


class Worker:
    """A process of `theorycheck.suite.worker`, with a scratch folder for all that it and its kernels write."""

    def __init__(self, threads):
        self.scratch = Path(tempfile.mkdtemp(prefix="theorycheck-", dir=_short_folder()))
        self.alive = True
        self._ready = False
        self._ending = threading.Lock()
        self.pipe, theirs = Pipe()
        try:
            self._start(theirs, threads)
        except BaseException:
            shutil.rmtree(self.scratch, ignore_errors=True)
            raise
        finally:
            theirs.close()

    def _start(self, theirs, threads):
        (self.scratch / "work").mkdir()
        kernelspec.write(self.scratch)
        with open(self.scratch / "log", "wb") as log:
            self.process = subprocess.Popen(
                # -P: the working folder is no place to import from
                [sys.executable, "-P", "-m", "theorycheck.suite.worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=os.environ | _environment(self.scratch, threads),
                cwd=self.scratch / "work",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the client, which ends its workers
            )

    def run(self, job):
        """Execute a job; see `run_job`."""
        try:
            if not self._ready:
                self._expect_ready()
            return self._run(job)
        except (EOFError, OSError):  # the pipe broke: the worker is gone
            log = self._log()
            self.end()
            return make_result(KILLED, error="the process that ran the notebook was killed", traceback=log)

    def end(self):
        """Kill the worker, its kernel and all they started, whatever those do; remove the scratch folder.

        A kernel is a session of its own, and what it started may be another, so no process group holds them all.
        What holds them together is a variable in their environment, which every child inherits.
        """
        with self._ending:
            if not self.alive:
                return
            self.alive = False
            kill_marked(str(self.scratch))
            self.process.wait()
            shutil.rmtree(self.scratch, ignore_errors=True)

    def _expect_ready(self):
        if not self.pipe.poll(START_SECONDS):
            raise EOFError
        self.pipe.recv()
        self._ready = True

    def _run(self, job):
        self.pipe.send((job.notebook, job.parameters or None, job.memory))
        started = sampled = time.monotonic()
        index = kernel = status = None
        peak = 0

        def ended(state, **known):
            cell = None if index is None else source_cell(job, index)
            seconds = round(time.monotonic() - started, 2)
            known = {"cell": cell, "seconds": seconds, "peak_memory": peak, "versions": job.versions} | known
            return make_result(state, **known)

        while True:
            if self.pipe.poll(TICK):
                match self.pipe.recv():
                    case "kernel", pid:
                        kernel, index, peak = pid, None, 0
                    case "cell", index:
                        pass
                    case "exit", status:
                        pass
                    case "peak", size:
                        peak = max(peak, size)
                    case "done", text:
                        return ended(**_verdict(job, text))
                    case "failed", failure:
                        index = failure.pop("index")
                        return ended(FAILED, **failure)
                    case "killed", _:
                        return ended(KILLED, error=f"the kernel {_death(status)}", traceback=self._log())
            now = time.monotonic()
            if now - started > job.seconds:
                self.end()
                return ended(TIMED_OUT, error=f"the time limit of {job.seconds:g} s passed")
            if kernel and now - sampled > SAMPLE:
                sampled = now
                size = tree_memory(kernel)
                peak = max(peak, size)
                if job.memory is not None and size > job.memory:
                    self.end()
                    return ended(KILLED, error=f"the memory limit of {job.memory / 2**30:g} GiB was passed")

    def _log(self):
        """What the worker and its kernel wrote outside of any cell: the last words of a process that crashed."""
        with suppress(OSError):
            return (self.scratch / "log").read_text(errors="replace")[-4000:].strip()
        return ""


def _death(status):
    """Say how a process ended, from its exit status."""
    if status is None or status >= 0:
        return "ended by itself" if status is None else f"ended by itself with exit status {status}"
    with suppress(ValueError):
        return f"was killed by {signal.Signals(-status).name}"
    return f"was killed by signal {-status}"


def _verdict(job, text):
    """Return what a notebook that papermill reports as complete says: it must have run every cell to a verdict."""
    notebook = json.loads(text)
    number = unexecuted(notebook)
    verdict = stored(notebook, VERDICT_MIME)
    if number is not None:
        return {"state": FAILED, "cell": None, "error": f"code cell {number} was never executed"}
    if verdict is None:
        return {"state": FAILED, "cell": None, "error": "every cell ran, but none gave a verdict"}
    known = {name: verdict.get(name) for name in ("verdict", "checks", "figures")}
    return {"state": RAN, "cell": None, "notebook": text if job.keep else None} | known


def make_result(state, **known):
    empty = {
        "cell": None,
        "error": None,
        "traceback": None,
        "verdict": None,
        "checks": [],
        "figures": {},
        "seconds": None,
        "peak_memory": None,
        "versions": {},
        "notebook": None,
    }
    return {"state": state} | empty | known


def _short_folder():
    """Return where scratch folders go: IPC sockets are files in them, whose whole path has room for 100 letters."""
    usual = tempfile.gettempdir()
    return "/tmp" if len(usual) > 30 and os.access("/tmp", os.W_OK) else usual


def _environment(scratch, threads):
    """Return the variables that make a kernel independent of the user's settings and of the other kernels."""
    count = str(threads)
    return {
        MARK: str(scratch),
        # Workers share the cores already, and sums must not depend on how many cores there are.
        "OPENBLAS_NUM_THREADS": count,
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "JUPYTER_PATH": str(scratch),
        "JUPYTER_RUNTIME_DIR": str(scratch),
        "JUPYTER_CONFIG_DIR": str(scratch / "config"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "IPYTHONDIR": str(scratch / "ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else the debugger, which nobody uses here, warns on stderr
    }


def kill_marked(mark, seconds=10):
    """Kill every process whose environment carries the mark, until none is left."""
    import psutil

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        marked = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if process.environ().get(MARK) == mark:
                    marked.append(process)
        for process in marked:
            with suppress(psutil.Error):
                process.kill()
        if not marked:
            return
        time.sleep(0.01)


def tree_memory(pid):
    """Return the resident memory in bytes of a process and its descendants."""
    import psutil

    size = 0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            with suppress(psutil.Error):
                size += process.memory_info().rss
    return size
