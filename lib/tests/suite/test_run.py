"""`theorycheck run` on real notebooks: what fails costs only itself, and what has not changed is not repeated."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest

import theorycheck
from theorycheck.suite.jobs import Run
from theorycheck.suite.layout import record_path, write_files
from theorycheck.suite.notebooks import discover
from theorycheck.suite.run import Options, plan
from theorycheck.suite.workers import MARK

FOREVER = "while True:\n    pass"
KILL = "import os\nimport signal\nos.kill(os.getpid(), signal.SIGKILL)"
ALLOCATE = "hoard = bytearray(3 * 2**30)"
# Children in sessions of their own, each under the limit for one process: only their sum is over it.
FAMILY = """\
import subprocess, sys, time
code = "import time; hoard = bytearray(400 * 2**20); time.sleep(60)"
children = [subprocess.Popen([sys.executable, "-c", code], start_new_session=True) for _ in range(3)]
time.sleep(60)"""
RAISE = "y = 1\ny / 0"


def kernels(project):
    """Processes of runs in this project that live now: workers, kernels, and what notebooks started."""
    found = set()
    for process in psutil.process_iter():
        try:
            environment = process.environ()
        except (psutil.Error, OSError):
            continue
        if MARK in environment and environment.get("PROJECT") == str(project.root):
            found.add(process.pid)
    return found


def wait_until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


class TestFailures:
    """One batch in which everything goes wrong that can, beside two notebooks that are well."""

    @pytest.fixture(scope="class")
    @classmethod
    def batch(cls, shared_project):
        project = shared_project
        project.notebook("alpha", "good")
        project.notebook("alpha", "negative", parameters=project.parameters.replace("x = 1", "x = -1"))
        for slug, text in [
            ("forever", FOREVER),
            ("killed", KILL),
            ("hoards", ALLOCATE),
            ("family", FAMILY),
            ("raises", RAISE),
            ("silent", "import sys\nsys.exit(0)"),
        ]:
            project.notebook("beta", slug, text)
        (project.root / "notebooks/beta/malformed.ipynb").write_text("{}")
        project.out, project.err = project("run", "--timeout", "12", "--memory", "1", "--jobs", "3", status=1)
        project.left = kernels(project)
        return project

    @pytest.mark.parametrize(
        ("key", "label", "error"),
        [
            ("beta/forever", "timed out in cell 3", "the time limit of 12 s passed"),
            ("beta/killed", "killed in cell 3", "the kernel was killed by SIGKILL"),
            ("beta/hoards", "failed in cell 3", "MemoryError"),
            ("beta/family", "killed in cell 3", "the memory limit of 1 GiB was passed"),
            ("beta/raises", "failed in cell 3", "ZeroDivisionError: division by zero"),
            ("beta/silent", "failed", "code cell 4 was never executed"),
        ],
    )
    def test_the_state_is_honest(self, batch, key, label, error):
        record = batch.results()[key]
        assert (record["label"], record["error"], record["verdict"]) == (label, error, None)
        assert f"{key}: {label}: {error}" in batch.err

    def test_the_others_finish(self, batch):
        runs = batch.results()
        assert (runs["alpha/good"]["state"], runs["alpha/good"]["verdict"]) == ("ran", "holds")
        assert runs["alpha/good"]["checks"][0]["name"] == "sign" and runs["alpha/good"]["figures"] == {"x_seen": 1}
        assert runs["alpha/good"]["peak_memory"] > 2**24 and 0 < runs["alpha/good"]["seconds"] < 60
        assert runs["alpha/good"]["seed"] == 0 and runs["alpha/good"]["versions"]["numpy"] == version("numpy")

    def test_a_verdict_other_than_holds_is_shown_with_its_numbers(self, batch):
        assert "alpha/negative: the verdict is refuted" in batch.err
        assert "evidence 'sign' is refuted: measured -1, interval [-2, 0], predicted 1" in batch.err

    def test_the_traceback_is_shown(self, batch):
        shown = batch.err.split("beta/raises: failed in cell 3")[-1]
        assert "----> 2 y / 0" in shown and "\x1b" not in batch.err
        assert "notebooks/beta/malformed.ipynb: not a notebook of format 4" in batch.err

    def test_the_summary_counts(self, batch):
        assert batch.out == "9 runs: 3 failed, 2 killed, 1 malformed, 1 holds, 1 refuted, 1 timed out\n"

    def test_only_what_ran_has_an_output(self, batch):
        assert [name for name in batch.built() if name.startswith("notebooks")] == [
            "notebooks/alpha/good.ipynb",
            "notebooks/alpha/negative.ipynb",
        ]
        executed = json.loads((batch.root / "build/notebooks/alpha/good.ipynb").read_text())
        counts = [cell["execution_count"] for cell in executed["cells"] if cell["cell_type"] == "code"]
        assert counts == [1, 2, 3]
        assert not [name for name in batch.built() if "draft" in name]

    def test_junit_tells_errors_from_verdicts(self, batch):
        suite = ElementTree.parse(batch.root / "build/junit.xml").getroot()
        assert (suite.get("tests"), suite.get("errors"), suite.get("failures")) == ("9", "7", "1")
        [case] = suite.findall("testcase[@name='raises']")
        assert "division by zero" in case.find("error").get("message") and "y / 0" in case.find("error").text

    def test_no_process_is_left(self, batch):
        assert batch.left == set()

    def test_status_says_the_same(self, batch):
        out, err = batch("status")
        rows = {line.split()[1]: line for line in out.partition("\n\n")[0].splitlines()[1:]}
        assert "timed out in cell 3" in rows["forever"] and "killed in cell 3" in rows["killed"]
        assert rows["negative"].split()[2:4] == ["ran", "refuted"]
        assert rows["malformed"].split()[2] == "malformed" and "not a notebook of format 4" in err
        facts = dict(line.rsplit(": ", 1) for line in out.partition("\n\n")[2].splitlines())
        assert facts["checks of evidence"] == "0" and float(facts["seconds in all, as last run"]) > 0

    def test_a_run_that_failed_is_repeated_and_one_that_ran_is_not(self, batch):
        out, err = batch("run", "raises", "good", status=1)
        assert "[1/1] raises: failed in cell 3" in err and out == "2 runs: 1 holds, 1 failed (1 up to date)\n"


def test_values_from_the_command_line_reach_the_notebook(project):
    project.notebook("alpha", "good")
    _, err = project("run", "good", "-p", "x=-5", "-p", "name=erf", "-p", "widths=[1, 4]")
    assert "good (x=-5, widths=[1, 4], name=erf): refuted" in err  # a result, and no error
    [record] = project.results().values()
    assert record["parameters"] == {"x": -5, "widths": [1, 4], "scale": 0.5, "name": "erf", "seed": 0}
    assert record["figures"] == {"x_seen": -5}
    assert (project.root / f"build/notebooks/{record['key']}.ipynb").is_file()
    assert record["key"] != "alpha/good"


def test_an_error_after_injected_parameters_counts_the_source_cells(project):
    project.notebook("alpha", "raises", RAISE)
    project("run", "raises", "-p", "x=3", status=1)
    [record] = project.results().values()
    assert record["cell"] == {"number": 3, "id": "middle-0"}


def test_the_full_profile_has_its_own_values_and_must_hold(project):
    project.notebook("alpha", "good", verdict="x = -x\n" + VERDICT_TEXT)
    _, err = project("run", "--profile", "full", status=1)
    assert "good (full): refuted" in err
    [record] = project.results().values()
    assert record["changed"] == {"x": 7, "widths": [2, 3, 5, 7]}


VERDICT_TEXT = """\
from IPython.display import display
word = "holds" if x > 0 else "refuted"
verdict = {{"slug": "{slug}", "verdict": word, "checks": [], "figures": {{}}}}
display({{"text/plain": word, "application/vnd.theorycheck.verdict+json": verdict}}, raw=True)
"""


def test_kernels_have_one_blas_thread_and_a_scratch_folder_and_talk_over_ipc(project):
    text = """\
