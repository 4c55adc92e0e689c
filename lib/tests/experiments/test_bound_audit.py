import numpy as np
import pytest

from theorycheck.experiments.bound_audit import BoundAudit


def test_the_best_of_several_bounds_comes_with_the_risk_of_its_own_classifier():
    rng = np.random.default_rng(0)
    candidates, risks = rng.random((2, 4, 5, 2))  # (choice, sample, world)
    audit = BoundAudit()
    audit.record("best of four", candidates, risks)
    for sample in range(5):
        for world in range(2):
            i = min(range(4), key=lambda c: candidates[c, sample, world])
            assert audit.bounds["best of four"][world, sample] == candidates[i, sample, world]
            assert audit.risks["best of four"][world, sample] == risks[i, sample, world]


def test_failures_are_counted_in_the_worse_world_and_medians_taken_in_each():
    audit = BoundAudit()
    audit.record("a", [[0.1, 0.9], [0.3, 0.2], [0.5, 0.3]], [[0.2, 0.5], [0.2, 0.5], [0.2, 0.5]])
    assert audit.failures("a") == 2
    np.testing.assert_array_equal(audit.medians(["a"]), [[[0.3, 0.3]], [[0.2, 0.5]]])


def test_bounds_and_risks_must_belong_together():
    with pytest.raises(ValueError, match="a: "):
        BoundAudit().record("a", np.zeros((3, 5, 2)), np.zeros((5, 2)))
