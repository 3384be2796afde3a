"""Every button and key in every state of the page: it stays alive, and the conversation stays."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sensorium_pocket.examples import FOLDER, examples

from .browsing import (
    BOX,
    CLEAR,
    EXAMPLE,
    NEEDS_A_BROWSER,
    RETRY,
    SEND,
    STOP,
    Browser,
    Keys,
    TimeoutException,
)
from .speaking import SpeakingModel, make_engine, steps_when_still
from .visiting import serving

pytestmark = NEEDS_A_BROWSER

SAID = "There are three cats."
ENDLESS = "word " * 200
"""An answer that is still under way whenever a test looks, until the test ends it."""


class Table:
    """The page under test, and how it gets into a state."""

    def __init__(self, browser: Browser, address: str, model: SpeakingModel, engine: Any) -> None:
        self.browser, self.address, self.model, self.engine = browser, address, model, engine
        self._numbers = itertools.count(1)

    def until(self, condition: Callable[[dict[str, Any]], Any], seconds: float = 60) -> None:
        try:
            self.browser.until(lambda: condition(self.browser.look()), seconds)
        except TimeoutException:
            pytest.fail(f"the page came to stay at {self.browser.look()}")

    def fresh(self) -> None:
        self.end_answer()
        seen = self.browser.look()
        if seen["broken"] or BOX not in seen["visible"]:
            self.browser.visit(self.address)
            seen = self.browser.look()
        if CLEAR in seen["visible"]:
            self.browser.click(CLEAR)
        if seen["box"] or seen["attached"] or seen["toasts"] or seen["notice"]:
            self.browser.driver.execute_script("sessionStorage.clear()")
            self.browser.visit(self.address)
        self.until(lambda seen: EXAMPLE in seen["visible"])

    def answered(self) -> None:
        self.fresh()
        self.good_question()

    def answering(self) -> None:
        self.answered()
        self.model.text, self.model.seconds = ENDLESS, 0.2
        self.browser.type("And slowly?", Keys.ENTER)
        self.until(lambda seen: seen["busy"] and len(seen["said"]) == 2)

    def stopped(self) -> None:
        self.answering()
        self.browser.click(STOP)
        self.until(lambda seen: not seen["busy"])

    def problem(self) -> None:
        self.answered()
        self.model.broken = True
        self.browser.type("And?", Keys.ENTER)
        self.until(lambda seen: seen["problems"])
        self.model.broken = False

    def end_answer(self) -> None:
        """What is being said ends now, and what is said from now on is short."""
        self.model.text, self.model.seconds = SAID, 0.0

    def good_question(self) -> None:
        """Ask, and get the answer."""
        text = f"Question {next(self._numbers)}?"
        self.browser.until(lambda: self.browser.all(BOX)[0].is_enabled())
        self.browser.type(text, Keys.ENTER)
        self.until(lambda seen: not seen["busy"] and seen["asked"][-1:] == [text] and seen["said"])
        seen = self.browser.look()
        assert seen["said"][-1] == SAID
        assert seen["asked"].count(text) == 1
        assert not seen["broken"]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Table]:
    model = SpeakingModel(SAID)
    engine = make_engine(model)
    with serving(tmp_path_factory.mktemp("uploads")) as serve:
        yield Table(chromium, serve(engine, examples=examples()), model, engine)
    chromium.leave()


STATES = ("fresh", "answered", "answering", "stopped", "problem")


def enter_nothing(browser: Browser) -> None:
    browser.type(Keys.ENTER)


def enter_blanks(browser: Browser) -> None:
    browser.type("   ", Keys.ENTER)


def send_nothing(browser: Browser) -> None:
    browser.click(SEND)


def enter_twice(browser: Browser) -> None:
    browser.type("Twice?", Keys.ENTER, Keys.ENTER)


def send_twice(browser: Browser) -> None:
    browser.type("Twice?")
    twice(browser, SEND)


def enter_and_send(browser: Browser) -> None:
    browser.type("Both?", Keys.ENTER)
    press(browser, SEND)


def example_twice(browser: Browser) -> None:
    twice(browser, EXAMPLE)


def two_examples(browser: Browser) -> None:
    press(browser, EXAMPLE, 0)
    press(browser, EXAMPLE, 1)


def example_and_enter(browser: Browser) -> None:
    browser.type("Me too?")
    press(browser, EXAMPLE)
    browser.type(Keys.ENTER)


def stop(browser: Browser) -> None:
    browser.click(STOP)


def stop_twice(browser: Browser) -> None:
    twice(browser, STOP)


def stop_and_clear(browser: Browser) -> None:
    press(browser, STOP)
    press(browser, CLEAR)


def clear(browser: Browser) -> None:
    browser.click(CLEAR)


def clear_twice(browser: Browser) -> None:
    twice(browser, CLEAR)


def clear_and_ask(browser: Browser) -> None:
    press(browser, CLEAR)
    browser.type("After all?", Keys.ENTER)


def clear_and_example(browser: Browser) -> None:
    press(browser, CLEAR)
    browser.until(lambda: browser.all(EXAMPLE))
    press(browser, EXAMPLE)


def retry(browser: Browser) -> None:
    browser.click(RETRY)


def retry_twice(browser: Browser) -> None:
    twice(browser, RETRY)


def retry_and_clear(browser: Browser) -> None:
    press(browser, RETRY)
    press(browser, CLEAR)


def upload(browser: Browser) -> None:
    browser.attach(FOLDER / "cats.png")
    browser.until(lambda: browser.look()["attached"])


def upload_and_remove(browser: Browser) -> None:
    upload(browser)
    browser.click("#question .delete-button")


def upload_and_enter(browser: Browser) -> None:
    """Before the upload is through."""
    browser.attach(FOLDER / "cats.png")
    browser.type("With a picture?", Keys.ENTER, Keys.ENTER)


def reload(browser: Browser) -> None:
    browser.driver.refresh()
    browser.until(lambda: browser.all(BOX))


def press(browser: Browser, selector: str, index: int = 0) -> None:
    """Click without waiting for anything."""
    script = "document.querySelectorAll(arguments[0])[arguments[1]]?.click()"
    browser.driver.execute_script(script, selector, index)


def twice(browser: Browser, selector: str) -> None:
    script = "const b = document.querySelector(arguments[0]); b.click(); b.click()"
    browser.driver.execute_script(script, selector)


FILLED = ("answered", "answering", "stopped", "problem")
QUIET = ("fresh", "answered", "stopped", "problem")

ACTIONS: dict[Callable[[Browser], None], tuple[tuple[str, ...], str]] = {
    # what is done: (in which states it can be done, what becomes of the conversation)
    enter_nothing: (STATES, "stays"),
    enter_blanks: (STATES, "stays"),
    send_nothing: (QUIET, "stays"),
    enter_twice: (STATES, "grows"),
    send_twice: (QUIET, "grows"),
    enter_and_send: (STATES, "grows"),
    example_twice: (("fresh",), "grows"),
    two_examples: (("fresh",), "grows"),
    example_and_enter: (("fresh",), "grows"),
    stop: (("answering",), "stays"),
    stop_twice: (("answering",), "stays"),
    stop_and_clear: (("answering",), "goes"),
    clear: (FILLED, "goes"),
    clear_twice: (FILLED, "goes"),
    clear_and_ask: (FILLED, "begins"),
    clear_and_example: (FILLED, "begins"),
    retry: (("answered", "stopped", "problem"), "stays"),
    retry_twice: (("answered", "stopped", "problem"), "stays"),
    retry_and_clear: (("answered", "stopped", "problem"), "goes"),
    upload: (STATES, "stays"),
    upload_and_remove: (STATES, "stays"),
    upload_and_enter: (STATES, "grows"),
    reload: (STATES, "stays"),
}


@pytest.mark.parametrize(
    ("action", "state"),
    [(action, state) for action, (states, _) in ACTIONS.items() for state in states],
    ids=lambda case: case if isinstance(case, str) else case.__name__,
)
def test_nothing_kills_the_page(
    table: Table, state: str, action: Callable[[Browser], None]
) -> None:
    becomes = ACTIONS[action][1]
    getattr(table, state)()
    before = table.browser.look()
    action(table.browser)
    table.end_answer()
    if becomes == "grows" and state == "answering":
        becomes = "stays"  # one answer at a time; what is typed stays in the box
    expected = {
        "stays": len(before["asked"]),
        "grows": len(before["asked"]) + 1,
        "goes": 0,
        "begins": 1,
    }[becomes]
    table.until(lambda seen: not seen["busy"] and len(seen["asked"]) == expected)
    steps_when_still(table.engine)
    after = table.browser.look()
    assert not after["broken"]
    assert not after["toasts"]
    if becomes in ("stays", "grows"):
        kept = len(before["asked"])
        assert after["asked"][:kept] == before["asked"]
        assert after["said"][: kept - 1] == before["said"][: kept - 1]
    if becomes == "grows":
        assert after["said"][-1] == SAID
    if state == "answering" and action in (enter_twice, enter_and_send):
        assert after["box"]
    table.browser.all(BOX)[0].clear()
    table.good_question()
    after = table.browser.look()
    assert len(after["asked"]) == expected + 1
