"""A page in headless Chromium, for the tests and the screenshots."""

import base64
import json
import pathlib
import time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

DRIVER = "/usr/bin/chromedriver"
READY_SECONDS = 60


class Browser:
    def __init__(self):
        options = Options()
        for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                         "--disable-component-update", "--disable-background-networking", "--no-first-run"]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service(DRIVER), options=options)

    def close(self):
        self.driver.quit()

    def command(self, name, **parameters):
        return self.driver.execute_cdp_cmd(name, parameters)

    def set_width(self, width, height=900):
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                     mobile=width < 600)

    def set_dark(self, dark):
        self.command("Emulation.setEmulatedMedia",
                     features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def open(self, path, fragment=""):
        """Opens the file anew and waits until it is drawn."""
        self.driver.get("about:blank")
        self.driver.get(pathlib.Path(path).resolve().as_uri() + fragment)
        until = time.monotonic() + READY_SECONDS
        while not self.run("return document.documentElement.dataset.ready === 'true'"):
            if time.monotonic() > until:
                raise AssertionError(f"{path} is not drawn after {READY_SECONDS} s; console: {self.console()}")
            time.sleep(0.05)
        self.settle()

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def settle(self):
        """Two frames: what was asked for is drawn."""
        self.driver.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30)));")

    def console(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """Addresses of all requests since the last call, but those of no network."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        urls = [message["params"]["request"]["url"] for message in messages
                if message["method"] == "Network.requestWillBeSent"]
        return [url for url in urls if not url.startswith(("file:", "data:", "about:"))]

    def picture(self, selector, path, kind="png"):
        """Of an element, with a margin."""
        box = self.run("const box = document.querySelector(arguments[0]).getBoundingClientRect();"
                       "return [box.left + scrollX, box.top + scrollY, box.width, box.height];", selector)
        x, y, width, height = box
        clip = {"x": max(0, x - 8), "y": max(0, y - 4), "width": width + 16, "height": height + 8, "scale": 1}
        options = {"format": kind, "clip": clip, "captureBeyondViewport": True}
        if kind == "webp":
            options["quality"] = 80
        data = self.command("Page.captureScreenshot", **options)["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))
