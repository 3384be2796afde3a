"""A projector carried over to another language model says the same in its embeddings."""

from __future__ import annotations

import json

import pytest
import torch
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from sensorium.config import make_recipe
from sensorium.loading import plan_source
from sensorium.pipeline import plan
from sensorium_trainers.regression import ridge
from sensorium_trainers.transplant import shared_tokens

from .conftest import make_tokenizer

WIDTH = 48


@pytest.fixture
def trained(make_run):
    """`trained(plugin="mlp", …)`: a bundle whose projector has learned a little."""

    def make(model, **projector):
        image = {**model["encoders"]["image"], "projector": projector}
        return make_run("align", steps=2, model={**model, "encoders": {"image": image}}).train(
            lambda line: None
        )

    return make


@pytest.fixture
def other(model, parts, registry, tmp_path):
    """A language model of another width whose embeddings are a linear image of the first one's.

    Its ids run backwards: only the text of a token says which is which.
    """
    folder = tmp_path / "other"
    folder.mkdir()
    config = json.loads((parts / "llm" / "config.json").read_text())
    wide = {**config, "hidden_size": WIDTH, "intermediate_size": 2 * WIDTH}
    (folder / "config.json").write_text(json.dumps(wide))
    tokenizer = json.loads(make_tokenizer().to_str())
    ids = tokenizer["model"]["vocab"]
    words = [word for word in ids if not word.startswith("<|")]
    backwards = [ids[word] for word in reversed(words)]
    tokenizer["model"]["vocab"] = ids | dict(zip(words, backwards, strict=True))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    llm = {"plugin": "phi2", "checkpoint": str(folder), "random_seed": 3, "dtype": "float32"}
    text_only = {"template": "pocket", "device": "cpu"}
    first = plan(make_recipe({**text_only, "llm": model["llm"]}, source="a"), registry).build().llm
    second = plan(make_recipe({**text_only, "llm": llm}, source="b"), registry).build().llm
    generator = torch.Generator().manual_seed(5)
    weight = torch.randn(WIDTH, first.width, generator=generator)
    shift = torch.randn(WIDTH, generator=generator)
    pairs = shared_tokens(first, second)
    assert sum(one != two for one, two in pairs) > 60
    ours, theirs = (torch.tensor(ids) for ids in zip(*pairs, strict=True))
    with torch.no_grad():
        second.module.get_input_embeddings().weight[theirs] = (
            first.embed(ours) @ weight.T + shift
        ).detach()
    second.save(tmp_path / "saved")
    return {"plugin": "phi2", "checkpoint": str(tmp_path / "saved")}, weight, shift


def settings_of(bundle, llm, tmp_path):
    return {
        "model": str(bundle),
        "llm": {"plugin": "phi2", **llm},
        "output": str(tmp_path / "moved"),
        "device": "cpu",
        "threads": 1,
    }


@pytest.fixture
def transplanted(registry, tmp_path):
    """The command line."""
    from click.testing import CliRunner
    from sensorium.cli.root import root

    def run(tree, *flags):
        path = tmp_path / "transplant.yaml"
        path.write_text(yaml.safe_dump(tree))
        return CliRunner().invoke(
            root, ["train", "transplant", "--config", str(path), *flags], obj=registry
        )

    return run


@pytest.mark.parametrize(
    "projector",
    [
        {"plugin": "mlp", "depth": 2},
        {"plugin": "mlp", "depth": 3, "hidden": 20},
        {"plugin": "linear"},
        {"plugin": "pixel-shuffle"},
        {"plugin": "resampler", "queries": 4, "heads": 2},
    ],
    ids=lambda options: "-".join(str(value) for value in options.values()),
)
def test_a_linear_image_is_recovered(
    trained, model, other, transplanted, registry, tmp_path, projector
):
    llm, weight, shift = other
    bundle = trained(model, **projector)
    done = transplanted(settings_of(bundle, llm, tmp_path))
    assert done.exit_code == 0, done.output
    assert f"the map from 32 to {WIDTH} explains 100.0%" in done.output
    old = plan_source(bundle, registry=registry).build()
    new = plan_source(tmp_path / "moved" / "bundle", registry=registry).build()
    features = torch.randn(16, old.senses["image"].encoder.width)
    with torch.no_grad():
        expected = old.senses["image"].projector(features) @ weight.T + shift
        torch.testing.assert_close(
            new.senses["image"].projector(features), expected, rtol=1e-3, atol=1e-3
        )


