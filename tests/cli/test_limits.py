"""The command line takes no more than any other door, and refuses it before anything is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from sensorium.errors import MediaError, UnsupportedInputError
from sensorium.limits import DEFAULT_LIMITS, Limits


def test_more_files_than_a_conversation_holds(run, recipe, picture):
    many = ["--image", picture] * (DEFAULT_LIMITS.files + 1)
    result = run("ask", "--model", recipe, *many, "x")
    assert result.exit_code == 1
    assert "There are 9 files in this conversation; at most 8 are read." in result.stderr
    # Counted before the first is opened.
    missing = ["--image", "nowhere.png"] * (DEFAULT_LIMITS.files + 1)
    assert "9 files" in run("ask", "--model", recipe, *missing, "x").stderr
    assert run("ask", "--model", recipe, *many[2:], "x").exit_code == 0


def test_the_files_of_a_whole_chat_are_counted(run, recipe, picture):
    four = f"/image {' '.join([repr(str(picture))] * 4)}\n"
    result = run("chat", "--model", recipe, input=f"{four}hi\n{four}{four}hi\n/reset\n{four}hi\n")
    assert result.stdout.splitlines()[0].rstrip() == "I read 22."
    assert result.stderr.count("12 files in this conversation; at most 8") == 1
    assert len(result.stdout.splitlines()) == 3


@pytest.mark.parametrize("command", ["ask", "chat"])
def test_a_text_that_is_too_long(run, recipe, command):
    longest = DEFAULT_LIMITS.characters
    words = ["-"] if command == "ask" else []
    for length in (longest + 1, 2**20):
        result = run(command, "--model", recipe, *words, input="x" * length + "\n")
        assert result.exit_code == 1
        assert "at most 500,000 characters are read. Shorten it." in result.stderr
    # One that is within the limit gets as far as the model's own.
    result = run(command, "--model", recipe, *words, input="x" * longest + "\n")
    assert "characters are read" not in result.stderr
    assert result.exit_code == 1


def test_every_door_has_the_same_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture that is too large, a recording that is too long: here and on the page."""
    from sensorium.cli import common
    from sensorium.ui.uploads import read_upload

    small = Limits(image=type(DEFAULT_LIMITS.image)(max_bytes=100, max_pixels=10))
    for module in ("sensorium.limits", "sensorium.ui.uploads"):
        monkeypatch.setattr(f"{module}.DEFAULT_LIMITS", small)
    path = tmp_path / "a.png"
    Image.new("RGB", (4, 4), "red").save(path)
    said = []
    for read in (lambda: common.read_picture(str(path)), lambda: read_upload(path)):
        with pytest.raises(MediaError) as caught:
            read()
        said.append(caught.value.message)
    assert said[0] == said[1]


def test_limits_name_what_is_too_much() -> None:
    limits = Limits(files=2, characters=3)
    limits.check_files(2)
    limits.check_text("äöü")
    with pytest.raises(MediaError, match="3 files in this conversation; at most 2"):
        limits.check_files(3)
    with pytest.raises(UnsupportedInputError, match="at most 3 characters"):
        limits.check_text("abcd")
    assert DEFAULT_LIMITS.file_bytes == 25 * 2**20
