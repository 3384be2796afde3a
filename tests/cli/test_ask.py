import json

import pytest
from sensorium import contracts


@pytest.fixture
def never_built(monkeypatch):
    """Fails the test where anything is loaded."""

    def build(plan):
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("sensorium.pipeline.Plan.build", build)


def asked(run, recipe, *arguments, **settings):
    result = run("ask", "--json", "--model", recipe, *arguments, **settings)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_streams_the_answer(run, recipe):
    result = run("ask", "--model", recipe, "hello")
    # Q: + hello + A: = 2 + 5 + 2
    assert (result.exit_code, result.stdout, result.stderr) == (0, "I read 9. \n", "")


def test_words_need_no_quotes(run, recipe):
    assert run("ask", "--model", recipe, "a", "b").stdout == "I read 7. \n"


def test_json(run, recipe, picture):
    answer = asked(run, recipe, "--image", picture, "hello")
    seconds = answer.pop("seconds")
    assert answer == {
        "model": str(recipe),
        "images": [str(picture)],
        "audio": [],
        "text": "I read 13.",
        "transcripts": [],
        "finish_reason": "stop",
        "usage": {"prompt": 13, "reused": 0, "completion": 11},
    }
    assert 0 < seconds["first_text"] <= seconds["total"]


def test_every_picture_reaches_the_model(run, recipe, picture):
    one = asked(run, recipe, "--image", picture, "x")["usage"]["prompt"]
    two = asked(run, recipe, "--image", picture, "--image", picture, "x")["usage"]["prompt"]
    assert two - one == 4


@pytest.mark.parametrize("words", [[], [""], ["  "], ["-"]])
def test_a_picture_without_words_asks_what_is_to_be_seen(run, recipe, picture, words):
    said = asked(run, recipe, "--image", picture, "What do you see?")
    bare = asked(run, recipe, "--image", picture, *words, input="\n")
    assert bare["usage"]["prompt"] - said["usage"]["prompt"] in (0, *map(len, words))
    many = run("ask", "--model", recipe, "--image", picture, "--image", picture)
    assert (many.exit_code, many.stderr) == (0, "")


def test_question_from_stdin(run, recipe):
    answer = asked(run, recipe, "-", input="hello\n")
    assert answer["usage"]["prompt"] == 9


def test_system_text_reaches_the_model(run, recipe):
    plain, told = asked(run, recipe, "x"), asked(run, recipe, "--system", "be", "x")
    assert told["usage"]["prompt"] - plain["usage"]["prompt"] == 3


def test_options_of_decoding_are_used(run, recipe):
    short = asked(run, recipe, "--max-tokens", 3, "x")
    assert (short["text"], short["finish_reason"]) == ("I r", "length")
    stopped = asked(run, recipe, "--stop", "ad", "x")
    assert (stopped["text"], stopped["finish_reason"]) == ("I re", "stop")


def test_recipe_keeps_options_that_are_not_given(run, recipe):
    recipe.write_text(recipe.read_text() + "generation: {max_tokens: 4}\n")
    assert asked(run, recipe, "--temperature", 0, "x")["text"] == "I re"
    assert asked(run, recipe, "--set", "generation.max_tokens=2", "x")["text"] == "I"


@pytest.mark.parametrize(
    ("recipes", "option", "used"),
    [("false", "--speculation", True), ("true", "--no-speculation", False), ("true", None, True)],
)
def test_speculation_is_switched(run, recipe, monkeypatch, recipes, option, used):
    seen = []
    monkeypatch.setattr(
        "sensorium.engine.AnswerStream._run",
        lambda self, options: seen.append(options.speculation) or iter(()),
    )
    recipe.write_text(recipe.read_text() + f"generation: {{speculation: {recipes}}}\n")
    run("ask", "--model", recipe, *([option] if option else []), "x")
    assert seen == [used]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--max-tokens", "0"),
        ("--max-tokens", "1000000000"),
        ("--temperature", "nan"),
        ("--temperature", "-1"),
        ("--top-p", "0"),
        ("--seed", "-1"),
        ("--max-tokens", "many"),
    ],
)
def test_bad_option_is_named(run, recipe, never_built, option, value):
    result = run("ask", "--model", recipe, option, value, "x")
    assert result.exit_code == 2
    assert option in result.stderr.splitlines()[-1]
    assert result.stdout == ""


@pytest.mark.parametrize("content", [None, b"", b"<svg/>", b"\x89PNG\r\n\x1a\n broken"])
def test_bad_picture_fails_before_loading(run, recipe, tmp_path, never_built, content):
    path = tmp_path / "bad.png"
    if content is not None:
        path.write_bytes(content)
    result = run("ask", "--model", recipe, "--image", path, "x")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.count(str(path)) == 1


