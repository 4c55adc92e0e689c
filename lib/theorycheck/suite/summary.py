"""The table of claims: what the README, the front page of the book and the field pages show of each notebook."""

import json
from dataclasses import dataclass
from pathlib import Path

NOT_RUN = "not run"


@dataclass(frozen=True)
class Summary:
    """One row of the table of claims."""

    field: str
    slug: str
    title: str
    verdict: str  # holds, refuted, inconclusive; or NOT_RUN where the notebook has no stored verdict
    predicted: str
    measured: str


def summarize(info):
    """Return the row of one notebook, from its stored verdict.

    The headline numbers are those of the first check for evidence, as its verdict table prints them, so that
    every place shows the same characters.
    """
    stored = info.stored_verdict or {}
    evidence = [check for check in stored.get("checks", []) if check.get("role") == "evidence"]
    shown = evidence[0]["shown"] if evidence else {"predicted": "", "measured": ""}
    return Summary(
        field=info.field,
        slug=info.slug,
        title=info.title,
        verdict=stored.get("verdict", NOT_RUN),
        predicted=shown["predicted"],
        measured=shown["measured"],
    )


def field_name(field):
    """Return a field's name for people: `wide_networks` is "Wide networks"."""
    return field.replace("_", " ").capitalize()


def run_seconds(root):
    """Return slug -> seconds of the last run at the defaults, as far as build/results.json knows."""
    try:
        runs = json.loads(Path(root, "build", "results.json").read_text(encoding="utf-8"))["runs"]
    except (OSError, ValueError):
        return {}
    return {run["slug"]: run["seconds"] for run in runs if run["profile"] == "default" and run.get("seconds")}
