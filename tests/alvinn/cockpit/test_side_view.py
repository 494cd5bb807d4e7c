from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pytest

from alvinn.cockpit.cockpit import Cockpit
from alvinn.cockpit.live_drive import _make_view
from alvinn.cockpit.side_view import TICKS, SideView
from alvinn.cockpit.wiring import Wiring
from alvinn.controls.devices import Keyboard
from alvinn.controls.inputs import Inputs
from alvinn.drivers.human import HumanDriver
from alvinn.drivers.network import NetworkDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.protocols import Verdict
from alvinn.driving.realtime import LiveWorld
from alvinn.driving.types import Image, Step
from alvinn.visualization.alvinn_panel import AlvinnPanel
from alvinn.visualization.insight import Insight
from tests.alvinn.classroom.people import paper_car, shipped
from tests.alvinn.cockpit.test_cockpit import Screen
from tests.alvinn.fakes import CAR, DT, PaperWorld, Script, step, straight

ALL = {"retina", "saliency", "hidden", "output", "map"}


class Drawn:
    """A view that remembers what it was asked to draw."""

    def __init__(self) -> None:
        self.asked: list[tuple[float | None, set[str]]] = []

    def __call__(self, _: Step, driver: float | None, parts: Collection[str]) -> Image:
        self.asked.append((driver, set(parts)))
        return np.zeros((4, 4, 3), dtype=np.uint8)


def test_it_is_drawn_every_other_tick_and_not_at_all_while_hidden() -> None:
    drawn = Drawn()
    side = SideView(drawn)
    assert all(side.draw(step(number), 0.01) is not None for number in range(10))
    assert len(drawn.asked) == 5
    side.toggle()
    assert side.draw(step(10), 0.01) is None
    assert len(drawn.asked) == 5


def test_each_part_has_its_key() -> None:
    drawn = Drawn()
    side = SideView(drawn)
    side.handle(("1", "3", "x"))
    side.draw(step(), None)
    side.draw(step(), None)
    side.handle(("1",))
    side.draw(step(), 0.02)
    assert drawn.asked == [(None, ALL - {"retina", "hidden"}), (0.02, ALL - {"hidden"})]


def test_without_a_network_there_is_none() -> None:
    assert SideView(None).draw(step(), None) is None


def test_in_the_cockpit_its_keys_work_and_the_drivers_steering_is_its_second_mark() -> None:
    drawn = Drawn()
    screen = Screen({5: Inputs(pressed=("1",)), 9: Inputs(pressed=("v",)), 13: Inputs(pressed=("v",))}, ticks=16)
    cockpit = Cockpit(screen, Keyboard(DT), Wiring("straight", "ClearNoon", view=drawn), CAR, wait=False)
    live = LiveWorld(PaperWorld(straight(200.0)), cockpit.attend, DT, lambda: 0.0, lambda _: None)
    run(live, HumanDriver(cockpit.read_input, cockpit.has_pedals, CAR), [cockpit], CAR, SpeedController(8.0, DT))
    assert [panel.side is not None for panel in screen.panels] == [True] * 8 + [False] * 4 + [True] * 5
    assert all(driver is not None for driver, _ in drawn.asked), "the person has the wheel"
    assert (drawn.asked[0][1], drawn.asked[-1][1]) == (ALL, ALL - {"retina"})


def test_its_mark_is_the_driven_answer_though_it_is_drawn_every_other_tick_and_was_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    marks: list[float] = []

    def draw(_: AlvinnPanel, insight: Insight, *__: object) -> Image:
        marks.append(insight.curvature)
        return np.zeros((4, 4, 3), dtype=np.uint8)

    monkeypatch.setattr(AlvinnPanel, "draw", draw)
    world, driver, script = paper_car(), NetworkDriver(shipped().network), Script([Verdict.CONTINUE] * 30)
    hide, reset = Inputs(pressed=("v",)), Inputs(pressed=("l",))
    screen = Screen({9: hide, 13: hide, 20: reset}, ticks=30)
    wiring = Wiring("oval", "ClearNoon", view=_make_view(driver, world))
    cockpit = Cockpit(screen, Keyboard(DT), wiring, CAR, wait=False)
    live = LiveWorld(world, cockpit.attend, DT, lambda: 0.0, lambda _: None)
    run(live, driver, [script, cockpit], CAR, SpeedController(8.0, DT))
    driven = [step.decision.curvature for step in script.steps]
    assert script.recovered_after == [20]
    assert marks == pytest.approx([*driven[:8:TICKS], *driven[12::TICKS]])
