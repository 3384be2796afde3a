"""Recipes and prompts: where settings come from, what is refused, and that no key is told."""

from __future__ import annotations

import pytest
from sensorium.errors import ConfigError
from sensorium_trainers.generate.prompts import Prompts
from sensorium_trainers.generate.recipe import load_corpus_recipe, read_key

SECRET = "sk-very-secret-1"


def test_command_line_over_environment_over_file(write, monkeypatch):
    path = write(samples=1, seed=1)
    assert load_corpus_recipe(path).samples == 1
    monkeypatch.setenv("SENSORIUM_GENERATE_SAMPLES", "2")
    monkeypatch.setenv("SENSORIUM_GENERATE_ENDPOINT__CONCURRENCY", "9")
    found = load_corpus_recipe(path)
    assert (found.samples, found.seed, found.endpoint.concurrency) == (2, 1, 9)
    assert load_corpus_recipe(path, ["samples=3"]).samples == 3


def test_relative_paths_are_the_files(write, tmp_path):
    (tmp_path / "words.txt").write_text("one\n\n  two \r\n", "utf-8")
    found = load_corpus_recipe(write(variables={"animal": "./words.txt"}, output="./c.jsonl"))
    assert found.cache_path == tmp_path / "c.jsonl.answers.sqlite"
    drawn = {Prompts(found).messages(i)[0]["content"] for i in range(40)}
    assert drawn == {"Tell of a one.", "Tell of a two."}


def test_samples_draw_the_same_whatever_is_added(recipe):
    animals = {"animal": [f"animal {i}" for i in range(1000)]}
    few, more = (Prompts(recipe(variables=animals, samples=n)) for n in (9, 99))
    assert [few.messages(i) for i in range(9)] == [more.messages(i) for i in range(9)]
    places = {**animals, "place": ["barn"]}
    placed = Prompts(recipe(variables=places, prompt="{animal}, {place}"))
    firsts = [few.messages(i)[0]["content"].removeprefix("Tell of a ")[:-1] for i in range(9)]
    assert [placed.messages(i)[0]["content"] for i in range(9)] == [f"{a}, barn" for a in firsts]
    assert len(set(firsts)) > 5
    other = Prompts(recipe(variables=animals, seed=1))
    assert [other.messages(i) for i in range(9)] != [few.messages(i) for i in range(9)]


def test_every_sample_has_a_seed_of_its_own(recipe):
    prompts = Prompts(recipe())
    seeds = {prompts.seed(i) for i in range(1000)}
    assert len(seeds) == 1000
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_system_and_braces(recipe):
    made = Prompts(recipe(system="You love a {animal}.", prompt='Write {{"a": 1}}.'))
    system, user = made.messages(0)
    assert system["role"] == "system"
    assert system["content"].startswith("You love a c") or "dog" in system["content"]
    assert user == {"role": "user", "content": 'Write {"a": 1}.'}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prompt": "a {anmal}"}, r"No variable 'anmal' \(prompt\)\. Did you mean 'animal'\?"),
        ({"prompt": "a {animal"}, r"Braces that do not match.*prompt"),
        ({"prompt": "{animal.__class__}"}, r"is no variable.*\{\{"),
        ({"prompt": "{}"}, "is no variable"),
        ({"prompt": "{animal!r}"}, "is no variable"),
        ({"prompt": "nothing"}, r"No prompt has \{animal\} \(variables\.animal\)"),
        ({"variables": {"animal": []}}, r"no value to draw from \(variables\.animal\)"),
        ({"variables": {"animal": "/no/such.txt"}}, r"Cannot read /no/such\.txt: No such file"),
        ({"samples": 0}, r"'samples'.*greater than or equal to 1.*recipe\.yaml"),
        ({"sample": 1}, r"unknown key 'sample'\. Did you mean 'samples'"),
        ({"sampling": {"extra": {"stop": ["\n"]}}}, r"'stop' cannot be set.*has not ended"),
        ({"sampling": {"extra": {"options": {"stop": ["\n"]}}}}, r"'stop' cannot be set"),
        ({"sampling": {"extra": {"stream": False}}}, r"'stream' cannot be set.*keys of its own"),
        ({"sampling": {"extra": {"a": float("nan")}}}, r"cannot be sent as JSON"),
        ({"sampling": {"temperature": float("inf")}}, r"'sampling\.temperature'"),
        ({"endpoint": {"base_url": "127.0.0.1:11434"}}, r"not an http:// .*\(endpoint\.base_url\)"),
        ({"endpoint": {"base_url": "file:///etc/passwd"}}, "not an http://"),
        ({"endpoint": {"base_url": "http://h:99999"}}, "not an http://"),
    ],
)
def test_what_cannot_be_used_is_said(recipe, changes, said):
    with pytest.raises(ConfigError, match=said):
        Prompts(recipe(**changes))


@pytest.mark.parametrize(
    "endpoint",
    [
        {"api_key": SECRET},
        {"api_key_variable": SECRET},
        {"base_url": f"https://user:{SECRET}@example.com/v1"},
        {"base_url": f"https://example.com/v1?key={SECRET}"},
    ],
)
def test_a_key_in_the_wrong_place_is_refused_and_not_repeated(recipe, endpoint):
    with pytest.raises(ConfigError) as caught:
        read_key(recipe(endpoint=endpoint).endpoint)
    assert SECRET not in str(caught.value)


def test_the_key_comes_from_the_environment(recipe, monkeypatch):
    endpoint = recipe(endpoint={"api_key_variable": "MY_KEY"}).endpoint
    monkeypatch.delenv("MY_KEY", raising=False)
    with pytest.raises(ConfigError, match=r"MY_KEY is not set .*export MY_KEY=\.\.\."):
        read_key(endpoint)
    monkeypatch.setenv("MY_KEY", f"{SECRET}\n")
    assert read_key(endpoint) == SECRET
    monkeypatch.setenv("MY_KEY", f"{SECRET}\nX-Header: 1")
    with pytest.raises(ConfigError, match="characters that no key has") as caught:
        read_key(endpoint)
    assert SECRET not in str(caught.value)
    assert read_key(recipe().endpoint) is None
