"""What cannot be done is said on the page, in words, where the visitor looks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from sensorium.engine import ChatEngine
from sensorium.limits import DEFAULT_LIMITS
from sensorium.testing import EARS, FakePlugin, FakeTranscriber, fake_engine
from sensorium_pocket.examples import examples

from .browsing import CLEAR, EXAMPLE, NEEDS_A_BROWSER, SEND, Browser, Keys
from .visiting import Server, free_port

pytestmark = NEEDS_A_BROWSER

MICROPHONE = "#question .microphone-button"
REFUSING = """
navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("", "%s"); };
"""


@pytest.fixture
def page(browser: Browser, serve: Server) -> Browser:
    """A page that sees and hears."""
    plugin = FakePlugin(transcriber=FakeTranscriber("where is the cat"))
    engine = fake_engine(plugin, recipe={**EARS, "generation": {"max_tokens": 5}})
    browser.visit(serve(engine, examples=examples()))
    return browser


def told(page: Browser) -> str:
    """The line above the question, once there is one."""
    page.until(lambda: page.look()["notice"] and not page.look()["toasts"])
    seen = page.look()
    assert not seen["broken"]
    return str(seen["notice"])


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("NotFoundError", "No microphone was found. Connect one"),
        ("NotReadableError", "The microphone is in use. Close what uses it"),
        ("AbortError", "The microphone cannot be used (AbortError)."),
    ],
)
def test_a_microphone_that_fails(page: Browser, error: str, sentence: str) -> None:
    """As the browser's own script would fail: before the page's script looks at it."""
    added = page.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": REFUSING % error}
    )
    try:
        page.visit(page.driver.current_url)
        page.click(MICROPHONE)
        record = "#question .record-button"  # where there are several microphones
        page.until(lambda: page.look()["notice"] or page.all(record))
        if page.all(record):
            page.click(record)
        assert told(page).startswith(sentence)
    finally:
        page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def test_a_microphone_that_is_not_allowed(page: Browser) -> None:
    page.permit_microphone("denied")
    page.click(MICROPHONE)
    assert told(page).startswith("The microphone is not allowed.")
    page.type("hi", Keys.ENTER)
    page.answers(1)
    assert page.look()["notice"] == ""


def test_a_microphone_from_elsewhere_by_http(page: Browser) -> None:
    page.visit(page.driver.current_url.replace("127.0.0.1", "elsewhere.test"))
    page.click(MICROPHONE)
    assert told(page).startswith("Browsers give a microphone only to pages that come by https")


def test_a_text_that_is_too_long_stays_in_the_box(page: Browser) -> None:
    page.fill("x" * 2**20)
    page.type(Keys.ENTER)
    assert told(page) == ("This text is too long: at most 500,000 characters are read. Shorten it.")
    seen = page.look()
    assert (len(seen["box"]), seen["asked"], seen["busy"]) == (2**20, [], False)
    page.fill("Short.")
    page.click(SEND)
    page.answers(1)
    assert page.look()["notice"] == ""


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("a.wav", "The recording is empty"), ("a.png", "The picture is empty")],
)
def test_an_empty_file(page: Browser, tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / name).write_bytes(b"")
    page.ask("", tmp_path / name)
    page.answers(1)
    assert page.look()["problems"] == [sentence]
    page.ask("And now?")
    page.answers(2)
    assert page.look()["said"]


def test_files_of_no_use_are_named_and_a_picture_may_be_dropped_anywhere(
    page: Browser, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("text")
    page.attach(tmp_path / "a.txt")
    assert "a.txt" in told(page)
    (tmp_path / "large.png").write_bytes(bytes(DEFAULT_LIMITS.file_bytes + 1))
    page.attach(tmp_path / "large.png")
    page.until(lambda: "large.png" in page.look()["notice"])
    page.drop("#question [role=group]", "b.txt", "text/plain")
    page.until(lambda: "rejected" in told(page))
    page.drop("#chat", "a.png", "image/png")
    page.until(lambda: page.look()["attached"] == 1)


def test_what_the_server_never_heard(page: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    page.ask("First?")
    page.answers(1)
    monkeypatch.setattr("sensorium.ui.guard.MAX_JSON_BYTES", 300)
    page.ask("Second?")
    page.answers(2)
    seen = page.look()
    assert seen["asked"] == ["First?", "Second?"]
    assert seen["problems"][0].startswith("This did not reach the server")
    assert "too large" in told(page)
    monkeypatch.undo()
    page.ask("Third?")
    page.answers(3)
    assert len(page.look()["said"]) == 2
    page.click(CLEAR)
    page.until(lambda: page.all(EXAMPLE))


def test_untrained_senses_are_named_above_the_conversation(page: Browser) -> None:
    assert page.texts("#warning") == [
        "Answers about image input will be wrong: its projector has random weights. Train one, "
        "and name its file in the recipe (encoders.image.projector.weights)."
    ]


def test_a_restart_of_the_server_loses_no_conversation(
    browser: Browser, serve: Server, engine_of: Callable[..., ChatEngine], tmp_path: Path
) -> None:
    """Its pictures are gone then, and what was said about them, which is said."""
    Image.new("RGB", (8, 8), "red").save(tmp_path / "red.png")
    engine, port = engine_of("Three cats."), free_port()
    browser.visit(serve(engine, port=port, examples=examples()))
    browser.ask("How many?", tmp_path / "red.png")
    browser.answers(1)
    serve.close()
    browser.ask("And now?")
    browser.until(lambda: "lost" in browser.look()["notice"])
    serve(engine, port=port, examples=examples())
    browser.until(lambda: browser.look()["problems"])
    seen = browser.look()
    assert (seen["asked"], seen["said"]) == (["How many?", "And now?"], ["Three cats."])
    browser.ask("Hello?")
    browser.until(lambda: len(browser.look()["said"]) == 2 and not browser.look()["busy"])
    assert any("no longer kept here" in note for note in browser.look()["notes"])
