"""Checkpoints that are incomplete, damaged, unsafe or of another kind are refused, and say why."""

import json
import random

import pytest
import torch
from safetensors.torch import load_file, save_file
from sensorium.errors import CheckpointError
from sensorium_vision_clip import build_clip, inspect_clip
from sensorium_vision_clip.checkpoint import Checkpoint
from sensorium_vision_clip.options import ClipOptions

WEIGHTS = "model.safetensors"


def rewrite(folder, change):
    state = load_file(folder / WEIGHTS)
    save_file(change(state), folder / WEIGHTS, metadata={"format": "pt"})


def test_missing_weights_are_named(copy, make):
    folder = copy()
    name = "encoder.layers.3.mlp.fc1.weight"  # behind the layer that is run, still required
    rewrite(folder, lambda state: {k: v for k, v in state.items() if k != name})
    with pytest.raises(CheckpointError, match=f"{name} is missing"):
        make(folder)


def test_unknown_weights_are_named(copy, make):
    folder = copy()
    rewrite(folder, lambda state: state | {"classifier.weight": torch.zeros(1)})
    with pytest.raises(CheckpointError, match=r"classifier\.weight is unknown"):
        make(folder)


def test_other_shapes_are_named(copy, edit, make):
    folder = copy()
    edit(folder, "config.json", image_size=64)
    with pytest.raises(CheckpointError, match=r"position_embedding\S+ has the shape \[17, 32\]"):
        make(folder)


def test_quantized_weights_are_refused(copy, make):
    folder, name = copy(), "pre_layrnorm.bias"
    rewrite(folder, lambda state: state | {name: torch.zeros(32, dtype=torch.int8)})
    with pytest.raises(CheckpointError, match="has the type I8"):
        make(folder)


def test_a_tensor_stored_under_both_names(copy, make):
    folder, name = copy(), "pre_layrnorm.bias"
    rewrite(folder, lambda state: state | {f"vision_model.{name}": state[name].clone()})
    with pytest.raises(CheckpointError, match="stored twice"):
        make(folder)


def test_pickle_is_refused_unread(copy, make):
    folder = copy()
    (folder / WEIGHTS).rename(folder / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=r"only as pickle \(pytorch_model\.bin\).*Convert"):
        make(folder)


def test_pickle_with_another_name_is_refused(copy, make):
    folder = copy()
    torch.save({"weight": torch.zeros(3)}, folder / WEIGHTS)
    with pytest.raises(CheckpointError, match="not a complete safetensors file"):
        make(folder)


def test_a_config_without_weights_is_no_checkpoint(copy, make):
    folder = copy()
    (folder / WEIGHTS).unlink()
    with pytest.raises(CheckpointError, match=r"no weights.*random_seed"):
        make(folder)


@pytest.mark.parametrize("kept", [0, 7, 100, 5000, -1])
def test_truncated_weights(copy, make, kept):
    folder = copy()
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(content[:kept])
    with pytest.raises(CheckpointError, match="not a complete safetensors file"):
        make(folder)


def test_flipped_bits_in_the_header_never_raise_anything_else(copy, make):
    folder = copy()
    content = (folder / WEIGHTS).read_bytes()
    header_bytes = 8 + int.from_bytes(content[:8], "little")
    dice = random.Random(0)
    refused = 0
    for _ in range(60):
        position, bit = dice.randrange(header_bytes), dice.randrange(8)
        damaged = bytearray(content)
        damaged[position] ^= 1 << bit
        (folder / WEIGHTS).write_bytes(damaged)
        try:
            make(folder)
        except CheckpointError:
            refused += 1
    assert refused > 50  # what is left is white space and {"format": "pt"}


def test_shards(copy, make, saved, pixels):
    folder = copy()
    state = load_file(folder / WEIGHTS)
    (folder / WEIGHTS).unlink()
    names = sorted(state)
    halves = {"a.safetensors": names[:20], "b.safetensors": names[20:]}
    for file, part in halves.items():
        save_file({name: state[name] for name in part}, folder / file)
    table = {name: file for file, part in halves.items() for name in part}
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": table}))
    whole = make(saved["quick_gelu"][0])
    sharded = make(folder)
    assert torch.equal(sharded.features(pixels), whole.features(pixels))
    assert sharded.fingerprint == whole.fingerprint
    (folder / "b.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"lacks b\.safetensors"):
        make(folder)
    index.write_text(json.dumps({"weight_map": {"x": "../../outside.safetensors"}}))
    with pytest.raises(CheckpointError, match="no valid weight_map"):
        make(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "siglip"}, "'siglip', not a CLIP"),
        ({"model_type": None}, "None, not a CLIP"),
        ({"hidden_size": "wide"}, "does not describe"),
        ({"hidden_size": 33}, "does not describe"),
        ({"image_size": [32, 32]}, "image_size must be a positive integer"),
        ({"image_size": 4}, "smaller than patch_size"),
        ({"num_hidden_layers": 0}, "num_hidden_layers must be"),
        ({"num_channels": 1}, "num_channels must be 3"),
        ({"hidden_act": "quickest_gelu"}, "quickest_gelu"),
    ],
)
def test_configurations_that_cannot_be(copy, edit, changes, message):
    folder = copy()
    edit(folder, "config.json", **changes)
    with pytest.raises(CheckpointError, match=message):
        inspect_clip(ClipOptions(checkpoint=str(folder)))


