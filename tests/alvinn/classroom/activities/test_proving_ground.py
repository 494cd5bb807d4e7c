from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from alvinn.classroom.activities import proving_ground
from alvinn.classroom.activities.contenders import Contender
from alvinn.classroom.activities.proving_ground import (
    APART,
    RUN_UP,
    ProvingGround,
    Trial,
    describe_lane,
    find_bend,
    find_bends,
    private_ground,
)
from alvinn.classroom.audience import Guest
from alvinn.classroom.classroom import Classroom
from alvinn.classroom.messages import Drop, Hello, Pose
from alvinn.classroom.moments import Moment
from alvinn.driving.lane import Lane
from alvinn.driving.protocols import Verdict
from alvinn.errors import AlvinnError
from alvinn.settings import Driving
from alvinn.world import embedded_server
from tests.alvinn import fakes
from tests.alvinn.classroom.people import KEYS, paper_car, shipped
from tests.alvinn.classroom.test_classroom import hear, last
from tests.alvinn.classroom.test_wheel import Clock

CLOCK = Clock()


def pass_time(seconds: float) -> None:
    CLOCK.now += seconds


def ground(lane: Lane | None = None, contender: Contender | None = None) -> tuple[Classroom, ProvingGround]:
    classroom = Classroom(KEYS, CLOCK)
    place = ProvingGround(classroom, [contender or shipped()], paper_car(lane), 8.0, CLOCK, pass_time)
    place.open()
    return classroom, place


def settle(classroom: Classroom, place: ProvingGround, guest: Guest, text: str) -> list[dict[str, Any]]:
    """What a guest hears after saying something and after all that waits was done."""
    classroom.receive(guest, text)
    place.queue.put(0, "end", place.queue.close)
    place.queue.work()
    return hear(guest)


def test_a_guest_sees_the_very_view_and_what_network_and_expert_want() -> None:
    classroom, place = ground()
    guest = classroom.join(Hello("Ada"))
    heard = settle(classroom, place, guest, '{"type": "pose", "place": 0.5, "offset": 1.0, "heading": 0.1}')
    push = next(message for message in heard if message["type"] == "push")
    view = next(message for message in heard if message["type"] == "view")
    assert push["contenders"][0]["name"] == view["answers"][0]["name"] == "shipped"
    assert view["expert"] < 0.0  # right of the lane and pointing right: back to the left
    assert len(view["answers"][0]["units"]) == 45
    assert len(view["sizes"]) == 1


def test_the_expert_leads_back_from_either_side() -> None:
    classroom, place = ground(fakes.straight(200.0))
    guest = classroom.join(Hello("Ada"))
    for offset in (-1.0, 1.0):
        place.look(guest.number, Pose(0.3, offset, 0.0))
        assert last(guest, "view")["expert"] * offset < 0.0


def test_a_drop_needs_the_code_and_a_network_that_is_there() -> None:
    classroom, place = ground()
    guest, driver = classroom.join(Hello("Ada")), classroom.join(Hello("Bo", KEYS.code))
    for who, name in ((guest, "shipped"), (driver, "nothing")):
        classroom.receive(who, f'{{"type": "drop", "model": "{name}", "place": 0, "offset": 0, "heading": 0}}')
        assert last(who, "refused")["why"]
    assert len(place.queue) == 0


def test_a_drop_is_driven_before_everybodys_eyes_and_ends_with_what_became_of_it() -> None:
    classroom, place = ground()
    driver, guest = classroom.join(Hello("Ada", KEYS.code)), classroom.join(Hello("Bo"))
    text = '{"type": "drop", "model": "shipped", "place": 0.1, "offset": 1.0, "heading": 0.0}'
    told = settle(classroom, place, driver, text)
    assert "queued" in {message["type"] for message in told}
    heard = hear(guest)
    kinds = [message["type"] for message in heard]
    assert kinds.index("dropped") < kinds.index("landed")
    assert heard[kinds.index("dropped")]["by"] == "Ada"
    assert "it " in heard[kinds.index("landed")]["outcome"]
    assert "pushed" in kinds  # the newest of its pictures
    assert not classroom.moments  # the stage's own are others


def test_what_is_shown_of_a_dropped_car_is_what_its_network_drives(monkeypatch: pytest.MonkeyPatch) -> None:
    classroom, place = ground()
    shown: list[Moment] = []
    monkeypatch.setattr(classroom, "show", shown.append)
    place.drop("Ada", Drop(place=0.1, offset=1.0, heading=0.0, model="shipped"))
    assert len(shown) > 5
    assert [one.thought.curvature for one in shown if one.thought] == pytest.approx([one.curvature for one in shown])


