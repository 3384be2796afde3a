"""The page under fingers and for screen readers: large enough, and named."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from sensorium.testing import EARS, FakePlugin, FakeTranscriber, fake_engine
from sensorium_pocket.examples import FOLDER, RECORDING, examples

from .browsing import EXAMPLE, NEEDS_A_BROWSER, Browser

pytestmark = NEEDS_A_BROWSER

LEAST_PIXELS = 40
TOO_SMALL = """
return [...document.querySelectorAll("button, a[href], input, select, textarea, [role=button]")]
    .filter((one) => one.getClientRects().length && getComputedStyle(one).visibility !== "hidden")
    .map((one) => [one, one.getBoundingClientRect()])
    .filter(([one, box]) => box.width && Math.min(box.width, box.height) < arguments[0])
    .map(([one, box]) => `${one.className} ${one.ariaLabel} ${box.width} x ${box.height}`);
"""
PRESSED = {"button", "combobox", "link", "slider", "spinbutton", "textbox"}


@pytest.fixture
def page(browser: Browser, serve: Callable[..., str]) -> Browser:
    plugin = FakePlugin(transcriber=FakeTranscriber("where is the cat"))
    engine = fake_engine(plugin, recipe={**EARS, "generation": {"max_tokens": 5}})
    browser.resize(390, 844)
    browser.permit_microphone("granted")
    browser.visit(serve(engine, summary="Small.", examples=examples()))
    return browser


def nameless(page: Browser) -> list[str]:
    """Roles of what can be pressed or filled in, but has no name for a screen reader."""
    nodes: list[dict[str, Any]] = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})[
        "nodes"
    ]
    return [
        node["role"]["value"]
        for node in nodes
        if not node.get("ignored")
        and node["role"]["value"] in PRESSED
        and not node.get("name", {}).get("value")
    ]


def test_on_a_phone(page: Browser) -> None:
    """In every look that the page has: nothing is too small, nameless, or beside the window."""

    def check(name: str) -> None:
        page.photograph(f"phone-{name}")
        small = page.driver.execute_script(TOO_SMALL, LEAST_PIXELS)
        assert (name, small, nameless(page)) == (name, [], [])
        width = page.driver.execute_script("return document.documentElement.scrollWidth")
        assert (name, width) == (name, 390)

    check("begin")
    page.click(EXAMPLE)
    page.answers(1)
    page.ask("", FOLDER / "cats.png", RECORDING)
    page.answers(3)
    page.fill("x" * 600)
    page.click("#question .submit-button")
    page.answers(4)
    assert page.look()["problems"]
    check("answered")
    page.attach(FOLDER / "cats.png")
    page.until(lambda: page.look()["attached"])
    check("attached")
    page.click("#settings button")
    page.until(lambda: any(one.is_displayed() for one in page.all("#settings input")))
    time.sleep(0.5)  # it unfolds
    check("settings")
    page.click("#settings button")
    page.click("#question .microphone-button")
    page.until(lambda: page.all("#question .record-button"))
    check("microphones")
    page.click("#question .record-button")
    page.until(lambda: page.all("#question .stop-button[aria-label='Stop recording']"))
    check("recording")
    time.sleep(1)  # of sound
    page.click("#question .stop-button[aria-label='Stop recording']")
    page.until(lambda: page.all("#question .confirm-button"))
    check("recorded")


def test_the_recorder_can_be_left(page: Browser) -> None:
    page.click("#question .microphone-button")
    page.until(lambda: page.all("#question .record-button"))
    page.click("#question .microphone-button")
    page.until(lambda: not page.all("#question .recording-overlay"))
    page.ask("And now?")
    page.answers(1)
