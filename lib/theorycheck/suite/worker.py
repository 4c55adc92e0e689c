"""The process that runs notebooks: papermill, one kernel at a time, one request after another.

`theorycheck.suite.workers` starts it, watches it, and ends it together with its kernel when a limit is passed. It
lives on between notebooks because importing papermill takes as long as starting a kernel.

Messages on the pipe are tuples. To the worker: `(notebook, parameters, memory)`. From it, once: `("ready",)`; and for
each request: `("kernel", pid)`, `("cell", index)` as each cell starts, `("peak", bytes)` as the kernel is about to go,
`("exit", status)` where it went by itself, and at last `("done", notebook)`, `("failed", {...})` or
`("killed", message)`.
"""

import logging
import os
import re
import resource
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection

from theorycheck.suite import forking, kernelspec
from theorycheck.suite.notebooks import import_nbformat


def main():
    """Serve requests from the pipe whose file descriptor is the first argument, until it closes."""
    pipe = Connection(int(sys.argv[1]))
    threading.Thread(target=_follow_parent, args=[os.getppid()], daemon=True).start()
    execute = _prepare(pipe.send)
    pipe.send(("ready",))
    while True:
        try:
            notebook, parameters, memory = pipe.recv()
        except EOFError:
            return
        if memory is not None:
            # The kernel inherits it: an allocation beyond the limit is a MemoryError at the line that asked for it.
            resource.setrlimit(resource.RLIMIT_DATA, (memory, resource.getrlimit(resource.RLIMIT_DATA)[1]))
        pipe.send(execute(notebook, parameters))


def _follow_parent(parent):
    """End this process, and with it the kernel, which watches its own parent, once `parent` is gone."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _prepare(report):
    """Import papermill and return a function that executes one notebook."""
    forking.prepare()  # first, so that it imports while this process does
    nbformat = import_nbformat()  # before papermill, which imports it the slow way
    import papermill
    from jupyter_client.manager import AsyncKernelManager
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    # What goes wrong reaches the caller as an exception; the log would only say it twice.
    logging.getLogger("papermill").setLevel(logging.CRITICAL)

    class KernelManager(AsyncKernelManager):
        """Kernels that talk over IPC: TCP ports race when many kernels start at once."""

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.transport = "ipc"

        async def _async_post_start_kernel(self, **kwargs):
            await super()._async_post_start_kernel(**kwargs)
            report(("kernel", self.provisioner.pid))

        async def shutdown_kernel(self, now=False, restart=False):
            report(("peak", high_water_mark(self.provisioner.pid)))
            await self._async_shutdown_kernel(now, restart)

        async def is_alive(self):
            if self.has_kernel and (status := await self.provisioner.poll()) is not None:
                report(("exit", status))
            return await self._async_is_alive()

    def execute(notebook, parameters):
        try:
            done = papermill.execute_notebook(
                nbformat.from_dict(notebook),
                None,
                parameters=parameters,
                kernel_name=kernelspec.NAME,
                language="python",
                progress_bar=False,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                kernel_manager_class=KernelManager,
                shutdown_kernel="immediate",
                iopub_timeout=60,  # papermill's 4 s fails a notebook on a machine that is merely busy
                on_cell_start=lambda cell, cell_index: report(("cell", cell_index)),
            )
        except PapermillExecutionError as error:
            return "failed", {
                "index": error.cell_index,
                "error": _one_line(error.ename, error.evalue),
                "traceback": plain("\n".join(error.traceback)),
            }
        except DeadKernelError as error:
            return "killed", str(error)
        except Exception as error:  # whatever it was: this notebook has no result, and the next one may have
            return "failed", {"index": None, "error": _one_line(type(error).__name__, error), "traceback": ""}
        return "done", nbformat.writes(done)

    return execute


def high_water_mark(pid):
    """Return the largest resident size of a process so far in bytes; 0 where the system does not tell."""
    with suppress(OSError), open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def plain(text):
    """Return text without terminal colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _one_line(name, message):
    lines = plain(str(message)).strip().splitlines()
    return f"{name}: {lines[0]}" if lines else str(name)


if __name__ == "__main__":
    main()
