"""A bundle needs nothing else to run, is as it was saved, and is replaced whole or not at all."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
import sensorium
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from sensorium import GenerationOptions, Message
from sensorium import bundle as bundling
from sensorium.bundle import save_bundle
from sensorium.conversion import convert_bundle
from sensorium.errors import BundleError, CheckpointError, ConfigError
from sensorium.loading import find_recipe, plan_source
from sensorium.manifest import MANIFEST, read_bundle

OPTIONS = GenerationOptions(max_tokens=10)


def load(folder, overrides=(), **settings):
    return sensorium.load(folder, overrides, **settings)


def files(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*") if p.is_file()
    }


def asked(pictures):
    return [[Message.user(pictures[0], "What is it?")], [Message.user("Who are you?")]]


def test_it_answers_alike(original, folder, pictures, registry, checkpoints):
    loaded = load(folder, registry=registry)
    for said in asked(pictures):
        assert loaded.ask(said, OPTIONS).text == original.ask(said, OPTIONS).text
    assert str(checkpoints) not in (folder / MANIFEST).read_text()  # it points nowhere else
    recipe = json.loads((folder / MANIFEST).read_text())["recipe"]
    assert not {"device", "threads"} & recipe.keys()
    assert recipe["system"] == "Be brief."
    assert recipe["llm"]["checkpoint"] == "./llm"


def test_it_may_be_moved_and_saved_again(folder, tmp_path, original, pictures, registry):
    moved = folder.rename(tmp_path / "elsewhere")
    again = tmp_path / "again"
    save_bundle(load(moved, registry=registry).pipeline, again, name="tiny")
    shutil.rmtree(moved)
    said = asked(pictures)[0]
    assert (
        load(again, registry=registry).ask(said, OPTIONS).text == original.ask(said, OPTIONS).text
    )


def test_it_may_be_saved_over_itself(folder, original, pictures, registry):
    save_bundle(load(folder, registry=registry).pipeline, folder, name="tiny")
    said = asked(pictures)[0]
    assert (
        load(folder, registry=registry).ask(said, OPTIONS).text == original.ask(said, OPTIONS).text
    )
    assert [path.name for path in folder.parent.iterdir()] == ["bundle"]


def test_every_file_is_in_the_manifest_and_readable_by_others(shared):
    manifest = json.loads((shared / MANIFEST).read_text())
    assert set(manifest["files"]) == set(files(shared)) - {MANIFEST}
    assert shared.stat().st_mode & 0o777 == 0o755
    assert {name.rsplit(".", 1)[1] for name in manifest["files"]} == {"json", "safetensors"}


def test_overrides(folder, registry, monkeypatch):
    assert read_bundle(folder).generation.max_tokens == 12
    monkeypatch.setenv("SENSORIUM_SET_GENERATION__MAX_TOKENS", "5")
    assert read_bundle(folder).generation.max_tokens == 5
    assert read_bundle(folder, ("generation.max_tokens=6",)).generation.max_tokens == 6
    loaded = load(folder, ["generation.max_tokens=1", "llm.dtype=bfloat16"], registry=registry)
    assert loaded.ask([Message.user("hi")]).usage.completion <= 1
    assert loaded.pipeline.llm.dtype == torch.bfloat16
    with pytest.raises(ConfigError, match=r"unknown key 'llm\.dtyp'"):
        load(folder, ["llm.dtyp=x"], registry=registry)


def test_half_precision(original, tmp_path, pictures, registry):
    folder = tmp_path / "half"
    save_bundle(original.pipeline, folder, name="half", dtype=torch.float16)
    sizes = {}
    for path in folder.rglob("*.safetensors"):
        tensors = load_file(path).values()
        assert {tensor.dtype for tensor in tensors} == {torch.float16}
        sizes[path.parent.name] = len(tensors)
    assert set(sizes) == {"llm", "image", "projectors"}
    loaded = load(folder, registry=registry)  # the projector still knows its encoder
    for said in asked(pictures):
        assert loaded.ask(said, OPTIONS).finish_reason
    ours = loaded.pipeline.senses["image"].perceive(pictures)[0]
    theirs = original.pipeline.senses["image"].perceive(pictures)[0]
    torch.testing.assert_close(ours, theirs, atol=0.02, rtol=0.02)


def test_half_precision_leaves_eyes_that_were_converted(shared, tmp_path, pictures, registry):
    """Their graph would refuse weights of another type, and the projector would not know them."""
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    convert_bundle(
        plan_source(shared, registry=registry), tmp_path / "onnx", registry=registry, only=["image"]
    )
    converted = load(tmp_path / "onnx", registry=registry)
    save_bundle(converted.pipeline, tmp_path / "half", name="half", dtype=torch.float16)
    assert files(tmp_path / "half/encoders") == files(tmp_path / "onnx/encoders")
    for part in ("llm/model", "projectors/image"):
        tensors = load_file(tmp_path / f"half/{part}.safetensors").values()
        assert {tensor.dtype for tensor in tensors} == {torch.float16}
    loaded = load(tmp_path / "half", registry=registry)
    eyes, before = (engine.pipeline.senses["image"] for engine in (loaded, converted))
    items = [eyes.encoder.prepare(picture.value) for picture in pictures]
    for ours, theirs in zip(eyes.encoder.encode(items), before.encoder.encode(items), strict=True):
        assert torch.equal(ours, theirs)
    ours, theirs = eyes.perceive(pictures)[0], before.perceive(pictures)[0]
    torch.testing.assert_close(ours, theirs, atol=0.02, rtol=0.02)
    for said in asked(pictures):
        assert loaded.ask(said, OPTIONS).finish_reason


def test_values_too_large_for_half_precision_are_refused(compose, tmp_path):
    pipeline = compose().pipeline
    with torch.no_grad():
        pipeline.senses["image"].projector.layers[0].weight[0, 0] = 1e6
    with pytest.raises(BundleError, match=r"layers\.0\.weight .* torch\.float16 cannot hold"):
        save_bundle(pipeline, tmp_path / "half", name="half", dtype=torch.float16)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, sys
from pathlib import Path
from sensorium import bundle
stage, new, place = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
calls = iter(range(100))
def die_at(function):
    def called(*arguments, **settings):
        if next(calls) == stage:
            os._exit(9)
        return function(*arguments, **settings)
    return called
bundle._exchange = die_at(bundle._exchange)
Path.rename = die_at(Path.rename)
bundle.shutil.rmtree = die_at(bundle.shutil.rmtree)
bundle.replace_folder(new, place)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs renameat2")
@pytest.mark.parametrize("stage", [0, 1, 2])
def test_killed_while_replacing(tmp_path, stage):
    new, place = tmp_path / "new", tmp_path / "place"
    for folder, text in ((new, "new"), (place, "old")):
        folder.mkdir()
        (folder / "file").write_text(text)
    command = [sys.executable, "-c", KILLED, str(stage), str(new), str(place)]
    subprocess.run(command, check=False, timeout=60)
    assert (place / "file").read_text() == ("old" if stage == 0 else "new")
    assert [path.name for path in place.iterdir()] == ["file"]


def test_replacing_without_an_exchange(tmp_path, monkeypatch):
    monkeypatch.setattr(bundling, "_exchange", lambda *_: False)
    new, place = tmp_path / "new", tmp_path / "place"
    for folder in (new, place):
        folder.mkdir()
        (folder / folder.name).touch()
    bundling.replace_folder(new, place)
    assert [path.name for path in place.iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["place"]
    with pytest.raises(OSError, match="nowhere"):
        bundling.replace_folder(tmp_path / "nowhere", place)
    assert [path.name for path in place.iterdir()] == ["new"]  # put back


@pytest.mark.parametrize("part", ["llm", "encoder", "manifest"])
def test_a_save_that_fails_leaves_the_old_bundle_whole(folder, registry, monkeypatch, part):
    engine = load(folder, registry=registry)
    before = files(folder)

    def full(*arguments, **settings):
        raise OSError(28, "No space left on device")

    if part == "manifest":
        monkeypatch.setattr(Path, "write_text", full)
    else:
        pipeline = engine.pipeline
        target = pipeline.llm if part == "llm" else pipeline.senses["image"].encoder
        monkeypatch.setattr(target, "save", full)
    with pytest.raises(BundleError, match=r"Cannot write the bundle .*No space left"):
        save_bundle(engine.pipeline, folder, name="tiny")
    assert files(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["bundle"]


def test_find_recipe(folder, registry, tmp_path):
    assert find_recipe(folder, (), registry).recipe == read_bundle(folder)
    with pytest.raises(ConfigError, match="No model 'poket'"):
        find_recipe("poket", (), registry)
    with pytest.raises(ConfigError, match="No file"):
        find_recipe(tmp_path / "nowhere.yaml", (), registry)


def test_of_a_hub_repository_only_what_the_manifest_names_is_fetched(
    folder, registry, monkeypatch, tmp_path
):
    """All files of the commit that the manifest is of, and none that lies beside them."""
    commit = tmp_path / "snapshots" / "0123abc"
    asked = []

    def snapshot(hub_id, *, revision, allow_patterns):
        asked.append((hub_id, revision))
        hub = [*files(folder), "pytorch_model.bin", "llm/huge.safetensors"]
        wanted = [name for name in hub if any(fnmatch(name, rule) for rule in allow_patterns)]
        for name in wanted:
            (commit / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / name, commit / name)
        return str(commit)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    found = find_recipe("someone/model", (), registry)
    assert found.recipe == read_bundle(commit)
    assert files(commit) == files(folder)
    assert asked == [("someone/model", None), ("someone/model", "0123abc")]


def test_an_unreachable_hub_is_a_clear_error(registry, monkeypatch):
    def offline(*arguments, **settings):
        raise OSError("no route to host 10.1.2.3")

    monkeypatch.setattr("huggingface_hub.snapshot_download", offline)
    with pytest.raises(CheckpointError, match=r"someone/model: .* cannot be reached") as caught:
        find_recipe("someone/model", (), registry)
    assert "10.1.2.3" not in str(caught.value)


def test_a_repository_that_is_no_bundle_is_named(registry, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(tmp_path))
    with pytest.raises(BundleError, match=r"someone/model on the hub is not a bundle"):
        find_recipe("someone/model", (), registry)


def test_the_folder_of_a_training_says_where_its_bundle_is(registry, tmp_path):
    with pytest.raises(BundleError, match=r"has no sensorium.json$"):
        find_recipe(tmp_path, (), registry)
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / MANIFEST).write_text("{}")
    with pytest.raises(BundleError, match=f"Did you mean {tmp_path}/bundle?"):
        find_recipe(tmp_path, (), registry)


def test_projector_weights_hold_nothing_but_tensors_and_words(shared):
    path = shared / "projectors/image.safetensors"
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    assert metadata["encoder_width"] == "32"
    assert metadata["llm_width"] == "48"
    assert metadata["projector"] == "mlp"
