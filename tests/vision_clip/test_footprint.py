"""What the tower says it takes is what it takes."""

import pytest
import torch
from sensorium.footprint import count
from sensorium.testing import check_footprint
from sensorium_vision_clip import build_clip, register_encoders
from sensorium_vision_clip.options import ClipOptions


@pytest.mark.parametrize("layer", [-1, -2, 1])
def test_of_the_layers_that_are_run(saved, layer):
    options = ClipOptions(checkpoint=str(saved["gelu"][0]), layer=layer)
    (spec,) = register_encoders()
    encoder, taken = build_clip(options, "cpu"), spec.footprint(options)
    check_footprint(taken, encoder.module)
    assert taken.parameters == sum(weight.numel() for weight in encoder.module.parameters())
    # Torch counts no attention that is computed in one piece, as it is on a CPU.
    work = count(lambda: encoder.features(torch.zeros(1, 3, 32, 32)))
    attention = encoder.depth * 4 * 17**2 * 32  # 16 patches and the class token
    assert taken.flops == work.flops + attention


def test_from_shapes_alone(saved, tmp_path):
    (tmp_path / "config.json").write_bytes((saved["gelu"][0] / "config.json").read_bytes())
    (spec,) = register_encoders()
    assert spec.footprint(ClipOptions(checkpoint=str(tmp_path))).parameters > 0
