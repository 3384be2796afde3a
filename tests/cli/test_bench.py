"""`sensorium bench` on the shipped pocket model: the same code as at full size."""

import json
import wave

import pytest
import torch
from click.testing import CliRunner
from sensorium.cli.root import root
from sensorium_pocket.examples import examples

PICTURE, QUESTION = examples()[0]


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def measured():
    words = ["bench", "--json", "--set", "threads=1", "--image", str(PICTURE), QUESTION]
    result = CliRunner().invoke(root, words)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_phases_make_up_the_whole(measured):
    for name in ("first", "second"):
        asked = measured[name]
        assert sum(asked["phases"].values()) == pytest.approx(asked["total_seconds"])
        assert 0 < asked["first_text_seconds"] <= asked["total_seconds"]
        assert asked["tokens_per_second"] > 0
        assert asked["phases"]["prefill"] > 0
    phases = measured["first"]["phases"]
    assert min(phases["prepare"], phases["encode"], phases["project"]) > 0
    assert min(measured["load_seconds"], measured["read_seconds"]) > 0


def test_the_second_question_finds_the_picture_read(measured):
    first, second = measured["first"], measured["second"]
    assert first["reused"] == 0
    assert second["reused"] > 36  # all of the picture
    assert second["phases"]["encode"] == 0


def test_the_estimate_stands_beside_it(measured):
    estimated = measured["estimated"]
    assert sum(estimated["phases"].values()) == pytest.approx(estimated["first_text_seconds"])
    assert min(estimated["phases"][name] for name in ("encode", "project", "prefill")) > 0
    assert min(measured["bound"], measured["bandwidth"], estimated["tokens_per_second"]) > 0
    # Measured of this process, in which other tests have left what they used.
    assert 0.2 < estimated["resident_bytes"] / measured["resident_bytes"] < 2


def test_for_people(run, recipe, picture):
    result = run("bench", "--model", recipe, "--set", "threads=1", "--image", picture)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith(f"{recipe}: loaded in ")
    names = [line.split("  ")[0] for line in lines]
    assert names.index("encode") < names.index("prefill") < names.index("until the first text")
    (memory,) = [line for line in lines if line.startswith("memory")]
    assert memory.count("MB") + memory.count("GB") == 2


def test_what_a_model_cannot_perceive_is_refused_before_it_is_loaded(run, recipe, tmp_path):
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(bytes(3200))
    result = run("bench", "--model", recipe, "--audio", tmp_path / "a.wav")
    assert result.exit_code == 1
    assert "cannot perceive audio" in result.stderr
