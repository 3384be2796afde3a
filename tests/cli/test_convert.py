"""`sensorium convert` where there is nothing to convert to; the rest is tested with Phi."""

from __future__ import annotations


def test_a_language_model_without_another_backend(run, recipe, tmp_path):
    result = run("convert", recipe, "--output", tmp_path / "new")
    assert result.exit_code != 0
    assert "'counter' has no backend to convert to" in result.output
    assert not (tmp_path / "new").exists()
