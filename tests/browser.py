"""A gallery in a browser, for the tests that look at it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")


def open_browser() -> Iterator[Chrome]:
    """Yield a browser without a window, which is closed behind."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--window-size=1200,900",
    ):
        options.add_argument(argument)
    options.set_capability(
        "goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"}
    )
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


class Page:
    """A gallery in the browser, as a user sees it."""

    def __init__(self, browser: Chrome, out: Path, page: Path | None = None) -> None:
        self.out = out
        self.browser = browser
        self.problems()  # of the page before
        browser.get((page or out / "gallery.html").as_uri())
        self.wait_for_images()

    def find(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def run(self, script: str) -> Any:  # noqa: ANN401 - what the page gives
        return self.browser.execute_script(f"return {script}")

    def wait(self, condition: str) -> None:
        WebDriverWait(self.browser, 20).until(lambda _: self.run(condition))

    def wait_for_images(self) -> None:
        self.wait(
            "[...document.querySelectorAll('.window')].every(w => {"
            " const box = w.getBoundingClientRect();"
            " return box.top > innerHeight || box.bottom < 0 || w.firstChild })"
            " && [...document.images].every(i => !i.src || i.complete || (() => {"
            " const box = i.getBoundingClientRect();"
            " return box.top > innerHeight || box.bottom < 0 })())"
        )

    def choose(self, field: str, option: str) -> None:
        Select(self.find(f"#{field}")).select_by_visible_text(option)
        self.wait_for_images()

    def ungroup(self) -> None:
        self.choose("group", "nothing")

    def shown(self) -> list[str]:
        """The file names of all images that pass the filter, in order."""
        names: list[str] = self.run("order.map(row => at('file_name', row))")
        return names

    def opened(self) -> dict[str, str]:
        """The row in the viewer, by column."""
        assert self.run("document.getElementById('viewer').open")
        rows = self.all("#row tr")
        cells = [row.find_elements(By.TAG_NAME, "td") for row in rows]
        return {name.text: value.get_property("textContent") for name, value in cells}

    def press(self, key: str) -> None:
        self.browser.switch_to.active_element.send_keys(key)

    def problems(self) -> list[str]:
        """What the browser complained about, and requests that left the machine."""
        found = [entry["message"] for entry in self.browser.get_log("browser")]
        for entry in self.browser.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                if not url.startswith(("file:", "data:")):
                    found.append(url)
        return found
