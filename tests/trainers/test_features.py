"""Where the encoder is frozen, each picture is decoded and encoded once."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from sensorium.cli.root import root
from sensorium.errors import ConfigError, PerceptionError, PluginError, install_line
from sensorium.media import images
from sensorium.testing.fakes import FakeEncoder
from sensorium_trainers.errors import TrainingError
from sensorium_trainers.features import on_ray
from sensorium_trainers.features.extract import BLOCK, Shard
from sensorium_trainers.features.frozen import FrozenEncoder
from sensorium_trainers.features.options import FeatureOptions
from sensorium_trainers.features.workers import checked, run_block
from sensorium_trainers.recipe import TrainingRecipe

from .test_resume import LORA, assert_equal, quiet

PICTURES = 4


@pytest.fixture
def features(tmp_path):
    return {"folder": str(tmp_path / "features"), "max_bytes": "1GB"}


def forbidden(*_):
    raise PluginError("This must not happen")


def test_with_features_nothing_is_decoded_or_encoded(make_run, features, monkeypatch):
    lines = []
    make_run("align", features=features).train(lines.append)
    # A picture whose batch is read while the one before it is learned is encoded once more.
    told = [re.findall(r"\d+", line) for line in lines if line.startswith("image features: ")]
    assert [int(found) + int(encoded) for found, encoded in told] == [8]
    assert 4 <= int(told[0][1]) < 8
    monkeypatch.setattr(images, "read_image", forbidden)
    run = make_run("align", features=features, steps=6)
    monkeypatch.setattr(run.objective.frozen["image"].encoder, "encode", forbidden)
    monkeypatch.setattr(run.objective.frozen["image"].encoder, "prepare", forbidden)
    lines.clear()
    run.train(lines.append)
    assert "image features: 4 found, 0 encoded" in lines


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_the_bits_do_not_depend_on_what_was_kept(make_run, features, tmp_path, dtype):
    """Empty, full, full in the middle of the run, too small, and with workers that look ahead."""
    settings = {"steps": 5, "save_every": 1, "keep": 9, "lora": LORA}
    features = {**features, "dtype": dtype}

    def go(name, **changes):
        run = make_run("instruct", output=str(tmp_path / name), **{**settings, **changes})
        run.train(quiet)
        return tmp_path / name

    empty = go("empty", features=features)
    full = go("full", features=features)
    assert_equal(empty, full)
    none = go("none", features={**features, "folder": str(tmp_path / "small"), "max_bytes": 1})
    assert not list((tmp_path / "small").rglob("*.safetensors"))
    assert_equal(empty, none)
    go("broken", features=features, steps=2)
    shutil.rmtree(tmp_path / "features")
    assert_equal(empty, go("broken", features=features, workers=1))


def test_exact_features_are_those_of_a_run_without(make_run, features, tmp_path):
    """To rounding: alone and in a batch, the last bits of an encoder may differ."""
    kept = make_run("instruct", features={**features, "dtype": "float32"}).objective.eval()
    plain = make_run("instruct").objective.eval()
    sample = make_run("instruct").data[0]
    with torch.no_grad():
        losses = [of.loss(of.collate([sample])) for of in (kept, kept, plain)]
    torch.testing.assert_close(losses[1], losses[2])


def test_other_weights_or_preprocessing_are_other_features(make_run, model, features):
    image = model["encoders"]["image"]
    changes = [{}, {"random_seed": 2}, {"layer": -2}, {"fit": "crop"}, {"dtype": "bfloat16"}]
    folders = set()
    for change in changes:
        other = {**model, "encoders": {"image": {**image, **change}}}
        run = make_run("align", model=other, features=features)
        folders.add(run.objective.frozen["image"].store.folder)
    assert len(folders) == len(changes)


def test_a_damaged_picture_is_replaced_whatever_is_kept(make_run, features, llava, tmp_path):
    cut = (llava.parent / "red.png").read_bytes()[:60]
    (llava.parent / "cut-features.png").write_bytes(cut)
    records = json.loads(llava.read_text())
    records[1]["image"] = "cut-features.png"
    (tmp_path / "data.json").write_text(json.dumps(records))
    data = [{"format": "llava", "path": str(tmp_path / "data.json"), "images": str(llava.parent)}]
    for name in ("empty", "full"):
        lines = []
        run = make_run("align", features=features, data=data, output=str(tmp_path / name))
        run.train(lines.append)
        assert any("damaged or incomplete" in line and "cut-feat" in line for line in lines)
    assert_equal(tmp_path / "empty", tmp_path / "full")


def test_an_encoder_that_learns_has_none(make_run, features):
    learns = r"trains the encoder, whose features change .*\(features\)\. Leave `features` out, or"
    none = r"stage 'encoder' has no rows .*\(features\)\. Leave `features` out\. The stages"
    for stage, changes, said in (
        ("instruct", {"trains": ["projector", "encoder"]}, learns),
        ("encoder", {}, none),
    ):
        with pytest.raises(ConfigError, match=said):
            make_run(stage, features=features, **changes)


def test_more_than_the_format_holds_is_said(tmp_path):
    class Loud(FakeEncoder):
        def encode(self, batch):
            return [features * 1e6 for features in super().encode(batch)]

    options = FeatureOptions.model_validate({"folder": tmp_path})
    media = images.read_image(Image.new("RGB", (4, 4), "red"))
    with pytest.raises(ConfigError, match=r"reach \S+, more than float16 holds .*bfloat16"):
        FrozenEncoder(Loud(), options).ensure(media)
    wide = FrozenEncoder(Loud(), options.model_copy(update={"dtype": "bfloat16"}))
    assert [wide.ensure(media), wide.ensure(media)] == [False, True]


def test_what_an_encoder_fails_on_skips_the_step_and_is_not_kept(make_run, features, log, tmp_path):
    run = make_run("align", features=features, batch_size=4, steps=2)
    encoder = run.objective.frozen["image"]
    whole = encoder.encoder.encode
    failed = []

    def encode(batch):
        if not failed:
            failed.append(True)
            raise PerceptionError("CLIP returned features that are not finite")
        return whole(batch)

    encoder.encoder.encode = encode
    run.train(quiet)
    assert log()[-1]["skipped_steps"] == 1
    # What was kept is sound: that of the other step.
    run = make_run("align", features=features, batch_size=4, steps=1, output=str(tmp_path / "next"))
    run.train(quiet)
    again = run.objective.frozen["image"]
    assert (again.found, again.encoded) == (4, 0)


@pytest.fixture
def extract(recipe, registry, tmp_path, features):
    """`extract("--shard", "1/2")`: the command line in this process."""

    def run(*flags, **changes):
        path = tmp_path / "recipe.yaml"
        path.write_text(json.dumps(recipe(**{"features": features, **changes})))
        words = ["data", "features", "--config", str(path), *flags]
        return CliRunner().invoke(root, words, obj=registry)

    return run


def test_built_ahead_in_shards(extract, make_run, features):
    first = extract("--shard", "1/2")
    assert first.exit_code == 0, first.output
    assert "2 encoded, 0 found" in first.stdout
    assert "2/2 samples (100%)" in first.stderr
    assert "2 encoded, 0 found" in extract("--shard", "2/2").stdout
    assert "0 encoded, 4 found" in extract().stdout
    lines = []
    make_run("align", features=features).train(lines.append)
    assert any("0 encoded" in line for line in lines)


def test_data_to_validate_on_is_encoded_too(extract, tmp_path):
    own = {"format": "llava", "path": str(many_pictures(tmp_path / "own", 3))}
    assert "7 encoded, 0 found" in extract(validation={"data": [own]}).stdout


def test_a_recipe_that_comes_with_it_is_known_by_name(registry):
    known = ["data", "features", "--config", "align-clip-l336"]
    assert "where to keep features" in CliRunner().invoke(root, known, obj=registry).output
    known[-1] = "align-clip-l363"
    assert "align-clip-l336" in CliRunner().invoke(root, known, obj=registry).output


def test_without_room_or_without_a_folder(extract, features):
    told = extract(features={**features, "max_bytes": 1})
    assert told.exit_code == 0
    assert "0 encoded, 0 found; it takes no more: it holds max_bytes, 1" in told.stdout
    assert "where to keep features" in extract(features=None).output
    for wrong in ("0/2", "3/2", "1", "a/b"):
        assert "is not I/N" in extract("--shard", wrong).stderr


@pytest.mark.slow
def test_built_ahead_by_several_processes(extract):
    told = extract("--processes", "2")
    assert told.exit_code == 0, told.output
    assert "4 encoded, 0 found" in told.stdout
    broken = extract("--processes", "2", model="no/such-bundle-anywhere")
    assert broken.exit_code == 1


def held(folder):
    """Every file of features, to the byte."""
    files = folder.rglob("*.safetensors")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.slow
def test_built_ahead_on_ray(recipe, features, tmp_path):
    """Two workers of a local cluster make the bits that one process makes."""
    pytest.importorskip("ray")
    data = [{"format": "llava", "path": str(many_pictures(tmp_path / "media", BLOCK + 6))}]

    def run(folder, *flags):
        path = tmp_path / "recipe.yaml"
        changes = {"data": data, "features": {**features, "folder": str(folder)}}
        path.write_text(json.dumps(recipe(**changes)))
        words = [sys.executable, "-m", "sensorium", "data", "features", "--config", str(path)]
        # Ray would leave a token in the home folder, and processes behind a test's own.
        environment = {**os.environ, "RAY_AUTH_TOKEN": "0" * 64}
        return subprocess.run(
            [*words, *flags], env=environment, capture_output=True, text=True, timeout=250
        )

    alone = run(tmp_path / "alone")
    on_cluster = run(tmp_path / "ray", "--ray", "local", "--processes", "2")
    for told in (alone, on_cluster):
        assert told.returncode == 0, told.stderr
        assert f"{BLOCK + 6} encoded, 0 found" in told.stdout
    assert len(held(tmp_path / "alone")) == BLOCK + 6
    assert held(tmp_path / "ray") == held(tmp_path / "alone")


def many_pictures(folder, count):
    """A question about each of so many pictures, no two alike → the file of records."""
    folder.mkdir()
    turns = [{"from": "human", "value": "<image>\nWhat is it?"}, {"from": "gpt", "value": "A cat."}]
    records = []
    for number in range(count):
        Image.new("RGB", (8, 8), (number, 90, 200)).save(folder / f"{number}.png")
        records.append({"id": number, "image": f"{number}.png", "conversations": turns})
    (folder / "data.json").write_text(json.dumps(records))
    return folder / "data.json"


def test_what_ends_a_worker_ends_the_command(recipe, features):
    broken = recipe(model="no/such-bundle-anywhere", features=features)
    said = run_block(TrainingRecipe.model_validate(broken).model_dump_json(), range(1))
    assert isinstance(said, str)
    with pytest.raises(TrainingError, match="no/such-bundle-anywhere"):
        checked(said)


@pytest.fixture
def cluster(monkeypatch):
    """A Ray that says what it was asked to join, and cannot join anything."""
    asked = []

    def init(address, **_):
        asked.append(address)
        raise ConnectionError("nobody there")

    absent = SimpleNamespace(init=init, exceptions=SimpleNamespace(RayError=RuntimeError))
    monkeypatch.setattr(on_ray, "import_ray", lambda: absent)
    return asked


def test_a_cluster_that_cannot_be_joined(extract, cluster):
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"127.0.0.1:{server.getsockname()[1]}"
        addresses = [place, f"ray://{place}", "local", "auto"]
        for address in addresses:
            told = extract("--ray", address)
            assert told.exit_code == 2
            said = f"No Ray cluster can be used at '{address}': nobody there (--ray)"
            assert said in told.output
            assert "`ray start --head` shows, or local" in told.output
    assert cluster == addresses


def test_where_nobody_listens_ray_is_not_asked(extract, cluster):
    """It would try for minutes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"127.0.0.1:{server.getsockname()[1]}"
    for address, why in (
        (place, "refused"),
        (f"ray://{place}", "refused"),
        ("127.0.0.1:99999", "out of range"),
    ):
        told = extract("--ray", address)
        assert told.exit_code == 2
        assert f"No Ray cluster can be used at '{address}': " in told.output
        assert why in told.output
    assert cluster == []


def test_without_ray_it_says_what_to_install(extract, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    told = extract("--ray", "local")
    assert told.exit_code == 1
    assert "Encoding on a cluster needs the package 'ray'" in told.output
    assert install_line("ray") in told.output


@pytest.mark.parametrize(("samples", "count"), [(0, 1), (1, 3), (1000, 7), (64, 1), (129, 2)])
def test_shards_share_out_every_sample_once(samples, count):
    blocks = [b for number in range(1, count + 1) for b in Shard(number, count).blocks(samples)]
    assert [index for block in blocks for index in block] == list(range(samples))