def test_training_goes_on_from_it(trained, model, other, transplanted, make_run, tmp_path):
    bundle = trained(model, plugin="mlp")
    tree = settings_of(bundle, other[0], tmp_path)
    assert transplanted(tree, "--dry-run").exit_code == 0
    assert not (tmp_path / "moved").exists()
    assert transplanted(tree).exit_code == 0
    moved = tmp_path / "moved" / "bundle"
    again = make_run("align", steps=2, model=str(moved), output=str(tmp_path / "again"))
    after = load_file(again.train(lambda line: None) / "projectors" / "image.safetensors")
    before = load_file(moved / "projectors" / "image.safetensors")
    assert before.keys() == after.keys()
    assert any(not torch.equal(before[name], after[name]) for name in before)


def test_what_cannot_be_carried_over_is_refused(trained, model, other, transplanted, tmp_path):
    def said(bundle, *flags, **changes):
        tree = {**settings_of(bundle, other[0], tmp_path), **changes}
        done = transplanted(tree, *flags)
        assert done.exit_code == 2
        return " ".join(done.output.split())

    residual = trained(model, plugin="residual")
    assert "'residual' does not end in one linear map" in said(residual)
    path = tmp_path / "untrained.yaml"
    path.write_text(yaml.safe_dump(model))
    assert "'image' has no trained weights" in said(path)
    path.write_text(yaml.safe_dump({key: model[key] for key in ("llm", "template")}))
    assert "has no projector" in said(path)
    assert "No such option '--fresh'" in said(residual, "--fresh")
    assert "unknown key 'depth'" in said(residual, depth=2)


@given(
    pairs=st.integers(3, 60),
    source=st.integers(1, 12),
    target=st.integers(1, 12),
    seed=st.integers(0, 1000),
)
@settings(max_examples=30, deadline=None)
def test_pairs_it_has_seen_fit_better_than_those_left_out(pairs, source, target, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(pairs, source, generator=generator, dtype=torch.float64)
    y = torch.randn(pairs, target, generator=generator, dtype=torch.float64)
    fitted = ridge(x, y)
    assert fitted.weight.shape == (target, source)
    residual = y - (x @ fitted.weight.T + fitted.bias)
    torch.testing.assert_close(residual.mean(0), torch.zeros(target, dtype=torch.float64))
    seen = 1 - residual.square().sum() / (y - y.mean(0)).square().sum()
    assert fitted.explained - 1e-9 <= seen <= 1


def test_the_stated_error_is_that_of_separate_fits():
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(40, 5, generator=generator, dtype=torch.float64)
    noise = torch.randn(40, 3, generator=generator, dtype=torch.float64)
    y = x @ torch.randn(5, 3, generator=generator, dtype=torch.float64) + 0.5 * noise
    fitted = ridge(x, y)
    error = torch.tensor(0.0, dtype=torch.float64)
    for out in range(40):
        kept = torch.arange(40) != out
        # The penalty is so small here that least squares gives the same.
        design = torch.cat([x[kept], torch.ones(39, 1, dtype=torch.float64)], 1)
        solved = torch.linalg.lstsq(design, y[kept]).solution
        error += (
            (y[out] - torch.cat([x[out], torch.ones(1, dtype=torch.float64)]) @ solved)
            .square()
            .sum()
        )
    separately = float(1 - error / (y - y.mean(0)).square().sum())
    assert fitted.explained == pytest.approx(separately, abs=5e-3)
    assert fitted.explained >= separately - 1e-9


def test_noise_calls_for_a_penalty():
    """More dimensions than pairs: least squares would be nonsense, and the stated share says so."""
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(20, 200, generator=generator, dtype=torch.float64)
    y = torch.randn(20, 4, generator=generator, dtype=torch.float64)
    fitted = ridge(x, y)
    assert -0.2 < fitted.explained < 0.2
