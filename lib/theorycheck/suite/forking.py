"""Kernels that start by forking: a kernel provisioner for jupyter_client, chosen in a kernelspec's metadata.

A kernel spends two seconds importing NumPy, SciPy and matplotlib before its first cell. Here a process that has
imported them (`theorycheck.suite.zygote`) forks instead. To papermill and nbval it is a kernel like any other. Where
forking is not safe, or the kernel's environment differs in what was read while importing, it starts in the usual way.
"""

import asyncio
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from theorycheck.suite.zygote import MESSAGE

# Variables that Python and the libraries read as they start; a fork of a process that started with others is no good.
READ_AT_START = ("PYTHON", "OMP_", "OPENBLAS_", "MKL_", "NPY_", "MPL", "LD_", "VIRTUAL_ENV")
INHERITED = ("RLIMIT_DATA", "RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_CORE", "RLIMIT_NOFILE", "RLIMIT_STACK")
START_SECONDS = 120  # to import the stack, on a machine that is busy


class ForkingProvisioner(LocalProvisioner):
    """Starts kernels from this process's zygote, and falls back to an ordinary start."""

    async def launch_kernel(self, cmd, **options):
        if not _forkable(cmd, options):
            return await super().launch_kernel(cmd, **options)
        # In a thread: the zygote may still be importing, and this process has other things to do.
        self.process = await asyncio.to_thread(_fork, cmd, options)
        if self.process is None:
            return await super().launch_kernel(cmd, **options)
        self.pid = self.pgid = self.process.pid  # it leads its own session
        self.cwd = options.get("cwd", Path.cwd())
        return self.connection_info


class ForkedKernel:
    """A kernel that a zygote forked, with the methods of subprocess.Popen that provisioners use."""

    stdin = stdout = stderr = None  # it has the files it was given, or the zygote's

    def __init__(self, zygote, pid):
        self.zygote, self.pid = zygote, pid
        self.returncode = None

    def poll(self):
        if self.returncode is None:
            self.returncode = self.zygote.status(self.pid)
        return self.returncode

    def wait(self, timeout=None):
        if self.returncode is None:
            self.returncode = self.zygote.status(self.pid, wait=timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("kernel", timeout)
        return self.returncode

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def terminate(self):
        self.send_signal(signal.SIGTERM)


class Zygote:
    """The client's end of a zygote. Threads may share it."""

    def __init__(self, env):
        self.settings = _settings(env)
        self.lock = threading.Lock()
        self.ended = {}  # pid -> exit status of kernels that went
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                # -P: the working folder is no place to import from
                [sys.executable, "-P", "-m", "theorycheck.suite.zygote", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=env,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def fork(self, argv, env, cwd, files):
        """Start a kernel; OSError where the zygote is gone or does not answer."""
        limits = {getattr(resource, name): resource.getrlimit(getattr(resource, name)) for name in INHERITED}
        request = {"argv": argv, "env": env, "cwd": os.fspath(cwd), "limits": limits}
        with self.lock:
            socket.send_fds(self.socket, [json.dumps(request).encode()], files)
            while "started" not in (message := self._receive(START_SECONDS)):
                self._note(message)
        return ForkedKernel(self, message["started"])

    def status(self, pid, wait=0):
        """Return the exit status of a kernel, or None while it lives. `wait`: seconds at most, None for ever."""
        with self.lock:
            if self.socket.fileno() < 0:
                return -signal.SIGKILL
            while pid not in self.ended and select.select([self.socket], [], [], wait)[0]:
                try:
                    self._note(self._receive(0))
                except OSError:  # kernels watch their zygote, and end with it
                    return -signal.SIGKILL
            return self.ended.pop(pid, None)

    def close(self):
        """End the zygote, and with it its kernels."""
        with self.lock:
            self.socket.close()
        self.process.kill()
        self.process.wait()

    def _receive(self, seconds):
        if not select.select([self.socket], [], [], seconds)[0]:
            raise TimeoutError("the process that forks kernels does not answer")
        text = self.socket.recv(MESSAGE)
        if not text:
            raise ConnectionError("the process that forks kernels is gone")
        return json.loads(text)

    def _note(self, message):
        self.ended[message["exited"]] = message["status"]


_zygote = None
_starting = threading.Lock()


def prepare(env=None):
    """Start this process's zygote, if it has none yet and can have one, without waiting for its imports."""
    global _zygote
    with _starting:
        if _zygote is None and _available():
            _zygote = Zygote(dict(os.environ if env is None else env))
        return _zygote


def _fork(cmd, options):
    """Return a forked kernel, or None where there must be an ordinary one."""
    env = dict(options.get("env") or os.environ)
    zygote = prepare(env)
    if zygote is None or zygote.settings != _settings(env):
        return None
    files = [_descriptor(options.get(name), standard) for name, standard in (("stdout", 1), ("stderr", 2))]
    try:
        return zygote.fork(cmd[3:], env, options.get("cwd") or os.getcwd(), files)
    except OSError:  # it died, or could not import the stack; kernels that start in the usual way will tell
        zygote.close()
        return None


def _available():
    # Elsewhere forking a process that has used the system's libraries is unsafe, or impossible.
    return sys.platform.startswith("linux") and hasattr(os, "fork")


def _forkable(cmd, options):
    ordinary = cmd[:3] == [sys.executable, "-m", "ipykernel_launcher"]
    files = [_descriptor(options.get(name), 1) for name in ("stdout", "stderr")]
    return ordinary and _available() and None not in files


def _descriptor(file, standard):
    """Return the file descriptor that Popen would use for `file`; None for the pipes that it would have to make."""
    if file is None:
        return standard
    if isinstance(file, int):
        return file if file >= 0 else None
    return file.fileno()


def _settings(env):
    return {name: value for name, value in env.items() if name.startswith(READ_AT_START)}