import os
from ipykernel.kernelapp import IPKernelApp
assert os.environ["OPENBLAS_NUM_THREADS"] == os.environ["OMP_NUM_THREADS"] == os.environ["MKL_NUM_THREADS"] == "{}"
assert IPKernelApp.instance().transport == "ipc"
open("scratch.txt", "w").write("not in the project")
"""
    project.environment |= {"OPENBLAS_NUM_THREADS": "7", "OMP_NUM_THREADS": "7"}
    project.notebook("alpha", "one", text.format(1))
    project("run", "one")
    assert not list(project.root.rglob("scratch.txt"))


class TestIncremental:
    @pytest.fixture(scope="class")
    @classmethod
    def project(cls, shared_project):
        """A project whose package is a copy that the tests may edit."""
        project = shared_project
        source = Path(theorycheck.__file__).parent
        shutil.copytree(source, project.root / "lib/theorycheck", ignore=shutil.ignore_patterns("__pycache__"))
        project.environment["PYTHONPATH"] = str(project.root / "lib")
        project.notebook("alpha", "first", imports="from theorycheck.theory.first import number")
        project.notebook("alpha", "second", imports="from theorycheck.theory import second")
        cls.write(project, "first", "from theorycheck.theory.deep import number")
        cls.write(project, "second", "number = 2")
        cls.write(project, "deep", "number = 1")
        project("run")
        return project

    @staticmethod
    def write(project, module, text):
        (project.root / f"lib/theorycheck/theory/{module}.py").write_text(text)

    @staticmethod
    def ran(project, *arguments):
        """Run and return the slugs that were executed."""
        _, err = project("run", *arguments)
        return sorted(line.split("] ")[1].split(":")[0] for line in err.splitlines())

    def test_nothing_changed_nothing_runs(self, project):
        before = {name: (project.root / "build" / name).stat().st_mtime_ns for name in project.built()}
        assert self.ran(project) == []
        before.pop("junit.xml")
        assert before == {name: (project.root / "build" / name).stat().st_mtime_ns for name in before}

    def test_an_edit_of_a_module_reruns_those_that_import_it(self, project):
        self.write(project, "deep", "number = 3")
        out, _ = project("status")
        assert [line.split()[2] for line in out.partition("\n\n")[0].splitlines()[1:]] == ["stale", "ran"]
        assert self.ran(project) == ["first"]
        self.write(project, "second", "number = 4")
        assert self.ran(project) == ["second"]
        self.write(project, "lonely", "number = 5")
        assert self.ran(project) == []

    def test_an_edit_of_a_package_init_reruns_all_below_it(self, project):
        self.write(project, "__init__", '"""Edited."""')
        assert self.ran(project) == ["first", "second"]

    def test_an_edit_of_the_notebook_reruns_it(self, project):
        project.notebook("alpha", "second", "edited = True", imports="from theorycheck.theory import second")
        assert self.ran(project) == ["second"]

    def test_other_versions_rerun_all(self, project):
        (project.root / "requirements.txt").write_text("numpy==2.4.6\npsutil==7.2.2\n")
        assert self.ran(project) == ["first", "second"]

    def test_force_and_a_lost_output_rerun(self, project):
        assert self.ran(project, "first", "--force") == ["first"]
        (project.root / "build/notebooks/alpha/first.ipynb").unlink()
        assert self.ran(project) == ["first"]


def test_longest_first_by_stored_times(project):
    for slug, seconds in [("quick", 2), ("long", 60), ("longer", 61)]:
        project.notebook("alpha", slug)
        record = {"state": "ran", "digest": "old", "field": "alpha", "slug": slug, "seconds": seconds}
        write_files({record_path(project.root, f"alpha/{slug}"): json.dumps(record).encode()})
    project.notebook("alpha", "unknown")
    infos, _ = discover(project.root)
    batch = plan(project.root, [Run(info, info.defaults) for info in infos], Options())
    assert [run.info.slug for run in batch.pending] == ["unknown", "longer", "long", "quick"]


class TestDiskRefuses:
    """The limit on file size is a real refusal of the write, for root as well."""

    def test_what_was_there_stays_and_the_others_finish(self, project):
        path = project.notebook("alpha", "grows", "print('small')")
        project("run")
        old = (project.root / "build/notebooks/alpha/grows.ipynb").read_bytes()
        path.write_text(path.read_text().replace("print('small')", "print('large' * 40_000)"))
        project.notebook("alpha", "good")

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

        _, err = project("run", status=1, preexec_fn=limit)
        assert "alpha/grows: failed: its result could not be written: [Errno 27] File too large" in err
        assert "good: holds" in err
        assert (project.root / "build/notebooks/alpha/grows.ipynb").read_bytes() == old
        assert not [name for name in os.listdir(project.root / "build/notebooks/alpha") if "draft" in name]
        assert project.results()["alpha/grows"]["state"] == "stale"

    def test_a_folder_in_place_of_the_output(self, project):
        project.notebook("alpha", "good")
        (project.root / "build/notebooks/alpha/good.ipynb").mkdir(parents=True)
        _, err = project("run", status=1)
        assert "alpha/good: failed: its result could not be written" in err
        assert project.built() == ["junit.xml", "results.json"]


class TestInterrupt:
    @pytest.fixture
    def running(self, project):
        """A run in which one notebook has finished and two wait for a file."""
        flag = project.root / "go"
        wait = f"import os, time\nwhile not os.path.exists({str(flag)!r}):\n    time.sleep(0.1)"
        project.flag = flag
        project.notebook("alpha", "quick")
        for slug in ("waits", "waits-too"):
            project.notebook("beta", slug, wait)
        project.process = project.start("run", "--jobs", "3")
        wait_until(lambda: "records/alpha/quick.json" in project.built())
        wait_until(lambda: len(kernels(project)) >= 5)  # three workers, two kernels
        yield project
        project.process.kill()
        project.process.communicate()

    @pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_no_kernel_is_left_and_the_next_run_resumes(self, running, number, status):
        scratch = {psutil.Process(pid).environ()[MARK] for pid in kernels(running)}
        running.process.send_signal(number)
        out, err = running.process.communicate(timeout=20)
        assert running.process.returncode == status
        assert err.splitlines()[-1].startswith("Interrupted: what had finished is kept")
        assert "Traceback" not in err
        assert kernels(running) == set()
        assert not [folder for folder in scratch if os.path.exists(folder)]
        assert {key: run["state"] for key, run in running.results().items()} == {"alpha/quick": "ran"}
        assert not [name for name in running.built() if "draft" in name]
        if number == signal.SIGINT:
            running.flag.touch()
            out, err = running("run")
            assert "quick" not in err and out == "3 runs: 3 holds (1 up to date)\n"

    def test_kernels_end_when_the_command_is_killed(self, running):
        running.process.kill()
        wait_until(lambda: kernels(running) == set(), seconds=10)


class TestBadUsage:
    @pytest.fixture(scope="class")
    @classmethod
    def project(cls, shared_project):
        shared_project.notebook("alpha", "good")
        return shared_project

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["run", "goood"], "no slug or field is called 'goood'; did you mean good?"),
            (["run", "good", "-p", "xx=1"], "good has no parameter 'xx'"),
            (["run", "-p", "x=1.5"], "good: x must be an integer in [-100, 100]; got 1.5"),
            (["run", "-p", "x=1000"], "good: x must be an integer in [-100, 100]; got 1000"),
            (["run", "-p", "x"], "expected name=value, got 'x'"),
            (["run", "--scheduler", "tcp://127.0.0.1:9"], "no scheduler answers at tcp://127.0.0.1:9"),
            (["run", "--scheduler", "nonsense://"], "looks like tcp://127.0.0.1:8786, not 'nonsense://'"),
            (["run", "--profile", "huge"], "'huge' is not one of 'default', 'full'"),
            (["run", "--jobs", "0"], "0 is not in the range"),
            (["run", "--timeout", "0"], "0 is not in the range"),
            (["run", "--wrong"], "No such option"),
            (["sweep", "good"], "Missing argument"),
            (["sweep", "alpha", "x=1"], "'alpha' is a field; name one of its claims: good"),
            (["sweep", "good", "x=1,a"], "got 'a'"),
            (["sweep", "good", "x=1", "x=2"], "x is set twice"),
            (["sweep", "goof", "x=1"], "did you mean good?"),
            (["accept"], "Missing argument"),
            (["accept", "goof"], "did you mean good?"),
            (["accept", "good", "--verdict", "maybe"], "'maybe' is not one of"),
            (["status", "goof"], "did you mean good?"),
            (["new", "alpha", "good"], "the name is taken: notebooks/alpha/good.ipynb"),
            (["new", "Alpha", "other"], "a field is lower-case words joined by _"),
            (["new", "alpha", "other_one"], "a slug is lower-case words joined by -"),
            (["new", "alpha", "../good"], "a slug is lower-case words"),
            (["wrong"], "No such command"),
        ],
    )
    def test_is_one_clear_line_and_starts_nothing(self, project, arguments, message):
        out, err = project(*arguments, status=2)
        assert err.startswith("Error: ") and err.count("\n") == 1 and message in err
        assert out == "" and project.built() == []

    def test_outside_of_a_project(self, project, tmp_path):
        project.root, root = tmp_path, project.root
        _, err = project("status", status=2)
        project.root = root
        assert err == f"Error: no folder with notebooks/ and requirements.txt at or above {tmp_path}\n"

    def test_a_project_without_notebooks(self, tmp_path, project):
        empty = type(project)(tmp_path / "empty")
        _, err = empty("run", status=2)
        assert "there are no notebooks yet" in err


def test_commands_that_run_nothing_import_nothing_heavy(project):
    project.notebook("alpha", "good")
    code = """\
import sys
from theorycheck.suite.cli import main
try:
    main(["status"])
finally:
    heavy = {"numpy", "papermill", "nbformat", "distributed", "matplotlib", "IPython"} & set(sys.modules)
    assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=project.root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
