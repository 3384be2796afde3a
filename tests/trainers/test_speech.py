"""Recordings differ in length: packed, batched and learned from as a chat would hear them."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sensorium import DatasetFormat, Media, Message, Sample, hookimpl, read_image
from sensorium.config import make_recipe, merge
from sensorium.discovery import find_plugins
from sensorium.errors import ConfigError
from sensorium.options import NoOptions
from sensorium.pipeline import plan
from sensorium.registry import Registry
from sensorium.render import MediaPiece, render
from sensorium_trainers.batching import attention_mask
from sensorium_trainers.features.options import FeatureOptions
from sensorium_trainers.language import LanguageObjective
from sensorium_trainers.loop import Run
from sensorium_trainers.recipe import TrainingRecipe
from sensorium_trainers.stages import STAGES

COLOURS = ("red", "green", "blue", "yellow")
PICTURES = [read_image(Image.new("RGB", (32, 32), colour)) for colour in COLOURS[:2]]


def recording(samples):
    """A tone; how long it is says all that there is to say about it."""
    wave = 0.3 * np.sin(np.arange(samples) * samples / 1e5)
    return Media("audio", f"tone {samples}", wave.astype(np.float32))


SECONDS = dict(zip(COLOURS, (8_000, 16_000, 32_000, 100_000), strict=True))


def spoken(colour):
    asked = Message.user(recording(SECONDS[colour]), "What colour is it?")
    return Sample(((asked, Message.assistant(f"It is {colour}.")),))


class Plugin:
    @hookimpl
    def register_dataset_formats(self):
        yield DatasetFormat(
            name="tones",
            summary="tones",
            options=NoOptions,
            open=lambda options: [spoken(colour) for colour in COLOURS],
        )


@pytest.fixture(scope="module")
def registry():
    plugins = find_plugins()
    plugins.register(Plugin(), "tones", "a test")
    return Registry(plugins)


@pytest.fixture(scope="module")
def hearing(model, tmp_path_factory):
    """The tiny model with ears on random weights; a window is 3 s of 75 positions."""
    folder = tmp_path_factory.mktemp("whisper")
    config = {
        "model_type": "whisper",
        "d_model": 16,
        "encoder_layers": 1,
        "encoder_attention_heads": 2,
        "encoder_ffn_dim": 32,
        "num_mel_bins": 20,
        "max_source_positions": 75,
    }
    preprocessing = {"feature_size": 20, "hop_length": 320, "chunk_length": 3, "n_fft": 400}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessing))
    audio = {
        "plugin": "whisper",
        "checkpoint": str(folder),
        "random_seed": 1,
        "dtype": "float32",
        "projector": {"plugin": "frame-stack", "frames": 8, "max_positions": 12},
    }
    return merge(model, {"encoders": {"audio": audio}})


@pytest.fixture(scope="module")
def pipeline(hearing, registry):
    return plan(make_recipe(hearing, source="test"), registry).build()


@pytest.fixture(scope="module")
def objective(pipeline):
    return LanguageObjective(pipeline).eval()


lengths = st.integers(2_000, 120_000)
contents = st.lists(
    st.one_of(
        st.sampled_from(PICTURES),
        lengths.map(recording),
        st.sampled_from(["What", " is it", "?"]),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(contents, contents), min_size=1, max_size=3))
def test_rows_hold_what_a_chat_would_hear(pipeline, objective, samples):
    """Order, count and masks of media in a batch of rows, against perception's own path."""
    conversations = [
        [
            (Message.user(*first), Message.assistant("Yes.")),
            (Message.user(*first), Message.assistant("No.")),
            (Message.user(*second), Message.assistant("A cat.")),
        ]
        for first, second in samples
    ]
    try:
        batch = objective.collate([Sample(tuple(some)) for some in conversations])
    except ConfigError:  # longer than the context, which another test is about
        return
    with torch.no_grad():
        embedded = objective.embed(batch["ids"], batch["media"], batch["places"])
    mask = attention_mask(batch["samples"], batch["segments"])[:, 0]
    for row, some in enumerate(conversations):
        packed = objective.packer.pack(Sample(tuple(some)))
        for number, conversation in enumerate(some, start=1):
            mine = [
                index for index, segment in enumerate(packed.segments) if segment in (0, number)
            ]
            pieces = render(
                conversation,
                pipeline.template,
                pipeline.llm.tokenizer,
                system=pipeline.system,
                reply=False,
            )
            prompt = pipeline.perception.perceive(pieces)
            torch.testing.assert_close(embedded[row, mine], prompt.embeddings, atol=1e-5, rtol=0)
            # The last position sees exactly these, and none of the other conversations.
            assert torch.equal(mask[row, mine[-1]].nonzero().flatten(), torch.tensor(mine))
            assert batch["position_ids"][row, mine].tolist() == list(range(len(mine)))
        shown = [
            piece.media
            for piece in render(
                some[-1], pipeline.template, pipeline.llm.tokenizer, system=pipeline.system
            )
            if isinstance(piece, MediaPiece)
        ]
        assert shown == [media for message in some[-1] for media in message.media]
    objective._seen.clear()


