"""`theorycheck faults`: apply every fault of the catalogue in a scratch copy, and say which check catches it."""

import json
import multiprocessing
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from theorycheck.suite.faults import catalogue, trial
from theorycheck.suite.inputs import Inputs, digest, pinned_names
from theorycheck.suite.layout import write_files
from theorycheck.suite.notebooks import discover
from theorycheck.suite.pools import cores
from theorycheck.suite.selection import Refusal

KNOWN = Path("build", "faults.json")  # what is known of each fault, by the digest of all that decides it
STORED = catalogue.FOLDER / "results.json"  # what the README and the book tell


def hunt(root, names=(), jobs=None, store=False):
    """Try the faults of the named notebooks and modules (all, if none is named); return the exit status."""
    root = Path(root)
    infos, errors = discover(root)
    if errors:
        raise Refusal(str(errors[0]))
    inputs = Inputs(pinned_names(root), root / "lib" / "theorycheck")
    try:
        by_hand, equivalent = list(catalogue.by_hand(root)), catalogue.equivalents(root)
    except catalogue.CatalogueError as error:
        raise Refusal(str(error)) from error
    with tempfile.TemporaryDirectory(prefix="theorycheck-faults-") as folder, _workers(root, folder, jobs) as pool:
        executed = _executed(root, _concerned(infos, names, inputs), inputs, pool)
        faults = [*catalogue.generate(root, infos, executed), *by_hand]
        if not names:
            _refuse_unknown(equivalent, faults)
        faults = _named(faults, names)
        results = _try(root, faults, infos, inputs, pool)
    summary = summarize(faults, results, equivalent)
    if store and not names:
        write_files({root / STORED: (json.dumps(summary, indent=1, ensure_ascii=False) + "\n").encode()})
    _print(summary)
    return 1 if summary["survived"] else 0


def summarize(faults, results, equivalent):
    """Return what there is to tell: how many faults were tried, what caught them, which survived or are equivalent."""
    by, survived, spared = Counter(), [], []
    for fault in faults:
        caught = results[fault.name]
        if caught:
            by[caught[0]] += 1
        else:
            (spared if fault.name in equivalent else survived).append(fault.name)
    if caught := sorted(set(equivalent) & {fault.name for fault in faults if results[fault.name]}):
        raise Refusal(f"{catalogue.FOLDER}/equivalent.toml: {caught[0]!r} is no equivalent: a check catches it")
    return {
        "tried": len(faults) - len(spared),
        "caught": sum(by.values()),
        "by": dict(by.most_common()),
        "survived": sorted(survived),
        "equivalent": sorted(spared),
    }


def _concerned(infos, names, inputs):
    """Return the notebooks that are named or import a module that is; all, if none is named."""
    stems = {Path(name).stem for name in names}

    def concerns(info):
        return info.slug in stems or any(module.split(".")[-1] in stems for module in inputs.modules(info.content))

    return [info for info in infos if not names or concerns(info)]


def _named(faults, names):
    chosen = [fault for fault in faults if not names or any(_is_about(fault, name) for name in names)]
    for name in names:
        if not any(_is_about(fault, name) for fault in faults):
            raise Refusal(f"no fault is about {name}: name a module like theory/kernels, or a notebook's slug")
    return chosen


def _is_about(fault, name):
    path = Path(fault.path)
    return name.removesuffix(".py") in (path.stem, f"{path.parent.name}/{path.stem}")


def _refuse_unknown(equivalent, faults):
    """Refuse reasons for faults that are not there: they hide nothing, but they lie."""
    if unknown := sorted(set(equivalent) - {fault.name for fault in faults}):
        raise Refusal(f"{catalogue.FOLDER}/equivalent.toml: there is no fault {unknown[0]!r} any more")


# ------------------------------------------------------------------------------------------------- processes


_package = None  # the scratch copy of lib/ of a worker


@contextmanager
def _workers(root, folder, jobs):
    """Give processes that have imported the stack, each with a scratch copy of lib/ of its own."""
    trial.import_stack()
    context = multiprocessing.get_context("fork")
    ready = (root, Path(folder), context.Value("i", 0))
    with ProcessPoolExecutor(jobs or cores(), context, _begin, ready) as executor:
        try:
            yield executor
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            for worker in multiprocessing.active_children():
                worker.terminate()  # ends what it has forked as well
            raise


def _begin(root, folder, count):
    global _package
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its workers
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with count.get_lock():
        count.value += 1
        _package = folder / str(count.value) / "lib"
    unread = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*")
    shutil.copytree(root / "lib", _package, ignore=unread)
    trial.use_package(_package)


