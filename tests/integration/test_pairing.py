"""What does not fit is refused before any weight is read, naming both sides and the key."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from sensorium import GenerationOptions, Message
from sensorium.bundle import save_projector
from sensorium.config import make_recipe, merge
from sensorium.device import resolve_device
from sensorium.errors import CheckpointError, ConfigError, UnknownNameError, WidthError
from sensorium.pipeline import plan


@pytest.fixture
def planned(registry, make_tree, copies):
    """`planned({...})`: a plan over checkpoints whose weights are gone."""

    def make(changes=None):
        recipe = make_recipe(merge(make_tree(copies), changes or {}), source="recipe.yaml")
        return plan(recipe, registry, source="recipe.yaml")

    return make


@pytest.fixture
def weights(compose, copies):
    """Trained projector weights, made with `clip` (32) and `llm` (48)."""
    pipeline = compose().pipeline
    path = copies / "projector.safetensors"
    sense = pipeline.senses["image"]
    save_projector(
        sense.projector,
        path,
        pipeline.plan.senses[0],
        pipeline.plan.shape.width,
        sense.encoder.fingerprint,
    )
    return path


@pytest.fixture
def no_weights(copies):
    """Whoever opens weights now finds none."""

    def remove():
        for path in copies.rglob("model.safetensors"):
            path.unlink()

    return remove


def projector(**options):
    return {"encoders": {"image": {"projector": {k: str(v) for k, v in options.items()}}}}


def encoder(**options):
    return {"encoders": {"image": options}}


def test_matching_weights_are_planned_without_reading_models(planned, weights, no_weights):
    no_weights()
    made = planned(projector(weights=weights))
    assert made.senses[0].source.width == 32
    assert made.shape.width == 48


def test_a_wider_encoder_is_refused(planned, weights, no_weights, copies):
    no_weights()
    with pytest.raises(WidthError) as caught:
        planned(merge(projector(weights=weights), encoder(checkpoint=str(copies / "wide"))))
    text = str(caught.value)
    assert "trained for 32 → 48" in text
    assert "'clip' gives 40" in text
    assert "takes 48" in text
    assert "recipe.yaml, encoders.image.projector" in text


def test_a_wider_language_model_is_refused(planned, weights, no_weights, copies):
    no_weights()
    path = copies / "llm" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"hidden_size": 64}))
    with pytest.raises(WidthError, match=r"trained for 32 → 48.*gives 32.*takes 64") as caught:
        planned(projector(weights=weights))
    assert "encoders.image.projector" in str(caught.value)


@pytest.mark.parametrize("change", [{"plugin": "linear"}, {"plugin": "mlp", "depth": 3}])
def test_another_projector_is_refused_by_what_it_holds(planned, weights, no_weights, change):
    no_weights()
    with pytest.raises(WidthError) as caught:
        planned(merge(projector(weights=weights), {"encoders": {"image": {"projector": change}}}))
    assert "they hold" in str(caught.value)  # the widths are right: the layers are not
    assert "is needed" in str(caught.value)
    assert f"projector '{change['plugin']}'" in str(caught.value)


def test_weights_that_say_nothing_of_themselves_are_compared_by_shape(planned, weights, copies):
    save_file(load_file(weights), weights)
    assert planned(projector(weights=weights))
    with pytest.raises(
        WidthError, match=r"they hold layers\.0\.weight \(48, 32\) where \(48, 40\)"
    ):
        planned(merge(projector(weights=weights), encoder(checkpoint=str(copies / "wide"))))


def test_identity_needs_equal_widths(planned, no_weights):
    no_weights()
    with pytest.raises(WidthError) as caught:
        planned(projector(plugin="identity"))
    text = str(caught.value)
    assert "width 32" in text
    assert "width 48" in text
    assert "recipe.yaml, encoders.image.projector" in text


def test_a_projector_that_cannot_be_built_is_named(planned, no_weights):
    no_weights()
    with pytest.raises(ConfigError, match=r"recipe\.yaml, encoders\.image\.projector"):
        planned(
            merge(projector(plugin="pixel-shuffle"), encoder(cls="only"))  # no grid
        )


def test_an_encoder_of_another_modality(planned, no_weights):
    no_weights()
    audio = {"encoders": {"audio": {"plugin": "clip", "projector": {"plugin": "mlp"}}}}
    with pytest.raises(ConfigError) as caught:
        planned(audio)
    assert "'clip' perceives image, not audio" in str(caught.value)
    assert "recipe.yaml, encoders.audio.plugin" in str(caught.value)


def test_a_missing_projector(planned, no_weights):
    no_weights()
    with pytest.raises(ConfigError, match=r"'encoders\.image\.projector' is missing"):
        planned(encoder(projector=None))


def test_an_encoder_cannot_transcribe(planned, no_weights):
    no_weights()
    with pytest.raises(
        ConfigError, match=r"cannot transcribe \(recipe\.yaml, encoders\.image\.mode"
    ):
        planned(encoder(mode="transcribe"))


def test_names_that_are_not_registered(planned):
    with pytest.raises(UnknownNameError, match=r"No encoder 'clp' .*Did you mean 'clip'"):
        planned(encoder(plugin="clp"))


def test_another_encoder_of_the_same_width_is_refused(planned, weights, copies):
    made = planned(merge(projector(weights=weights), encoder(checkpoint=str(copies / "other"))))
    # Before the language model, whose weights are the large ones.
    (copies / "llm" / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match="trained with another image encoder"):
        made.build()
    with pytest.raises(CheckpointError, match="trained with another image encoder"):
        planned(merge(projector(weights=weights), encoder(layer=-1))).build()


def test_the_right_encoder_is_taken_wherever_it_lies(planned, weights, copies):
    (copies / "clip").rename(copies / "moved")
    engine_plan = planned(
        merge(projector(weights=weights), encoder(checkpoint=str(copies / "moved")))
    )
    assert engine_plan.build().senses["image"].encoder.width == 32


@pytest.mark.parametrize("kept", [0, 7, 60, -9])
def test_truncated_projector_weights(planned, weights, no_weights, kept):
    no_weights()
    weights.write_bytes(weights.read_bytes()[:kept])
    with pytest.raises(CheckpointError, match=r"readable safetensors.*encoders\.image\.projector"):
        planned(projector(weights=weights))


def test_pickled_and_missing_projector_weights(planned, weights, no_weights, tmp_path):
    no_weights()
    pickle = tmp_path / "projector.bin"
    torch.save({"weight": torch.zeros(2)}, pickle)
    with pytest.raises(CheckpointError, match=r"Pickle formats .* are not loaded"):
        planned(projector(weights=pickle))
    with pytest.raises(CheckpointError, match="No weights file"):
        planned(projector(weights=tmp_path / "nowhere.safetensors"))


def test_trained_weights_are_the_ones_used(planned, weights, compose, pictures):
    built = planned(projector(weights=weights)).build().senses["image"].projector.state_dict()
    with safe_open(weights, framework="pt") as file:
        assert set(file.keys()) == set(built)
        assert all(torch.equal(file.get_tensor(name), built[name]) for name in built)
    said = [Message.user(pictures[0], "What is it?")]
    options = GenerationOptions(max_tokens=8)
    with_weights = compose(projector(weights=weights)).ask(said, options)
    assert with_weights.text == compose().ask(said, options).text


@pytest.mark.parametrize(
    ("name", "message"), [("gpu", "Unknown device 'gpu'"), ("cuda:99", "cuda:99"), ("", "Unknown")]
)
def test_devices_that_are_not_there(name, message):
    if torch.cuda.is_available() and name.startswith("cuda"):
        pytest.skip("there is a GPU")
    with pytest.raises(ConfigError, match=message):
        resolve_device(name)
    assert resolve_device("cpu") == "cpu"
