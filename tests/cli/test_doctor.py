import json
import tomllib
from pathlib import Path

import pytest
from sensorium import estimate
from sensorium.cache import MAX_ITEMS
from sensorium.cli import machine
from sensorium.errors import install_line
from sensorium.estimate import RUNTIME_BYTES
from sensorium.footprint import Footprint
from sensorium.neighbours import Disturbance
from sensorium.probe import Probe, Speed
from sensorium.session import MAX_SESSIONS, OVERHEAD_BYTES

LLM = Footprint(
    parameters=1_000_000,
    resident_bytes=2_000_000,
    read_bytes=1_500_000,
    flops=2_000_000,
    operations=10,
    kv_bytes=100,
)
QUESTION = 32 + 4  # positions of text, and of a picture


@pytest.fixture(autouse=True)
def known_machine(monkeypatch):
    """A machine that is as quick every time, and a language model that says what it takes."""
    from sensorium.registry import Table

    monkeypatch.setattr(estimate, "probe", lambda: Probe(1e9, 1e-6))
    monkeypatch.setattr(estimate, "speed", lambda products, rows: Speed(1e-9, 5e-10))
    collect = Table.collect

    def say(table, plugins):
        collect(table, plugins)
        for entry in table:
            if entry.spec.name == "counter":
                object.__setattr__(entry.spec, "footprint", lambda options: LLM)

    monkeypatch.setattr(Table, "collect", say)


def report(run, *arguments):
    result = run("doctor", "--json", *arguments)
    assert result.exit_code in (0, 1), result.stderr
    return result.exit_code, json.loads(result.stdout)


def test_text_form(run, mlp_recipe):
    result = run("doctor", "--model", mlp_recipe)
    assert result.exit_code == 0, result.stdout
    assert "image: eye 4 x 8 -> mlp (random weights) -> 4 x 8" in result.stdout
    assert "llm counter   1,000,000     2.0 MB" in result.stdout
    assert "image eye             ?          ?" in result.stdout
    assert "about 402.0 MB of memory with the runtime, without '?'" in result.stdout
    assert "one image, 36 positions: first text after about 37 ms (prefill 37 ms)" in result.stdout
    assert (
        "then 497 tokens/s; memory is read at 1.0 GB/s, which allows 665 tokens/s" in result.stdout
    )
    assert result.stdout.endswith(f"Ready: sensorium chat --model {mlp_recipe}\n")


def test_memory_and_time_from_footprints(run, mlp_recipe):
    code, found = report(run, "--model", mlp_recipe)
    assert code == 0
    llm, eye, projector = found["model"]["parts"]
    assert llm == {"part": "llm counter", "parameters": 1_000_000, "memory": 2_000_000}
    assert eye == {"part": "image eye", "parameters": None, "memory": None}
    assert "image eye: its plugin does not say what it takes" in found["warnings"]
    assert projector["parameters"] == 2 * (8 * 8 + 8)
    held = 2_000_000 + 4 * projector["parameters"] + 100 * QUESTION
    assert found["model"]["memory"] == RUNTIME_BYTES + held
    answer = found["model"]["answer"]
    assert (answer["media"], answer["positions"]) == (["image"], QUESTION)
    assert answer["phases"]["prefill"] == pytest.approx(10e-6 + 2e6 * (1e-9 + 35 * 5e-10))
    assert answer["phases"]["project"] > 0
    assert answer["bound"] == pytest.approx(1e9 / (1_500_000 + 100 * QUESTION))


def test_short_of_memory_is_a_problem(run, recipe, monkeypatch):
    monkeypatch.setattr(machine, "available_memory", lambda: RUNTIME_BYTES + 10**6)
    code, found = report(run, "--model", recipe)
    assert code == 1
    assert "takes about 402.0 MB, 401.0 MB of memory is available" in found["problems"][0]


class Watched:
    """Neighbours that do what a test says."""

    def __init__(self, scatter, others):
        self.found = Disturbance(scatter, others, 2, 2)

    def disturbance(self, scatter, threads):
        return self.found


@pytest.mark.parametrize(
    ("scatter", "others", "said"),
    [
        (1.1, 1.8, "other work used 1.8 of 2 cores. Times and tokens/s"),
        (97.0, 0.0, "equal runs took up to 97 times as long as the quickest. Times"),
        (97.0, 1.8, "other work used 1.8 of 2 cores, and equal runs took up to 97 times"),
    ],
)
def test_a_busy_machine_is_noticed_and_said(run, recipe, monkeypatch, scatter, others, said):
    monkeypatch.setattr(estimate, "Neighbours", lambda: Watched(scatter, others))
    code, found = report(run, "--model", recipe)
    assert code == 0
    (warning,) = [one for one in found["warnings"] if "this machine is busy" in one]
    assert said in warning
    assert found["model"]["answer"]["busy"]
    shown = run("doctor", "--model", recipe).stdout
    assert "tokens/s  (a busy machine: see the warning)" in shown
    assert f"Warning: {warning}" in shown


def test_an_idle_machine_is_not_called_busy(run, recipe, monkeypatch):
    monkeypatch.setattr(estimate, "Neighbours", lambda: Watched(1.3, 0.1))
    _, found = report(run, "--model", recipe)
    assert not found["model"]["answer"]["busy"]
    assert not any("busy" in one for one in found["warnings"])
    assert "busy" not in run("doctor", "--model", recipe).stdout


def test_what_may_be_kept_is_promised_too(run, mlp_recipe, monkeypatch):
    picture = 4 * 8 * 4  # positions, width, bytes of a float32
    window = 512 * 100 + OVERHEAD_BYTES
    _, found = report(run, "--model", mlp_recipe, "--set", "kept_megabytes=1000")
    assert found["model"]["kept"] == MAX_SESSIONS * window + MAX_ITEMS * picture
    _, found = report(run, "--model", mlp_recipe, "--set", "kept_megabytes=1")
    assert found["model"]["kept"] == 2**20 + MAX_ITEMS * picture
    memory = found["model"]["memory"]
    shown = run("doctor", "--model", mlp_recipe, "--set", "kept_megabytes=1").stdout
    assert "and up to 1.1 MB for what it keeps of earlier conversations: 403.1 MB in all" in shown
    monkeypatch.setattr(machine, "available_memory", lambda: memory + 10)
    code, found = report(run, "--model", mlp_recipe, "--set", "kept_megabytes=1")
    assert code == 0
    (warning,) = [one for one in found["warnings"] if "kept_megabytes" in one]
    assert "takes 403.1 MB, 402.0 MB of memory is available; set a lower kept" in warning


def test_threads_are_those_of_the_recipe(run, recipe):
    import torch

    before = torch.get_num_threads()
    try:
        report(run, "--model", recipe, "--set", f"threads={before + 1}")
        assert torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)


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


@pytest.mark.parametrize(
    ("rate", "words"),
    [(0.0123, "0.0123"), (0.88, "0.88"), (37.25, "37.2"), (665.4, "665"), (2053.7, "2,050")],
)
def test_rates_in_words_have_no_exponent(rate, words):
    assert machine.rate_in_words(rate) == words
    assert machine.rate_in_words(1234567.0) == "1,230,000"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.00012, "0.1 ms"), (0.0094, "9.4 ms"), (0.25, "250 ms"), (3.21, "3.2 s")],
)
def test_times_in_words(seconds, words):
    assert machine.time_in_words(seconds) == words
