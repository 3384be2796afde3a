"""The measurements of bench/chat.py run, on shapes of nothing."""

from __future__ import annotations

import json

import pytest

from bench import cpu_tables


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_whole_chat_is_measured(bench):
    for package in ("onnx", "onnxruntime", "faster_whisper"):
        pytest.importorskip(package)
    report = json.loads(bench("chat", "--threads", "1", "--rounds", "1").stdout)
    assert report["cold_start_seconds"] > 0
    assert report["chat_with_eyes_and_ears"]["resident_gb"] > 0.2
    questions = report["image_question_by_positions"]
    assert set(questions) == {"49", "64", "576"}
    text = questions["49"]["prompt_positions"] - 49
    for positions, asked in questions.items():
        assert asked["prompt_positions"] == int(positions) + text
        assert asked["second_to_first"] > 0
        assert asked["phases"]["prefill"] > 0
        assert asked["estimated_to_measured"]["first_text"] > 0
    assert text < 60  # about as many as Phi's own tokenizer makes of it
    table = cpu_tables.chat(report)
    for asked in questions.values():
        assert f"{asked['first_text_seconds']:.2f} s" in table
        assert f"| {asked['tokens_per_second']} |" in table
