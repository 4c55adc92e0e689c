"""`theorycheck matrix`: the comparison with what is stored, unchanged, in other environments. Nothing may turn red."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import click

from theorycheck.suite.layout import write_files
from theorycheck.suite.selection import Refusal

CATALOGUE = Path("ci", "matrix.toml")
STORED = Path("ci", "matrix.json")  # what README.md and the book tell
FOLDER = Path("build", "matrix")
KEYS = {"name", "env", "needs", "python", "pins"}
VERSIONS = """
import json, platform, numpy, scipy
print(json.dumps([platform.python_version(), numpy.__version__, scipy.__version__]))
"""


def matrix(root, names=(), store=False):
    """Run `theorycheck check` in each environment of ci/matrix.toml, or those named; return the exit status."""
    root = Path(root)
    environments = read(root)
    for name in names:
        if not any(name.lower() in known["name"].lower() for known in environments):
            raise Refusal(f"no environment in {CATALOGUE} has {name!r} in its name")
    chosen = [known for known in environments if not names or any(n.lower() in known["name"].lower() for n in names)]
    rows = []
    for number, environment in enumerate(chosen, start=1):
        click.echo(f"[{number}/{len(chosen)}] {environment['name']}")
        row = {"name": environment["name"]} | (_missing(environment) or _try(root, environment))
        rows.append(row)
        click.echo(f"    {told(row)}")
    if store and not names:
        write_files({root / STORED: (json.dumps(rows, indent=1) + "\n").encode()})
    return 1 if any(row["outcome"] == "red" for row in rows) else 0


def told(row):
    """Return what came of an environment, in a line."""
    versions = ", ".join(f"{name} {row[name]}" for name in ("python", "numpy", "scipy") if name in row)
    return f"{row['outcome']}: {row.get('reason') or versions}"


def read(root):
    """Return the environments of the catalogue; Refusal where it is not in order."""
    try:
        environments = tomllib.loads(Path(root, CATALOGUE).read_text(encoding="utf-8"))["environment"]
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise Refusal(f"{CATALOGUE} cannot be read: {error}") from error
    for environment in environments:
        if strange := sorted(set(environment) - KEYS) or ([] if "name" in environment else ["no name"]):
            raise Refusal(f"{CATALOGUE}: an environment has {', '.join(sorted(KEYS))}; got {strange[0]}")
        if "pins" in environment and "python" not in environment:
            raise Refusal(f"{CATALOGUE}: {environment['name']}: other pins need a python to make an environment with")
    return environments


def _missing(environment):
    """Say why an environment cannot be had on this machine; None if it can."""
    flag, python = environment.get("needs"), environment.get("python")
    if flag and flag not in _cpu_flags():
        return {"outcome": "not tried", "reason": f"this CPU has no {flag}"}
    if python and not interpreter(python):
        return {"outcome": "not tried", "reason": f"there is no {python} here"}
    return None


def _cpu_flags():
    try:
        return set(re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)[1].split())
    except (OSError, TypeError):
        return set()


def interpreter(name):
    """Return the path of an interpreter called like python3.13, on the PATH or kept by pyenv, or None.

    pyenv puts on the PATH a name that only works where a version is chosen, so what answers to the name is asked.
    """
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions").glob(
        f"{name.removeprefix('python')}.*"
    )
    found = [shutil.which(name), *(str(path / "bin" / name) for path in sorted(kept, reverse=True))]
    return next((path for path in found if path and _answers(path)), None)


def _answers(path):
    try:
        return subprocess.run([path, "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


def _try(root, environment):
    """Make the environment, compare in it, and return what came of it."""
    started = time.monotonic()
    env = os.environ | environment.get("env", {})
    log = root / FOLDER / f"{re.sub(r'[^a-z0-9]+', '-', environment['name'].lower()).strip('-')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as file:
        try:
            python = _make(root, environment, file) if "python" in environment else Path(sys.executable)
            versions = json.loads(subprocess.check_output([python, "-c", VERSIONS], env=env, stderr=file))
        except subprocess.CalledProcessError as error:
            return {"outcome": "red", "reason": f"it could not be made, see {log.relative_to(root)}: {error}"}
        done = subprocess.run(
            [python.with_name("theorycheck"), "check"], cwd=root, env=env, stdout=file, stderr=subprocess.STDOUT
        )
    seconds = {"seconds": round(time.monotonic() - started)}
    row = dict(zip(("python", "numpy", "scipy"), versions, strict=True)) | seconds
    if done.returncode:
        return {"outcome": "red", "reason": f"see {log.relative_to(root)}"} | row
    return {"outcome": "green"} | row


def _make(root, environment, log):
    """Make a virtual environment with the pins asked for, unless it is there; return its interpreter."""
    text = pinned(Path(root, "requirements.txt").read_text(encoding="utf-8"), environment.get("pins", {}))
    name = re.sub(r"[^a-z0-9]+", "-", environment["name"].lower()).strip("-")
    folder = root / FOLDER / name
    python, requirements = folder / "bin" / "python", root / FOLDER / f"{name}.txt"
    if python.is_file() and requirements.is_file() and requirements.read_text() == text:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    command = [interpreter(environment["python"]), "-m", "venv", folder]
    subprocess.run(command, check=True, stdout=log, stderr=log)
    wanted = requirements.with_suffix(".new")
    wanted.write_text(text)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", wanted]
    subprocess.run(install, cwd=root, check=True, stdout=log, stderr=log)
    wanted.rename(requirements)  # last, so that an installation that was interrupted is done again
    return python


def pinned(requirements, pins):
    """Return the text of requirements.txt with other versions: of the packages in `pins`, or the "newest" of all.

    With other versions of some, what was pinned only because they need it is left to the installer.
    """
    if not pins:
        return requirements
    ours = requirements.partition("# needed by the above")[0]
    if pins == "newest":
        return re.sub(r"==.*", "", ours)
    for name, version in pins.items():
        ours, count = re.subn(rf"(?m)^{re.escape(name)}==.*$", f"{name}=={version}", ours)
        if count != 1:
            raise Refusal(f"{CATALOGUE}: requirements.txt does not pin {name}")
    return ours
