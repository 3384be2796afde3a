"""A bundle that was damaged, swapped or made with intent is refused before it is used."""

from __future__ import annotations

import json
import os
import shutil

import pytest
import sensorium
import torch
from sensorium.errors import BundleError, CheckpointError, ConfigError
from sensorium.manifest import MANIFEST, describe_file, read_bundle


def files(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*") if p.is_file()
    }


def edit(folder, change):
    manifest = json.loads((folder / MANIFEST).read_text())
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest))


def load(folder, registry):
    return sensorium.load(folder, registry=registry)


def test_a_flipped_bit_in_any_file_is_refused(folder):
    for name, content in files(folder).items():
        path = folder / name
        if name == MANIFEST:
            continue
        for place in (0, len(content) // 2, len(content) - 1):
            damaged = bytearray(content)
            damaged[place] ^= 1
            path.write_bytes(damaged)
            with pytest.raises(BundleError, match=rf"{path.name}.*SHA-256 differs"):
                read_bundle(folder)
        path.write_bytes(content)
    read_bundle(folder)


def test_a_missing_and_an_added_file_are_refused(folder):
    for name in files(folder):
        if name != MANIFEST:
            content = (folder / name).read_bytes()
            (folder / name).unlink()
            with pytest.raises(BundleError, match="misses its file"):
                read_bundle(folder)
            (folder / name).write_bytes(content)
    for name in ("llm/more.safetensors", "llm/adapter/adapter_config.json", "encoders/image/x.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("{}")
        with pytest.raises(BundleError, match="was not saved with it"):
            read_bundle(folder)
        (folder / name).unlink()
    (folder / "README.md").write_text("A page on the hub may lie beside it.")
    read_bundle(folder)


@pytest.mark.parametrize(
    "name", ["../secret", "llm/../../secret", "/etc/passwd", "~/secret", "", ".", "llm", "a\0b"]
)
def test_a_manifest_that_names_other_files(folder, name):
    (folder.parent / "secret").write_text("x")
    edit(folder, lambda m: m["files"].update({name: {"bytes": 1, "sha256": "x"}}))
    with pytest.raises(BundleError, match=r"outside of itself|misses its file"):
        read_bundle(folder)


@pytest.mark.parametrize(
    "place", ["../other/llm", "./../other/llm", "/etc", "~/llm", "./llm/../../other", "x/../../y"]
)
@pytest.mark.parametrize("part", ["llm", "encoder", "weights", "list"])
def test_a_recipe_that_points_outside(folder, part, place):
    def change(manifest):
        recipe = manifest["recipe"]
        if part == "llm":
            recipe["llm"]["checkpoint"] = place
        elif part == "encoder":
            recipe["encoders"]["image"]["checkpoint"] = place
        elif part == "weights":
            recipe["encoders"]["image"]["projector"]["weights"] = place
        else:
            recipe["llm"]["files"] = [[place]]

    edit(folder, change)
    with pytest.raises(BundleError, match="points outside of itself"):
        read_bundle(folder)


@pytest.mark.parametrize("place", ["stranger/model", "elsewhere", "sub/adapter"])
@pytest.mark.parametrize("key", ["checkpoint", "adapter"])
def test_weights_that_no_hash_covers(folder, key, place):
    edit(folder, lambda manifest: manifest["recipe"]["llm"].update({key: place}))
    with pytest.raises(BundleError, match="points outside of itself"):
        read_bundle(folder)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format": 1}', "{", "\0", "[" * 100_000, '{"recipe": {}, "files": []}'],
)
def test_a_manifest_that_is_none(folder, text):
    (folder / MANIFEST).write_text(text)
    with pytest.raises(BundleError):
        read_bundle(folder)


@pytest.mark.parametrize("depth", [200, 900, 960, 990])
def test_a_manifest_nested_deeply(folder, depth):
    deep = '{"a":' * depth + "1" + "}" * depth
    text = (folder / MANIFEST).read_text().replace('"system"', f'"deep": {deep}, "system"', 1)
    (folder / MANIFEST).write_text(text)
    with pytest.raises((BundleError, ConfigError)):
        read_bundle(folder)


@pytest.mark.parametrize("number", [0, 2, "1", None, 1e9])
def test_another_format_number(folder, number):
    edit(folder, lambda m: m.update(format=number))
    with pytest.raises(BundleError, match=r"has format .*; this version reads 1\. Update"):
        read_bundle(folder)


def test_a_folder_that_is_no_bundle(tmp_path, registry):
    with pytest.raises(BundleError, match=f"has no {MANIFEST}"):
        load(tmp_path, registry)
    with pytest.raises(BundleError, match=f"has no {MANIFEST}"):
        read_bundle(tmp_path / "nowhere")


def test_pickled_weights_are_refused_unopened(folder, registry, tmp_path):
    """Even where the manifest lists them."""

    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "exploded"),)

    (folder / "llm" / "model.safetensors").unlink()
    torch.save({"weight": Bomb()}, folder / "llm" / "pytorch_model.bin")

    def change(manifest):
        del manifest["files"]["llm/model.safetensors"]
        path = folder / "llm" / "pytorch_model.bin"
        manifest["files"]["llm/pytorch_model.bin"] = describe_file(path)

    edit(folder, change)
    with pytest.raises(CheckpointError, match="pickle"):
        load(folder, registry)
    assert not (tmp_path / "exploded").exists()


def test_an_encoder_swapped_behind_the_manifest_is_refused(folder, checkpoints, registry):
    """Someone who also rewrites the hashes: the projector knows its encoder."""
    path = folder / "encoders/image/model.safetensors"
    shutil.copy(checkpoints / "other" / "model.safetensors", path)
    edit(
        folder,
        lambda m: m["files"].update({"encoders/image/model.safetensors": describe_file(path)}),
    )
    with pytest.raises(CheckpointError, match="trained with another image encoder"):
        load(folder, registry)


def test_a_part_without_a_hash_is_refused(folder):
    edit(folder, lambda manifest: manifest.update(files={}))
    with pytest.raises(BundleError, match=r"no hash for its part \./"):
        read_bundle(folder)
