"""A real browser in the words of a visitor."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

webdriver = pytest.importorskip("selenium.webdriver")
from selenium.common.exceptions import TimeoutException  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.wait import WebDriverWait  # noqa: E402

__all__ = ["Browser", "Keys", "TimeoutException", "browsing"]

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",  # a microphone that beeps
    "--host-resolver-rules=MAP elsewhere.test 127.0.0.1",  # by http, as from another machine
    "--window-size=1280,900",
    "--force-prefers-reduced-motion",
    "--disable-dev-shm-usage",
)

NEEDS_A_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="chromium and chromedriver are absent"),
    # Gradio's own bookkeeping of its queue uses what pandas 3 deprecates (queueing._get_df).
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated"),
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
]

ANSWER = "#chat .bot-row .prose"
BOX, SEND, STOP = (
    f"#question {part}" for part in ("textarea", ".submit-button", ".input-row > .stop-button")
)
RETRY, CLEAR = '#chat button[title="Retry"]', '#chat button[title="Clear"]'
EXAMPLE = "#chat .example"

LOOK = """
const seen = (selector) => [...document.querySelectorAll(selector)]
    .filter((element) => element.getClientRects().length);
const texts = (selector) => seen(selector).map((element) => element.innerText.trim());
return {
    asked: texts("#chat .user-row .prose"),
    pictures: seen("#chat .user-row img").length,
    said: texts("#chat .bot-row .prose:not(:has(.small-print, .problem, .under-way))"),
    notes: texts("#chat .small-print"),
    problems: texts("#chat .problem"),
    box: document.querySelector("#question textarea")?.value,
    attached: seen("#question .delete-button").length,
    notice: texts("#notice").join(" "),
    toasts: texts(".toast-body"),
    busy: seen("#chat .under-way").length > 0,
    visible: arguments[0].filter((selector) => seen(selector).length),
    broken: /^Error$/m.test(document.body.innerText) || !seen("#chat").length,
};
"""


class Browser:
    """A tab."""

    def __init__(self, driver: Any, pictures: Path) -> None:
        self.driver = driver
        self.pictures = pictures

    def all(self, selector: str) -> list[Any]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)  # type: ignore[no-any-return]

    def until(self, condition: Callable[[], Any], seconds: float = 30) -> Any:
        ignored = (webdriver.remote.errorhandler.WebDriverException,)
        waiting = WebDriverWait(self.driver, seconds, 0.02, ignored_exceptions=ignored)
        return waiting.until(lambda _: condition())

    def visit(self, address: str) -> None:
        self.driver.get(address)
        self.until(lambda: self.all(BOX) and (self.all(EXAMPLE) or self.all("#chat .message-row")))

    def look(self) -> dict[str, Any]:
        """What stands on the page, read at one moment."""
        buttons = [BOX, SEND, STOP, RETRY, CLEAR, EXAMPLE]
        return self.driver.execute_script(LOOK, buttons)  # type: ignore[no-any-return]

    def texts(self, selector: str) -> list[str]:
        return [element.text.strip() for element in self.all(selector)]

    def click(self, selector: str, index: int = 0) -> None:
        self.until(lambda: len(self.all(selector)) > index)
        self.until(lambda: self.all(selector)[index].click() or True)

    def type(self, *keys: str) -> None:
        self.all(BOX)[0].send_keys(*keys)

    def fill(self, text: str) -> None:
        """As if `text` had been typed, but at once."""
        script = (
            "arguments[0].value = arguments[1];"
            "arguments[0].dispatchEvent(new Event('input', {bubbles: true}))"
        )
        self.driver.execute_script(script, self.all(BOX)[0], text)

    def drop(self, selector: str, name: str, media_type: str) -> None:
        """Drop a file of that name on an element; what it holds is no picture."""
        script = (
            "const dataTransfer = new DataTransfer();"
            "dataTransfer.items.add(new File(['text'], arguments[1], {type: arguments[2]}));"
            "const options = {dataTransfer, bubbles: true, cancelable: true};"
            "document.querySelector(arguments[0]).dispatchEvent(new DragEvent('drop', options))"
        )
        self.driver.execute_script(script, selector, name, media_type)

    def attach(self, *files: Path) -> None:
        chooser = self.all("#question input[type=file]")[0]
        # The driver adds to what an input holds; a visitor chooses anew.
        self.driver.execute_script("arguments[0].value = ''", chooser)
        chooser.send_keys("\n".join(map(str, files)))

    def ask(self, text: str, *files: Path) -> None:
        if files:
            self.attach(*files)
            self.until(lambda: self.look()["attached"] == len(files))
        self.until(lambda: self.all(BOX)[0].is_enabled())
        self.type(text, Keys.ENTER)

    def answers(self, count: int) -> list[str]:
        """Every text on the left, once `count` answers are finished."""
        self.until(lambda: len(self.all("#chat .small-print, #chat .problem")) >= count)
        self.until(lambda: not self.look()["busy"])
        return self.texts(ANSWER)

    def photograph(self, name: str) -> None:
        self.driver.save_screenshot(str(self.pictures / f"{name}.png"))

    def permit_microphone(self, setting: str) -> None:
        """`granted`, or `denied` as a visitor does it."""
        wanted = {"permission": {"name": "microphone"}, "setting": setting}
        self.driver.execute_cdp_cmd("Browser.setPermission", wanted)

    def darken(self) -> None:
        features = [{"name": "prefers-color-scheme", "value": "dark"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def leave(self) -> None:
        """One empty tab, as it was at the beginning."""
        first, *others = self.driver.window_handles
        for tab in others:
            self.driver.switch_to.window(tab)
            self.driver.close()
        self.driver.switch_to.window(first)
        self.driver.get("about:blank")
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        self.driver.execute_cdp_cmd("Browser.resetPermissions", {})
        self.requested()

    def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def requested(self) -> set[str]:
        """Every address that the page asked for, since the last call."""
        events = [json.loads(e["message"])["message"] for e in self.driver.get_log("performance")]
        return {
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        }


@contextmanager
def browsing(folder: Path) -> Iterator[Browser]:
    """A browser with a profile of its own.

    SENSORIUM_SCREENSHOTS names a folder that keeps the pictures it takes.
    """
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in [*FLAGS, f"--user-data-dir={folder / 'profile'}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    service = webdriver.ChromeService(DRIVER, log_output=os.devnull)
    pictures = Path(os.environ.get("SENSORIUM_SCREENSHOTS", folder))
    pictures.mkdir(parents=True, exist_ok=True)
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield Browser(driver, pictures)
    finally:
        driver.quit()
