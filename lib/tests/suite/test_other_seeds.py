"""Claims under other seeds: what changes, against what the levels allow."""

import json

import numpy as np
import pytest

from theorycheck import rules, statistics
from theorycheck.suite.other_seeds import allowed_rate, assess, summarize

ALLOWED = {"checks": [{"role": "evidence", "rule": "value"}] * 3 + [{"role": "control", "rule": "value"}]}


class Claim:
    slug, stored_verdict = "a-claim", ALLOWED


def record(verdict, check="mean"):
    checks = [{"name": check, "role": "evidence", "verdict": verdict, "measured": 1, "predicted": 1}]
    return {"state": "ran", "verdict": verdict, "checks": checks}


def test_only_evidence_that_is_compared_with_an_exact_value_may_be_refuted_by_chance():
    assert allowed_rate(ALLOWED) == pytest.approx(3 * rules.EXACT_LEVEL)
    assert allowed_rate(None) == 0


def test_a_true_value_is_refuted_no_more_often_than_the_level_says():
    draws = np.random.default_rng(0).normal(size=(20000, 200))
    refuted = [rules.value(statistics.mean(row), 0, scale=1, precision=1).verdict == rules.REFUTED for row in draws]
    _, low, _ = statistics.proportion(sum(refuted), len(refuted), 0.01)
    assert low <= rules.EXACT_LEVEL


@pytest.mark.parametrize(
    ("verdicts", "beyond"),
    [
        (["holds"] * 20, False),
        (["holds"] * 19 + ["refuted"], False),  # a chance of six per cent
        (["holds"] * 17 + ["refuted"] * 3, True),
        (["holds"] * 16 + ["inconclusive"] * 4, True),
    ],
)
def test_a_claim_is_beyond_its_levels_where_chance_does_not_explain_the_changes(verdicts, beyond):
    row = assess(Claim, [record(verdict) for verdict in verdicts], claims=1)
    assert row["beyond"] == beyond
    assert row["holds"] + row["inconclusive"] + row["refuted"] == 20
    assert sum(row["wrong"].values()) == 20 - verdicts.count("holds")


def test_all_claims_together_are_told_with_an_interval():
    rows = [assess(Claim, [record("holds")] * 9 + [record(word)], claims=2) for word in ("holds", "refuted")]
    summary = summarize(rows, 10)
    assert (summary["runs"], summary["changed"], summary["allowed"]) == (20, 1, 0.06)
    low, high = summary["interval"]
    assert 0 < low < 1 / 20 < high


def test_every_claim_runs_under_each_seed_once(project):
    project.notebook("alpha", "steady")
    project.notebook("alpha", "shaky", "x = 1 if seed != 3 else -1")
    out, err = project("seeds", "--count", "4", status=1)
    lines = [line.split() for line in out.splitlines()]
    assert ["steady", "4", "0", "0", "0", "0.00"] in lines
    assert ["shaky", "3", "0", "1", "0", "0.00", "beyond"] in lines
    assert "1 of 8 verdicts changed" in out and out.rstrip().endswith("beyond them: shaky")
    assert "shaky: 1 x evidence 'sign' is refuted" in err
    out, err = project("seeds", "--count", "4", "--store", status=1)
    assert "[1/" not in out + err
    assert json.loads((project.root / "ci/seeds.json").read_text())["beyond"] == ["shaky"]
