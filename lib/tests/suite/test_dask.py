"""The same code path on a Dask cluster: a real scheduler and two worker processes on loopback."""

import csv
import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from importlib.metadata import version

import psutil
import pytest

from theorycheck.suite import workers
from theorycheck.suite.inputs import Inputs
from theorycheck.suite.jobs import Run, make_job
from theorycheck.suite.notebooks import read_info

DASK = [sys.executable, "-c", "from dask.__main__ import main; main()"]
# A kernel's parents are the process that forked it, the one that runs notebooks, and the worker of the cluster.
WHERE = "import psutil\nx = psutil.Process().parents()[2].pid"


@contextmanager
def dask_cluster(folder):
    """Give the address of a scheduler that has two workers, and their process ids."""
    at = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    local = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", "scheduler.json"]
    started = [subprocess.Popen([*DASK, "scheduler", *local, "--port", "0"], **at)]
    more = ["--nthreads", "1", "--no-nanny"]
    started += [subprocess.Popen([*DASK, "worker", *local, *more, "--name", str(n)], **at) for n in range(2)]
    try:
        from distributed import Client

        deadline = time.monotonic() + 60
        while not (folder / "scheduler.json").exists():
            assert time.monotonic() < deadline, "no scheduler"
            time.sleep(0.1)
        with Client(scheduler_file=str(folder / "scheduler.json"), set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            address = client.scheduler.address
        yield address, {process.pid for process in started[1:]}
    finally:
        for process in reversed(started):
            process.kill()  # at SIGTERM, a worker waits for its scheduler now and then
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with dask_cluster(tmp_path_factory.mktemp("cluster")) as made:
        yield made


def descendants(pids):
    return {child.pid for pid in pids for child in psutil.Process(pid).children(recursive=True)}


def test_runs_on_both_workers_and_the_client_writes(project, cluster):
    address, pids = cluster
    for slug in ("one", "two", "three"):
        project.notebook("alpha", slug, WHERE)
    project.notebook("beta", "raises", "1 / 0")
    out, err = project("run", "--scheduler", address, status=1)
    assert out == "4 runs: 3 holds, 1 failed\n" and "beta/raises: failed in cell 3: ZeroDivisionError" in err
    runs = project.results()
    assert {runs[f"alpha/{slug}"]["figures"]["x_seen"] for slug in ("one", "two", "three")} == pids
    assert [name for name in project.built() if name.startswith("notebooks")] == [
        f"notebooks/alpha/{slug}.ipynb" for slug in ("one", "three", "two")
    ]
    assert descendants(pids) == set()  # neither kernels nor the processes that ran them
    out, err = project("run", "alpha", "--scheduler", address)
    assert "(3 up to date)" in out and err == ""


def test_a_sweep_goes_the_same_way(project, cluster):
    project.notebook("alpha", "one")
    out, _ = project("sweep", "one", "x=-1,1", "--scheduler", cluster[0])
    assert "1 refuted, 1 holds" in out


def test_what_a_killed_worker_was_doing_is_done_again_elsewhere_and_nothing_is_lost_or_doubled(project, tmp_path):
    log = tmp_path / "log"
    project.notebook("alpha", "one", f"import time\nopen({str(log)!r}, 'a').write(f'{{seed}}\\n')\ntime.sleep(0.1)")
    with dask_cluster(tmp_path) as (address, pids):
        process = project.start("sweep", "one", "seed=0:24", "--scheduler", address)
        deadline = time.monotonic() + 60
        while not log.exists() or len(log.read_text().split()) < 6:
            assert time.monotonic() < deadline, "nothing ran"
            time.sleep(0.05)
        kept = set((project.root / "build/sweeps/one").glob("*.json"))
        assert kept, "no result was kept before the end"
        os.kill(min(pids), signal.SIGKILL)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert "24 holds" in out
    with open(project.root / "build/sweeps/one.csv", newline="") as file:
        checks = [row for row in csv.DictReader(file) if row["quantity"] == "sign"]
    assert sorted(int(row["seed"]) for row in checks) == list(range(24))
    assert len([*(project.root / "build/sweeps/one").glob("*.json")]) == 24
    assert all(path.exists() for path in kept)
    times = Counter(log.read_text().split())
    assert set(times) == set(map(str, range(24)))
    assert sum(times.values()) <= 24 + 2, "more was done again than the killed worker can have had in hand"
    out, _ = project("sweep", "one", "seed=0:24")
    assert "24 points, 24 of them up to date" in out


def test_ctrl_c_ends_the_kernels_on_the_cluster(project, cluster):
    address, pids = cluster
    project.notebook("alpha", "forever", "while True:\n    pass")
    process = project.start("run", "--scheduler", address)
    deadline = time.monotonic() + 30
    while len(descendants(pids)) < 2:  # the process that runs the notebook, and its kernel
        assert time.monotonic() < deadline, "no kernel started"
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.strip() == "Interrupted: what had finished is kept, the next run goes on from there."
    assert descendants(pids) == set()


@pytest.fixture
def job(project):
    info = read_info(project.notebook("alpha", "one"))
    return make_job(Run(info, info.defaults), Inputs(["numpy"]), session="test")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"versions": {"numpy": "0.1"}}, f"this worker has numpy {version('numpy')}, the client 0.1"),
        ({"versions": {"nothing-like-it": "1"}}, "this worker has nothing-like-it not at all, the client 1"),
        ({"code_digest": "other"}, "this worker has another theorycheck package than the client"),
    ],
)
def test_a_worker_that_differs_from_the_client_refuses(job, change, error):
    result = workers.run_job_elsewhere(dataclasses.replace(job, **change))
    assert (result["state"], result["error"]) == ("failed", error)


def test_a_stopped_session_starts_nothing(job):
    before = descendants([os.getpid()])
    workers.stop("test")
    result = workers.run_job(job)
    assert (result["state"], result["error"]) == ("failed", "no worker process: stopped")
    assert descendants([os.getpid()]) == before
