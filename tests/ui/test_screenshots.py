"""The pictures in docs/ show the page as it is: `make screenshots` takes them.

Each carries what could be seen when it was taken: words, colours, and where things stood. That is
compared with the page of today, since pixels depend on the fonts of a machine.
"""

from __future__ import annotations

import io
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sensorium.loading import load
from sensorium.registry import create_registry
from sensorium_pocket.examples import RECORDING, examples

from .browsing import EXAMPLE, NEEDS_A_BROWSER, Browser
from .visiting import Server

DOCS = Path(__file__).parents[2] / "docs"
POCKET = create_registry().bundles.get("pocket")
pytestmark = [
    *NEEDS_A_BROWSER,
    pytest.mark.skipif(
        not (POCKET.folder() / "sensorium.json").is_file(), reason="pocket is not trained yet"
    ),
]

KEY = "sensorium-page"
NEAR_PIXELS = 24
"""As far as other fonts may move things."""

FACTS = """
const parts = ["#title", "#chat", "#chat .user-row img", "#chat .user-row .prose",
    "#chat .bot-row .prose", "#chat .problem", "#chat .example", "#question",
    "#question button", "#settings"];
return [["body", document.body], ...parts.flatMap((name) =>
    [...document.querySelectorAll(name)].map((element) => [name, element]))]
    .filter(([name, element]) => element.getClientRects().length)
    .map(([name, element]) => {
        const style = getComputedStyle(element), box = element.getBoundingClientRect();
        return {
            part: name,
            words: name === "body" ? "" : element.innerText.trim(),
            colours: [style.color, style.backgroundColor, style.borderColor],
            box: [box.x, box.y, box.width, box.height].map(Math.round),
        };
    });
"""


def facts(browser: Browser) -> list[dict[str, Any]]:
    """What can be seen; the numbers in small print differ from time to time."""
    seen: list[dict[str, Any]] = browser.driver.execute_script(FACTS)
    return [{**one, "words": re.sub(r"\d+(\.\d+)?", "0", one["words"])} for one in seen]


def keep(browser: Browser, name: str) -> None:
    """Where SENSORIUM_SCREENSHOTS says: the picture with its facts."""
    picture = Image.open(io.BytesIO(browser.driver.get_screenshot_as_png())).convert("RGB")
    info = PngInfo()
    info.add_text(KEY, json.dumps(facts(browser)), zip=True)
    picture.quantize(256, dither=Image.Dither.NONE).save(
        browser.pictures / name, pnginfo=info, optimize=True
    )


def difference(then: list[dict[str, Any]], now: list[dict[str, Any]]) -> str | None:
    """The first thing that looks otherwise now; None where nothing does."""
    if [one["part"] for one in then] != [one["part"] for one in now]:
        return "other things are on the page"
    for before, after in zip(then, now, strict=True):
        for fact in ("words", "colours"):
            if before[fact] != after[fact]:
                return f"{fact} of {before['part']}: {before[fact]} → {after[fact]}"
        moved = max(abs(a - b) for a, b in zip(before["box"], after["box"], strict=True))
        if moved > NEAR_PIXELS:
            return f"place of {before['part']}: {before['box']} → {after['box']}"
    return None


def converse(browser: Browser, serve: Server) -> None:
    """A picture, a question, another by voice."""
    registry = create_registry()
    summary = f"{POCKET.name} {POCKET.summary}."
    browser.visit(serve(load("pocket", registry=registry), examples=examples(), summary=summary))
    browser.click(EXAMPLE)
    browser.answers(1)
    browser.ask("", RECORDING)
    browser.answers(3)
    browser.driver.execute_script("document.activeElement.blur()")


def test_the_picture_of_the_page_is_of_this_page(browser: Browser, serve: Server) -> None:
    browser.resize(1280, 800)
    converse(browser, serve)
    if os.environ.get("SENSORIUM_SCREENSHOTS"):
        keep(browser, "page.png")
    with Image.open(DOCS / "page.png") as picture:
        then = json.loads(picture.info.get(KEY, "[]"))
    assert difference(then, facts(browser)) is None, "run: make screenshots"


def test_a_page_that_looks_otherwise_is_noticed() -> None:
    one = {"part": "#chat", "words": "Hi", "colours": ["black"], "box": [0, 0, 100, 50]}
    assert difference([one], [dict(one)]) is None
    assert difference([one], [{**one, "box": [3, 0, 110, 50]}]) is None
    for change in (
        {"words": "Hello"},
        {"colours": ["white"]},
        {"box": [0, 0, 100, 90]},
        {"part": "#title"},
    ):
        assert difference([one], [{**one, **change}])
    assert difference([], [one])
    assert difference([one, one], [one])
