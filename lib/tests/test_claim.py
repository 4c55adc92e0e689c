"""The verdict's logic, its display bundle, and the digits it prints."""

import itertools
import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theorycheck import claim as claim_module
from theorycheck import figures, report, rules
from theorycheck.claim import CLAIM_MIME, VERDICT_MIME, Claim, decide
from theorycheck.parameters import Integer, ParameterError
from theorycheck.rounding import rounded, text
from theorycheck.statistics import Estimate

HEADER = {"slug": "a-b", "field": "c_d", "title": "T", "paper": "k2020x", "kind": "rate", "evidence": "theorem"}
CHECKS = {
    rules.HOLDS: rules.count(1, 1),
    rules.REFUTED: rules.count(1, 2),
    rules.INCONCLUSIVE: rules.violation_rate(0, 3, 0.1),
}


@pytest.fixture
def shown(monkeypatch):
    bundles = []
    monkeypatch.setattr(claim_module, "display", lambda data, **options: bundles.append((data, options)))
    return bundles


def make(**parameters):
    return Claim(**HEADER, parameters=parameters)


@pytest.mark.parametrize(("evidence", "control"), list(itertools.product(CHECKS, CHECKS)))
def test_verdict_of_one_evidence_and_one_control(evidence, control):
    claim = make()
    claim.evidence("e", CHECKS[evidence])
    claim.control("c", CHECKS[control])
    if evidence == rules.REFUTED:
        expected = rules.REFUTED
    elif (evidence, control) == (rules.HOLDS, rules.REFUTED):
        expected = rules.HOLDS
    else:
        expected = rules.INCONCLUSIVE
    assert decide(claim.entries) == expected


def test_exact_fractions_and_largest_errors_are_shown_in_words():
    half = report.record("a", "evidence", rules.count([Fraction(1, 2)], [Fraction(1, 2)]))
    assert half["shown"] == {"predicted": "0.5000", "measured": "0.5000"}
    error = report.record("b", "evidence", rules.identity([1.0, 2.0], [1.0, 2.0 + 1e-15]))
    assert error["shown"] == {"predicted": "error ≤ 1.0e−10", "measured": "error below 1.0e−10"}
    tight = report.record("c", "evidence", rules.bound([1.0, 1.5], [2.0, 2.0]))
    assert tight["shown"] == {"predicted": "≤ bound", "measured": "0.7500 × bound"}


@pytest.mark.parametrize("role", ["evidence", "control"])
def test_half_a_claim_is_inconclusive(role):
    claim = make()
    getattr(claim, role)("only", CHECKS[rules.HOLDS if role == "evidence" else rules.REFUTED])
    assert decide(claim.entries) == rules.INCONCLUSIVE
    assert decide([]) == rules.INCONCLUSIVE


def test_the_bundle_carries_table_claim_and_verdict(shown):
    claim = make()
    claim.evidence("exponent", rules.within(Estimate(-0.5031, 0.01), -0.5, 0.1, because="noise & <bias>"))
    claim.control("wrong law", rules.within(Estimate(-0.5031, 0.01), -1.0, 0.1, because="same"))
    claim.scalar("dev", Estimate(0.123456, 0.01))
    claim.scalar("n", np.int64(3))
    claim.verdict()
    ((bundle, options),) = shown
    assert options == {"raw": True}
    verdict = bundle[VERDICT_MIME]
    assert bundle[CLAIM_MIME] == {**HEADER}
    assert json.loads(json.dumps(verdict, allow_nan=False)) == verdict
    assert (verdict["verdict"], verdict["figures"]) == ("holds", {"dev": 0.123, "n": 3})
    assert [(c["name"], c["role"], c["verdict"]) for c in verdict["checks"]] == [
        ("exponent", "evidence", "holds"),
        ("wrong law", "control", "refuted"),
    ]
    assert verdict["checks"][0]["measured"] == -0.5 and verdict["checks"][0]["interval"] == [-0.52, -0.48]
    assert "exponent" in bundle["text/plain"] and "noise &amp; &lt;bias&gt;" in bundle["text/html"]