def test_picture_that_cannot_reach_the_model_is_refused(run, recipe, picture, never_built):
    recipe.write_text("llm: {plugin: counter}\ntemplate: lines\n")
    result = run("ask", "--model", recipe, "--image", picture, "x")
    assert result.exit_code == 1
    assert "cannot perceive image; it takes text" in result.stderr


def test_question_that_does_not_fit(run, recipe):
    result = run("ask", "--model", recipe, "x" * 600)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "604 positions" in result.stderr


@pytest.mark.parametrize("words", [[""], ["-"], []])
def test_empty_question(run, recipe, never_built, words):
    result = run("ask", "--model", recipe, *words, input=" \n")
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("no-such-model", "No model 'no-such-model'"),
        ("nowhere.yaml", "No file nowhere.yaml"),
    ],
)
def test_unknown_model(run, model, says):
    result = run("ask", "--model", model, "x")
    assert result.exit_code == 2
    assert says in result.stderr


def test_a_recording_given_as_a_picture_is_told_as_such(run, recipe, picture, recorded):
    sound = recorded(0.5)
    result = run("ask", "--model", recipe, "--image", sound, "x")
    assert (result.exit_code, result.stderr.count(str(sound))) == (1, 1)
    assert "not a picture in a known format" in result.stderr
    assert result.stderr.endswith("It is a recording.\n")
    result = run("ask", "--model", recipe, "--audio", picture, "x")
    assert result.stderr.endswith("It is a picture.\n")


@pytest.mark.parametrize("name", ["./nowhere", "../nowhere/at/all", "/nowhere", "~/nowhere"])
def test_a_path_is_not_looked_for_on_the_hub(run, name, monkeypatch):
    monkeypatch.setattr("sensorium.loading.fetch_folder", lambda *a: pytest.fail("asked the hub"))
    result = run("ask", "--model", name, "x")
    assert result.exit_code == 1
    assert f"There is no folder {name}" in result.stderr


def test_bad_set(run, recipe, never_built):
    result = run("ask", "--model", recipe, "--set", "llm.repeet=2", "x")
    assert result.exit_code == 2
    assert "Did you mean 'repeat'?" in result.stderr


def test_a_projector_of_random_weights_is_named(run, mlp_recipe, picture):
    result = run("ask", "--model", mlp_recipe, "--image", picture, "What?")
    assert result.exit_code == 0
    assert "its projector has random weights (encoders.image.projector.weights" in result.stderr


def test_a_projector_without_weights_is_not(run, recipe, picture):
    assert run("ask", "--model", recipe, "--image", picture, "What?").stderr == ""


def test_broken_plugin_is_named_once_and_the_rest_works(run, recipe, registry):
    from sensorium.discovery import BrokenPlugin

    broken = BrokenPlugin("limping", "somewhere", "ImportError: a\nb")
    registry.plugins.broken.append(broken)
    result = run("ask", "--model", recipe, "hello")
    assert (result.exit_code, result.stdout) == (0, "I read 9. \n")
    assert result.stderr == (
        "Plugin 'limping' was left out: ImportError: a b. See: sensorium plugins list\n"
    )


def test_plugin_that_breaks_while_planning_is_named(run, recipe, registry):
    from sensorium import hookimpl

    class Late:
        @hookimpl
        def register_encoders(self):
            raise RuntimeError("not today")

    registry.plugins.register(Late(), "late", "here")
    result = run("ask", "--model", recipe, "hello")
    assert result.exit_code == 0
    assert result.stderr.startswith("Plugin 'late' was left out: register_encoders: RuntimeError")


def test_capability_is_refused_not_dropped(run, recipe, monkeypatch):
    blind = contracts.Capabilities(embeddings=False)
    monkeypatch.setattr("sensorium.testing.fakes.Capabilities", lambda: blind)
    result = run("ask", "--model", recipe, "x")
    assert result.exit_code == 1
    assert "takes text only" in result.stderr


@pytest.mark.parametrize("command", ["ask", "chat"])
def test_a_question_from_a_file_that_windows_wrote(run, recipe, command):
    words = ["-"] if command == "ask" else []
    plain, marked = (
        run(command, "--model", recipe, *words, input=f"{mark}hi\r\n") for mark in ("", "\ufeff")
    )
    assert plain.exit_code == marked.exit_code == 0
    assert marked.stdout == plain.stdout
    result = run(command, "--model", recipe, *words, input="hi\n".encode("utf-16"))
    assert result.exit_code == 2
    assert "it is UTF-16, not UTF-8" in result.stderr