@pytest.mark.parametrize(
    ("offsets", "outcome"),
    [
        ([1.0, 0.6, *[0.1] * 60], "it came back, 0.1 s after the drop"),
        ([1.0, 2.0, 3.0, 4.0], "it left the road"),
        ([1.0] * 300, "it is still beside its line"),
    ],
)
def test_a_trial_ends_when_the_car_is_back_gone_or_out_of_time(offsets: list[float], outcome: str) -> None:
    trial = Trial(0.67)
    verdicts = [trial.see(fakes.step(number, fakes.truth(offset=offset))) for number, offset in enumerate(offsets)]
    assert Verdict.STOP in verdicts
    assert trial.outcome == outcome


def test_a_car_that_crosses_its_line_at_an_angle_is_not_back() -> None:
    trial = Trial(0.67)
    for number in range(100):
        assert trial.see(fakes.step(number, fakes.truth(heading_error=math.radians(10.0)))) is Verdict.CONTINUE


def test_the_lane_of_the_page_is_a_metre_apart() -> None:
    points = describe_lane(fakes.straight(50.0))
    assert [point[0] for point in points[:3]] == [0.0, 1.0, 2.0]
    assert {point[3] for point in points} == {3.5}


def test_the_place_that_is_offered_first_lies_before_a_bend() -> None:
    assert find_bend(fakes.straight(30.0)) == 0.0
    x = np.concatenate([np.arange(0.0, 60.0, 0.5), 60.0 + 15.0 * np.sin(np.arange(0.05, 1.5, 0.03))])
    y = np.concatenate([np.zeros(120), 15.0 - 15.0 * np.cos(np.arange(0.05, 1.5, 0.03))])
    lane = Lane(np.stack([x, y, 0.0 * x], axis=1), np.full(len(x), 3.5), closed=False)
    assert 60.0 <= find_bend(lane) + RUN_UP <= 82.0  # m: from its beginning to its end


def test_a_class_that_ends_does_not_wait_for_a_private_car_that_is_still_to_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embedded_server, "BOOTSTRAP", "import time; time.sleep(3600)")
    monkeypatch.setattr(embedded_server, "START_SECONDS", 3600.0)
    classroom = Classroom(KEYS)
    guest = classroom.join(Hello("Ada"))
    with private_ground(classroom, [shipped()], Driving(), "oval"):
        assert "refused" not in {message["type"] for message in hear(guest)}
        for asked in ("exam", "teach"):
            classroom.receive(guest, f'{{"type": "{asked}"}}')
        assert [message["why"] for message in hear(guest) if message["type"] == "refused"] == [
            "the private car is on its way: ask again in a moment"
        ] * 2
    assert "refused" not in {message["type"] for message in hear(guest)}


def test_the_private_car_drives_on_a_map_of_its_own_whatever_the_server_of_the_stage_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[Driving, str]] = []

    def opened(settings: Driving, *, map_name: str, **_: object) -> None:
        asked.append((settings, map_name))
        raise AlvinnError("that is all")

    monkeypatch.setattr(proving_ground, "open_world", opened)
    with private_ground(Classroom(KEYS), [shipped()], Driving(carla="somewhere:2000", map="Town05"), "oval"):
        pass
    assert [(settings.carla, settings.map, name) for settings, name in asked] == [(None, "oval", "oval")]


def test_bends_are_apart_and_the_tightest_comes_first() -> None:
    assert find_bends(fakes.straight(30.0), 6) == [0.0]
    ring = fakes.circle(60.0)
    places = find_bends(ring, 6)
    assert len(places) == 6
    assert places[0] == find_bend(ring)
    gaps = [abs(one - other) for one, other in combinations(places, 2)]
    assert min(min(gap, ring.length - gap) for gap in gaps) >= APART


@pytest.mark.long
def test_the_private_car_lives_on_a_server_of_its_own_and_ends_with_the_class() -> None:
    classroom = Classroom(KEYS)
    guest = classroom.join(Hello("Ada"))
    with private_ground(classroom, [shipped()], Driving(), "oval"):
        while Drop not in classroom.handlers:
            pass_time(0.0)
        classroom.receive(guest, '{"type": "pose", "place": 0.5, "offset": 0.8, "heading": 0}')
        while "view" not in {message["type"] for message in hear(guest)}:
            pass_time(0.0)
