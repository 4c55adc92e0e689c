"""A process that has imported the scientific stack and forks kernels, so that none of them waits for imports.

`theorycheck.suite.forking` starts it and talks to it over a socket whose file descriptor is the first argument, one
JSON object a message. To it: `{"argv": [...], "env": {...}, "cwd": ..., "limits": {...}}` with the file descriptors of
the kernel's standard output and error. From it: `{"started": pid}` for each request, and `{"exited": pid, "status": n}`
once that kernel has gone. It ends, and its kernels with it, when the socket closes.
"""

import gc
import importlib
import json
import os
import random
import resource
import select
import signal
import socket
import sys
from contextlib import suppress

MESSAGE = 1 << 20  # bytes, enough for any environment

# What notebooks import, as far as it takes time. None of theorycheck's own theory and experiments: a notebook imports
# them as they are when it runs.
STACK = (
    "autograd.numpy",
    "matplotlib.backends.backend_agg",
    "numpy.polynomial",
    "scipy.fft",
    "scipy.integrate",
    "scipy.interpolate",
    "scipy.linalg",
    "scipy.optimize",
    "scipy.signal",
    "scipy.sparse.linalg",
    "scipy.spatial",
    "scipy.stats",
    "sklearn.datasets",
    "sklearn.linear_model",
    "sympy",
    "theorycheck.claim",
    "theorycheck.figures",
    "theorycheck.rules",
    "theorycheck.seeds",
)


def main():
    """Serve requests until the socket closes."""
    client = socket.socket(fileno=int(sys.argv[1]))
    woken, wake = socket.socketpair()
    wake.setblocking(False)
    woken.setblocking(False)
    from ipykernel.kernelapp import IPKernelApp

    for name in STACK:
        importlib.import_module(name)
    _draw()
    signal.signal(signal.SIGCHLD, lambda *_: None)  # else no child's end is told to the descriptor
    signal.set_wakeup_fd(wake.fileno())
    gc.collect()
    gc.freeze()  # objects that the collector never touches stay in memory that all kernels share
    while True:
        ready, _, _ = select.select([client, woken], [], [])
        if woken in ready:
            with suppress(BlockingIOError):
                woken.recv(4096)
            _tell_ended(client)
        if client in ready:
            text, descriptors, _, _ = socket.recv_fds(client, MESSAGE, 2)
            if not text:
                os._exit(0)
            parent = os.getpid()
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for end in (client, woken, wake):
                    end.close()
                _become_kernel(IPKernelApp, parent, json.loads(text), descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
            _send(client, {"started": pid})


def _draw():
    """Draw a figure with a formula once: fonts and the parser of formulas take as long to load as a package."""
    from theorycheck import figures

    fig, axes = figures.panels()
    axes.plot([1, 2], [1, 2], label="$x^2$")
    axes.legend()
    fig.canvas.draw()


def _send(client, message):
    with suppress(OSError):  # the client has gone; the next look at the socket ends this process
        client.send(json.dumps(message).encode())


def _tell_ended(client):
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            _send(client, {"exited": ended[0], "status": os.waitstatus_to_exitcode(ended[1])})


def _become_kernel(application, parent, request, descriptors):
    """Be what `python -m ipykernel_launcher` with the request's arguments would be; never return."""
    status = 1
    try:
        os.setsid()
        os.environ.clear()
        os.environ.update(request["env"])
        os.chdir(request["cwd"])
        for name, limits in request["limits"].items():
            resource.setrlimit(int(name), tuple(limits))
        for descriptor, standard in zip(descriptors, (1, 2), strict=True):
            os.dup2(descriptor, standard)
            os.close(descriptor)
        # Siblings would draw the same numbers from the generators that are global.
        random.seed()
        sys.modules["numpy"].random.seed()
        sys.argv = ["ipykernel_launcher", *request["argv"]]
        kernel = application.instance(parent_handle=parent)
        kernel.initialize(request["argv"])
        kernel.start()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
