"""What nbval does not look at: whether the stored notebooks are whole, and in step with README.md and figures/.

nbval compares what a notebook prints with what it stores, cell by cell. It compares nothing in a cell that was never
executed, nothing in a cell without output, no pictures, and no notebook that is not there. The gate refuses all
of these before nbval starts.
"""

import ast
import base64
import re
from pathlib import Path

from theorycheck.suite import bibliography, notebooks, readme
from theorycheck.suite.notebooks import CLAIM_MIME, VERDICT_MIME
from theorycheck.suite.summary import summarize

MIMES = {"text/plain", "text/html", "text/latex", "image/png", CLAIM_MIME, VERDICT_MIME}
VERDICTS = ("holds", "refuted", "inconclusive")
LONG_NUMBER = re.compile(r"(?<![\d.])(?:0\.0*[1-9]\d{7,}|[1-9]\d*\.\d{7,})")
# nbval's own ways to leave a cell out of the comparison.
EXEMPTIONS = ("nbval_skip", "nbval_ignore_output", "nbval_raises_exception", "raises_exception")
# Methods of a claim that record what claim.verdict() shows, or that compute nothing.
RECORDING = {"evidence", "control", "scalar"}
SILENT = {"check_parameters", "require"}


def problems(root):
    """Return everything wrong with the stored notebooks of the project at `root`, one line each."""
    root = Path(root)
    infos, errors = notebooks.discover(root)
    found = [str(error) for error in errors]
    for info in infos:
        found += [f"{info.path.relative_to(root)}: {problem}" for problem in notebook_problems(info)]
        found += _figure_problems(root, info)
    found += _stray_figures(root, infos)
    known = bibliography.keys(root)
    found += [
        f"{info.path.relative_to(root)}: {bibliography.FILE} has no entry {info.paper}"
        for info in infos
        if info.paper not in known
    ]
    found += _link_problems(root, infos)
    found += [
        f"notebooks/{field}/index.md is missing, the front page of the field"
        for field in sorted({info.field for info in infos})
        if not (root / "notebooks" / field / "index.md").is_file()
    ]
    return found + _readme_problems(root, infos, errors)


def notebook_problems(info):
    """Return what is wrong within one notebook's file, one line each."""
    if all(cell.get("execution_count") is None for cell in notebooks.code_cells(info.content)):
        return [f"stores no outputs (theorycheck accept {info.slug})"]
    found, count = [], 0
    for index, cell in enumerate(info.content["cells"], start=1):
        # "\alpha" written without a raw string: Python reads \a as the bell.
        if strange := re.search(r"[^\n -~\u00a0-\U0010ffff]", notebooks.source(cell)):
            found.append(
                f"cell {index} holds the control character {strange[0]!r}, perhaps from an unescaped backslash"
            )
        if cell["cell_type"] != "code":
            continue
        count += 1
        found += [f"cell {index} {problem}" for problem in _cell_problems(cell, count)]
    return [*found, *_silence_problems(info), *_verdict_problems(info), *_alt_problems(info)]


def _cell_problems(cell, count):
    """Yield what is wrong with one code cell, the `count`-th of its notebook."""
    text, outputs = notebooks.source(cell), cell.get("outputs", [])
    if not text.strip():
        yield "is empty"
        return
    if cell.get("execution_count") is None:
        yield "was never executed"
    elif cell["execution_count"] != count:
        yield f"has execution count {cell['execution_count']}, expected {count} (run the notebook once from the top)"
    marks = [
        *notebooks.tags(cell),
        *(line.strip(" #\t") for line in text.splitlines() if line.lstrip().startswith("#")),
    ]
    for mark in marks:
        if mark.lower().replace("-", "_") in EXEMPTIONS:
            yield f"asks nbval not to compare it ({mark})"
    for output in outputs:
        yield from _output_problems(output)
    if unrounded := _unrounded(outputs):
        yield f"shows a number with more digits than another computer gives ({unrounded})"


def _output_problems(output):
    match output["output_type"]:
        case "error":
            yield f"stores an error ({output.get('ename')})"
        case "stream" if output.get("name") == "stderr":
            first = "".join(output["text"]).strip().splitlines() or [""]
            yield f"stores output on stderr, a warning perhaps ({first[-1][:80]})"
        case "display_data" | "execute_result":
            if strange := sorted(set(output["data"]) - MIMES):
                yield f"stores an output of type {', '.join(strange)}"


def _comparable(output):
    """Whether nbval, or the comparison of figures, can tell from this output that a result changed."""
    if output["output_type"] == "stream":
        return _has_number(output["text"])
    data = output.get("data", {})
    return "image/png" in data or _has_number(data.get("text/plain", ""))


def _unrounded(outputs):
    """Return a number of more than seven significant digits in the texts that nbval compares, or None."""
    for output in outputs:
        for text in (output.get("text", ""), output.get("data", {}).get("text/plain", "")):
            if found := LONG_NUMBER.search("".join(text)):
                return found[0]
    return None


def _has_number(text):
    return any(character.isdigit() for character in "".join(text))


