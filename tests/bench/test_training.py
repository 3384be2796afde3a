"""The comparison of training speed runs, and both sides learn the same."""

import json

import pytest


@pytest.mark.slow
def test_both_sides_learn_the_same(bench):
    cases = json.loads(bench("training", "--threads", "1").stdout)["cases"]
    assert cases.keys() == {"encoder-bound", "llm-bound"}
    for case in cases.values():
        (before, others), after = (
            case["validation_loss"]["before"],
            case["validation_loss"]["after"],
        )
        assert before == pytest.approx(others, rel=1e-3)
        assert after[0] == pytest.approx(after[1], rel=1e-2)
        assert after[0] < before  # both learned
        assert case["same_result"]
    assert cases["encoder-bound"]["phases"].keys() == {"cold", "warm"}
    assert cases["llm-bound"]["phases"]["packed"]["steps"] == 2
