"""Plugins come from anywhere, and a broken one is named while the rest load."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import uuid

import pytest
from sensorium import EncoderSpec, FeatureShape, ProjectorSpec, discovery, hookimpl
from sensorium.discovery import empty_plugins, find_plugins
from sensorium.errors import UnknownNameError
from sensorium.options import NoOptions
from sensorium.registry import Registry

GOOD = """
from sensorium import BundleSpec, hookimpl

@hookimpl
def register_bundles():
    yield BundleSpec(name="{name}", summary="a model", folder=lambda: None)
"""


@pytest.fixture(autouse=True)
def _only_ours(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [])
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delenv(discovery.PLUGINS_PATH, raising=False)
    monkeypatch.delenv(discovery.BLOCKED, raising=False)


@pytest.fixture
def project(tmp_path):
    """`project(name, code)`: an un-installed project; its module has a name of its own."""

    def make(name: str, code: str = GOOD, *, root: str = ".", table: str = "") -> str:
        module = f"plugin_{uuid.uuid4().hex}"
        folder = tmp_path / name
        (folder / root).mkdir(parents=True)
        (folder / root / f"{module}.py").write_text(code.replace("{name}", name))
        hatch = f'[tool.hatch.build]\ndev-mode-dirs = ["{root}"]\n' if root != "." else ""
        entries = table or f'{name} = "{module}"'
        (folder / "pyproject.toml").write_text(
            f'[project]\nname = "{name}"\n[project.entry-points.sensorium]\n{entries}\n{hatch}'
        )
        return module

    return make


def bundles(plugins):
    return sorted(entry.spec.name for entry in Registry(plugins).bundles)


def reasons(plugins):
    return {broken.name: broken.reason for broken in plugins.broken}


@pytest.mark.parametrize("root", [".", "src", "deep/source"])
def test_a_folder_is_a_plugin_as_it_is(project, tmp_path, monkeypatch, root):
    project("mine", root=root)
    monkeypatch.setenv(discovery.PLUGINS_PATH, str(tmp_path / "mine"))
    plugins = find_plugins()
    assert bundles(plugins) == ["mine"]
    assert plugins.found[0].source == str(tmp_path / "mine" / "pyproject.toml")
    assert plugins.source_of("mine") == plugins.found[0].source


def test_a_folder_of_folders(project, tmp_path):
    for name in ("one", "two"):
        project(name)
    assert bundles(find_plugins([tmp_path])) == ["one", "two"]


def test_the_same_project_twice_is_one_plugin(project, tmp_path):
    project("mine")
    plugins = find_plugins([tmp_path / "mine", tmp_path])
    assert bundles(plugins) == ["mine"]
    assert not plugins.broken


def test_two_projects_of_one_name_are_not(project, tmp_path):
    module = project("mine")
    project("other", table=f'mine = "other_{module}"')
    plugins = find_plugins([tmp_path / "mine", tmp_path / "other"])
    assert bundles(plugins) == ["mine"]
    assert reasons(plugins) == {"mine": f"the name is taken by {module}"}
    assert plugins.broken[0].source == str(tmp_path / "other" / "pyproject.toml")


def test_blocked_names(project, tmp_path, monkeypatch):
    for name in ("one", "two", "three"):
        project(name, GOOD if name == "three" else "raise RuntimeError('imported')")
    monkeypatch.setenv(discovery.BLOCKED, "one, two")
    plugins = find_plugins([tmp_path])
    assert bundles(plugins) == ["three"]
    assert not plugins.broken


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("def (", "SyntaxError"),
        (
            GOOD.replace("register_bundles", "register_bundels"),
            "there is no hook 'register_bundels'. Did you mean 'register_bundles'?",
        ),
        (GOOD.replace("bundles():", "bundles(model):"), "model"),
    ],
    ids=["raises", "exits", "import", "syntax", "misspelled", "argument"],
)
def test_a_broken_module_is_named_and_the_rest_load(project, tmp_path, code, reason):
    project("a_good")
    project("bad", code)
    project("good")
    plugins = find_plugins([tmp_path])
    assert bundles(plugins) == ["a_good", "good"]
    assert reason in reasons(plugins)["bad"]
    assert plugins.broken[0].source == str(tmp_path / "bad" / "pyproject.toml")


@pytest.mark.parametrize(
    "text",
    ["[project", "\udcff", "project = 3", "project.entry-points.sensorium = 3", "tool.hatch = 3"],
)
def test_a_broken_pyproject_is_named(project, tmp_path, text):
    project("good")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "pyproject.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    plugins = find_plugins([tmp_path])
    assert bundles(plugins) == ["good"]
    assert "Cannot read" in reasons(plugins)["bad"]


@pytest.mark.parametrize("value", ["3", '["a"]', '"no_such_module:thing"', '"sys:nothing"'])
def test_an_impossible_entry_is_named(project, tmp_path, value):
    project("good")
    project("bad", table=f"bad = {value}")
    plugins = find_plugins([tmp_path])
    assert bundles(plugins) == ["good"]
    assert list(reasons(plugins)) == ["bad"]


def test_an_empty_folder_is_named(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert "no pyproject.toml" in reasons(find_plugins([folder]))[folder.name]


class Encoders:
    """Yields what it is given; raises what is an exception."""

    def __init__(self, *items):
        self.items = items

    @hookimpl
    def register_encoders(self):
        for item in self.items:
            if isinstance(item, BaseException):
                raise item
            yield item


def encoder(name="ear", **changes):
    fields = {"modality": "audio", "summary": "s", "options": NoOptions} | changes
    fields = {"inspect": lambda o: FeatureShape(8), "build": lambda o, d: None} | fields
    return EncoderSpec(name=name, **fields)


def collected(*plugins):
    found = empty_plugins()
    for number, plugin in enumerate(plugins):
        found.register(plugin, f"p{number}", "a test")
    return sorted(entry.spec.name for entry in Registry(found).encoders), reasons(found)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (ValueError("oh"), "register_encoders: ValueError: oh"),
        (SystemExit(2), "register_encoders: SystemExit: 2"),
        (ProjectorSpec("p", "s", NoOptions, print), "yielded ProjectorSpec, expected EncoderSpec"),
        ("ear", "yielded str, expected EncoderSpec"),
        (None, "yielded NoneType"),
        (encoder("eye"), "encoder 'eye' is already registered by plugin 'p0'"),
        (encoder(""), "name must be a text that is not empty"),
        (encoder(3), "name must be a text"),
        (encoder(summary=""), "summary must be"),
        (encoder(modality=None), "modality must be"),
        (encoder(build="build"), "build is not callable"),
        (encoder(inspect=None), "inspect is not callable"),
        (encoder(options=dict), "options is not a subclass"),
        (encoder(options=None), "options is not a subclass"),
    ],
)
def test_a_bad_spec_is_named_and_the_rest_stay(item, reason):
    names, broken = collected(
        Encoders(encoder("eye")),
        Encoders(encoder("before"), item, encoder("after")),
        Encoders(encoder("ear")),
    )
    assert names == ["before", "ear", "eye"]
    assert list(broken) == ["p1"]
    assert reason in broken["p1"]


def test_a_hook_that_returns_nothing_is_named():
    class Silent:
        @hookimpl
        def register_encoders(self):
            return None

    names, broken = collected(Silent(), Encoders(encoder()))
    assert names == ["ear"]
    assert "not iterable" in broken["p0"]


def test_a_plugin_whose_attributes_raise_is_named():
    class Touchy:
        def __dir__(self):
            raise RuntimeError("do not touch")

    names, broken = collected(Touchy(), Encoders(encoder()))
    assert names == ["ear"]
    assert "do not touch" in broken["p0"]


def test_a_name_registered_twice_keeps_the_first():
    plugin = Encoders(encoder())
    plugins = empty_plugins()
    for one in (plugin, plugin, Encoders(encoder("eye"))):
        plugins.register(one, "same", "a test")
    assert [entry.spec.name for entry in Registry(plugins).encoders] == ["ear"]
    assert len(plugins.broken) == 2
    assert "registered already" in plugins.broken[0].reason


def test_lookup_suggests():
    registry = Registry(empty_plugins())
    registry.plugins.register(Encoders(encoder("clip")), "p", "a test")
    with pytest.raises(UnknownNameError) as caught:
        registry.encoders.get("clp", where="recipe.yaml, encoders.image")
    assert str(caught.value) == (
        "No encoder 'clp' (recipe.yaml, encoders.image). Did you mean 'clip'? "
        "See: sensorium plugins list"
    )


def test_lookup_names_what_was_left_out_on_purpose(project, tmp_path):
    for name in ("one", "two", "three"):
        project(name)
    registry = Registry(find_plugins([tmp_path], ["two", "one", "absent"]))
    with pytest.raises(UnknownNameError, match="SENSORIUM_BLOCKED leaves out: one, two"):
        registry.bundles.get("two")


def test_one_broken_plugin_does_not_end_the_command_line(project, tmp_path):
    project("bad", "raise SystemExit(7)")
    code = "from sensorium.registry import create_registry as c; r = c(); print(r.plugins.broken)"
    environment = {discovery.PLUGINS_PATH: str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60
    )
    assert "SystemExit: 7" in done.stdout


def test_a_name_of_which_there_are_none_does_not_send_to_an_empty_list():
    assert "See: sensorium plugins list" in str(UnknownNameError("encoder", "clp", ["clip"]))
    error = str(UnknownNameError("transcriber", "whisper", []))
    assert "sensorium plugins list" not in error
    assert "docs/plugins.md" in error