def test_numbers_that_are_not_finite_become_null(shown):
    claim = make()
    claim.evidence("e", rules.within(Estimate(np.nan, np.nan), 0.0, 1.0, because="x"))
    claim.scalar("bad", np.inf)
    claim.verdict()
    verdict = shown[0][0][VERDICT_MIME]
    json.dumps(verdict, allow_nan=False)
    assert verdict["checks"][0]["measured"] is None and verdict["figures"] == {"bad": None}


def test_a_headline_goes_first(shown):
    claim = make()
    claim.evidence("first", CHECKS[rules.HOLDS])
    claim.evidence("telling", CHECKS[rules.HOLDS], headline=True)
    claim.control("c", CHECKS[rules.REFUTED])
    claim.verdict()
    assert [c["name"] for c in shown[0][0][VERDICT_MIME]["checks"]] == ["telling", "first", "c"]


def test_names_are_unique_and_checks_are_checks():
    claim = make()
    claim.evidence("e", CHECKS[rules.HOLDS])
    with pytest.raises(ValueError, match="two checks are named 'e'"):
        claim.control("e", CHECKS[rules.REFUTED])
    with pytest.raises(TypeError, match="expected the Check"):
        claim.evidence("f", True)


@pytest.mark.parametrize(("key", "bad"), [("slug", "A_b"), ("field", "a-b"), ("kind", "law"), ("evidence", "proof")])
def test_header_is_checked(key, bad):
    with pytest.raises(ValueError, match=key):
        Claim(**{**HEADER, key: bad}, parameters={})


def test_parameters_are_checked_in_one_line():
    claim = make(width=Integer(2, 8))
    claim.check_parameters({"width": 8})
    with pytest.raises(ParameterError, match=r"^width must be an integer in \[2, 8\]; got 9$") as caught:
        claim.check_parameters({"width": 9})
    assert caught.value._render_traceback_() == [f"ParameterError: {caught.value}"]
    with pytest.raises(ParameterError, match="not set"):
        claim.check_parameters({})
    with pytest.raises(ParameterError, match=r"^too wide$"):
        claim.require(False, "too wide")


def test_figure_is_the_same_bytes_and_carries_its_alt_text(shown):
    for _ in range(2):
        fig, axes = figures.panels()
        figures.measured(axes, [1, 2], Estimate([1.0, 2.0], [0.1, 0.1]), label="measured")
        figures.theory(axes, [1, 2], [1, 2])
        make().figure(fig, alt="two points on a line")
    (first, options), (second, _) = shown
    assert first == second and first["image/png"].startswith(b"\x89PNG")
    assert first["text/plain"] == options["metadata"]["image/png"]["alt"] == "two points on a line"


def test_tables_print_estimates_to_their_error(shown):
    claim = make()
    claim.table({"n": np.array([8, 16]), "D": Estimate([0.51234, 1.0], [0.01, 0.1])})
    plain = shown[0][0]["text/plain"].split("\n")
    assert plain[1].split() == ["8", "0.512", "±", "0.020"] and "<td>16</td>" in shown[0][0]["text/html"]
    with pytest.raises(ValueError, match="different lengths"):
        claim.table({"a": [1, 2], "b": [1]})


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 10))
def test_rounding_moves_by_less_than_a_sixth_of_the_resolution_within_six_digits(value, resolution):
    assert abs(rounded(value, resolution) - value) <= max(resolution / 6, 5e-6 * abs(value)) * (1 + 1e-6)


@given(st.floats(0.1, 10), st.floats(1e-3, 1))
def test_printed_digits_survive_the_noise_of_another_blas(value, resolution):
    shown = text(rounded(value, resolution), resolution)
    assert text(rounded(value, resolution) * (1 + 1e-13), resolution) == shown


@pytest.mark.parametrize(
    ("value", "resolution", "expected"),
    [
        (0.5, 0.05, "0.50"),
        (-0.5, 0.05, "−0.50"),
        (3e-13, 1e-10, "0"),
        (123456.0, 1000.0, "123500"),
        (1.5e9, 1e8, "1.50e9"),
        (3, None, "3"),
        (None, None, "–"),
        (float("nan"), 1, "not finite"),
        (float("inf"), 1, "∞"),
        (0.1, None, "0.1000"),
        (1234.5678, None, "1235"),
        (3.773233681, 1e-9, "3.77323"),
    ],
)
def test_text(value, resolution, expected):
    assert text(value, resolution) == expected
