"""The page in a real browser: what a visitor sees and clicks.

SENSORIUM_SCREENSHOTS names a folder that keeps the pictures taken on the way.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from sensorium.engine import ChatEngine
from sensorium.loading import load
from sensorium.registry import create_registry
from sensorium.testing import EARS, FakePlugin, FakeTranscriber, fake_engine
from sensorium_pocket.examples import FOLDER, MANIFEST, RECORDING, examples

from .browsing import CLEAR, EXAMPLE, NEEDS_A_BROWSER, RETRY, SEND, STOP, Browser

pytestmark = NEEDS_A_BROWSER
POCKET = create_registry().bundles.get("pocket").folder() / "sensorium.json"


def test_a_visit(
    browser: Browser, serve: Callable[..., str], engine_of: Callable[..., ChatEngine]
) -> None:
    """Example, follow-up with what looks like markup, picture alone, retry, error, clear."""
    engine = engine_of("Top, left, right: there are three cats.", seconds=0.01)
    address = serve(engine, summary="A page under test.", examples=examples())
    browser.visit(address)
    browser.photograph("1-begin")
    assert len(browser.all(EXAMPLE)) == 4
    browser.click(EXAMPLE)
    assert browser.answers(1)[0] == "Top, left, right: there are three cats."
    browser.ask("What of <image> and 2*3*4 in **this**?")
    browser.answers(2)
    assert "What of <image> and 2*3*4 in **this**?" in browser.texts("#chat .user-row .prose")
    browser.ask("", FOLDER / "garden.png", FOLDER / "cats.png")
    browser.answers(3)
    assert len(browser.all("#chat .user-row img")) == 3
    browser.photograph("2-answers")
    browser.click(RETRY)
    assert len(browser.answers(3)) == 6
    browser.fill("x" * 5000)
    browser.click(SEND)
    assert "this model reads at most" in browser.answers(4)[-1]
    browser.photograph("3-problem")
    assert "Traceback" not in browser.driver.page_source
    browser.ask("And now?")
    assert browser.answers(5)[-2] == "Top, left, right: there are three cats."
    browser.click("#settings button")
    browser.until(
        lambda: [one for one in browser.all("#settings input[type=range]") if one.is_displayed()]
    )
    browser.driver.execute_script("window.scrollTo(0, 9999)")
    browser.photograph("4-settings")
    browser.click(CLEAR)
    browser.until(lambda: len(browser.all(EXAMPLE)) == 4)
    outside = {
        url
        for url in browser.requested()
        if not url.startswith((address, "data:", "blob:", "chrome:"))
    }
    assert not outside


def test_stop_and_a_closed_tab_end_the_generation(
    browser: Browser,
    serve: Callable[..., str],
    engine_of: Callable[..., ChatEngine],
    until_still: Callable[[ChatEngine], int],
) -> None:
    engine = engine_of("word " * 180, seconds=0.05)
    browser.visit(serve(engine, examples=examples()))
    browser.click(EXAMPLE)
    browser.until(lambda: browser.look()["said"])
    browser.photograph("5-writing")
    browser.click(STOP)
    assert until_still(engine) < 200
    browser.until(lambda: not browser.look()["busy"])
    stopped = browser.look()
    assert stopped["said"][-1].startswith("word")
    assert stopped["notes"] == ["Stopped."]
    browser.ask("Go on")
    browser.until(lambda: len(browser.look()["said"]) == 2)
    before = engine.pipeline.llm.steps  # type: ignore[attr-defined]
    browser.driver.get("about:blank")
    assert until_still(engine) - before < 200


def test_who_comes_second_waits_and_who_is_too_many_is_told(
    browser: Browser,
    serve: Callable[..., str],
    engine_of: Callable[..., ChatEngine],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sensorium.ui.answers.LONGEST_LINE", 2)
    browser.visit(serve(engine_of("word " * 180, seconds=0.05), examples=examples()))
    address, first = browser.driver.current_url, browser.driver.current_window_handle
    browser.click(EXAMPLE)
    browser.until(lambda: browser.look()["said"])
    browser.driver.switch_to.new_window("tab")
    browser.visit(address)
    second = browser.driver.current_window_handle
    browser.ask("Me too?")
    browser.until(lambda: browser.texts("#chat .under-way") == ["1 before you"])
    browser.driver.switch_to.new_window("tab")
    browser.visit(address)
    browser.ask("And me?")
    browser.until(lambda: browser.look()["problems"])
    assert browser.look()["problems"] == [
        "Too many people are asking just now. Try again in a moment."
    ]
    browser.driver.switch_to.window(first)
    browser.click(STOP)
    browser.driver.switch_to.window(second)
    browser.until(lambda: browser.look()["said"])


def test_a_question_by_voice(browser: Browser, serve: Callable[..., str]) -> None:
    """Recorded in the browser, decoded here, shown as it was understood."""
    transcriber = FakeTranscriber("where is the cat")
    engine = fake_engine(
        FakePlugin(transcriber=transcriber), recipe={**EARS, "generation": {"max_tokens": 5}}
    )
    browser.permit_microphone("granted")
    browser.visit(serve(engine, examples=examples()))
    browser.click("#question .microphone-button")
    browser.click("#question .record-button")
    browser.until(lambda: browser.all("#question .stop-button[aria-label='Stop recording']"))
    time.sleep(1)  # of sound
    browser.click("#question .stop-button[aria-label='Stop recording']")
    browser.until(lambda: browser.all("#question .confirm-button"))
    browser.click(SEND)
    browser.answers(2)
    assert browser.texts("#chat .small-print")[0] == "Heard: where is the cat"
    assert transcriber.transcribed == 1
    browser.photograph("8-voice")


@pytest.mark.skipif(not POCKET.is_file(), reason="the pocket bundle is not trained yet")
def test_the_pocket_model_answers(browser: Browser, serve: Callable[..., str]) -> None:
    """The shipped model, its own pictures, the exact answers."""
    rows = json.loads(MANIFEST.read_text("utf-8"))
    browser.visit(serve(load("pocket"), examples=examples()))
    browser.click(EXAMPLE)
    assert browser.answers(1)[0] == rows[0]["answer"]
    browser.photograph("8-pocket-example")
    browser.click(CLEAR)
    browser.until(lambda: browser.all(EXAMPLE))
    browser.ask("How many cats do you see?", FOLDER / "cats.png")
    assert browser.answers(1)[0] == rows[0]["answer"]
    browser.ask("Where is the car?")
    assert browser.answers(2)[-2] == "Center: there is the car."
    browser.photograph("9-pocket-upload")
    browser.ask("", RECORDING)
    assert browser.answers(4)[-2] == "Center: there is the car."
    assert "Heard: where is the car" in browser.texts("#chat .small-print")
    browser.photograph("10-pocket-voice")
