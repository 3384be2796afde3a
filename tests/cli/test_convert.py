"""`sensorium convert --only`, and where there is nothing to convert to; Phi has its own tests."""

from __future__ import annotations

import pytest
import sensorium
import torch
from click.testing import CliRunner
from sensorium import Message
from sensorium.cli.root import root


def test_a_language_model_without_another_backend(run, recipe, tmp_path):
    result = run("convert", recipe, "--output", tmp_path / "new")
    assert result.exit_code != 0
    assert "'counter' has no backend to convert to" in result.output
    assert not (tmp_path / "new").exists()


def test_a_part_that_does_not_exist_or_cannot_be_converted(run, recipe, tmp_path):
    result = run("convert", recipe, "--only", "imgae", "--output", tmp_path / "new")
    assert "No part 'imgae' (--only). Did you mean 'image'? This model has: llm" in result.output
    result = run("convert", recipe, "--only", "image", "--output", tmp_path / "new")
    assert "has no backend to convert to" in result.output
    assert "encoders.image.plugin" in result.output


def test_the_eyes_alone_see_as_before(tmp_path):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from sensorium.conversion import convert_bundle
    from sensorium.loading import plan_source
    from sensorium.registry import create_registry
    from sensorium_pocket.pictures import EVALUATION_SEEDS, picture_of, scene_of

    registry, folder = create_registry(), tmp_path / "eyes"
    convert_bundle(plan_source("pocket"), folder, registry=registry, only=["image"])
    engines = {
        name: sensorium.load(source, overrides)
        for name, source, overrides in (
            ("torch", "pocket", ()),
            ("onnx", folder, ()),
            ("int8", folder, ("encoders.image.quantization=int8",)),
        )
    }
    asked = [picture_of(scene_of(EVALUATION_SEEDS + 900_000 + n)[1]) for n in range(5)]
    seen = {
        name: torch.cat([*engine.pipeline.perception.see(asked).values()])
        for name, engine in engines.items()
    }
    assert (seen["onnx"] - seen["torch"]).norm() <= 1e-4 * seen["torch"].norm()
    likeness = torch.nn.functional.cosine_similarity(seen["int8"], seen["torch"], dim=1)
    assert likeness.min() > 0.99
    assert likeness.max() < 1
    for picture in asked:
        said = [Message.user(picture, "What do you see?")]
        assert engines["onnx"].ask(said).text == engines["torch"].ask(said).text


def refused(*arguments):
    """What `convert` of pocket's eyes says on stderr where it cannot write."""
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    result = CliRunner().invoke(
        root, ["convert", "pocket", "--only", "image", *map(str, arguments)]
    )
    assert result.exit_code == 1
    assert "unexpected" not in result.stderr
    return result.stderr


@pytest.mark.parametrize("size", [10, 100_000, 3_000_000])
def test_a_full_disk_is_named_and_nothing_stays_behind(tmp_path, full_after, size):
    """Full at the first file, within the graphs, or where the language model is copied."""
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "old").write_text("kept")
    with full_after(size):
        said = refused("--output", tmp_path / "new")
    assert f"Cannot write the bundle {tmp_path / 'new'}: " in said
    assert "File too large" in said
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    assert (tmp_path / "new" / "old").read_text() == "kept"


def test_a_read_only_disk_is_named(tmp_path, read_only):
    with read_only(tmp_path):
        for output in (tmp_path / "new", tmp_path / "a" / "b"):
            assert f"Cannot write the bundle {output}: Read-only file system" in refused(
                "--output", output
            )


def test_an_output_inside_of_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    assert "Cannot write the bundle" in refused("--output", tmp_path / "file" / "new")
