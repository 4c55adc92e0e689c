"""What values a notebook's parameters may take, checked before a kernel starts and again inside the notebook.

A `Claim` names one specification for each parameter. The command line reads them from the notebook's syntax tree
and refuses a bad value before anything runs; the book shows them as a table. Every specification has

- `check(name, value)`: raises `ParameterError`, one line that names parameter, value and range;
- `parse(name, text)`: the value that command-line text means, checked;
- `describe()`: the range in a few words;
- `full`: the value in the `full` profile, or None where it keeps its default.

This module imports nothing heavy, since the command line reads every notebook with it.
"""

import ast
from dataclasses import dataclass, field
from itertools import pairwise
from math import isfinite


class ParameterError(ValueError):
    """A parameter outside its range. Shown as one line, also in a notebook."""

    def _render_traceback_(self):
        """What IPython shows: the message without the frames, which would say nothing about the mistake."""
        return [f"ParameterError: {self}"]


def _refuse(name, value, wanted):
    raise ParameterError(f"{name} must be {wanted}; got {value!r}")


def _literal(name, text, wanted):
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError):
        _refuse(name, text, wanted)


class Specification:
    """Common part of all specifications: a value is written on the command line as a Python literal."""

    full = None

    def parse(self, name, text):
        """Return the value that the text `text` means, or raise `ParameterError`."""
        return self.check(name, _literal(name, text, self.describe()))


@dataclass(frozen=True)
class Integer(Specification):
    """An integer in [low, high]; `even` asks for a multiple of two."""

    low: int | None = None
    high: int | None = None
    even: bool = field(default=False, kw_only=True)
    full: int | None = field(default=None, kw_only=True)

    def describe(self):
        """The range in a few words."""
        return ("an even integer" if self.even else "an integer") + _interval(self.low, self.high)

    def check(self, name, value):
        """Return `value` or raise `ParameterError`."""
        good = isinstance(value, int) and not isinstance(value, bool)
        if not good or _outside(value, self.low, self.high) or (self.even and value % 2):
            _refuse(name, value, self.describe())
        return value


@dataclass(frozen=True)
class Real(Specification):
    """A finite number in [low, high], or without an end that `open_low` or `open_high` leaves out."""

    low: float | None = None
    high: float | None = None
    open_low: bool = field(default=False, kw_only=True)
    open_high: bool = field(default=False, kw_only=True)
    full: float | None = field(default=None, kw_only=True)

    def describe(self):
        """The range in a few words."""
        return "a number" + _interval(self.low, self.high, self.open_low, self.open_high)

    def check(self, name, value):
        """Return `value` or raise `ParameterError`."""
        good = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
        if (
            not good
            or _outside(value, self.low, self.high)
            or (self.open_low and value == self.low)
            or (self.open_high and value == self.high)
        ):
            _refuse(name, value, self.describe())
        return value


class Choice(Specification):
    """One of the given values, mostly strings."""

    def __init__(self, *values, full=None):
        self.values, self.full = values, full

    def describe(self):
        """The range in a few words."""
        return "one of " + ", ".join(map(str, self.values))

    def parse(self, name, text):
        """Return the choice that is written `text`, with or without quotes."""
        for value in self.values:
            if text.strip() in (str(value), repr(value)):
                return value
        _refuse(name, text, self.describe())

    def check(self, name, value):
        """Return `value` or raise `ParameterError`."""
        if not any(value == v and type(value) is type(v) for v in self.values):
            _refuse(name, value, self.describe())
        return value


@dataclass(frozen=True)
class Boolean(Specification):
    """True or False."""

    full: bool | None = field(default=None, kw_only=True)

    def describe(self):
        """The range in a few words."""
        return "true or false"

    def parse(self, name, text):
        """Return the truth value that is written `text`."""
        known = {"true": True, "1": True, "false": False, "0": False}
        if text.strip().lower() not in known:
            _refuse(name, text, self.describe())
        return known[text.strip().lower()]

    def check(self, name, value):
        """Return `value` or raise `ParameterError`."""
        if not isinstance(value, bool):
            _refuse(name, value, self.describe())
        return value


@dataclass(frozen=True)
class List(Specification):
    """A list whose entries all obey `item`."""

    item: Specification
    min_length: int = 1
    max_length: int | None = None
    full: list | None = field(default=None, kw_only=True)

    def describe(self):
        """The range in a few words."""
        length = f"{self.min_length} or more" if self.max_length is None else f"{self.min_length} to {self.max_length}"
        if self.max_length == self.min_length:
            length = str(self.min_length)
        return f"a list of {length} entries, each {self.item.describe()}"

    def check(self, name, value):
        """Return `value` as a list or raise `ParameterError`."""
        if not isinstance(value, list | tuple) or _outside(len(value), self.min_length, self.max_length):
            _refuse(name, value, self.describe())
        return [self.item.check(f"{name}[{i}]", entry) for i, entry in enumerate(value)]


class Increasing(List):
    """A strictly increasing list whose entries all obey `item`."""

    def describe(self):
        """The range in a few words."""
        return super().describe().replace("a list", "an increasing list", 1)

    def check(self, name, value):
        """Return `value` as a list or raise `ParameterError`."""
        value = super().check(name, value)
        if any(a >= b for a, b in pairwise(value)):
            _refuse(name, value, self.describe())
        return value


@dataclass(frozen=True)
class Optional(Specification):
    """None, or a value that obeys `item`."""

    item: Specification

    @property
    def full(self):
        """The full profile's value of the item."""
        return self.item.full

    def describe(self):
        """The range in a few words."""
        return f"None, or {self.item.describe()}"

    def parse(self, name, text):
        """Return None for the text "None", else what the item reads."""
        return None if text.strip().lower() in ("none", "null", "") else self.item.parse(name, text)

    def check(self, name, value):
        """Return `value` or raise `ParameterError`."""
        return None if value is None else self.item.check(name, value)


def _outside(value, low, high):
    return (low is not None and value < low) or (high is not None and value > high)


def _interval(low, high, open_low=False, open_high=False):
    if low is None and high is None:
        return ""
    if high is None:
        return f" {'above' if open_low else 'of at least'} {low:g}"
    if low is None:
        return f" {'below' if open_high else 'of at most'} {high:g}"
    return f" in {'(' if open_low else '['}{low:g}, {high:g}{')' if open_high else ']'}"
