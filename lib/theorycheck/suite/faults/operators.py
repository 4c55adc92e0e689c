"""Small wrong edits of Python source: a sign, a factor 2, an exponent, a dropped term, a missing square root, ...

Each edit replaces one expression, so that it reads as a slip of the pen would. Pure functions of source text.
"""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

# Arguments that say how a result is laid out, not what it is.
LAYOUT = {"axis", "keepdims", "dtype", "shape", "indexing", "optimize", "because", "resolution"}
OPPOSITES = {
    "minimum": "maximum",
    "argmin": "argmax",
    "min": "max",
    "floor": "ceil",
    "sin": "cos",
    "cumsum": "cumprod",
    "any": "all",
}
OPPOSITES |= {value: key for key, value in OPPOSITES.items()}
NORMALIZATIONS = {"mean": "sum", "var": "std", "std": "var", "sum": "mean"}


@dataclass(frozen=True)
class Edit:
    """A wrong edit of a source text."""

    operator: str
    line: int  # from 1, where the replaced expression starts
    start: int  # offsets in the text, of characters
    end: int
    old: str
    new: str

    def apply(self, text):
        """Return the text with the edit; ValueError where the text is another one."""
        if text[self.start : self.end] != self.old:
            raise ValueError(f"line {self.line} does not read {self.old!r} any more")
        return text[: self.start] + self.new + text[self.end :]


def edits(text, lines=None) -> Iterator[Edit]:
    """Yield the edits of a module's or a cell's source whose expression starts on one of `lines` (all, if None).

    What only checks arguments, words an error, or lays out an array is left alone, and so are the values of a cell's
    parameters, which have no right or wrong.
    """
    tree = ast.parse(text)
    offsets = _offsets(text)
    for node in _computing(tree):
        if lines is not None and node.lineno not in lines:
            continue
        start = offsets(node.lineno, node.col_offset)
        end = offsets(node.end_lineno, node.end_col_offset)
        old = text[start:end]
        for operator, wrong in _wrong(node):
            new = ast.unparse(wrong)
            new = new if isinstance(wrong, ast.Name | ast.Constant | ast.Call | ast.Attribute) else f"({new})"
            if _normal(new) != _normal(old):
                yield Edit(operator, node.lineno, start, end, old, new)


def _normal(text):
    return ast.unparse(ast.parse(text, mode="eval"))


def _offsets(text):
    """Return a function from (line, byte column), as syntax trees count, to an offset in the text."""
    starts = [0]
    rows = text.splitlines(keepends=True)
    for row in rows:
        starts.append(starts[-1] + len(row))

    def offset(line, column):
        return starts[line - 1] + len(rows[line - 1].encode()[:column].decode())

    return offset


def _computing(tree):
    """Yield the expressions that compute something a result depends on."""
    waiting = [tree]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.expr):
            yield node
        for name, child in ast.iter_fields(node):
            children = child if isinstance(child, list) else [child]
            waiting += [each for each in children if isinstance(each, ast.AST) and not _idle(name, each)]


def _idle(name, child):
    """Whether a part of the tree is words, types, layout, or the check of an argument."""
    match child:
        case ast.Raise() | ast.Assert() | ast.JoinedStr() | ast.Import() | ast.ImportFrom():
            return True
        case ast.If(body=[ast.Raise()]):
            return True
        case ast.keyword(arg=arg):
            return arg in LAYOUT
        case ast.Call(func=ast.Name(id="Claim")):
            return True
    return name in ("annotation", "returns", "decorator_list", "slice")


def _wrong(node):
    """Yield (operator, wrong expression) for one expression."""
    match node:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            yield "sign", _with(node, op=ast.Sub() if isinstance(op, ast.Add) else ast.Add())
            yield "dropped term", left
            if isinstance(op, ast.Add):
                yield "dropped term", right
            if _is_whole(right):
                yield "off by one", _with(node, right=ast.Constant(right.value + 1))
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            if _is_number(left):
                yield "factor 2", _with(node, left=ast.Constant(2 * left.value))
            else:
                yield "factor 2", ast.BinOp(ast.Constant(2), ast.Mult(), node)
            yield "dropped factor", right
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            yield "wrong normalization", left
            if _is_number(right):
                yield "factor 2", _with(node, right=ast.Constant(2 * right.value))
            else:
                yield "factor 2", ast.BinOp(ast.Constant(2), ast.Mult(), node)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            if _is_number(right):
                yield "wrong exponent", _with(node, right=ast.Constant(right.value + 1))
            else:
                yield "wrong exponent", _with(node, right=ast.BinOp(right, ast.Add(), ast.Constant(1)))
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
            yield "sign", operand
        case ast.Attribute(value=ast.Name(), attr="pi"):
            yield "wrong constant", ast.BinOp(ast.Constant(2), ast.Mult(), node)
        case ast.Compare(ops=[ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE() as op]):
            flipped = ast.Gt() if isinstance(op, ast.Lt | ast.LtE) else ast.Lt()
            yield "wrong side", _with(node, ops=[flipped])
        case ast.Call():
            yield from _wrong_calls(node)


def _wrong_calls(node):
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "sqrt" and len(node.args) == 1:
        yield "missing square root", node.args[0]
    if name in OPPOSITES:
        yield "opposite", _with(node, func=_renamed(node.func, OPPOSITES[name]))
    if name in NORMALIZATIONS and isinstance(node.func, ast.Attribute) and not _is_named(node.func.value, "statistics"):
        yield "wrong normalization", _with(node, func=_renamed(node.func, NORMALIZATIONS[name]))
    if name == "range" and len(node.args) == 1:
        yield "off by one", _with(node, args=[ast.BinOp(node.args[0], ast.Sub(), ast.Constant(1))])
    if name == "generator" and node.args:
        yield "wrong seed", _with(node, args=[ast.Constant(1234), *node.args[1:]])
    if name == "exp" and len(node.args) == 1:
        yield "sign", _with(node, args=[ast.UnaryOp(ast.USub(), node.args[0])])
    if len(node.args) >= 2 and not any(isinstance(each, ast.Starred) for each in node.args):
        first, second, *others = node.args
        if ast.dump(first) != ast.dump(second):
            yield "swapped arguments", _with(node, args=[second, first, *others])
    for keyword in node.keywords:
        if keyword.arg == "ddof":
            others = [each for each in node.keywords if each is not keyword]
            yield "biased estimator", _with(node, keywords=others)


def _with(node, **fields):
    """Return a copy of a node with other fields."""
    changed = deepcopy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _renamed(function, name):
    if isinstance(function, ast.Attribute):
        return _with(function, attr=name)
    return ast.Name(name, ast.Load())


def _is_named(node, name):
    return isinstance(node, ast.Name) and node.id == name


def _is_number(node):
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _is_whole(node):
    return isinstance(node, ast.Constant) and type(node.value) is int