def _executed(root, infos, inputs, pool):
    """Return the lines of each module that the notebooks execute. Refuse where one does not give what it stores."""
    folder = root / "build" / "faults"
    lines, waiting = {}, []
    for info in infos:
        path = folder / f"{inputs.digest(info.content, {})}.json"
        if path.is_file():
            _add(lines, json.loads(path.read_text()))
        else:
            waiting.append((info, path))
    if not waiting:
        return lines
    click.echo(f"Which lines do {len(waiting)} notebooks execute?")
    for (info, path), (found, own) in zip(waiting, pool.map(_trace, [info for info, _ in waiting]), strict=True):
        if found:
            raise Refusal(f"{info.slug} does not give what it stores ({found[0]} at {found[1]}): see theorycheck check")
        write_files({path: json.dumps(own).encode()})
        _add(lines, own)
    return lines


def _trace(info):
    try:
        return trial.in_fork(partial(trial.executed_lines, info, _package), 4 * trial.SECONDS)
    except (TimeoutError, ChildProcessError) as error:
        return (type(error).__name__, info.slug), {}


def _add(lines, own):
    for name, numbers in own.items():
        lines.setdefault(name, set()).update(numbers)


def _try(root, faults, infos, inputs, pool):
    """Return name -> what caught it, [by, where], or None. What an earlier hunt knows is not tried again."""
    known = json.loads((root / KNOWN).read_text()) if (root / KNOWN).is_file() else {}
    tests = _tests(root, inputs)
    waiting, results, keys = [], {}, {}
    for fault in faults:
        plan = _plan(root, fault, infos, tests, inputs)
        keys[fault.name] = digest([fault.name, fault.edit.line, plan[1], _text(root, fault), plan[3]])
        if keys[fault.name] in known:
            results[fault.name] = known[keys[fault.name]]
        else:
            waiting.append((fault, *plan[:3]))
    _refuse_failing(sorted({name for _, _, files, _ in waiting for name in files}), pool)
    started = time.monotonic()
    attempts = [pool.submit(_attempt, work) for work in waiting]
    for count, attempt in enumerate(as_completed(attempts), start=1):
        name, caught = attempt.result()
        results[name] = known[keys[name]] = caught
        write_files({root / KNOWN: json.dumps(known).encode()})
        left = (time.monotonic() - started) / count * (len(waiting) - count)
        outcome = f"caught by {caught[0]}" if caught else "survived"
        click.echo(f"[{count}/{len(waiting)}, {left / 60:.0f} min left] {name}: {outcome}")
    return results


def _refuse_failing(files, pool):
    """Refuse where a unit test fails without any fault: it would seem to catch whatever is tried."""
    for name, failed in zip(files, pool.map(_failing, files), strict=True):
        if failed:
            raise Refusal(f"lib/{name} fails without a fault: {failed}")


def _failing(name):
    return trial.in_fork(partial(trial.failing_test, [_package / name]))


def _attempt(work):
    fault, text, tests, infos = work
    caught = trial.attempt(fault, text, _package, [_package / test for test in tests], infos)
    return fault.name, caught and [caught.by, caught.where]


def _plan(root, fault, infos, tests, inputs):
    """Return (text to edit, tests and notebooks that import it, the digest of those)."""
    path = Path(fault.path)
    if fault.cell is not None:
        users = [info for info in infos if info.path == root / path]
        return _text(root, fault), [], users, [inputs.digest(info.content, {}) for info in users]
    module = ".".join(path.relative_to("lib").with_suffix("").parts)
    files = [name for name, (modules, _) in tests.items() if module in modules]
    # The test of the module itself first: it is the likeliest to tell.
    files.sort(key=lambda name: (Path(name).stem != f"test_{path.stem}", name))
    users = [info for info in infos if module in inputs.modules(info.content)]
    return (
        _text(root, fault),
        files,
        users,
        [[tests[name][1] for name in files], [inputs.digest(info.content, {}) for info in users]],
    )


def _text(root, fault):
    from theorycheck.suite import notebooks

    path = root / fault.path
    if fault.cell is None:
        return path.read_text(encoding="utf-8")
    return notebooks.source(notebooks.read_content(path)["cells"][fault.cell])


def _tests(root, inputs):
    """Return, for each file of unit tests of the two wings, (modules it imports, digest); names are below lib/."""
    found = {}
    for wing in catalogue.WINGS:
        for path in sorted(Path(root, "lib", "tests", wing).glob("test_*.py")):
            text = path.read_text(encoding="utf-8")
            found[path.relative_to(root / "lib").as_posix()] = inputs.imported([text]), digest(text)
    return found


def _print(summary):
    by = ", ".join(f"{count} by {word}" for word, count in summary["by"].items())
    click.echo(f"{summary['caught']} of {summary['tried']} faults caught: {by}")
    if summary["equivalent"]:
        click.echo(f"{len(summary['equivalent'])} more change nothing (ci/faults/equivalent.toml says why)")
    for name in summary["survived"]:
        click.echo(f"survived: {name}", err=True)
