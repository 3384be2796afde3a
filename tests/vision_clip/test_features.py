"""Features equal the reference's hidden states; `encode` is safe to build on."""

import pytest
import torch
from PIL import Image
from sensorium import FeatureShape, TrainableEncoder
from sensorium.errors import ConfigError, PerceptionError
from sensorium_vision_clip.options import ClipOptions
from sensorium_vision_clip.weights import vision_name
from torch.testing import assert_close


def hidden_states(tower, pixels):
    with torch.no_grad():
        return tower(pixels, output_hidden_states=True).hidden_states


@pytest.mark.parametrize("name", ["gelu", "quick_gelu", "whole", "old"])
@pytest.mark.parametrize("layer", [-5, -2, -1, 0, 1, 4])
def test_equal_to_the_reference(saved, make, pixels, name, layer):
    folder, tower = saved[name]
    features = make(folder, layer=layer).features(pixels)
    reference = hidden_states(tower, pixels)[layer][:, 1:]
    assert_close(features, reference, rtol=0, atol=1e-6)


def test_the_two_activations_differ(saved, make, pixels):
    gelu, quick = (make(saved[name][0]).features(pixels) for name in ("gelu", "quick_gelu"))
    assert (gelu - quick).abs().max() > 1e-3


def test_an_unnamed_activation_is_the_formats_default(copy, edit, make, pixels, saved):
    folder = copy("quick_gelu")
    edit(folder, "config.json", hidden_act=None)
    assert torch.equal(make(folder).features(pixels), make(saved["old"][0]).features(pixels))


def test_class_token(saved, make, pixels):
    folder, tower = saved["gelu"]
    reference = hidden_states(tower, pixels)[-2]
    for cls, expected, grid in (
        ("drop", reference[:, 1:], (4, 4)),
        ("keep", reference, None),
        ("only", reference[:, :1], None),
    ):
        encoder = make(folder, cls=cls)
        assert_close(encoder.features(pixels), expected, rtol=0, atol=1e-6)
        assert encoder.shape == FeatureShape(32, expected.shape[1], grid)


def test_layers_behind_the_chosen_one_are_not_run(saved, make, pixels):
    encoder = make(saved["gelu"][0], layer=2)
    for layer in encoder.module.encoder.layers[2:]:
        layer.register_forward_hook(lambda *_: pytest.fail("ran a layer that is not needed"))
    encoder.features(pixels)


@pytest.mark.parametrize("layer", [5, -6, 100])
def test_a_layer_that_does_not_exist(saved, make, layer):
    with pytest.raises(ConfigError, match=rf"{layer} does not exist.* 4 layers.*0 to 4"):
        make(saved["gelu"][0], layer=layer)


def test_encode_is_features_without_gradients(saved, make, pixels):
    encoder = make(saved["gelu"][0])
    encoded = encoder.encode(list(pixels))
    assert_close(torch.stack(encoded), encoder.features(pixels).detach(), rtol=0, atol=1e-6)
    assert not any(item.requires_grad or item.is_inference() for item in encoded)
    assert encoded[0].untyped_storage().nbytes() == 16 * 32 * 4  # no view of the whole batch
    assert encoder.encode([]) == []


def test_features_carry_gradients(saved, make, pixels):
    encoder = make(saved["gelu"][0])
    assert isinstance(encoder, TrainableEncoder)
    encoder.features(pixels).sum().backward()
    assert encoder.module.embeddings.patch_embedding.weight.grad is not None
    assert encoder.module.encoder.layers[3].mlp.fc1.weight.grad is None


def test_features_that_are_not_finite_are_an_error(saved, make, pixels):
    encoder = make(saved["gelu"][0])
    pixels[1, 0, 0, 0] = float("nan")
    with pytest.raises(PerceptionError, match="picture 2 of 2"):
        encoder.encode(list(pixels))
    assert len(encoder.encode([pixels[0]])) == 1


def test_wrong_inputs_are_named(saved, make):
    encoder = make(saved["gelu"][0])
    with pytest.raises(PerceptionError, match=r"\[3, 32, 32\], not \[3, 16, 16\]"):
        encoder.encode([torch.zeros(3, 16, 16)])
    with pytest.raises(PerceptionError, match="not str"):
        encoder.prepare("picture.png")


def test_dtype(saved, make, pixels):
    folder = saved["gelu"][0]
    half, full = make(folder, dtype="bfloat16"), make(folder)
    assert half.features(pixels).dtype is torch.bfloat16
    assert full.features(pixels).dtype is torch.float32
    assert half.fingerprint == full.fingerprint


def test_random_weights_need_only_a_config(saved, make, tmp_path, pixels):
    (tmp_path / "config.json").write_text((saved["gelu"][0] / "config.json").read_text())
    torch.manual_seed(3)
    state = torch.get_rng_state()
    first, again = (make(tmp_path, random_seed=7) for _ in range(2))
    other = make(tmp_path, random_seed=8)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first.features(pixels), again.features(pixels))
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert not torch.equal(first.features(pixels), other.features(pixels))


def test_saved_and_loaded_again(saved, make, tmp_path, pixels):
    for name in ("whole", "old"):
        original = make(saved[name][0], layer=1, fit="crop")
        original.save(tmp_path / name)
        again = make(tmp_path / name, layer=1, fit="crop")
        assert torch.equal(again.features(pixels), original.features(pixels))
        assert again.fingerprint == original.fingerprint
        picture = Image.effect_mandelbrot((60, 40), (-2, -1, 1, 1), 9).convert("RGB")
        assert torch.equal(again.prepare(picture), original.prepare(picture))


def test_what_is_saved_is_complete_for_transformers_too(saved, make, tmp_path, pixels):
    from transformers import CLIPVisionModel

    folder, tower = saved["old"]
    make(folder, layer=1).save(tmp_path)
    again, info = CLIPVisionModel.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(info.values())
    reference = hidden_states(tower, pixels)[-1]
    assert_close(hidden_states(again.eval(), pixels)[-1], reference, rtol=0, atol=1e-6)


def test_every_option_is_described():
    assert all(field.description for field in ClipOptions.model_fields.values())


def test_names_of_other_parts_are_left_out():
    assert vision_name("vision_model.pre_layrnorm.bias") == "pre_layrnorm.bias"
    assert vision_name("text_model.final_layer_norm.bias") is None
