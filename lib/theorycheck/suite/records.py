"""What is known about runs: one small file each, and the results.json and junit.xml that gather them.

One file a run, so that two commands in two terminals do not overwrite each other, and an interrupted one has kept
everything that it finished.
"""

import json
from pathlib import Path

from theorycheck.suite.jobs import FAILED, KILLED, MALFORMED, NOT_RUN, RAN, STALE, TIMED_OUT, state_text
from theorycheck.suite.layout import record_path, write_files

# Of all the versions that the digest covers, those that a reader of a result wants to see.
TOLD_VERSIONS = (
    "python",
    "numpy",
    "scipy",
    "sympy",
    "scikit-learn",
    "autograd",
    "matplotlib",
    "papermill",
    "ipykernel",
)


def make_record(run, digest, result):
    """Return the record of a run from the result of its job; without the executed notebook."""
    from datetime import UTC, datetime

    return {
        "key": run.key,
        "field": run.info.field,
        "slug": run.info.slug,
        "title": run.info.title,
        "profile": run.profile,
        "parameters": run.values,
        "changed": run.changed,
        "seed": run.values.get("seed"),
        "digest": digest,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {name: result["versions"][name] for name in TOLD_VERSIONS if name in result["versions"]},
    } | {name: value for name, value in result.items() if name not in ("notebook", "versions")}


def read_record(root, key):
    """Return the record of a run, or None where there is none that can be read."""
    return read_file(record_path(root, key))


def read_file(path):
    """Return the record in a file, or None where there is none that can be read."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and {"state", "digest", "field", "slug"} <= record.keys() else None


def as_bytes(record):
    """Return a record as the bytes of its file."""
    return (json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def state(record, digest):
    """Return the state of a run: what its record says, unless the run's inputs have changed since."""
    if record is None:
        return NOT_RUN
    return record["state"] if record["digest"] == digest else STALE


def unreadable(error):
    """Return the record of a notebook that is malformed, from its NotebookError."""
    field, slug = error.path.parent.name, error.path.stem
    return {
        "key": f"{field}/{slug}",
        "field": field,
        "slug": slug,
        "state": MALFORMED,
        "error": str(error),
        "profile": "default",
    }


def succeeded(record):
    """Whether a run is as it should be: it ran, and to `holds` unless its parameters were chosen by hand."""
    if record["state"] != RAN:
        return False
    return record["verdict"] == "holds" or record["profile"] == "custom"


def write_results(root, inputs, infos):
    """Write build/results.json: every record of the notebooks that exist, with its state as of now."""
    known = {(info.field, info.slug): info for info in infos}
    records = []
    for path in sorted(Path(root, "build", "records").glob("*/*.json")):
        record = read_file(path)
        info = record and known.get((record["field"], record["slug"]))
        if info:
            now = inputs.digest(info.content, record["parameters"])
            records.append(record | {"state": state(record, now), "label": _label(record, now)})
    data = (json.dumps({"runs": records}, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
    path = Path(root, "build", "results.json")
    if not path.is_file() or path.read_bytes() != data:
        write_files({path: data})


def write_junit(root, records):
    """Write build/junit.xml with one test case for each of the records."""
    from xml.etree import ElementTree

    suite = ElementTree.Element("testsuite", name="theorycheck")
    for record in records:
        name = record["key"].partition("/")[2]
        seconds = str(record.get("seconds") or 0)
        case = ElementTree.SubElement(suite, "testcase", classname=record["field"], name=name, time=seconds)
        if record["state"] != RAN:
            error = ElementTree.SubElement(case, "error", type=record["state"], message=_message(record))
            error.text = _xml_text(record.get("traceback") or "")
        elif not succeeded(record):
            failure = ElementTree.SubElement(case, "failure", type="verdict", message=_message(record))
            failure.text = _xml_text("\n".join(check_lines(record)))
    suite.set("tests", str(len(records)))
    suite.set("errors", str(len(suite.findall("testcase/error"))))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("time", str(round(sum(record.get("seconds") or 0 for record in records), 2)))
    ElementTree.indent(suite)
    write_files({Path(root, "build", "junit.xml"): ElementTree.tostring(suite, "utf-8", xml_declaration=True)})


def check_lines(record):
    """Return one line for each check that did not come out as it should."""
    wanted = {"evidence": "holds", "control": "refuted"}
    return [
        f"{check['role']} {check['name']!r} is {check['verdict']}: measured {check['measured']}, "
        f"interval {check.get('interval')}, predicted {check['predicted']}, tolerance {check.get('tolerance')}"
        for check in record.get("checks") or []
        if check["verdict"] != wanted.get(check["role"])
    ]


def _label(record, digest):
    now = state(record, digest)
    return state_text(record) if now in (FAILED, TIMED_OUT, KILLED) else now


def _message(record):
    if record["state"] == RAN:
        return f"the verdict is {record['verdict']}"
    return _xml_text(f"{state_text(record)}: {record['error']}")


def _xml_text(text):
    """Leave out the control characters that XML has no way to write."""
    return "".join(letter for letter in text if letter in "\t\n" or ord(letter) >= 32)
