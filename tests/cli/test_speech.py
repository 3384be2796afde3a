"""Recordings on the command line: asked with, chatted with, written down."""

import json

import pytest

HEARING = """\
llm: {plugin: counter}
encoders:
  image: {plugin: eye, projector: {plugin: identity}}
  audio: {plugin: ear, mode: transcribe}
template: lines
"""


@pytest.fixture
def hearing(tmp_path):
    path = tmp_path / "hearing.yaml"
    path.write_text(HEARING)
    return path


def test_a_recording_asks_by_itself(run, hearing, recorded, picture):
    result = run("ask", "--model", hearing, "--image", picture, "--audio", recorded(2))
    # Q: + 4 of the picture + "word word" + A: = 2 + 4 + 9 + 2
    assert (result.exit_code, result.stdout) == (0, "I read 17. \n")
    assert result.stderr == "Heard: word word\n"


def test_words_may_stand_beside_it(run, hearing, recorded):
    result = run("ask", "--model", hearing, "--audio", recorded(1), "hello")
    assert result.stdout == "I read 14. \n"  # "word hello"


def test_json_has_the_transcript(run, hearing, recorded):
    path = recorded(1)
    result = run("ask", "--json", "--model", hearing, "--audio", path)
    answer = json.loads(result.stdout)
    assert answer["audio"] == [str(path)]
    segment = {"start_seconds": 0.0, "end_seconds": 1.0, "text": "word"}
    assert answer["transcripts"] == [{"text": "word", "language": "en", "segments": [segment]}]


def test_nothing_heard_exits_with_one(run, hearing, recorded):
    result = run("ask", "--model", hearing, "--audio", recorded(0.5))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "Error: No words were understood in the recording. Please say it again, or type it.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument 'QUESTION...'."),
        (["--audio", "missing.wav"], "Cannot open the recording missing.wav"),
        (["--audio", "{picture}"], "not a recording in a known format"),
        (["--image", "{recording}", "x"], "not a picture in a known format"),
    ],
)
def test_mistakes_are_named(run, hearing, recorded, picture, arguments, said):
    words = [word.format(picture=picture, recording=recorded(1)) for word in arguments]
    result = run("ask", "--model", hearing, *words)
    assert result.exit_code != 0
    assert said in result.stderr


def test_a_model_without_ears_is_not_loaded(run, recipe, recorded):
    result = run("ask", "--model", recipe, "--audio", recorded(1))
    assert result.exit_code == 1
    assert "cannot perceive audio; it takes text, image" in result.stderr


def test_chat_by_voice(run, hearing, recorded, picture):
    lines = ["/audio", f"/audio {recorded(2)}", "", f"/image {picture}", f"/audio {recorded(1)}"]
    lines += ["hi", "/history", "", "/quit"]
    result = run("chat", "--model", hearing, input="\n".join(lines))
    assert result.exit_code == 1  # for the first line
    assert [line.rstrip() for line in result.stdout.splitlines()] == [
        "I read 13.",
        "I read 39.",
        "user: [audio: word word]",
        "assistant: I read 13.",
        "user: [image] [audio: word] hi",
        "assistant: I read 39.",
    ]
    assert "Error: Which recording? Write: /audio FILE" in result.stderr
    assert "2 s.wav (2.0 s); it goes with your next message." in result.stderr
    assert "Heard: word word\n" in result.stderr


def test_what_was_not_understood_is_not_kept(run, hearing, recorded):
    result = run("chat", "--model", hearing, input=f"/audio {recorded(0.5)}\n\nhi\n")
    assert [line.rstrip() for line in result.stdout.splitlines()] == ["I read 6."]
    assert "Please say it again" in result.stderr


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("text", "word word\n"),
        ("srt", "1\n00:00:00,000 --> 00:00:02,000\nword word\n"),
        ("vtt", "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nword word\n"),
    ],
)
def test_transcribe(run, hearing, recorded, form, expected):
    result = run("transcribe", recorded(2), "--model", hearing, "--format", form)
    assert (result.exit_code, result.stdout, result.stderr) == (0, expected, "")


def test_transcribe_to_json(run, hearing, recorded):
    path = recorded(2)
    result = run("transcribe", path, "--model", hearing, "--format", "json")
    written = json.loads(result.stdout)
    assert (written["file"], written["seconds"]) == (str(path), 2.0)
    assert (written["text"], written["language"]) == ("word word", "en")
    assert len(written["segments"]) == 1


def test_transcribe_says_where_there_is_nothing(run, hearing, recorded):
    result = run("transcribe", recorded(0.5), "--model", hearing)
    assert (result.exit_code, result.stdout) == (0, "\n")
    assert result.stderr == "No words were understood.\n"


def test_transcribe_long_recordings(run, hearing, recorded):
    result = run("transcribe", recorded(150), "--model", hearing)
    assert result.stderr == "60 of 150 s\n120 of 150 s\n"
    assert result.stdout.split() == ["word"] * 150
    result = run("transcribe", recorded(150), "--model", hearing, "--max-seconds", "100")
    assert result.exit_code == 1
    assert "longer than 100 s (" in result.stderr
    assert run("transcribe", recorded(601), "--model", hearing).exit_code == 1
    for no_number in ("inf", "nan", "0"):
        refused = run("transcribe", recorded(1), "--model", hearing, "--max-seconds", no_number)
        assert refused.exit_code == 2
    longer = run("transcribe", recorded(601), "--model", hearing, "--max-seconds", "700")
    assert longer.exit_code == 0


def test_transcribe_needs_a_model_that_writes_down(run, recipe, hearing, recorded):
    result = run("transcribe", recorded(1), "--model", recipe)
    assert "cannot perceive audio" in result.stderr
    features = ["encoders.audio.mode=features", "encoders.audio.projector.plugin=mlp"]
    settings = [word for one in features for word in ("--set", one)]
    result = run("transcribe", recorded(1), "--model", hearing, *settings)
    assert result.exit_code == 2
    assert "--set encoders.audio.mode=transcribe" in result.stderr


def test_config_and_doctor_know_what_hears(run, hearing):
    shown = run("config", "show", hearing)
    assert "mode: transcribe" in shown.stdout
    assert "audio: ear -> text" in run("config", "validate", hearing).stdout
    assert "audio: ear -> text" in run("doctor", "--model", hearing).stdout
