"""The page in a real browser: what a visitor sees and clicks.

SENSORIUM_SCREENSHOTS names a folder that keeps the pictures taken on the way.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sensorium.engine import ChatEngine
from sensorium.loading import load
from sensorium.registry import create_registry
from sensorium.testing import EARS, FakePlugin, FakeTranscriber, fake_engine
from sensorium_pocket.examples import FOLDER, MANIFEST, RECORDING, examples

webdriver = pytest.importorskip("selenium.webdriver")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.wait import WebDriverWait  # noqa: E402

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
POCKET = create_registry().bundles.get("pocket").folder() / "sensorium.json"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",  # a microphone that beeps, and is allowed
    "--use-fake-ui-for-media-stream",
    "--window-size=1280,900",
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="chromium and chromedriver are absent"),
    # Gradio's own bookkeeping of its queue uses what pandas 3 deprecates (queueing._get_df).
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated"),
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
]

ANSWER = "#chat .bot-row .prose"
SEND, STOP = "#question .submit-button", "#question .stop-button"


class Browser:
    """A tab, in the words of a visitor."""

    def __init__(self, driver: Any, pictures: Path) -> None:
        self.driver = driver
        self.pictures = pictures

    def all(self, selector: str) -> list[Any]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)  # type: ignore[no-any-return]

    def until(self, condition: Callable[[], Any], seconds: float = 30) -> Any:
        ignored = (webdriver.remote.errorhandler.WebDriverException,)
        waiting = WebDriverWait(self.driver, seconds, 0.1, ignored_exceptions=ignored)
        return waiting.until(lambda _: condition())

    def visit(self, address: str) -> None:
        self.driver.get(address)
        self.until(lambda: self.all("#question textarea") and self.all("#chat .example"))

    def texts(self, selector: str) -> list[str]:
        return [element.text.strip() for element in self.all(selector)]

    def click(self, selector: str, index: int = 0) -> None:
        self.until(lambda: len(self.all(selector)) > index)
        self.until(lambda: self.all(selector)[index].click() or True)

    def ask(self, text: str, *files: Path) -> None:
        if files:
            chooser = self.all("#question input[type=file]")[0]
            # The driver adds to what an input holds; a visitor chooses anew.
            self.driver.execute_script("arguments[0].value = ''", chooser)
            chooser.send_keys("\n".join(map(str, files)))
            self.until(lambda: len(self.all("#question .delete-button")) == len(files))
        self.until(lambda: self.all("#question textarea")[0].is_enabled())
        self.all("#question textarea")[0].send_keys(text, Keys.ENTER)

    def answers(self, count: int) -> list[str]:
        """Every text on the left, once `count` answers are finished."""
        self.until(lambda: len(self.all("#chat .small-print, #chat .problem")) >= count)
        self.until(lambda: self.all(SEND))
        return self.texts(ANSWER)

    def photograph(self, name: str) -> None:
        self.driver.save_screenshot(str(self.pictures / f"{name}.png"))

    def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": True}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def requested(self) -> set[str]:
        """Every address that the page asked for, since the last call."""
        events = [json.loads(e["message"])["message"] for e in self.driver.get_log("performance")]
        return {
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        }


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in [*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    service = webdriver.ChromeService(DRIVER, log_output=os.devnull)
    pictures = Path(os.environ.get("SENSORIUM_SCREENSHOTS", tmp_path))
    pictures.mkdir(parents=True, exist_ok=True)
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield Browser(driver, pictures)
    finally:
        driver.quit()


def test_a_visit(
    browser: Browser, serve: Callable[..., str], engine_of: Callable[..., ChatEngine]
) -> None:
    """Example, follow-up with what looks like markup, picture alone, retry, error, clear."""
    engine = engine_of("Top, left, right: there are three cats.", seconds=0.01)
    address = serve(engine, summary="A page under test.", examples=examples())
    browser.visit(address)
    browser.photograph("1-begin")
    assert len(browser.all("#chat .example")) == 4
    browser.click("#chat .example")
    assert browser.answers(1)[0] == "Top, left, right: there are three cats."
    browser.ask("What of <image> and 2*3*4 in **this**?")
    browser.answers(2)
    assert "What of <image> and 2*3*4 in **this**?" in browser.texts("#chat .user-row .prose")
    browser.ask("", FOLDER / "garden.png", FOLDER / "cats.png")
    browser.answers(3)
    assert len(browser.all("#chat .user-row img")) == 3
    browser.photograph("2-answers")
    browser.click('#chat button[title="Retry"]')
    browser.until(lambda: browser.all(STOP))
    assert len(browser.answers(3)) == 6
    browser.ask("x" * 5000)
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
    browser.click('#chat button[title="Clear"]')
    browser.until(lambda: len(browser.all("#chat .example")) == 4)
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
    browser.click("#chat .example")
    browser.until(lambda: browser.texts(ANSWER))
    browser.photograph("5-writing")
    browser.click(STOP)
    assert until_still(engine) < 200
    browser.until(lambda: browser.all(SEND))
    stopped = browser.texts(ANSWER)
    assert stopped[-1].startswith("word")
    browser.ask("Go on")
    browser.until(lambda: len(browser.texts(ANSWER)) == 2)
    before = engine.pipeline.llm.steps  # type: ignore[attr-defined]
    browser.driver.get("about:blank")
    assert until_still(engine) - before < 200


def test_a_full_queue_is_said_and_the_page_stays_usable(
    browser: Browser,
    serve: Callable[..., str],
    engine_of: Callable[..., ChatEngine],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import sensorium.ui.page

    monkeypatch.setattr(sensorium.ui.page, "QUEUE_SIZE", 1)
    browser.visit(serve(engine_of("word " * 180, seconds=0.05), examples=examples()))
    address = browser.driver.current_url
    browser.click("#chat .example")
    browser.until(lambda: browser.texts(ANSWER))
    for _ in range(2):
        browser.driver.switch_to.new_window("tab")
        browser.visit(address)
        browser.click("#chat .example")
    browser.until(lambda: "busy" in " ".join(browser.texts(".toast-wrap")))
    browser.until(lambda: browser.all(SEND))


def test_on_a_phone(
    browser: Browser, serve: Callable[..., str], engine_of: Callable[..., ChatEngine]
) -> None:
    browser.resize(390, 844)
    browser.visit(serve(engine_of("There are three cats."), summary="Small.", examples=examples()))
    browser.photograph("6-phone")
    browser.click("#chat .example")
    browser.answers(1)
    browser.photograph("7-phone-answer")
    width = browser.driver.execute_script("return document.documentElement.scrollWidth")
    assert width <= 390


def test_a_question_by_voice(browser: Browser, serve: Callable[..., str]) -> None:
    """Recorded in the browser, decoded here, shown as it was understood."""
    transcriber = FakeTranscriber("where is the cat")
    engine = fake_engine(
        FakePlugin(transcriber=transcriber), recipe={**EARS, "generation": {"max_tokens": 5}}
    )
    browser.visit(serve(engine, examples=examples()))
    browser.click("#question .microphone-button")
    browser.click("#question .record-button")
    browser.until(lambda: browser.all("#question .stop-button[aria-label='Stop recording']"))
    time.sleep(1)
    browser.click("#question .stop-button[aria-label='Stop recording']")
    browser.click("#question .confirm-button")
    browser.until(lambda: browser.all("#question .delete-button"))
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
    browser.click("#chat .example")
    assert browser.answers(1)[0] == rows[0]["answer"]
    browser.photograph("8-pocket-example")
    browser.click('#chat button[title="Clear"]')
    browser.until(lambda: browser.all("#chat .example"))
    browser.ask("How many cats do you see?", FOLDER / "cats.png")
    assert browser.answers(1)[0] == rows[0]["answer"]
    browser.ask("Where is the car?")
    assert browser.answers(2)[-2] == "Center: there is the car."
    browser.photograph("9-pocket-upload")
    browser.ask("", RECORDING)
    assert browser.answers(4)[-2] == "Center: there is the car."
    assert "Heard: where is the car" in browser.texts("#chat .small-print")
    browser.photograph("10-pocket-voice")
