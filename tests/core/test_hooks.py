"""Every hook has an example that runs, a table, and annotations that are true."""

from __future__ import annotations

import doctest
import inspect
import subprocess
import sys
import typing

import pytest
import sensorium
from sensorium import hooks
from sensorium.discovery import empty_plugins, find_plugins
from sensorium.registry import Registry

HOOKS = sorted(name for name in vars(hooks) if name.startswith("register_"))
TABLES = {table.hook: table for table in Registry(empty_plugins()).tables()}


def example(hook: str) -> object:
    """The plugin in the docstring of a hook, after its doctest ran."""
    test = doctest.DocTestFinder().find(getattr(hooks, hook), hook, globs={})[0]
    assert test.examples
    results = doctest.DocTestRunner().run(test, clear_globs=False)
    assert results.failed == 0
    return test.globs["Plugin"]()


def test_there_are_hooks():
    assert len(HOOKS) == len(TABLES) == 9


@pytest.mark.parametrize("hook", HOOKS)
def test_the_docstring_is_a_plugin_that_runs(hook):
    plugin = example(hook)
    plugins = empty_plugins()
    plugins.register(plugin, "example", "a docstring")
    registry = Registry(plugins)
    held = {table.hook: list(table) for table in registry.tables()}
    assert not plugins.broken
    assert {name for name, entries in held.items() if entries} == {hook}
    (entry,) = held[hook]
    assert entry.plugin == "example"
    assert entry.spec.summary


@pytest.mark.parametrize("hook", HOOKS)
def test_the_annotation_is_what_the_registry_takes(hook):
    returned = typing.get_type_hints(getattr(hooks, hook))["return"]
    assert typing.get_args(returned) == (TABLES[hook].spec_type,)
    assert not inspect.signature(getattr(hooks, hook)).parameters


def build_example(hook: str):
    plugins = empty_plugins()
    plugins.register(example(hook), "example", "a docstring")
    (entry,) = next(table for table in Registry(plugins).tables() if table.hook == hook)
    return entry.spec


def test_examples_build_what_they_promise():
    """The lazy parts of the examples run too."""
    import torch
    from sensorium import Encoder, Projector, Transcriber

    encoder = build_example("register_encoders")
    shape = encoder.inspect(encoder.options())
    built = encoder.build(encoder.options(), "cpu")
    assert isinstance(built, Encoder)
    (features,) = built.encode([built.prepare(b"ding")])
    assert features.shape == (shape.positions, shape.width)

    projector = build_example("register_projectors")
    module = projector.build(projector.options(), shape, 5)
    assert isinstance(module, Projector)
    assert module(features).shape == (module.positions(shape.positions), 5)

    transcriber = build_example("register_transcribers")
    assert isinstance(transcriber.build(transcriber.options(), "cpu"), Transcriber)

    llm = build_example("register_language_models")
    model = llm.build(llm.options(), "cpu")
    shape = llm.inspect(llm.options())
    assert (shape.width, shape.context_length) == (model.width, model.context_length)
    assert model.open_session().append(model.embed(torch.tensor([1, 2]))).shape[0] == 1

    source = build_example("register_dataset_formats").open(None)
    assert len(source) == 10
    evaluation = build_example("register_evaluations")
    assert callable(evaluation.run)
    assert build_example("register_commands").load().name == "hello"
    assert build_example("register_bundles").folder().name == "mine"


def test_public_names_exist_and_nothing_else_does():
    for name in sensorium.__all__:
        assert getattr(sensorium, name) is not None
    assert dir(sensorium) == sensorium.__all__
    with pytest.raises(AttributeError, match="no attribute 'Encodr'"):
        _ = sensorium.Encodr


@pytest.mark.parametrize(
    ("code", "banned"),
    [
        ("import sensorium", {"torch", "transformers", "pydantic", "PIL", "numpy"}),
        (
            "from sensorium.registry import create_registry\n"
            "registry = create_registry()\n"
            "registry.tables()\n"
            "assert not registry.plugins.broken, registry.plugins.broken",
            {
                *("torch", "transformers", "peft", "gradio", "bitsandbytes", "accelerate"),
                *("av", "faster_whisper", "ctranslate2", "onnxruntime"),
            },
        ),
    ],
    ids=["import", "all-plugins"],
)
def test_loading_is_light(code, banned):
    check = f"{code}\nimport sys\nheavy = {banned!r} & set(sys.modules)\nassert not heavy, heavy"
    subprocess.run([sys.executable, "-W", "error", "-c", check], check=True, timeout=120)


def test_the_installed_plugins_are_found():
    names = {plugin.name for plugin in find_plugins([], []).found}
    assert {"builtin", "vision_clip", "audio_whisper", "llm_phi2", "pocket", "trainers"} <= names
