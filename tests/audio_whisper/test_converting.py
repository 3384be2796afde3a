"""A Whisper in transformers' format is converted once, by one process, whole or not at all."""

import logging
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from sensorium.errors import CheckpointError, MissingPackageError
from sensorium_audio_whisper import build_transcriber, inspect_transcriber, register_transcribers


@pytest.fixture
def folder(pocket, tmp_path):
    """Transformers' half alone."""
    return shutil.copytree(pocket, tmp_path / "mine", ignore=shutil.ignore_patterns("ctranslate2"))


def conversions(cache):
    return sorted(path.parent.parent.name for path in cache.glob("whisper/*/ctranslate2/model.bin"))


def test_it_is_converted_when_it_is_first_loaded(folder, options, babble, cache, caplog):
    before = sorted(folder.rglob("*"))
    mine = options(checkpoint=str(folder))
    inspect_transcriber(mine)
    assert not conversions(cache)  # a look is no conversion
    with caplog.at_level(logging.WARNING):
        first = build_transcriber(mine, "cpu")
        second = build_transcriber(mine, "cpu")
    assert len(conversions(cache)) == 1
    assert [record.getMessage().split(" for ")[0] for record in caplog.records] == [
        f"Converting {folder}"
    ]
    heard = build_transcriber(options(), "cpu").transcribe(babble(3))
    assert first.transcribe(babble(3)) == second.transcribe(babble(3)) == heard
    assert sorted(folder.rglob("*")) == before


def test_the_content_decides_and_not_the_place(folder, options, cache, save_whisper, tmp_path):
    build_transcriber(options(checkpoint=str(folder)), "cpu")
    moved = folder.rename(tmp_path / "moved")
    build_transcriber(options(checkpoint=str(moved)), "cpu")
    assert len(conversions(cache)) == 1
    build_transcriber(options(checkpoint=str(moved), compute_type="float32"), "cpu")
    assert len(conversions(cache)) == 2  # not a rounding of what was rounded before
    other = tmp_path / "other"
    other.mkdir()
    weights = save_whisper(other, seed=1) / "model.safetensors"
    shutil.copyfile(weights, moved / "model.safetensors")
    build_transcriber(options(checkpoint=str(moved)), "cpu")
    assert len(conversions(cache)) == 3


def test_saved_it_holds_both_halves(folder, options, babble, tmp_path):
    transcriber = build_transcriber(options(checkpoint=str(folder)), "cpu")
    transcriber.save(tmp_path / "saved")
    assert (tmp_path / "saved/model.safetensors").is_file()
    assert (tmp_path / "saved/ctranslate2/model.bin").is_file()


def test_its_footprint_is_that_of_its_conversion(folder, options, pocket):
    (spec,) = register_transcribers()
    mine = spec.footprint(options(checkpoint=str(folder)))
    theirs = spec.footprint(options(checkpoint=str(pocket)))
    assert mine.parameters == pytest.approx(theirs.parameters, rel=0.1)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("config.json", r"is no Whisper: it has neither model\.bin nor ctranslate2/model\.bin"),
        ("model.safetensors", r"has no weights \(model\.safetensors\); pickle is never loaded"),
        ("tokenizer.json", r"has no tokenizer\.json"),
        ("preprocessor_config.json", r"has no preprocessor_config\.json"),
    ],
)
def test_what_cannot_be_converted_is_refused_at_once(folder, options, cache, name, said):
    (folder / name).unlink()
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04pickle")
    for look in (inspect_transcriber, lambda mine: build_transcriber(mine, "cpu")):
        with pytest.raises(CheckpointError, match=said):
            look(options(checkpoint=str(folder)))
    assert not conversions(cache)


def test_a_failed_conversion_leaves_nothing(folder, options, cache):
    (folder / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match="cannot be converted"):
        build_transcriber(options(checkpoint=str(folder)), "cpu")
    assert [path for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock"] == []


def test_without_torch_or_transformers_there_is_a_pip_line(folder, options, monkeypatch):
    monkeypatch.setitem(sys.modules, "ctranslate2.converters", None)
    with pytest.raises(MissingPackageError, match=r"pip install .*\[audio\]'"):
        build_transcriber(options(checkpoint=str(folder)), "cpu")


CONVERT = """
import sys
from sensorium_audio_whisper import build_transcriber
from sensorium_audio_whisper.options import WhisperOptions
print("ready", flush=True)
sys.stdin.readline()
build_transcriber(WhisperOptions(checkpoint=sys.argv[1], voice_threshold=0), "cpu")
"""


def start(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", CONVERT, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.readline()
    return process


@pytest.mark.slow
def test_two_processes_at_once_make_one_conversion(folder, cache):
    processes = [start(folder) for _ in range(2)]
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert len(conversions(cache)) == 1
    assert "".join(said).count("Converting") == 1


@pytest.mark.slow
def test_killed_half_way_it_is_converted_again(folder, options, babble, cache):
    process = start(folder)
    process.stdin.write("\n")
    process.stdin.flush()
    while not list(cache.glob("whisper/.*.part")):
        assert process.poll() is None
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not conversions(cache)
    transcriber = build_transcriber(options(checkpoint=str(folder)), "cpu")
    assert transcriber.transcribe(babble(2)).segments
    assert len(conversions(cache)) == 1
    assert not list(cache.glob("whisper/.*.part"))
