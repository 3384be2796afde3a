"""Recipes: precedence, errors that name the path of the key, and nothing but plain YAML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sensorium.config import (
    ENVIRONMENT_PREFIX,
    Recipe,
    environment_overrides,
    load_options,
    load_recipe,
    make_recipe,
    merge,
    parse_overrides,
    read_yaml,
    resolve_paths,
)
from sensorium.errors import ConfigError
from sensorium.pipeline import plan
from sensorium.testing import fake_registry

RECIPE = """
llm: {plugin: fake}
encoders:
  image: {plugin: fake, projector: {plugin: mlp, depth: 3}}
template: fake
generation: {max_tokens: 7}
"""


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE)
    return path


def test_precedence(recipe, monkeypatch):
    def seen(*overrides):
        loaded = load_recipe(recipe, overrides)
        return loaded.generation.max_tokens, loaded.encoders["image"].projector.settings["depth"]

    assert load_recipe(recipe).generation.temperature == 0  # the default
    assert seen() == (7, 3)
    monkeypatch.setenv(ENVIRONMENT_PREFIX + "GENERATION__MAX_TOKENS", "8")
    monkeypatch.setenv(ENVIRONMENT_PREFIX + "ENCODERS__IMAGE__PROJECTOR__DEPTH", "4")
    assert seen() == (8, 4)
    assert seen("generation.max_tokens=9") == (9, 4)
    assert seen("generation.max_tokens=9", "generation.max_tokens=10") == (10, 4)


def test_errors_name_what_lies_over_the_file(recipe, monkeypatch):
    monkeypatch.setenv("SENSORIUM_OTHER_THREADS", "0")
    assert load_recipe(recipe).threads is None
    said = rf"'threads'.*\({recipe} with SENSORIUM_OTHER_THREADS, --set device=cpu\)"
    with pytest.raises(ConfigError, match=said):
        load_options(Recipe, recipe, ["device=cpu"], prefix="SENSORIUM_OTHER_")


def test_overrides_are_yaml():
    tree = parse_overrides(["a.b=[1, x]", "a.c=null", "d=text = more", "a.b2={k: 1.5}"])
    assert tree == {"a": {"b": [1, "x"], "c": None, "b2": {"k": 1.5}}, "d": "text = more"}
    assert environment_overrides({"HOME": "/x", ENVIRONMENT_PREFIX + "A__B": "1"}) == {
        "a": {"b": 1}
    }


@pytest.mark.parametrize("pair", ["", "a", "=1", ".=1", "a..b=1", "a.=1", ".a=1"])
def test_overrides_that_are_none(pair):
    with pytest.raises(ConfigError, match=r"is not KEY=VALUE\. Example: llm\.dtype=float32"):
        parse_overrides([pair])


@pytest.mark.parametrize(
    "value", ["{", "!!python/object:os.system x", "[" * 5000, "2024-99-99", "&a [*a]", "1" * 5000]
)
def test_overrides_of_no_plain_value(value):
    with pytest.raises(ConfigError, match="The value of 'a' is not plain YAML"):
        parse_overrides([f"a={value}"])


trees = st.recursive(
    st.integers(), lambda below: st.dictionaries(st.sampled_from("abc"), below, max_size=3)
)


@given(
    st.dictionaries(st.sampled_from("abc"), trees), st.dictionaries(st.sampled_from("abc"), trees)
)
def test_merge_keeps_what_is_not_overridden(base, over):
    merged = merge(base, over)
    assert merge(merged, over) == merged
    assert merged.keys() == base.keys() | over.keys()
    assert merge(base, {}) == base
    for key in base.keys() - over.keys():
        assert merged[key] == base[key]


def test_numbers_stand_for_the_places_of_a_list():
    base = {"data": [{"format": "text", "path": "a"}, {"format": "chat"}], "trains": ["llm"]}
    over = parse_overrides(["data.0.path=b", "data.1.media=c", "trains.0=projector"])
    assert merge(base, over) == {
        "data": [{"format": "text", "path": "b"}, {"format": "chat", "media": "c"}],
        "trains": ["projector"],
    }
    beyond = parse_overrides(["data.2.path=b"])
    assert merge(base, beyond)["data"] == {"2": {"path": "b"}}  # which validation then refuses


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"templat": "x"}, "unknown key 'templat'. Did you mean 'template'?"),
        ({"zzz": 1}, "unknown key 'zzz'. Known: device, encoders, generation, kept_megabytes"),
        ({"generation": {"max_token": 1}}, "'generation.max_token'. Did you mean 'max_tokens'?"),
        ({"generation": {"max_tokens": "many"}}, "'generation.max_tokens': Input should be"),
        ({"generation": {"temperature": float("nan")}}, "'generation.temperature'"),
        ({"generation": {"stop": "x"}}, "'generation.stop': Input should be a list, got 'x'"),
        ({"llm": "phi2"}, "'llm' takes keys and values, as in llm: {plugin: "),
        ({"llm": {"plugin": None}}, "'llm.plugin': Input should be a valid string, got None"),
        ({"encoders": []}, "'encoders': Input should be keys and values"),
        ({"encoders": {"image": {"plugin": 3}}}, "'encoders.image.plugin'"),
        ({"encoders": {"image": {"mode": "x"}}}, "'encoders.image.mode'"),
        ({"encoders": {"image": {"projector": 3}}}, "'encoders.image.projector'"),
        ({"threads": 0}, "'threads'"),
        ({3: 4}, "'3'"),
        ({"system": "x" * 10_000, "device": []}, "'device'"),
    ],
)
def test_errors_name_the_path(change, message):
    tree = merge(
        {
            "llm": {"plugin": "fake"},
            "encoders": {"image": {"plugin": "fake", "projector": {"plugin": "mlp"}}},
            "template": "fake",
        },
        change,
    )
    with pytest.raises(ConfigError) as caught:
        make_recipe(tree, source="recipe.yaml")
    assert message in str(caught.value)
    assert "recipe.yaml" in str(caught.value)
    assert len(str(caught.value)) < 600


def test_what_is_missing_is_named():
    with pytest.raises(ConfigError, match=r"'llm' is missing; 'template' is missing"):
        make_recipe({}, source="recipe.yaml")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("llm.checkpont=x", "unknown key 'llm.checkpont'"),
        ("encoders.image.layr=1", "unknown key 'encoders.image.layr'"),
        (
            "encoders.image.projector.dept=1",
            "unknown key 'encoders.image.projector.dept'. Did you mean 'depth'?",
        ),
        ("encoders.image.projector.depth=99", "'encoders.image.projector.depth': Input should"),
        ("llm.plugin=fke", "No language model 'fke'"),
        ("encoders.image.plugin=fke", "No encoder 'fke'"),
        ("encoders.image.projector.plugin=mpl", "No projector 'mpl'"),
        ("template=fke", "No chat template 'fke'"),
    ],
)
def test_plugin_options_are_checked_with_their_path(recipe, override, message):
    with pytest.raises(ConfigError) as caught:
        plan(load_recipe(recipe, [override]), fake_registry(), source="recipe.yaml")
    assert message in str(caught.value)
    assert "recipe.yaml" in str(caught.value)
    if "plugin" in override:
        assert f"{override.split('=')[0]}" in str(caught.value)
        assert "Did you mean" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: !!python/object/apply:os.system ['touch {marker}']", "not plain YAML.*python/object"),
        ("a: !!python/name:os.system", "not plain YAML"),
        ("!!python/object/new:tuple [[1]]", "not plain YAML"),
        ("a: &x [1]\nb: *x", "not plain YAML.*aliases"),
        ("a: &x {b: *x}", "aliases"),
        ("a: 2024-99-99", "not plain YAML"),
        ("a: [", "not plain YAML"),
        ("a: b: c", "not plain YAML"),
        ("- a", "must hold a mapping"),
        ("", "must hold a mapping"),
        ("[" * 100_000, "nested too deeply|not plain"),
        ("\0", "not UTF-8"),
    ],
)
def test_only_plain_yaml(tmp_path, text, message):
    marker, path = tmp_path / "marker", tmp_path / "recipe.yaml"
    path.write_text(text.replace("{marker}", str(marker)))
    with pytest.raises(ConfigError, match=message):
        read_yaml(path)
    assert not marker.exists()


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="No file"):
        read_yaml(tmp_path / "nowhere.yaml")
    with pytest.raises(ConfigError, match="Cannot read"):
        read_yaml(tmp_path)
    (tmp_path / "bytes.yaml").write_bytes(b"a: \xff\xfe")
    with pytest.raises(ConfigError, match="Cannot read"):
        read_yaml(tmp_path / "bytes.yaml")


def test_paths_are_relative_to_the_file(tmp_path, monkeypatch):
    (tmp_path / "recipes").mkdir()
    path = tmp_path / "recipes" / "recipe.yaml"
    path.write_text(
        "llm: {plugin: fake, checkpoint: ./llm, data: [./a, b]}\n"
        "encoders: {image: {plugin: fake, checkpoint: ../clip,"
        " projector: {plugin: mlp, weights: ./p.safetensors}}}\n"
        "template: fake\n"
    )
    monkeypatch.chdir("/")
    loaded = load_recipe(path, ["llm.adapter=./here"])
    here = tmp_path / "recipes"
    image = loaded.encoders["image"]
    assert loaded.llm.settings["checkpoint"] == str(here / "llm")
    assert loaded.llm.settings["data"] == [str(here / "a"), "b"]
    assert loaded.llm.settings["adapter"] == "./here"  # typed by a person: from where they stand
    assert image.settings["checkpoint"] == str(tmp_path / "clip")
    assert image.projector.weights == str(here / "p.safetensors")


def test_a_path_that_is_none(tmp_path):
    with pytest.raises(ConfigError, match="is not a path"):
        resolve_paths({"a": "./x\0y"}, tmp_path)


def test_hub_ids_are_left_alone(tmp_path):
    tree = {"a": "microsoft/phi-2", "b": {"c": ".hidden", "d": "...", "e": 1, "f": None}}
    assert resolve_paths(tree, tmp_path) == tree


def test_of_several_unknown_keys_the_known_ones_are_listed_once():
    tree = {"llm": {"plugin": "a"}, "template": "b", "zzz": 1, "yyy": 2, "tempalte": 3}
    with pytest.raises(ConfigError) as caught:
        make_recipe(tree, source="r.yaml")
    said = str(caught.value)
    assert said.count("Known: device, encoders") == 1
    for name in ("zzz", "yyy", "tempalte"):
        assert f"unknown key '{name}'" in said
    assert "Did you mean 'template'?" in said
    assert said.endswith(" (r.yaml)")
