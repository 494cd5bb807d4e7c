"""How a live drive begins and ends, on paper; the whole of it is driven in jobs/test_drive.py and test_record.py."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from alvinn.cockpit.display.window import Window
from alvinn.cockpit.live_drive import DEVICE_POLLS, brake_at_end, open_device, stop
from alvinn.controls.inputs import Inputs, JoystickState
from alvinn.driving.types import Control, GroundTruth
from alvinn.errors import FrameError, ServerError
from tests.alvinn.fakes import DT, PaperWorld, straight

WHEEL = {"03": JoystickState("03", "Wheel")}


class Polled:
    """A window that reports the devices at the n-th look."""

    def __init__(self, at: int) -> None:
        self.at, self.looks = at, 0

    def poll(self) -> Inputs:
        self.looks += 1
        return Inputs(sticks=WHEEL if self.looks >= self.at else {})


class Deaf(PaperWorld):
    """A world whose server answers nothing any more."""

    def truth(self) -> GroundTruth:
        raise ServerError("the server stopped answering")

    def apply(self, control: Control) -> None:
        raise ServerError("the server stopped answering")


@pytest.fixture(autouse=True)
def _no_calibration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alvinn.cockpit.live_drive.profiles_path", lambda: tmp_path / "profiles.json")
    monkeypatch.setattr("time.sleep", lambda _: None)


def speed(world: PaperWorld) -> float:
    return world.observe().speed


def test_the_car_is_braked_until_it_stands_and_no_longer() -> None:
    world = PaperWorld(straight(200.0), speed=8.0)
    stop(world)
    assert speed(world) == 0.0
    assert all(control.brake == 1.0 for control in world.applied)
    assert len(world.applied) <= 8.0 / 8.0 / DT + 3


def test_a_server_that_is_gone_is_not_braked_on() -> None:
    stop(Deaf(straight(200.0)))


@pytest.mark.parametrize("error", [None, KeyboardInterrupt(), ValueError("a fault"), FrameError("no image")])
def test_however_a_drive_ends_the_car_is_braked_and_the_error_goes_on(error: BaseException | None) -> None:
    world = PaperWorld(straight(200.0), speed=8.0)
    if error is None:
        with brake_at_end(world):
            pass
    else:
        with pytest.raises(type(error)), brake_at_end(world):
            raise error
    assert speed(world) == 0.0


def test_a_server_that_no_longer_answers_is_not_asked_to_brake() -> None:
    world = PaperWorld(straight(200.0), speed=8.0)
    with pytest.raises(ServerError), brake_at_end(world):
        raise ServerError("the server stopped answering")
    assert world.applied == []


def test_a_wheel_is_found_though_it_is_reported_some_ticks_after_the_window_opened() -> None:
    late = Polled(DEVICE_POLLS)
    assert open_device("auto", cast("Window", late)).name == "Wheel"
    assert late.looks == DEVICE_POLLS


def test_without_a_wheel_the_keyboard_steers_after_a_few_looks() -> None:
    never = Polled(10**6)
    assert open_device("auto", cast("Window", never)).name == "keyboard"
    assert never.looks == DEVICE_POLLS
