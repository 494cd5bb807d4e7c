"""A headless Chromium, driven by its DevTools protocol: what a page shows, asks for and complains of."""

from __future__ import annotations

import base64
import itertools
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
DESKTOP, PHONE = (1280, 720), (360, 640)
PATIENCE = 60.0  # s, for a busy machine


def until(condition: Callable[[], bool]) -> None:
    """Wait until something is true in this process."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "never came true"
        time.sleep(0.02)


class NavigatedError(Exception):
    """The page went away while it was asked."""


class Page:
    """One tab.

    Attributes:
        requests: addresses that it asked for.
        complaints: errors of its console.
    """

    def __init__(self, socket: ClientConnection, size: tuple[int, int]) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.command(f"{domain}.enable")
        self.resize(size)

    def command(self, method: str, **values: Any) -> dict[str, Any]:
        """The result of a command."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": values}))
        while True:
            message = json.loads(self._socket.recv(timeout=PATIENCE))
            if message.get("id") == number:
                if "navigated" in str(message.get("error")):
                    raise NavigatedError
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result
            self._note(message)

    def _note(self, message: dict[str, Any]) -> None:
        values = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(values["request"]["url"])
            case "Network.webSocketCreated":
                self.requests.append(values["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(values["exceptionDetails"])[:500])
            case "Runtime.consoleAPICalled" if values["type"] in {"error", "warning"}:
                self.complaints.append(json.dumps(values["args"])[:500])
            case "Log.entryAdded" if values["entry"]["level"] in {"error", "warning"}:
                self.complaints.append(values["entry"]["text"])

    def resize(self, size: tuple[int, int]) -> None:
        """Be a screen of so many pixels; a narrow one has touch."""
        width, height = size
        phone = width < 600
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone
        )
        self.command("Emulation.setTouchEmulationEnabled", enabled=phone)

    def open(self, url: str) -> None:
        """Go to an address."""
        self.command("Page.navigate", url=url)

    def run(self, script: str) -> Any:
        """The value of an expression on the page, awaited if it is a promise."""
        result = self.command("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait_for(self, condition: str) -> Any:
        """Wait until an expression is true on the page."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with suppress(NavigatedError):  # the page is being loaded anew
                if value := self.run(condition):
                    return value
            time.sleep(0.05)
        raise AssertionError(f"never came true: {condition}; the page complains: {self.complaints}")

    def click(self, selector: str) -> None:
        """Click on what a selector finds, in its middle, as a person does."""
        x, y = self.middle(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def drag(self, selector: str, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag within what a selector finds, between two places given as shares of its size."""
        box = self._box(selector)
        path = [
            (box["x"] + x * box["width"], box["y"] + y * box["height"])
            for x, y in (start, ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), end)
        ]
        for kind, (x, y) in zip(("mousePressed", "mouseMoved", "mouseMoved"), path, strict=True):
            self.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)
        x, y = path[-1]
        self.command("Input.dispatchMouseEvent", type="mouseReleased", x=x, y=y, button="left", clickCount=1)

    def middle(self, selector: str) -> tuple[float, float]:
        """The middle of what a selector finds, scrolled into view."""
        box = self._box(selector)
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def _box(self, selector: str) -> dict[str, float]:
        box: dict[str, float] = self.run(
            f"(() => {{ const one = document.querySelector({selector!r}); "
            "one.scrollIntoView({block: 'center', behavior: 'instant'}); "
            "return one.getBoundingClientRect().toJSON() })()"
        )
        assert box["width"] > 0, f"{selector} is not shown"
        return box

    def text(self, selector: str) -> str:
        """The text of what a selector finds."""
        return str(self.run(f"document.querySelector({selector!r}).textContent"))

    def key(self, name: str, *, down: bool) -> None:
        """Press or release a key."""
        self.command("Input.dispatchKeyEvent", type="keyDown" if down else "keyUp", key=name)

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """Save what is to be seen as PNG; `whole` beyond the lower edge of the screen too."""
        shot = self.command("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def is_all_seen(self) -> bool:
        """Whether nothing is below the edge of the screen."""
        return bool(self.run("document.documentElement.scrollHeight <= document.documentElement.clientHeight"))

    def overflows(self) -> bool:
        """Whether the page is wider than the screen."""
        return bool(self.run("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@contextmanager
def browser() -> Iterator[str]:
    """A Chromium of its own; yields the address of its DevTools."""
    assert CHROMIUM is not None
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"]
        options += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
        command = [CHROMIUM, *options, "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            try:
                assert process.stderr is not None
                for line in process.stderr:
                    if "DevTools listening on" in line:
                        yield line.split("ws://")[1].split("/")[0]
                        break
                else:
                    raise AssertionError("Chromium did not start")
            finally:
                process.terminate()
                process.wait(timeout=20)


@contextmanager
def new_page(devtools: str, size: tuple[int, int]) -> Iterator[Page]:
    """A new tab of a browser, with a screen of so many pixels."""
    request = urllib.request.Request(f"http://{devtools}/json/new?about:blank", method="PUT")
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - our own browser
        target = json.load(answer)
    with connect(target["webSocketDebuggerUrl"], max_size=None, compression=None) as socket:
        yield Page(socket, size)
    urllib.request.urlopen(f"http://{devtools}/json/close/{target['id']}", timeout=PATIENCE).close()