def test_each_recording_is_prepared_once_and_encoded_once(pipeline, objective, monkeypatch):
    encoder = pipeline.senses["audio"].encoder
    prepared, prepare = [], encoder.prepare
    monkeypatch.setattr(encoder, "prepare", lambda media: (prepared.append(1), prepare(media))[1])
    samples = [spoken("red"), spoken("blue"), spoken("red")]
    batch = objective.collate(samples)
    assert len(prepared) == len(batch["media"]["audio"]) == 2
    assert objective._seen == {}
    assert len(batch["places"]["audio"]) == 3
    lengths = [item.shape[1] for item in batch["media"]["audio"]]
    assert lengths == [26, 101]


def test_lengths_leave_nothing_in_memory(objective):
    """Grouping asks for those of a whole window; what a batch has looked at stays."""
    first = objective.row(spoken("blue"))
    looked = dict(objective._seen)
    assert len(looked) == 1
    assert objective.length(spoken("red")) != objective.length(spoken("blue")) == len(first.ids)
    assert objective._seen == looked
    objective._seen.clear()


def test_kept_features_say_how_long_a_recording_is(pipeline, objective, monkeypatch, tmp_path):
    """Whatever is kept, the same loss; what is kept is not prepared to know its positions."""
    options = FeatureOptions.model_validate({"folder": tmp_path, "dtype": "float32"})
    keeping = LanguageObjective(pipeline, features=options).eval()
    samples = [spoken("red"), spoken("blue"), spoken("red")]

    def loss(of):
        with torch.no_grad():
            return of.loss(of.collate(samples))

    cold = loss(keeping)
    assert keeping.frozen["audio"].encoded == 2
    monkeypatch.setattr(pipeline.senses["audio"].encoder, "prepare", lambda media: 1 / 0)
    assert torch.equal(loss(keeping), cold)
    monkeypatch.undo()
    torch.testing.assert_close(cold, loss(objective))


@pytest.mark.parametrize("stage", ["align", "instruct"])
def test_it_learns_from_recordings(hearing, registry, tmp_path, stage):
    recipe = TrainingRecipe.model_validate(
        {
            "model": hearing,
            "data": [{"format": "tones"}],
            "output": str(tmp_path / "out"),
            "steps": 30,
            "batch_size": 4,
            "learning_rate": 0.01,
            "schedule": "constant",
            "log_every": 1,
            "threads": 1,
            "device": "cpu",
        }
    )
    Run(STAGES[stage], recipe, registry).train(lambda *news: None)
    lines = (tmp_path / "out" / "log.jsonl").read_text().splitlines()
    losses = [entry["loss"] for line in lines if "loss" in (entry := json.loads(line))]
    assert losses[-1] < 0.8 * losses[0]


def test_the_encoder_may_learn_too(pipeline, hearing, registry, tmp_path):
    objective = LanguageObjective(plan(make_recipe(hearing, source="test"), registry).build())
    encoder = objective.encoder["audio"]
    for learns in (False, True):
        encoder.requires_grad_(learns)
        objective.loss(objective.collate([spoken("red"), spoken("yellow")])).backward()
        gradient = encoder.conv1.weight.grad
        assert (gradient is not None and bool(gradient.abs().sum() > 0)) is learns


def test_an_encoder_that_knows_no_lengths_is_named(pipeline, monkeypatch):
    objective = LanguageObjective(pipeline)
    monkeypatch.setattr(pipeline.senses["audio"], "encoder", object())
    with pytest.raises(ConfigError, match="no `positions` and `features_of`: not trainable"):
        objective._positions_of(recording(8_000))