def _silence_problems(info):
    """Yield whether nbval would find nothing to compare in a third of the cells that compute, or more.

    A step on the way to the verdict need show nothing that a reader does not need; most of them should.
    """
    code = [(i, cell) for i, cell in enumerate(info.content["cells"], start=1) if cell["cell_type"] == "code"]
    computing = [(i, c) for i, c in code if "parameters" not in notebooks.tags(c) and computes(notebooks.source(c))]
    silent = [str(i) for i, cell in computing if not any(map(_comparable, cell.get("outputs", [])))]
    if silent and 3 * len(silent) >= len(computing):
        yield (
            f"{len(silent)} of the {len(computing)} cells that compute show no number, so there is nothing to compare "
            f"(cell {', '.join(silent)}: end it in claim.table(...))"
        )


def computes(text):
    """Whether a code cell has results of its own that it should show.

    Imports, definitions, literals and the claim's declaration, with the checks of its parameters, have none, and what
    a cell records with claim.evidence, claim.control or claim.scalar stands in the output of claim.verdict().
    """
    try:
        statements = ast.parse(text).body
    except SyntaxError:
        return True
    nodes = [node for statement in statements for node in ast.walk(statement)]
    shown_elsewhere = any(_method(node) in RECORDING or _declares(node) for node in nodes)
    return not shown_elsewhere and not all(map(_is_silent, statements))


def _is_silent(statement):
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.ClassDef():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=value):
            return _method(value) in SILENT
        case ast.Assign(value=value):
            return not any(isinstance(node, ast.Call | ast.BinOp | ast.comprehension) for node in ast.walk(value))
    return False


def _declares(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Claim"


def _method(node):
    """Return the name of the method of `claim` that is called, or None."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="claim"), attr=name)):
            return name
    return None


def _verdict_problems(info):
    verdict = info.stored_verdict
    if verdict is None:
        yield "stores no verdict"
        return
    cells = notebooks.code_cells(info.content)
    if not any(VERDICT_MIME in output.get("data", {}) for output in cells[-1].get("outputs", [])):
        yield "does not end in claim.verdict()"
    if verdict.get("verdict") not in VERDICTS:
        yield f"stores the verdict {verdict.get('verdict')!r}"
    said = {word: getattr(info, word) for word in notebooks.CLAIM_WORDS}
    if info.stored_claim != said:
        changed = sorted(word for word in said if (info.stored_claim or {}).get(word) != said[word])
        yield f"stores another {', '.join(changed)} than its Claim(...) says"
    roles = {check.get("role") for check in verdict.get("checks", [])}
    yield from (f"checks no {role}" for role in ("evidence", "control") if role not in roles)


def _pictures(info):
    """Return the outputs of a notebook that hold a picture."""
    outputs = (output for cell in notebooks.code_cells(info.content) for output in cell.get("outputs", []))
    return [output for output in outputs if "image/png" in output.get("data", {})]


def _alt_problems(info):
    for output in _pictures(info):
        alt = output.get("metadata", {}).get("image/png", {}).get("alt", "")
        if not alt.strip():
            yield "has a figure without alt text"
        elif "".join(output["data"].get("text/plain", "")) != alt:
            yield "has a figure whose text form is not its alt text"


def _figure_problems(root, info):
    """Yield where a notebook's picture and its file in figures/ differ."""
    name = f"figures/{info.field}/{info.slug}.png"
    pictures, path = _pictures(info), root / name
    if info.stored_verdict is None:
        return  # said already
    if len(pictures) != 1:
        yield f"{info.path.relative_to(root)}: {len(pictures) or 'no'} figures, expected one"
    elif not path.is_file():
        yield f"{name} is missing"
    elif path.read_bytes() != base64.b64decode("".join(pictures[0]["data"]["image/png"])):
        yield f"{name} is not the figure that the notebook stores (theorycheck accept {info.slug} writes both)"


def _stray_figures(root, infos):
    known = {f"figures/{info.field}/{info.slug}.png" for info in infos}
    paths = (path.relative_to(root).as_posix() for path in sorted((root / "figures").rglob("*.png")))
    return [f"{path} belongs to no notebook" for path in paths if path not in known]


def _link_problems(root, infos):
    """Yield links from notebooks and field pages to pages of the book that do not exist."""
    texts = [
        (info.path, notebooks.source(cell))
        for info in infos
        for cell in info.content["cells"]
        if cell["cell_type"] == "markdown"
    ]
    texts += [(path, path.read_text(encoding="utf-8")) for path in sorted((root / "notebooks").glob("*/index.md"))]
    for path, text in texts:
        for target in re.findall(r"\]\(([^)#:\s]+\.(?:ipynb|md))", text):
            if not (path.parent / target).is_file():
                yield f"{path.relative_to(root)}: links to {target}, which does not exist"


def _readme_problems(root, infos, errors):
    """Return where the table in README.md and the notebooks differ."""
    try:
        text = readme.read(root)
    except readme.ReadmeError as error:
        return [str(error)]
    listed = readme.listed(text)
    stored = {f"notebooks/{info.field}/{info.slug}.ipynb": summarize(info).verdict for info in infos}
    unreadable = {Path(error.path).as_posix() for error in errors}
    found = [
        f"{path} is missing, README.md lists it" for path in listed if path not in stored and path not in unreadable
    ]
    found += [f"{path} is not in README.md's table (theorycheck readme)" for path in stored if path not in listed]
    found += [
        f"{path}: its verdict is {verdict}, README.md's table says {listed[path]}"
        for path, verdict in stored.items()
        if path in listed and verdict != listed[path]
    ]
    if not found and not errors and readme.update(text, infos, root) != text:
        found.append("README.md's table is out of step with the notebooks (theorycheck readme)")
    return found
