"""What is made once and kept: whole or not at all, where the environment says."""

import threading

import pytest
from sensorium.derived import cache_folder, made_once
from sensorium.errors import ConfigError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SENSORIUM_CACHE", str(tmp_path))
    return tmp_path


def test_it_is_made_once(cache):
    made = []

    def make(folder):
        made.append(folder)
        (folder / "file").write_text("content")

    for _ in range(2):
        assert made_once("kind", "key", make) == cache / "kind/key"
    assert len(made) == 1
    assert (cache / "kind/key/file").read_text() == "content"
    assert made_once("kind", "other", make) == cache / "kind/other"


def test_what_fails_leaves_nothing_and_is_tried_again(cache):
    def fail(folder):
        (folder / "half").write_text("")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        made_once("kind", "key", fail)
    assert not (cache / "kind/key").exists()
    made = made_once("kind", "key", lambda folder: (folder / "whole").touch())
    assert [path.name for path in made.iterdir()] == ["whole"]


def test_what_a_killed_process_left_is_cleared_away(cache):
    (cache / "kind/.key.part").mkdir(parents=True)
    (cache / "kind/.key.part/half").touch()
    made = made_once("kind", "key", lambda folder: (folder / "whole").touch())
    assert [path.name for path in made.iterdir()] == ["whole"]
    assert not (cache / "kind/.key.part").exists()


def test_others_wait_for_the_one_that_makes_it():
    made, began, may_end = [], threading.Event(), threading.Event()

    def make(folder):
        made.append(folder)
        began.set()
        assert may_end.wait(10)
        (folder / "whole").touch()

    found = []
    threads = [
        threading.Thread(target=lambda: found.append(made_once("kind", "key", make)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    assert began.wait(10)
    may_end.set()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len(found) == 4
    assert all((place / "whole").is_file() for place in found)


def test_a_cache_that_cannot_be_written_is_named(cache, monkeypatch):
    (cache / "file").touch()
    monkeypatch.setenv("SENSORIUM_CACHE", str(cache / "file"))
    with pytest.raises(ConfigError, match=r"Cannot write to the cache .*\(SENSORIUM_CACHE\)"):
        made_once("kind", "key", lambda folder: None)


def test_the_place_is_the_usual_one(cache, monkeypatch):
    assert cache_folder() == cache
    monkeypatch.delenv("SENSORIUM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache / "xdg"))
    assert cache_folder() == cache / "xdg/sensorium"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(cache))
    assert cache_folder() == cache / ".cache/sensorium"
