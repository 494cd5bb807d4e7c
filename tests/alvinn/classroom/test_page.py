"""The page in a real browser, at the size of a projector and of a phone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from alvinn.classroom.classroom import Classroom
from tests.alvinn.classroom.browser import DESKTOP, PHONE, Page, browser, needs_chromium, new_page
from tests.alvinn.classroom.people import KEYS, moment, open_class

pytestmark = needs_chromium
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


@pytest.fixture(scope="module")
def devtools() -> Iterator[str]:
    with browser() as address:
        yield address


@dataclass
class Show:
    """A class with a page open on it."""

    classroom: Classroom
    page: Page
    address: str


@contextmanager
def show(devtools: str, size: tuple[int, int], key: str = "") -> Iterator[Show]:
    """A class whose stage goes on by itself, and a page on it that must neither complain nor look elsewhere."""
    with open_class() as (classroom, address), new_page(devtools, size) as page:
        over = threading.Event()
        stage = threading.Thread(target=_play, args=(classroom, over))
        stage.start()
        try:
            page.open(f"http://{address}/#{key}")
            page.wait_for("document.querySelector('#tabs button') !== null")
            yield Show(classroom, page, address)
            assert not page.overflows()
            assert page.complaints == []
            assert {url.split("/")[2] for url in page.requests if not url.startswith(("data:", "blob:"))} == {address}
        finally:
            over.set()
            stage.join()


def _play(classroom: Classroom, over: threading.Event) -> None:
    number = 0
    while not over.wait(0.05):
        classroom.show(replace(moment(number % 40), number=number))
        number += 1


def is_drawn(canvas: str) -> str:
    """A condition of the page: something is on a canvas."""
    return (
        f"(() => {{ const one = document.querySelector('{canvas}'), blank = document.createElement('canvas'); "
        "blank.width = one.width; blank.height = one.height; return one.toDataURL() !== blank.toDataURL() })()"
    )


@SIZES
def test_watch_shows_the_stage_and_the_last_minute(devtools: str, size: tuple[int, int]) -> None:
    with show(devtools, size) as shown:
        page = shown.page
        for canvas in ("#camera", "#retina", "#hill", "#map", "#trace"):
            page.wait_for(is_drawn(canvas))
        assert "right, radius" in page.text("#state")
        page.wait_for("document.querySelector('#back').max > 8")
        page.run("(() => { const back = document.querySelector('#back'); back.value = 2; back.oninput() })()")
        assert "chosen" not in page.run("document.querySelector('#live').className")
        page.click("#live")
        page.wait_for("document.querySelector('#live').classList.contains('chosen')")


@SIZES
def test_a_driver_takes_the_wheel_and_steers_by_keys_and_by_touch(devtools: str, size: tuple[int, int]) -> None:
    with show(devtools, size, KEYS.code) as shown:
        page, wheel = shown.page, shown.classroom.wheel
        page.wait_for("document.querySelector('#wheel').hidden === false")
        page.click("#wheel")
        page.wait_for("document.querySelector('#pad').hidden === false")
        page.key("ArrowRight", down=True)
        page.wait_for("document.querySelector('#knob').style.transform.match(/[1-9]/)")
        while (read := wheel.read(5.0)) is None or read.steer <= 0.0:
            page.run("1")
        page.key("ArrowRight", down=False)
        page.drag("#pad", (0.5, 0.5), (0.1, 0.5))
        page.click("#wheel")
        page.wait_for("document.querySelector('#pad').hidden === true")
        assert not wheel.is_held()


def test_a_guest_has_no_wheel_to_take(devtools: str) -> None:
    with show(devtools, DESKTOP) as shown:
        shown.page.wait_for("document.querySelector('#room').textContent === '1 here'")
        assert shown.page.run("document.querySelector('#wheel').hidden")


def test_the_lecturer_shows_the_way_in(devtools: str) -> None:
    with show(devtools, DESKTOP, KEYS.lecturer) as shown:
        shown.classroom.invite("http://here/", "<svg></svg>")
        shown.page.run("location.reload()")
        shown.page.wait_for("document.querySelector('#join')?.hidden === false")
        shown.page.click("#join")
        assert KEYS.code in shown.page.text("#invitation")


def test_the_page_comes_back_after_the_class_was_away(devtools: str) -> None:
    with open_class() as (_, address), new_page(devtools, PHONE) as page:
        page.open(f"http://{address}/")
        page.wait_for("document.querySelector('#room')?.textContent === '1 here'")
        page.command(
            "Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0
        )
        page.run("import('./connection.js').then((one) => one.enter('', ''))")
        page.wait_for("document.querySelector('#notice').textContent.includes('trying again')")
        page.command(
            "Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1
        )
        page.wait_for("document.querySelector('#notice').hidden")
