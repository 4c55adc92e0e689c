"""`theorycheck accept`: store a run's outputs in the notebook and its figure beside it, after showing what changes.

What is stored depends on what the cells show alone: no time stamps, no versions, no ids but the notebook's own. So
accepting twice gives the same bytes, and a difference in git is a difference of results.
"""

import base64
import json
import re

import click

from theorycheck.suite.jobs import RAN, Run, state_text
from theorycheck.suite.layout import executed_path, figure_path, write_files
from theorycheck.suite.notebooks import (
    VERDICT_MIME,
    code_cells,
    discover,
    import_nbformat,
    read_content,
    source,
    stored,
    tags,
)
from theorycheck.suite.run import Options, execute_batch, plan, report
from theorycheck.suite.selection import select_one

ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")


class Unacceptable(ValueError):
    """Why a run's outputs may not be stored, in one line."""


def accept(root, names, verdict="holds", options=None):
    """Run the named notebooks where they are not up to date and store their outputs; return the exit status."""
    found = discover(root)
    infos = [select_one(root, name, found) for name in names]
    runs = [Run(info, info.defaults) for info in infos]
    batch = plan(root, runs, options or Options())
    execute_batch(batch, found[0])
    accepted = True
    for info, run in zip(infos, runs, strict=True):
        record = batch.records[run.key]
        try:
            if record["state"] != RAN or record["verdict"] != verdict:
                click.echo(report(record), err=True)
            if record["state"] != RAN:
                raise Unacceptable(state_text(record))
            if record["verdict"] != verdict:
                raise Unacceptable(
                    f"the verdict is {record['verdict']}, not {verdict}; --verdict {record['verdict']} would store it"
                )
            _store(root, info, read_content(executed_path(root, run.key)))
        except (Unacceptable, OSError) as error:
            click.echo(f"{info.slug}: not accepted: {error}", err=True)
            accepted = False
    return 0 if accepted else 1


def _store(root, info, executed):
    """Show what changes and write the notebook and its figure, both or neither."""
    content = merged(info.content, executed)
    figure = figure_bytes(content)
    nbformat = import_nbformat()
    notebook = nbformat.from_dict(content)
    nbformat.validate(notebook)
    files = {info.path: (nbformat.writes(notebook) + "\n").encode(), figure_path(root, info): figure}
    changed = {path for path, data in files.items() if not path.is_file() or path.read_bytes() != data}
    click.echo(f"{info.slug}:")
    for line in changes(info.stored_verdict, stored(content, VERDICT_MIME)):
        click.echo(f"  {line}")
    if cells := _changed_outputs(info.content, content):
        click.echo(f"  outputs that change: {', '.join(cells)}")
    if changed:
        write_files(files)
    for path in files:
        click.echo(f"  {path.relative_to(root)}: {'written' if path in changed else 'as before'}")


def merged(content, executed):
    """Return the notebook's JSON with the outputs of its execution, without anything that varies between executions."""
    runs = iter([cell for cell in code_cells(executed) if "injected-parameters" not in tags(cell)])
    cells, count = [], 0
    for position, cell in enumerate(content["cells"]):
        kept = {name: cell[name] for name in ("cell_type", "attachments") if name in cell}
        kept |= {"id": cell.get("id", f"cell-{position}"), "source": source(cell), "metadata": _metadata(cell)}
        if cell["cell_type"] == "code":
            kept |= {"execution_count": None, "outputs": []}
            if source(cell).strip():
                count += 1
                kept |= {"execution_count": count, "outputs": _outputs(next(runs), count)}
        cells.append(kept)
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def figure_bytes(content):
    """Return the bytes of the one PNG image that a claim's notebook shows."""
    images = [
        output["data"]["image/png"]
        for cell in code_cells(content)
        for output in cell["outputs"]
        if "image/png" in output.get("data", {})
    ]
    if len(images) != 1:
        raise Unacceptable(f"a claim shows one figure, this notebook {len(images) or 'none'}")
    text = images[0]
    return base64.b64decode(text if isinstance(text, str) else "".join(text))


