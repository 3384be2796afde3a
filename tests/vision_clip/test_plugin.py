"""The plugin is a cheap menu; full-size models have the shapes that recipes count on."""

import json
import subprocess
import sys

import pluggy
import pytest
import sensorium_vision_clip
import torch
from sensorium import EncoderSpec, FeatureShape, hooks
from sensorium_vision_clip import build_clip, inspect_clip
from sensorium_vision_clip.options import ClipOptions

CLIP_L = {
    "model_type": "clip",
    "vision_config": {
        "hidden_size": 1024,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "intermediate_size": 4096,
        "image_size": 336,
        "patch_size": 14,
        "hidden_act": "quick_gelu",
    },
}
TINYCLIP = {
    "model_type": "clip",
    "vision_config": {
        "hidden_size": 640,
        "num_hidden_layers": 12,
        "num_attention_heads": 10,
        "intermediate_size": 2560,
        "image_size": 224,
        "patch_size": 32,
        "hidden_act": "gelu",
    },
}


def test_the_hook_yields_one_spec():
    manager = pluggy.PluginManager(hooks.GROUP)
    manager.add_hookspecs(hooks)
    manager.register(sensorium_vision_clip)
    manager.check_pending()
    (spec,) = [spec for specs in manager.hook.register_encoders() for spec in specs]
    assert isinstance(spec, EncoderSpec)
    assert (spec.name, spec.modality, spec.options) == ("clip", "image", ClipOptions)


def test_importing_the_plugin_is_cheap():
    code = (
        "import sys, sensorium_vision_clip as plugin\n"
        "heavy = {'torch', 'transformers', 'PIL', 'numpy'} & set(sys.modules)\n"
        "assert not heavy | ({'pydantic'} & set(sys.modules)), heavy\n"
        "list(plugin.register_encoders())\n"
        "assert not {'torch', 'transformers', 'PIL', 'numpy'} & set(sys.modules)\n"
    )
    path = [entry for entry in sys.path if entry]
    subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}\n{code}"],
        check=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("config", "width", "side"), [(CLIP_L, 1024, 24), (TINYCLIP, 640, 7)], ids=["clip-l", "tiny"]
)
def test_full_size_shapes(tmp_path, config, width, side):
    (tmp_path / "config.json").write_text(json.dumps(config))
    options = ClipOptions(checkpoint=str(tmp_path), random_seed=0)
    shape = FeatureShape(width, side * side, (side, side))
    assert inspect_clip(options) == shape
    encoder = build_clip(options, "meta")
    assert encoder.shape == shape
    size = config["vision_config"]["image_size"]
    features = encoder.features(torch.empty(2, 3, size, size, device="meta"))
    assert features.shape == (2, side * side, width)
