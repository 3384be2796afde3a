import json
import tomllib
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from sensorium.cli import doctor as doctor_module
from sensorium.cli import machine, sizes
from sensorium.errors import install_line

GIGABYTE = 10**9


@pytest.fixture
def checkpoint(tmp_path):
    """1,000,000 weights in bfloat16, and 10 integers."""
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    tensors = {
        "layer": torch.zeros(700, 1000, dtype=torch.bfloat16),
        "embeddings": torch.zeros(272, 1000, dtype=torch.bfloat16),
        "norm": torch.zeros(28_000, dtype=torch.bfloat16),
        "places": torch.zeros(10, dtype=torch.int64),
    }
    save_file(tensors, folder / "model.safetensors")
    return folder


def report(run, *arguments):
    result = run("doctor", "--json", *arguments)
    assert result.exit_code in (0, 1), result.stderr
    return result.exit_code, json.loads(result.stdout)


def test_text_form(run, recipe, checkpoint):
    result = run("doctor", "--model", recipe, "--set", f"llm.checkpoint={checkpoint}")
    assert result.exit_code == 0, result.stdout
    assert "image: eye 4 x 8 -> mlp (random weights) -> 4 x 8" in result.stdout
    assert "2.1 MB to 4.1 MB" not in result.stdout
    assert "2.0 MB to 4.0 MB" in result.stdout
    assert result.stdout.endswith(f"Ready: sensorium chat --model {recipe}\n")


@pytest.mark.parametrize(
    ("dtype", "least", "most"),
    [
        ("auto", 2_000_080, 4_000_080),
        ("float32", 4_000_080, 4_000_080),
        ("bfloat16", 2_000_080, 2_000_080),
        ("unheard-of", 2_000_080, 2_000_080),
    ],
)
def test_memory_from_the_headers(run, recipe, checkpoint, dtype, least, most):
    settings = [f"llm.checkpoint={checkpoint}", f"llm.dtype={dtype}"]
    arguments = [word for setting in settings for word in ("--set", setting)]
    _, found = report(run, "--model", recipe, *arguments)
    llm, eye, projector = found["model"]["parts"]
    assert (llm["parameters"], llm["least"], llm["most"]) == (1_000_010, least, most)
    assert llm["disk"] == (checkpoint / "model.safetensors").stat().st_size
    assert eye["note"] == "no weight files known"
    assert projector["parameters"] == 2 * (8 * 8 + 8)
    total = least + 4 * projector["parameters"] + sizes.RUNTIME_BYTES
    assert found["model"]["memory_least"] == total


def test_an_adapter_in_the_checkpoint_counts(checkpoint):
    class Options:
        dtype = "float32"

    options = Options()
    options.checkpoint = str(checkpoint)
    (checkpoint / "adapter").mkdir()
    save_file({"low_rank": torch.zeros(100)}, checkpoint / "adapter" / "adapter.safetensors")
    assert sizes._checkpoint("llm", options).parameters == 1_000_110


def test_nf4_holds_only_the_matrices_of_the_layers_in_4_bits(checkpoint):
    class Options:
        checkpoint: str
        quantization = "nf4"

    options = Options()
    options.checkpoint = str(checkpoint)
    part = sizes._checkpoint("llm", options, vocabulary=272)
    rest = 2 * (272_000 + 28_000 + 10)
    assert part.least == part.most == 700_000 * 0.5625 + rest


def test_short_of_memory_is_a_problem(run, recipe, checkpoint, monkeypatch):
    monkeypatch.setattr(machine, "available_memory", lambda: sizes.RUNTIME_BYTES + 10**6)
    code, found = report(run, "--model", recipe, "--set", f"llm.checkpoint={checkpoint}")
    assert code == 1
    assert "takes at least" in found["problems"][0]


def test_short_for_float32_is_a_warning(run, recipe, checkpoint, monkeypatch):
    monkeypatch.setattr(machine, "available_memory", lambda: sizes.RUNTIME_BYTES + 3 * 10**6)
    code, found = report(run, "--model", recipe, "--set", f"llm.checkpoint={checkpoint}")
    assert (code, found["problems"]) == (0, [])
    assert any("bfloat16" in warning for warning in found["warnings"])


def test_a_model_that_cannot_be_planned_is_a_problem(run, recipe):
    code, found = report(run, "--model", recipe, "--set", "template=line")
    assert code == 1
    assert "Did you mean 'lines'?" in found["problems"][0]
    assert found["machine"]["cores"] >= 1


def test_weights_that_are_not_here_yet(run, recipe, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    _, found = report(run, "--model", recipe, "--set", "llm.checkpoint=nobody/nothing")
    assert "llm counter: nobody/nothing is not on this machine yet" in found["warnings"]


def test_broken_plugin_is_named(run, recipe, registry):
    from sensorium.discovery import BrokenPlugin

    registry.plugins.broken.append(BrokenPlugin("limping", "x", "ImportError: a"))
    _, found = report(run, "--model", recipe)
    assert "plugin 'limping' was left out: ImportError: a" in found["warnings"]


@pytest.mark.parametrize(("version", "flawed"), [("12.3.0", 1), ("13.0.0", 0), (None, 0)])
def test_pillow_with_the_known_flaw(version, flawed):
    found = machine.known_flaws({"pillow": version})
    assert ["CVE-2026-112403" in warning for warning in found] == [True] * flawed


def test_missing_package_comes_with_its_pip_line():
    versions = dict.fromkeys(machine.OPTIONAL, "1.0") | {"gradio": None}
    assert machine.missing_packages(versions) == [
        f"gradio is not installed (the chat page): {install_line('app')}"
    ]


def test_the_pip_line_is_one_that_works(monkeypatch, tmp_path):
    """From a copy of the sources the distribution's name would be looked up in the index."""
    root = Path(__file__).parents[2]
    assert install_line("app") == f"pip install -e '{root}[app]'"
    monkeypatch.setattr("sensorium.errors.__file__", str(tmp_path / "lib/sensorium/errors.py"))
    assert install_line("app") == "pip install 'sensorium[app]'"


def test_optional_packages_are_the_extras_of_the_project():
    pyproject = Path(__file__).parents[2] / "pyproject.toml"
    extras = tomllib.loads(pyproject.read_text())["project"]["optional-dependencies"]
    for name, (extra, _) in machine.OPTIONAL.items():
        assert any(line.startswith(f"{name}>=") for line in extras[extra])


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 bytes"), (5_600, "6 kB"), (1.55e6, "1.6 MB"), (11.1e9, "11.1 GB")]
)
def test_sizes_in_words(size, words):
    assert machine.in_words(size) == words


def test_nothing_is_loaded(run, recipe, monkeypatch):
    def build(plan):
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("sensorium.pipeline.Plan.build", build)
    assert run("doctor", "--model", recipe).exit_code == 0
    assert doctor_module.RUNTIME_BYTES < GIGABYTE