def changes(old, new):
    """Return lines that say which numbers of the verdict change, and by how much."""
    if old is None:
        return [f"verdict {new['verdict']}, accepted for the first time", *_listing(new)]
    lines = [] if old["verdict"] == new["verdict"] else [f"verdict: {old['verdict']} -> {new['verdict']}"]
    before, after = _numbers(old), _numbers(new)
    lines += [f"{name}: gone (was {before[name]})" for name in before if name not in after]
    for name, value in after.items():
        if name not in before:
            lines.append(f"{name}: {value} (new)")
        elif before[name] != value:
            lines.append(f"{name}: {before[name]} -> {value}{_relative(before[name], value)}")
    return lines or [f"verdict {new['verdict']}, no number changes"]


def _listing(verdict):
    return [f"{name}: {value}" for name, value in _numbers(verdict).items()]


def _numbers(verdict):
    """Return everything that a verdict says as name -> value."""
    flat = {}
    for check in verdict.get("checks", []):
        for key, value in check.items():
            if key in ("verdict", "measured", "interval", "predicted", "tolerance", "margin"):
                flat[f"{check['name']}, {key}"] = value
    for name, value in verdict.get("figures", {}).items():
        flat[f"figure {name}"] = value
    return flat


def _relative(old, new):
    numbers = [value for value in (old, new) if isinstance(value, int | float) and not isinstance(value, bool)]
    return f" ({(new - old) / abs(old):+.2g} of it)" if len(numbers) == 2 and old else ""


def _metadata(cell):
    """Keep what an author sets: not what papermill, nbclient or an editor notes down."""
    noise = ("papermill", "execution", "collapsed", "ExecuteTime", "trusted", "scrolled")
    metadata = {name: value for name, value in cell.get("metadata", {}).items() if name not in noise}
    return {name: value for name, value in metadata.items() if not (name == "tags" and not value)}


def _outputs(cell, count):
    """Return the outputs of an executed cell; refuse what could not be the same next time, or should not be shown."""
    outputs = []
    for output in cell.get("outputs", []):
        kind = output["output_type"]
        if kind == "error" or (kind == "stream" and output.get("name") == "stderr"):
            raise Unacceptable(f"cell {count} writes to stderr: {_first_line(output)}")
        if kind == "stream":
            kept = {"output_type": kind, "name": output["name"], "text": _text(output["text"])}
            if outputs and outputs[-1]["output_type"] == "stream":  # how text is cut into pieces is chance
                outputs[-1]["text"] += kept["text"]
                continue
        else:
            data = {mime: value if mime.endswith("json") else _text(value) for mime, value in output["data"].items()}
            kept = {"output_type": kind, "data": data, "metadata": output.get("metadata", {})}
            if kind == "execute_result":
                kept["execution_count"] = count
        outputs.append(kept)
    for output in outputs:
        shown = json.dumps(output.get("data", output.get("text")))
        if address := ADDRESS.search(shown):
            raise Unacceptable(f"cell {count} shows an object's address ({address[0]}), which is another one each time")
    return outputs


def _text(value):
    return value if isinstance(value, str) else "".join(value)


def _first_line(output):
    text = _text(output.get("text", output.get("evalue", "")))
    return next(iter(text.strip().splitlines()), "")


def _changed_outputs(old, new):
    """Return the cells (by id) whose outputs change in other ways than by the verdict's numbers."""
    before = {cell.get("id"): cell.get("outputs", []) for cell in code_cells(old)}
    return [
        str(cell.get("id"))
        for cell in code_cells(new)
        if _comparable(before.get(cell.get("id"), [])) != _comparable(cell["outputs"])
    ]


def _comparable(outputs):
    """Return outputs with texts as one string each, however the file had cut them into lines."""
    flat = []
    for output in outputs:
        data = {
            mime: value if mime.endswith("json") else _text(value) for mime, value in output.get("data", {}).items()
        }
        flat.append([output["output_type"], data, _text(output.get("text", ""))])
    return flat
