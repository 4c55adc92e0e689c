"""Kernels that start by forking: to their client they are kernels like any other."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import psutil
import pytest
from jupyter_client.manager import KernelManager

from theorycheck.suite import forking, kernelspec

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere kernels start in the usual way")


@pytest.fixture
def jupyter_path(tmp_path, monkeypatch):
    kernelspec.write(tmp_path)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    return tmp_path


@contextmanager
def kernel(**options):
    """A kernel and its client, ended on leaving."""
    manager = KernelManager(kernel_name=kernelspec.NAME)
    manager.start_kernel(**options)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def printed(client, code):
    """Execute code and return what it prints."""
    texts = []
    client.execute_interactive(
        code, timeout=60, output_hook=lambda message: texts.append(message["content"].get("text", ""))
    )
    return "".join(texts).strip()


def test_a_kernel_is_a_fork_of_the_process_that_has_imported_the_stack(jupyter_path):
    with kernel() as (manager, client):
        [zygote] = [p for p in psutil.Process().children() if "theorycheck.suite.zygote" in p.cmdline()]
        assert psutil.Process(manager.provisioner.pid).ppid() == zygote.pid
        assert printed(client, "import sys; print('scipy.stats' in sys.modules, __name__, sys.argv[0])").startswith(
            "True __main__ ipykernel_launcher"
        )


def test_a_kernel_has_the_folder_environment_and_limits_that_it_was_started_with(jupyter_path, tmp_path):
    import resource

    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, before[1]))
    try:
        with kernel(cwd=str(tmp_path), env={**os.environ, "GREETING": "hello"}) as (_, client):
            text = printed(
                client,
                "import os, resource; print(os.getcwd(), os.environ['GREETING'], "
                "resource.getrlimit(resource.RLIMIT_CORE)[0])",
            )
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    assert text == f"{tmp_path} hello 0"


def test_siblings_draw_different_numbers(jupyter_path):
    code = "import random, numpy; print(random.random(), numpy.random.random())"
    with kernel() as (_, one), kernel() as (_, other):
        first, second = printed(one, code).split(), printed(other, code).split()
    assert not set(first) & set(second)


def test_the_way_a_kernel_ended_is_known(jupyter_path):
    with kernel() as (manager, _):
        process = manager.provisioner.process
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(timeout=20) == -signal.SIGKILL
        assert not manager.is_alive()
    with kernel() as (manager, client):
        process = manager.provisioner.process
        client.execute("import os; os._exit(7)")
        assert process.wait(timeout=20) == 7


def test_a_kernel_can_be_interrupted_and_restarted(jupyter_path):
    with kernel() as (manager, client):
        client.execute("import time; time.sleep(60)")
        time.sleep(1)
        manager.interrupt_kernel()
        assert client.get_shell_msg(timeout=20)["content"]["ename"] == "KeyboardInterrupt"
        assert printed(client, "print('still here')") == "still here"
        old = manager.provisioner.pid
        manager.restart_kernel(now=True)
        client.wait_for_ready(timeout=60)
        assert manager.provisioner.pid != old
        assert printed(client, "print('again')") == "again"


def test_other_settings_of_the_interpreter_mean_an_ordinary_start(jupyter_path):
    with kernel():  # there is a zygote now, and it has other settings
        pass
    with kernel(env={**os.environ, "PYTHONHASHSEED": "12345"}) as (manager, client):
        assert isinstance(manager.provisioner.process, subprocess.Popen)
        assert printed(client, "import os; print(os.environ['PYTHONHASHSEED'])") == "12345"


def test_without_a_zygote_kernels_start_in_the_usual_way(jupyter_path, monkeypatch):
    monkeypatch.setattr(forking, "_zygote", None)
    monkeypatch.setattr(forking, "_available", lambda: False)
    with kernel() as (manager, client):
        assert isinstance(manager.provisioner.process, subprocess.Popen)
        assert printed(client, "print(6 * 7)") == "42"


def test_a_zygote_that_died_takes_its_kernels_with_it_and_is_not_missed(jupyter_path, monkeypatch):
    monkeypatch.setattr(forking, "_zygote", None)
    with kernel() as (manager, _):
        process, zygote = manager.provisioner.process, forking._zygote.process
        zygote.kill()
        assert process.wait(timeout=20) == -signal.SIGKILL
        psutil.wait_procs([psutil.Process(process.pid)] if psutil.pid_exists(process.pid) else [], timeout=20)
        assert not psutil.pid_exists(process.pid)
    with kernel() as (_, client):
        assert printed(client, "print(6 * 7)") == "42"
    zygote.wait()


CLIENT = """
from jupyter_client.manager import KernelManager
manager = KernelManager(kernel_name="theorycheck")
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=60)
print(manager.provisioner.pid, flush=True)
input()
"""


def test_no_kernel_outlives_its_client(jupyter_path):
    with subprocess.Popen([sys.executable, "-c", CLIENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        pid = int(client.stdout.readline())
        assert psutil.pid_exists(pid)
        client.kill()
    deadline = time.monotonic() + 20
    while psutil.pid_exists(pid):
        assert time.monotonic() < deadline
        time.sleep(0.1)
