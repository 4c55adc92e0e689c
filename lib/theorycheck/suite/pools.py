"""Where jobs run: workers of this machine, or the workers of a Dask cluster. Both are used in the same way."""

import os
import socket
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit
from uuid import uuid4

from theorycheck.suite import workers
from theorycheck.suite.jobs import KILLED
from theorycheck.suite.selection import Refusal


@dataclass(frozen=True)
class Pool:
    """An executor, and what `execute` has to know about it."""

    executor: Executor
    run_job: Callable  # what to submit
    parallel: Callable  # () -> how many jobs run at a time
    slots: Callable  # () -> how many jobs to hand out at a time
    session: str


@contextmanager
def open_pool(count=None, scheduler=None):
    """Give a pool of `count` local workers (one a core by default), or of a Dask cluster's, and end its processes."""
    with _dask_pool(scheduler) if scheduler else _local_pool(count or cores()) as pool:
        yield pool


def cores():
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def execute(jobs, pool, finished, tick=lambda: None, seconds=1.0):
    """Run jobs and call `finished(job, result)` in this thread as each ends, and `tick()` every `seconds`.

    `jobs` is any iterable; no more of it is held at a time than the pool can use, so it may be thousands long.
    """
    waiting, running = iter(jobs), {}
    while True:
        for job in islice(waiting, max(0, pool.slots() - len(running))):
            running[pool.executor.submit(pool.run_job, job)] = job
        if not running:
            return
        done, _ = wait(running, timeout=seconds, return_when=FIRST_COMPLETED)
        for future in done:
            finished(running.pop(future), _outcome(future))
        tick()


def _outcome(future):
    try:
        return future.result()
    except Exception as error:  # a Dask worker that died with its task, a cluster that went away
        return workers.make_result(
            KILLED, error=f"the worker was lost: {type(error).__name__}: {error}".splitlines()[0]
        )


@contextmanager
def _local_pool(count):
    session = uuid4().hex
    with ThreadPoolExecutor(count) as executor:
        try:
            yield Pool(executor, workers.run_job, lambda: count, lambda: count, session)
        finally:
            executor.shutdown(wait=False, cancel_futures=True)
            workers.stop(session)


@contextmanager
def _dask_pool(address):
    _refuse_unreachable(address)
    import logging

    from distributed import Client

    # A worker that goes away shows as the result of its job, and an interrupt as the end of the command. The logs of
    # Dask and of tornado would tell both again in between, with tracebacks.
    logging.disable(logging.CRITICAL)
    try:
        client = Client(address, timeout=10, set_as_default=False)
    except OSError as error:  # a time-out is one as well
        raise Refusal(f"no scheduler answers at {address}") from error
    session = uuid4().hex
    with client:
        # pure=False: the same job submitted again is to run again.
        executor = client.get_executor(pure=False)
        try:
            # Two jobs a thread, so that none is idle while a result travels; enough that a cluster that scales with its
            # queue grows.
            threads = _Threads(client)
            yield Pool(executor, workers.run_job_elsewhere, threads, lambda: max(64, 2 * threads()), session)
        finally:
            with suppress(Exception):  # the cluster may be gone, and its processes with it
                client.run(workers.stop, session)


class _Threads:
    """How many threads a cluster has. Asked at every turn, so the scheduler's answer is kept for a while."""

    def __init__(self, client, seconds=10):
        self.client, self.seconds, self.asked = client, seconds, -seconds

    def __call__(self):
        if time.monotonic() - self.asked >= self.seconds:
            self.count = max(1, sum(self.client.nthreads().values()))
            self.asked = time.monotonic()
        return self.count


def _refuse_unreachable(address):
    """Refuse at once where nobody listens: the client of Dask tries again until its time is up."""
    parts = urlsplit(address)
    try:
        where = parts.hostname, parts.port
        if parts.scheme not in ("tcp", "tls") or None in where:
            raise ValueError
    except ValueError:
        raise Refusal(f"a scheduler's address looks like tcp://127.0.0.1:8786, not {address!r}") from None
    try:
        socket.create_connection(where, timeout=10).close()
    except OSError as error:
        raise Refusal(f"no scheduler answers at {address}") from error
