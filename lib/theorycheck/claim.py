"""The object a notebook talks to: it states the claim, collects the checks, and gives the verdict."""

import re
from typing import NamedTuple

from IPython.display import display

from theorycheck import figures, report
from theorycheck.parameters import ParameterError
from theorycheck.rounding import rounded
from theorycheck.rules import HOLDS, INCONCLUSIVE, REFUTED, Check

KINDS = ("identity", "rate", "bound", "threshold", "limit", "impossibility", "ordering", "distribution")
EVIDENCE = ("theorem", "mechanism")
CLAIM_MIME = "application/vnd.theorycheck.claim+json"
VERDICT_MIME = "application/vnd.theorycheck.verdict+json"


class Entry(NamedTuple):
    """A named check and what it is for: `evidence` must hold, a `control` must be refuted."""

    name: str
    role: str
    check: Check


class Claim:
    """One theoretical claim of one paper, checked by one notebook.

    Parameters
    ----------
    slug, field : str
        File name and folder of the notebook: lower-case words joined by hyphens and by underscores.
    title : str
        The claim in plain words.
    paper : str
        Key of the paper in `notebooks/references.bib`.
    kind : str
        What is claimed; one of `KINDS`.
    evidence : str
        "theorem" if the paper states or implies what is checked, "mechanism" if the notebook checks the mechanism
        behind an empirical finding in a model where it can be derived.
    parameters : dict of str to specification
        From `theorycheck.parameters`, one for each name in the cell tagged `parameters`.

    Notes
    -----
    The command line and the book read this call from the notebook's syntax tree, so its arguments are literals and
    specifications, nothing computed.
    """

    def __init__(self, *, slug, field, title, paper, kind, evidence, parameters):
        for name, text, pattern in (
            ("slug", slug, r"[a-z0-9]+(-[a-z0-9]+)*"),
            ("field", field, r"[a-z0-9]+(_[a-z0-9]+)*"),
        ):
            if not re.fullmatch(pattern, text):
                raise ValueError(f"{name} must match {pattern}; got {text!r}")
        for name, text, known in (("kind", kind, KINDS), ("evidence", evidence, EVIDENCE)):
            if text not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}; got {text!r}")
        self.header = {
            "slug": slug,
            "title": title,
            "field": field,
            "paper": paper,
            "kind": kind,
            "evidence": evidence,
        }
        self.parameters = parameters
        self.entries = []
        self.scalars = {}

    def check_parameters(self, namespace):
        """Check every parameter's value in `namespace` (the notebook's `globals()`), or raise `ParameterError`."""
        for name, specification in self.parameters.items():
            if name not in namespace:
                raise ParameterError(f"{name} is declared in the claim but not set in the parameters cell")
            specification.check(name, namespace[name])

    def require(self, condition, message):
        """Raise `ParameterError(message)` unless `condition`: for relations between parameters."""
        if not condition:
            raise ParameterError(message)

    def evidence(self, name, check, *, headline=False):
        """Add a check that must hold, and return it.

        The `headline`, if not the first evidence anyway, goes first: it stands for the claim in tables of claims.
        """
        self._add(name, "evidence", check)
        if headline:
            self.entries.insert(0, self.entries.pop())
        return check

    def control(self, name, check):
        """Add a check by the same rule on a wrong theory or a broken assumption, which must be refuted."""
        return self._add(name, "control", check)

    def _add(self, name, role, check):
        if not isinstance(check, Check):
            raise TypeError(f"{name}: expected the Check that a rule returns; got {type(check).__name__}")
        if any(entry.name == name for entry in self.entries):
            raise ValueError(f"two checks are named {name!r}")
        self.entries.append(Entry(name, role, check))
        return check

    def scalar(self, name, value, resolution=None):
        """Publish a named number with the verdict.

        `value` is a number or a scalar Estimate, whose standard error sets the digits; otherwise `resolution` is the
        size of difference that matters. Without one a number keeps four significant digits, and an integer all.
        """
        if hasattr(value, "se"):
            resolution = float(value.se) if resolution is None else resolution
            value = value.value
        value = value.item() if hasattr(value, "item") else value
        self.scalars[name] = rounded(value, resolution)

    def table(self, named, resolution=None):
        """Show a small table of predicted or measured numbers: a dict of column name to Estimate, numbers or texts.

        Estimates print with their 95 % half-width to what their standard error supports, plain numbers to `resolution`
        (four significant digits without one). A cell that computes ends in one, so that a reader sees what came out and
        a regression check has something to compare.
        """
        rows = report.columns(named, resolution)
        display({"text/html": report.table_html(rows), "text/plain": report.aligned(rows)}, raw=True)

    def figure(self, fig, alt):
        """Show the claim's one figure; `alt` says in words what it shows, for readers who do not see it."""
        data = {"image/png": figures.png(fig), "text/plain": alt}
        display(data, metadata={"image/png": {"alt": alt}}, raw=True)

    def verdict(self):
        """Show the table of checks and emit the claim and its verdict. Never raises, whatever the checks found."""
        verdict = decide(self.entries)
        display(
            {
                "text/html": report.html(verdict, self.entries),
                "text/plain": report.plain(verdict, self.entries),
                CLAIM_MIME: self.header,
                VERDICT_MIME: {
                    "slug": self.header["slug"],
                    "verdict": verdict,
                    "checks": [report.record(*entry) for entry in self.entries],
                    "figures": self.scalars,
                },
            },
            raw=True,
        )


def decide(entries):
    """`holds` when every evidence check holds and every control is refuted; `refuted` when an evidence check is.

    Anything else is inconclusive, a claim without evidence or without a control included.
    """
    found = {role: [e.check.verdict for e in entries if e.role == role] for role in ("evidence", "control")}
    if REFUTED in found["evidence"]:
        return REFUTED
    complete = found["evidence"] and found["control"]
    if complete and set(found["evidence"]) == {HOLDS} and set(found["control"]) == {REFUTED}:
        return HOLDS
    return INCONCLUSIVE