@pytest.mark.parametrize(
    ("file", "changes", "message"),
    [
        ("config.json", {"hidden_size": 64}, r"has the shape \[32\] instead of \[64\]"),
        ("config.json", {"num_hidden_layers": 5}, r"encoder\.layers\.4\.\S+ is missing"),
        ("config.json", {"num_hidden_layers": 3}, r"encoder\.layers\.3\.\S+ is unknown"),
        ("config.json", {"intermediate_size": 48}, r"mlp\.fc1\.\S+ has the shape"),
        ("config.json", {"patch_size": 16}, r"patch_embedding\.weight has the shape"),
        (
            "config.json",
            {"num_attention_heads": 5},
            "not a multiple of the number of attention heads",
        ),
        ("preprocessor_config.json", {"size": 48, "crop_size": 48}, "takes 32 x 32"),
        ("preprocessor_config.json", {"do_resize": False}, "do_resize: false"),
    ],
)
def test_what_build_refuses_by_shape_is_refused_from_headers(
    copy, edit, make, file, changes, message
):
    folder = copy()
    if not (folder / file).exists():
        (folder / file).write_text("{}")
    edit(folder, file, **changes)
    with pytest.raises(CheckpointError, match=message):
        inspect_clip(ClipOptions(checkpoint=str(folder)))
    with pytest.raises(CheckpointError, match=message):
        make(folder)


def test_what_is_not_downloaded_yet_still_has_a_shape(copy, edit, make):
    folder = copy()
    edit(folder, "config.json", num_hidden_layers=7)
    assert inspect_clip(ClipOptions(checkpoint=str(folder), random_seed=1)).width == 32
    (folder / WEIGHTS).unlink()
    for backend in ("torch", "onnx"):
        assert inspect_clip(ClipOptions(checkpoint=str(folder), backend=backend)).width == 32


def test_another_kind_of_model_is_told_what_to_do(copy, edit):
    folder = copy()
    edit(folder, "config.json", model_type="siglip")
    with pytest.raises(CheckpointError) as found:
        inspect_clip(ClipOptions(checkpoint=str(folder)))
    assert "Use a CLIP checkpoint, such as openai/clip" in str(found.value)
    assert "docs/plugins.md" in str(found.value)


@pytest.mark.parametrize("content", ["", "[]", "{" * 100_000, '{"a":' * 50_000, "\x00"])
def test_a_config_that_is_no_json_object(copy, content):
    folder = copy()
    (folder / "config.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"config\.json is not"):
        inspect_clip(ClipOptions(checkpoint=str(folder)))


@pytest.mark.parametrize("name", ["/no/such/folder", "./clip", "~/clip", "clip", "a/b/c"])
def test_a_missing_folder(name):
    with pytest.raises(CheckpointError, match=r"There is no folder .* hub id"):
        inspect_clip(ClipOptions(checkpoint=name))


def test_a_folder_without_config(tmp_path):
    with pytest.raises(CheckpointError, match=r"has no config\.json"):
        inspect_clip(ClipOptions(checkpoint=str(tmp_path)))


class Hub:
    """Stands in for the hub: files per revision, in the layout of its cache."""

    def __init__(self, monkeypatch, root, files):
        import huggingface_hub
        from huggingface_hub.errors import EntryNotFoundError

        self.asked = []

        def download(repository, name, revision=None):
            self.asked.append((name, revision))
            if (revision, name) not in files:
                raise EntryNotFoundError("404")
            commit, content = files[revision, name]
            path = root / "snapshots" / commit / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            return str(path)

        monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
        monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_, **__: None)
        monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", lambda _: None)


def test_all_files_come_from_one_commit(monkeypatch, tmp_path, saved, pixels, make):
    folder = saved["quick_gelu"][0]
    files = {
        (None, "config.json"): ("c0ffee", (folder / "config.json").read_bytes()),
        ("c0ffee", WEIGHTS): ("c0ffee", (folder / WEIGHTS).read_bytes()),
    }
    hub = Hub(monkeypatch, tmp_path, files)
    encoder = build_clip(ClipOptions(checkpoint="someone/clip"), "cpu")
    assert torch.equal(encoder.features(pixels), make(folder).features(pixels))
    assert {revision for name, revision in hub.asked if name != "config.json"} == {"c0ffee"}


def test_only_the_hubs_robot_is_trusted_with_a_conversion(monkeypatch, tmp_path, saved):
    import huggingface_hub

    class Request:
        title = "Adding `safetensors` variant of this model"

        def __init__(self, author, num):
            self.author, self.num = author, num

    config = (saved["quick_gelu"][0] / "config.json").read_bytes()
    files = {
        (None, "config.json"): ("c0ffee", config),
        ("c0ffee", "pytorch_model.bin"): ("c0ffee", b"pickle"),
        ("refs/pr/3", WEIGHTS): ("beef", b"robot"),
        ("refs/pr/2", WEIGHTS): ("bad", b"stranger"),
    }
    Hub(monkeypatch, tmp_path, files)
    requests = [Request("stranger", 2), Request("SFconvertbot", 3)]
    monkeypatch.setattr(huggingface_hub, "get_repo_discussions", lambda *_, **__: requests)
    checkpoint = Checkpoint(ClipOptions(checkpoint="someone/clip"))
    assert checkpoint.find("config.json")
    assert [path.read_bytes() for path in checkpoint.weights()] == [b"robot"]
    del requests[1]
    with pytest.raises(CheckpointError, match="only as pickle"):
        checkpoint.weights()


def test_offline_says_what_next(monkeypatch):
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError

    def download(*_, **__):
        raise LocalEntryNotFoundError("no network")

    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", download)
    with pytest.raises(CheckpointError, match=r"hub cannot be reached.*hf download nobody/nothing"):
        inspect_clip(ClipOptions(checkpoint="nobody/nothing"))
