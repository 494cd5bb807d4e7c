"""The page in a real browser, at the size of a projector and of a phone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace

import pytest

from alvinn.classroom.activities.bets import Bets
from alvinn.classroom.activities.exam import Exam
from alvinn.classroom.activities.painting import Easel
from alvinn.classroom.activities.proving_ground import ProvingGround
from alvinn.classroom.audience import Guest
from alvinn.classroom.classroom import Classroom
from alvinn.classroom.lessons import read_lessons
from alvinn.classroom.messages import FRAMES, Paint, Teach, pack
from alvinn.jobs.classroom import ACTIVITIES
from tests.alvinn import fakes
from tests.alvinn.classroom.browser import DESKTOP, PHONE, Page, browser, needs_chromium, new_page, until
from tests.alvinn.classroom.people import KEYS, moment, open_class, paper_car, shipped

pytestmark = needs_chromium
SIZES = pytest.mark.parametrize(
    "size", [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone", marks=pytest.mark.long)]
)


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
    with (
        open_class(activities=list(ACTIVITIES), camera=asdict(fakes.CAMERA)) as (classroom, address),
        new_page(devtools, size) as page,
    ):
        classroom.invite(f"http://{address}/", "<svg></svg>")
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


@contextmanager
def private_car(classroom: Classroom) -> Iterator[None]:
    """All activities, with a private car on paper that drives as fast as it can."""
    ground = ProvingGround(classroom, [shipped()], paper_car(), 8.0, sleep=lambda _: None)
    easel = Easel(classroom, shipped())
    for activity in (ground, Exam(classroom, ground.queue, ground.world, shipped(), 8.0), easel, Bets(classroom)):
        activity.open()
    workers = [threading.Thread(target=queue.work) for queue in (ground.queue, easel.queue)]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        ground.queue.close()
        easel.queue.close()
        for worker in workers:
            worker.join()


def take_the_wheel(page: Page) -> None:
    page.wait_for("document.querySelector('#wheel').hidden === false")
    page.click("#wheel")
    page.wait_for("document.querySelector('#pad').hidden === false")


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
        assert size == PHONE or page.is_all_seen()
        page.wait_for("document.querySelector('#back').max > 8")
        page.run("(() => { const back = document.querySelector('#back'); back.value = 2; back.oninput() })()")
        assert "chosen" not in page.run("document.querySelector('#live').className")
        page.click("#live")
        page.wait_for("document.querySelector('#live').classList.contains('chosen')")


@SIZES
def test_a_driver_takes_the_wheel_and_steers_by_keys_and_by_touch(devtools: str, size: tuple[int, int]) -> None:
    with show(devtools, size, KEYS.code) as shown:
        page, wheel = shown.page, shown.classroom.wheel
        take_the_wheel(page)
        page.key("ArrowRight", down=True)
        page.wait_for("document.querySelector('#knob').style.transform.match(/[1-9]/)")
        until(lambda: (read := wheel.read(5.0)) is not None and read.steer > 0.0)
        page.key("ArrowRight", down=False)
        page.drag("#pad", (0.5, 0.5), (0.1, 0.5))
        page.click("#wheel")
        page.wait_for("document.querySelector('#pad').hidden === true")
        assert not wheel.is_held()


def test_a_key_that_was_let_go_without_the_wheel_does_not_steer_with_the_next(devtools: str) -> None:
    with show(devtools, DESKTOP, KEYS.code) as shown:
        page, wheel = shown.page, shown.classroom.wheel
        take_the_wheel(page)
        page.key("ArrowLeft", down=True)
        until(lambda: (read := wheel.read(5.0)) is not None and read.steer < -0.05)
        page.click("#wheel")
        page.wait_for("document.querySelector('#pad').hidden === true")
        page.key("ArrowLeft", down=False)
        take_the_wheel(page)
        page.wait_for("Math.abs(parseFloat(document.querySelector('#knob').style.transform.split('(')[1])) < 1")


def test_a_guest_has_no_wheel_to_take(devtools: str) -> None:
    with show(devtools, DESKTOP) as shown:
        shown.page.wait_for("document.querySelector('#room').textContent === '1 here'")
        assert shown.page.run("document.querySelector('#wheel').hidden")


def test_the_lecturer_shows_the_way_in(devtools: str) -> None:
    with show(devtools, DESKTOP, KEYS.lecturer) as shown:
        shown.page.wait_for("document.querySelector('#join')?.hidden === false")
        shown.page.click("#join")
        assert KEYS.code in shown.page.text("#invitation")


def test_a_page_whose_connection_ended_comes_back_by_itself(devtools: str) -> None:
    with open_class() as (classroom, address), new_page(devtools, PHONE) as page:
        page.open(f"http://{address}/")
        page.wait_for("document.querySelector('#room')?.textContent === '1 here'")
        (first,) = classroom.audience
        classroom.schedule(first.dismiss)
        until(lambda: [guest.number for guest in classroom.audience] == [first.number + 1])
        page.wait_for("document.querySelector('#notice').hidden")


@SIZES
def test_the_car_is_pushed_off_and_let_go(devtools: str, size: tuple[int, int]) -> None:
    with show(devtools, size, KEYS.lecturer) as shown:
        page = shown.page
        with private_car(shown.classroom):
            page.click("[data-activity=push]")
            page.wait_for("document.querySelector('#pushed-text').textContent.includes('the expert: ')")
            for canvas in ("#above", "#plane", "#pushed"):
                page.wait_for(is_drawn(canvas))
            page.drag("#above", (0.5, 0.8), (0.6, 0.8))
            page.wait_for("document.querySelector('#offset-text').textContent.endsWith('right')")
            assert float(page.text("#offset-text").split()[0]) > 1.0
            page.drag("#plane", (0.5, 0.5), (0.4, 0.4))
            page.wait_for("document.querySelector('#offset-text').textContent === '0.50 m left'")
            page.wait_for("document.querySelector('#contenders small')?.textContent.startsWith('wants ')")
            page.click("#contenders button")
            page.wait_for("document.querySelector('#verdicts').textContent.includes(': it ')")


@SIZES
def test_the_class_bets_on_a_frame(devtools: str, size: tuple[int, int]) -> None:
    with show(devtools, size, KEYS.lecturer) as shown, private_car(shown.classroom):
        page = shown.page
        page.wait_for("document.querySelector('#back').max > 0")
        page.click("[data-activity=bet]")
        page.click("#bet-open")
        page.wait_for("document.querySelector('#bet-count').textContent === '0 bets'")
        page.run("(() => { const one = document.querySelector('#bet-guess'); one.value = 5; one.oninput() })()")
        page.click("#bet-vote")
        page.wait_for("document.querySelector('#bet-count').textContent === '1 bet'")
        page.click("#bet-reveal")
        page.wait_for("document.querySelector('#bet-result').textContent.includes('the expert')")
        assert "the class: right, radius 20 m" in page.text("#bet-result")
        page.wait_for(is_drawn("#bet-votes"))
        assert size == PHONE or page.is_all_seen()


@SIZES
def test_a_guest_paints_on_a_frame(devtools: str, size: tuple[int, int]) -> None:
    with show(devtools, size) as shown, private_car(shown.classroom):
        page = shown.page
        page.wait_for("document.querySelector('#back').max > 0")
        page.click("[data-activity=paint]")
        page.wait_for("document.querySelector('#paint-result').textContent.startsWith('The network (shipped) wants')")
        before = page.text("#paint-result")
        page.run("document.querySelector('#paint-width').value = 0.25")
        page.drag("#easel", (0.1, 0.8), (0.9, 0.8))
        page.wait_for(f"document.querySelector('#paint-result').textContent !== {before!r}")
        page.wait_for(is_drawn("#paint-saliency"))
        assert size == PHONE or page.is_all_seen()
        page.click("#paint-undo")
        page.wait_for(f"document.querySelector('#paint-result').textContent === {before!r}")


def test_a_stroke_is_where_the_picture_is_and_not_where_the_canvas_is(devtools: str) -> None:
    """On a canvas twice as wide as the picture: as with a camera whose pictures are less wide."""
    asked: list[Paint] = []
    with show(devtools, DESKTOP) as shown, private_car(shown.classroom):
        page, paint = shown.page, shown.classroom.handlers[Paint]

        def note(guest: Guest, message: Paint) -> None:
            asked.append(message)
            paint(guest, message)

        shown.classroom.handlers[Paint] = note
        page.wait_for("document.querySelector('#back').max > 0")
        page.run("document.querySelector('#easel').width *= 2")
        page.click("[data-activity=paint]")
        page.wait_for("document.querySelector('#paint-result').textContent.startsWith('The network (shipped) wants')")
        page.drag("#easel", (0.375, 0.5), (0.75, 0.75))
        until(lambda: bool(asked[-1].strokes))
    (stroke,) = asked[-1].strokes
    assert stroke.points[0] == pytest.approx((0.25, 0.5), abs=0.01)
    assert stroke.points[-1] == pytest.approx((1.0, 0.75), abs=0.01)


@SIZES
def test_a_guest_is_alvinn_for_thirty_frames(devtools: str, size: tuple[int, int]) -> None:
    with show(devtools, size) as shown, private_car(shown.classroom):
        page = shown.page
        page.click("[data-activity=exam]")
        page.click("#exam-begin")
        for number in range(1, FRAMES + 1):
            page.wait_for(f"document.querySelector('#exam-progress').textContent === 'frame {number} of {FRAMES}'")
            page.click("#exam-next")
        page.wait_for("document.querySelector('#exam-progress').textContent.startsWith('Your mean error')")
        page.wait_for(is_drawn("#exam-chart"))
        page.wait_for("document.querySelector('#exam-best li')?.textContent.startsWith('guest: ')")


def test_a_guest_whose_connection_ends_during_the_exam_can_begin_again(devtools: str) -> None:
    with show(devtools, DESKTOP) as shown, private_car(shown.classroom):
        page = shown.page
        page.click("[data-activity=exam]")
        page.click("#exam-begin")
        page.wait_for(f"document.querySelector('#exam-progress').textContent === 'frame 1 of {FRAMES}'")
        (guest,) = shown.classroom.audience
        shown.classroom.schedule(guest.dismiss)
        page.wait_for("document.querySelector('#exam-begin').hidden === false")
        until(lambda: [other.number for other in shown.classroom.audience] == [guest.number + 1])
        page.click("#exam-next")
        page.click("#exam-begin")
        page.wait_for(f"document.querySelector('#exam-progress').textContent === 'frame 1 of {FRAMES}'")


@SIZES
def test_a_round_is_watched(devtools: str, size: tuple[int, int]) -> None:
    with show(devtools, size, KEYS.lecturer) as shown:
        page, classroom = shown.page, shown.classroom
        page.click("[data-activity=teach]")
        page.wait_for("document.querySelector('#teach-begin').hidden === false")
        classroom.post(pack("teach", {"phase": "drive", "note": "the clone drives"}))
        for number in range(8):
            classroom.show(moment(number, kind="taught", who="expert" if number > 4 else "network"))
            page.wait_for(f"{is_drawn('#teach-picture')} && {number} + 1")
        page.wait_for(is_drawn("#teach-trace"))
        classroom.post(pack("teach", {"phase": "epoch", "losses": [0.5, 0.2], "epochs": 4}))
        page.wait_for(is_drawn("#teach-loss"))
        classroom.post(pack("teach", {"phase": "done", "note": "take-overs before: 3, after: 0"}))
        page.wait_for("document.querySelector('#teach-result').textContent.includes('after: 0')")
        assert page.text("#teach-note") == ""  # nothing is said twice
        assert size == PHONE or page.is_all_seen()


def test_a_page_that_comes_back_after_a_round_may_teach_the_next_one(devtools: str) -> None:
    with show(devtools, DESKTOP, KEYS.lecturer) as shown:
        page, classroom = shown.page, shown.classroom
        page.click("[data-activity=teach]")
        classroom.post(pack("teach", {"phase": "drive", "note": "the clone drives"}))
        page.wait_for("document.querySelector('#teach-begin').disabled")
        (guest,) = classroom.audience
        classroom.schedule(guest.dismiss)  # the round ends meanwhile
        page.wait_for("!document.querySelector('#teach-begin').disabled")
        asked: list[Guest] = []
        classroom.handlers[Teach] = lambda one, _: asked.append(one)
        page.click("#teach-begin")
        until(lambda: [one.number for one in asked] == [guest.number + 1])


@SIZES
def test_a_lesson_is_read(devtools: str, size: tuple[int, int]) -> None:
    with show(devtools, size) as shown:
        page = shown.page
        shown.classroom.facts["lessons"] = [[one.number, one.title] for one in read_lessons()]
        page.command("Page.reload")
        page.wait_for("document.querySelectorAll('#lesson-list button').length === 8")
        page.click("[data-activity=lessons]")
        page.run("document.querySelectorAll('#lesson-list button')[2].click()")
        page.wait_for("document.querySelector('#lesson-text h1')?.textContent.startsWith('2.')")
        page.wait_for("document.querySelector('#lesson-text h1').getBoundingClientRect().top < innerHeight / 2")
