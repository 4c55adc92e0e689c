"""What a notebook says about itself, read from its source without running anything.

The command line refuses a bad value before it starts a kernel, the README and the book list two hundred claims
in a moment, and the runner knows what has changed: all of that from the text of the notebook alone. Notebooks
are read as plain JSON here, because importing nbformat costs more than reading them.
"""

import ast
import io
import json
import sys
import tokenize
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from theorycheck import parameters as ranges

CLAIM_MIME = "application/vnd.theorycheck.claim+json"
VERDICT_MIME = "application/vnd.theorycheck.verdict+json"
CLAIM_WORDS = ("slug", "field", "title", "paper", "kind", "evidence")
KINDS = ("identity", "rate", "bound", "threshold", "limit", "impossibility", "ordering", "distribution")
EVIDENCE = ("theorem", "mechanism")


class NotebookError(ValueError):
    """A notebook that does not follow the anatomy: its path, and one line that says what is wrong."""

    def __init__(self, path, message):
        super().__init__(f"{path}: {message}")
        self.path = Path(path)


@dataclass(frozen=True)
class Parameter:
    """One line of the parameters cell together with its entry in `Claim(parameters={...})`."""

    name: str
    default: object
    comment: str
    spec: object  # one of the classes of theorycheck.parameters
    full: object  # the value under the `full` profile; the default where none is stated


@dataclass(frozen=True)
class NotebookInfo:
    """A claim's notebook: what its `Claim(...)` call states, its parameters, and its raw JSON content."""

    path: Path
    slug: str
    field: str
    title: str
    paper: str
    kind: str
    evidence: str
    parameters: dict[str, Parameter]
    content: dict = field(repr=False, compare=False)

    @property
    def defaults(self):
        """Return the default values, name -> value."""
        return {name: parameter.default for name, parameter in self.parameters.items()}

    @property
    def full(self):
        """Return the values of the `full` profile, name -> value."""
        return {name: parameter.full for name, parameter in self.parameters.items()}

    @cached_property
    def stored_claim(self):
        """The claim JSON among the stored outputs, or None."""
        return stored(self.content, CLAIM_MIME)

    @cached_property
    def stored_verdict(self):
        """The verdict JSON among the stored outputs, or None where the notebook has none yet."""
        return stored(self.content, VERDICT_MIME)


def discover(root):
    """Read every notebook `notebooks/<field>/<slug>.ipynb` under `root`.

    Returns
    -------
    infos : list of NotebookInfo
        Sorted by field and slug.
    errors : list of NotebookError
        One for each notebook that cannot be read; str(error) is one line that begins with the path relative to
        `root`.
    """
    infos, errors = [], []
    for path in notebook_paths(root):
        try:
            infos.append(read_info(path, root))
        except NotebookError as error:
            errors.append(error)
    return infos, errors


def notebook_paths(root):
    """Return the paths of all notebooks under `root`, sorted by field and slug."""
    return sorted(path for path in Path(root, "notebooks").glob("*/*.ipynb") if not path.name.startswith("."))


def read_info(path, root=None):
    """Read one notebook; a malformed one raises NotebookError.

    Parameters
    ----------
    path : str or Path
        The notebook. The name of its folder is the field, its own name the slug.
    root : str or Path, optional
        Errors name the path relative to this folder.
    """
    path = Path(path)
    name = path.relative_to(root) if root is not None and path.is_relative_to(root) else path
    try:
        content = read_content(path)
        claim = _read_claim(content)
        parameters = _read_parameters(content, claim.pop("parameters"))
        for word, stated, wanted in [
            ("slug", claim["slug"], path.stem),
            ("field", claim["field"], path.parent.name),
        ]:
            if stated != wanted:
                raise ValueError(f"Claim(...) says {word}={stated!r}, its place says {wanted!r}")
    except (ValueError, OSError) as error:
        raise NotebookError(name, _one_line(error)) from error
    return NotebookInfo(path=path, parameters=parameters, content=content, **claim)


