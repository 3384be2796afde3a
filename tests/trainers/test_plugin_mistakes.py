"""Mistakes of plugins end a run before it begins, or with their cause, wherever they happen."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
import torch
from sensorium import (
    DatasetFormat,
    EncoderSpec,
    FeatureShape,
    Message,
    NoOptions,
    Sample,
    TextSample,
    hookimpl,
)
from sensorium.discovery import find_plugins
from sensorium.errors import InputTypeError
from sensorium.registry import Registry
from sensorium_trainers.features.extract import Extractor
from sensorium_trainers.recipe import TrainingRecipe

POSITIONS, WIDTH = 4, 3


class Mosaic:
    """A picture in four mean colours; does what `fault` says."""

    modality, width, fingerprint = "image", WIDTH, "mosaic"

    def __init__(self, fault):
        self.fault = fault

    def prepare(self, media):
        if self.fault == "prepare":
            raise ValueError("boom")
        small = media.resize((2, 2)).tobytes()
        return torch.frombuffer(bytearray(small), dtype=torch.uint8) / 255

    def encode(self, batch):
        if self.fault == "encode":
            raise ValueError("boom")
        fewer = POSITIONS - 1 if self.fault == "fewer" else POSITIONS
        return [item.reshape(POSITIONS, WIDTH)[:fewer] for item in batch]

    def save(self, folder: Path):
        if self.fault == "save":
            raise ValueError("boom")
        folder.mkdir(parents=True, exist_ok=True)


class Unsaved(Mosaic):
    save = property()


def source_of(fault):
    class Odd:
        def __len__(self):
            return 4

        def __getitem__(self, index):
            if fault == "item":
                raise ValueError("boom")
            return {"question": "What?"} if fault == "kind" else TextSample("One line of text.")

    return Odd()


class Faulty:
    """An encoder and a data format that make one mistake."""

    def __init__(self, fault):
        self.fault = fault

    @hookimpl
    def register_encoders(self):
        yield EncoderSpec(
            name="mosaic",
            modality="image",
            summary="mean colours",
            options=NoOptions,
            inspect=lambda options: FeatureShape(WIDTH, POSITIONS),
            build=lambda options, device: (Unsaved if self.fault == "unsaved" else Mosaic)(
                self.fault
            ),
        )

    @hookimpl
    def register_dataset_formats(self):
        yield DatasetFormat("odd", "one mistake", NoOptions, lambda options: source_of(self.fault))


@pytest.fixture
def faulty(monkeypatch):
    """`faulty("save")`: the registry with a plugin of that fault."""

    def make(fault):
        plugins = find_plugins()
        plugins.register(Faulty(fault), "faulty", "a test")
        return Registry(plugins)

    return make


@pytest.fixture
def mosaic(model):
    """The recipe of a model that sees through it."""
    return model | {"encoders": {"image": {"plugin": "mosaic", "projector": {"plugin": "mlp"}}}}


@pytest.fixture
def attempt(recipe, faulty, mosaic, tmp_path):
    """`attempt("save", steps=1)`: the command line; → what it said."""
    import yaml
    from click.testing import CliRunner
    from sensorium.cli.root import root

    def run(fault, stage="align", **changes):
        path = tmp_path / "recipe.yaml"
        path.write_text(yaml.safe_dump(recipe(model=mosaic, **changes)))
        done = CliRunner().invoke(
            root, ["train", stage, "--config", str(path)], obj=faulty(fault), standalone_mode=True
        )
        return done.exit_code, done.output

    return run


def test_without_a_fault_it_trains(attempt, tmp_path):
    code, said = attempt("none", steps=1)
    assert code == 0, said


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("unsaved", "Unsaved, built by the encoder 'mosaic' of plugin 'faulty', is no Encoder"),
    ],
)
def test_what_cannot_be_saved_is_not_trained(attempt, tmp_path, fault, expected):
    code, said = attempt(fault)
    assert code == 1
    assert expected in said
    assert "step 1" not in said
    assert not (tmp_path / "out" / "log.jsonl").exists()
    assert not (tmp_path / "out" / "run.json").exists()


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("prepare", "Error: ValueError: boom (data.0, sample "),
        ("item", "Error: ValueError: boom (data.0, sample "),
        ("kind", "learns from conversations or text; the data gives dict"),
    ],
)
def test_a_reader_tells_the_cause_and_does_not_keep_anybody_waiting(
    attempt, fault, expected, workers
):
    changes = {"data": [{"format": "odd"}]} if fault != "prepare" else {}
    stage = "instruct" if changes else "align"
    code, said = attempt(fault, stage, workers=workers, **changes)
    assert code == (2 if fault == "kind" else 1)
    (told,) = [line for line in said.splitlines() if line.startswith("Error: ")]
    assert expected in told
    assert "Traceback" not in told
    if fault != "kind":
        assert told.endswith("; unexpected; SENSORIUM_DEBUG=1 shows where)")
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("features", [False, True])
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("fewer", "The image encoder gave features [3, 3], not [4, 3]"),
        ("encode", "boom"),
    ],
)
def test_features_are_checked_where_they_come(attempt, tmp_path, fault, expected, features):
    kept = {"features": {"folder": str(tmp_path / "features")}} if features else {}
    code, said = attempt(fault, **kept)
    assert code == 1
    assert expected in said.splitlines()[-1]


def test_features_made_ahead_say_why_a_sample_could_not_be_used(recipe, faulty, mosaic, tmp_path):
    def counts(**changes):
        tree = recipe(model=mosaic, features={"folder": str(tmp_path / "features")}, **changes)
        extractor = Extractor(TrainingRecipe.model_validate(tree), faulty("none"))
        return extractor.run(range(1))

    assert counts().encoded == 1
    torn = tmp_path / "torn.json"
    torn.write_text('[{"image": "absent.png", "conversations": []}]')
    found = counts(data=[{"format": "llava", "path": str(torn), "images": str(tmp_path)}])
    assert found.skipped == 1
    assert "absent.png" in found.reason or "conversations" in found.reason


@pytest.mark.parametrize(
    "conversations",
    [
        (Message.user("hi"), Message.assistant("Hello.")),
        (("hi", "Hello."),),
        ("hi",),
        (({"role": "user", "content": "hi"},),),
    ],
)
def test_a_sample_that_is_no_list_of_conversations_is_refused_where_it_is_made(conversations):
    with pytest.raises(InputTypeError, match="made of conversations"):
        Sample(conversations)
