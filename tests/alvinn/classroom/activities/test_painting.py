from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from alvinn.classroom.activities.painting import COLOURS, SHADE, Easel, paint
from alvinn.classroom.classroom import Classroom
from alvinn.classroom.messages import MAX_BYTES, MAX_POINTS, MAX_STROKES, Hello, Paint, Stroke, decode
from alvinn.classroom.moments import follow
from alvinn.drivers.network import NetworkDriver
from alvinn.networks.undriven import answer_view
from tests.alvinn import fakes
from tests.alvinn.classroom.people import moment, shipped
from tests.alvinn.classroom.test_classroom import class_room, last

GREY = np.full((100, 200, 3), 100, dtype=np.uint8)


def painting() -> tuple[Classroom, Easel]:
    classroom = class_room()
    easel = Easel(classroom, shipped())
    easel.open()
    classroom.show(moment(1))
    return classroom, easel


def test_a_stroke_covers_what_is_under_it_and_nothing_else() -> None:
    painted = paint(GREY, (Stroke("white", 0.2, ((0.0, 0.5), (1.0, 0.5))),))
    assert tuple(painted[50, 100]) == COLOURS["white"]
    assert tuple(painted[20, 100]) == (100, 100, 100)
    assert tuple(GREY[50, 100]) == (100, 100, 100)


def test_a_shadow_darkens_and_a_dot_is_round() -> None:
    painted = paint(GREY, (Stroke("shadow", 0.2, ((0.5, 0.5),)),))
    assert tuple(painted[50, 99]) == (round(100 * SHADE),) * 3
    assert tuple(painted[50, 130]) == (100, 100, 100)


def test_a_painting_changes_what_the_network_wants() -> None:
    classroom, easel = painting()
    guest = classroom.join(Hello("Ada"))
    strokes = (Stroke("white", 0.5, ((0.0, 0.9), (1.0, 0.9))),)
    easel.show(guest.number, moment(1), strokes)
    painted = last(guest, "painted")
    assert painted["name"] == "shipped"
    assert painted["before"]["curvature"] != painted["after"]["curvature"]
    assert len(painted["sizes"]) == 2  # the painting, and what the answer rests on
    easel.show(guest.number, moment(1), ())
    clean = last(guest, "painted")
    assert clean["before"] == clean["after"]


def test_before_it_was_painted_on_a_frame_has_the_answer_that_was_driven() -> None:
    classroom, easel = painting()
    guest, driver = classroom.join(Hello("Ada")), NetworkDriver(shipped().network)
    for number in range(8):
        seen = moment(number).observation
        driven = driver.decide(seen).curvature
    easel.show(guest.number, replace(moment(7), thought=follow(driver, seen)), ())
    painted = last(guest, "painted")
    assert painted["before"]["curvature"] == painted["after"]["curvature"] == pytest.approx(driven, abs=1e-5)
    easel.show(guest.number, moment(7, thought=False), ())
    view = answer_view(driver.network, seen).curvature
    assert last(guest, "painted")["before"]["curvature"] == pytest.approx(view, abs=1e-5), "nobody drove"


def test_a_frame_that_is_gone_is_said_and_one_that_is_there_is_queued() -> None:
    classroom, easel = painting()
    guest = classroom.join(Hello("Ada"))
    classroom.receive(guest, '{"type": "paint", "number": 99}')
    assert "new one" in last(guest, "refused")["why"]
    classroom.receive(guest, '{"type": "paint", "number": 1}')
    classroom.receive(guest, '{"type": "paint", "number": 1}')
    assert len(easel.queue) == 1


def test_a_frame_of_another_camera_is_refused_in_a_sentence() -> None:
    classroom, easel = painting()
    guest = classroom.join(Hello("Ada"))
    easel.show(guest.number, moment(1, observation=fakes.step(1, camera=fakes.SMALL).observation), ())
    assert "pixels" in last(guest, "refused")["why"]


def test_the_largest_painting_fits_into_a_message() -> None:
    points = "[" + ",".join(["[0.123,0.456]"] * MAX_POINTS) + "]"
    stroke = f'{{"colour":"asphalt","width":0.25,"points":{points}}}'
    text = f'{{"type":"paint","number":123456,"strokes":[{",".join([stroke] * MAX_STROKES)}]}}'
    assert len(text) < MAX_BYTES
    assert isinstance(decode(text), Paint)


@pytest.mark.parametrize("width", ["0", "0.6", "-1"])
def test_a_brush_has_a_sensible_width(width: str) -> None:
    with pytest.raises(ValueError, match="message"):
        decode(f'{{"type":"paint","number":1,"strokes":[{{"colour":"white","width":{width},"points":[[0,0]]}}]}}')