def read_content(path):
    """Return the JSON of a notebook file as a dictionary; ValueError when it is no notebook of format 4."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError are both of this kind
        raise ValueError(f"not a notebook: {error}") from error
    if not isinstance(content, dict) or content.get("nbformat") != 4 or not isinstance(content.get("cells"), list):
        raise ValueError("not a notebook of format 4")
    if not all(isinstance(cell, dict) and "cell_type" in cell for cell in content["cells"]):
        raise ValueError("not a notebook of format 4: a cell without a type")
    return content


def import_nbformat():
    """Import nbformat in a quarter of the time.

    It imports jsonschema, which builds a grammar of IRIs if this package is there. That takes over a second, and no
    notebook has an IRI to check.
    """
    sys.modules.setdefault("rfc3987_syntax", None)
    import nbformat

    return nbformat


def source(cell):
    """Return the text of a cell, which the file may hold as one string or as a list of lines."""
    text = cell.get("source", "")
    return text if isinstance(text, str) else "".join(text)


def code_cells(content):
    """Return the code cells that have any code in them."""
    return [cell for cell in content["cells"] if cell["cell_type"] == "code" and source(cell).strip()]


def tags(cell):
    """Return the tags of a cell."""
    return cell.get("metadata", {}).get("tags", [])


def stored(content, mime):
    """Return the last stored output of this mime type, parsed, or None.

    The last one, because a notebook that shows its verdict again means the later one.
    """
    found = None
    for cell in code_cells(content):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if mime in data:
                found = data[mime]
    return json.loads(found) if isinstance(found, str) else found


def _one_line(error):
    return " ".join(str(error).split())


def _read_claim(content):
    """Evaluate the one `Claim(...)` call of a notebook from its syntax tree."""
    calls = []
    for cell in code_cells(content):
        if "Claim(" not in source(cell):
            continue
        try:
            tree = ast.parse(source(cell))
        except SyntaxError as error:
            raise ValueError(f"the cell with Claim(...) is not Python: {error.msg}") from error
        calls += [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _callee(node) == "Claim"]
    if len(calls) != 1:
        raise ValueError(f"one Claim(...) call expected, {len(calls) or 'none'} found")
    [call] = calls
    if call.args or any(keyword.arg is None for keyword in call.keywords):
        raise ValueError("Claim(...) takes keyword arguments only, each spelled out")
    claim = {keyword.arg: _evaluate(keyword.value, f"Claim({keyword.arg}=...)") for keyword in call.keywords}
    wanted = {*CLAIM_WORDS, "parameters"}
    if missing := sorted(wanted - claim.keys()):
        raise ValueError(f"Claim(...) lacks {', '.join(missing)}")
    if unknown := sorted(claim.keys() - wanted):
        raise ValueError(f"Claim(...) does not know {', '.join(unknown)}")
    for word in CLAIM_WORDS:
        if not isinstance(claim[word], str) or not claim[word].strip():
            raise ValueError(f"Claim({word}=...) must be a string, got {claim[word]!r}")
    for word, allowed in [("kind", KINDS), ("evidence", EVIDENCE)]:
        if claim[word] not in allowed:
            raise ValueError(f"Claim({word}={claim[word]!r}): must be one of {', '.join(allowed)}")
    if not isinstance(claim["parameters"], dict):
        raise ValueError("Claim(parameters=...) must be a dictionary, name: range")
    return claim


def _read_parameters(content, specs):
    """Join the lines of the parameters cell with the ranges that the claim states for them."""
    cells = [cell for cell in code_cells(content) if "parameters" in tags(cell)]
    if len(cells) != 1:
        raise ValueError(f"one cell tagged `parameters` expected, {len(cells) or 'none'} found")
    assigned = _read_assignments(source(cells[0]))
    if unranged := [name for name in assigned if name not in specs]:
        raise ValueError(f"Claim(parameters=...) states no range for {', '.join(unranged)}")
    if absent := [name for name in specs if name not in assigned]:
        raise ValueError(f"the parameters cell does not set {', '.join(absent)}")
    parameters = {}
    for name, (default, comment) in assigned.items():
        spec = specs[name]
        if not isinstance(spec, ranges.Specification):
            raise ValueError(f"Claim(parameters=...): {name} has no range but {spec!r}")
        spec.check(name, default)
        full = default if spec.full is None else spec.check(f"{name} in the full profile", spec.full)
        parameters[name] = Parameter(name, default, comment, spec, full)
    return parameters


def _read_assignments(text):
    """Return name -> (value, comment) of a cell that consists of `name = literal  # comment` alone."""
    try:
        statements = ast.parse(text).body
        comments = _comments(text)
    except (SyntaxError, tokenize.TokenError) as error:
        raise ValueError(f"the parameters cell is not Python: {error}") from error
    assigned = {}
    for statement in statements:
        if not (
            isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and isinstance(statement.targets[0], ast.Name)
        ):
            raise ValueError(
                f"the parameters cell takes `name = literal  # comment` only, line {statement.lineno} is something else"
            )
        name = statement.targets[0].id
        if name in assigned:
            raise ValueError(f"the parameters cell sets {name} twice")
        comment = comments.get(statement.end_lineno)
        if not comment:
            raise ValueError(f"the parameters cell has no comment that says what {name} is")
        assigned[name] = (_evaluate(statement.value, name, constructors={}), comment)
    return assigned


def _comments(text):
    """Return line number -> text of the comment on that line."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {token.start[0]: token.string.lstrip("#").strip() for token in tokens if token.type == tokenize.COMMENT}


def _callee(call):
    """Return the last part of the name of what is called: `Claim` for both `Claim(` and `claim.Claim(`."""
    return getattr(call.func, "id", None) or getattr(call.func, "attr", None)


RANGES = {
    name: value
    for name, value in vars(ranges).items()
    if isinstance(value, type) and issubclass(value, ranges.Specification)
}


def _evaluate(node, where, constructors=RANGES):
    """Evaluate literals, lists, dictionaries and range constructors; anything else is a ValueError.

    Not `eval`: reading a notebook must be safe and must not depend on what else the notebook computes.
    """

    def walk(node):
        match node:
            case ast.Constant(value=value) if value is None or isinstance(value, str | bool | int | float):
                return value
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=ast.Constant(value=int() | float() as value)) if (
                not isinstance(value, bool)
            ):
                return -value if isinstance(node.op, ast.USub) else value
            case ast.List(elts=elements):
                return [walk(element) for element in elements]
            case ast.Tuple():
                raise ValueError(f"{where}: a list is needed in place of a tuple, papermill would pass a string")
            case ast.Dict(keys=keys, values=values) if constructors and None not in keys:
                return {walk(key): walk(value) for key, value in zip(keys, values, strict=True)}
            case ast.Call(args=args, keywords=keywords) if _callee(node) in constructors:
                if all(keyword.arg for keyword in keywords):
                    return build(node, args, keywords)
        what = "literals and the ranges of theorycheck.parameters" if constructors else "plain literals"
        raise ValueError(f"{where}: only {what} can be read without running it, got `{ast.unparse(node)}`")

    def build(node, args, keywords):
        try:
            return constructors[_callee(node)](
                *[walk(arg) for arg in args], **{keyword.arg: walk(keyword.value) for keyword in keywords}
            )
        except TypeError as error:
            raise ValueError(f"{where}: `{ast.unparse(node)}`: {error}") from error

    return walk(node)
