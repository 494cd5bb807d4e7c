from __future__ import annotations

import pytest

from alvinn.controls.devices import Device, Keyboard, Mouse, WheelDevice
from alvinn.controls.inputs import JoystickState
from alvinn.controls.profiles import Profile
from alvinn.controls.selection import list_device_names, select_device
from alvinn.errors import AlvinnError
from tests.alvinn.fakes import DT

STICKS = {"01": JoystickState("01", "Xbox Pad"), "02": JoystickState("02", "G29 Wheel")}
CALIBRATED = {"02": Profile("G29 Wheel", axis=0)}


def selected(wanted: str, known: dict[str, Profile] | None = None) -> Device:
    return select_device(wanted, STICKS, known or {}, DT)


def test_wheels_are_listed_before_keyboard_and_mouse_each_name_once() -> None:
    twice = STICKS | {"03": JoystickState("03", "G29 Wheel")}
    assert list_device_names(twice) == ("Xbox Pad", "G29 Wheel", "keyboard", "mouse")
    assert list_device_names({}) == ("keyboard", "mouse")


@pytest.mark.parametrize(("wanted", "name"), [("auto", "Xbox Pad"), ("wheel", "Xbox Pad"), ("g29", "G29 Wheel")])
def test_the_first_device_that_fits_the_name_is_taken(wanted: str, name: str) -> None:
    found = selected(wanted)
    assert isinstance(found, WheelDevice)
    assert found.name == name


def test_a_calibrated_device_is_preferred() -> None:
    assert selected("auto", CALIBRATED).name == "G29 Wheel"
    assert selected("xbox", CALIBRATED).name == "Xbox Pad", "unless another one is named"


def test_without_a_device_the_keyboard_is_taken_and_both_can_be_named() -> None:
    assert isinstance(select_device("auto", {}, {}, DT), Keyboard)
    assert isinstance(selected("keyboard"), Keyboard)
    assert isinstance(selected("mouse"), Mouse)


def test_a_device_that_is_not_plugged_in_is_an_error_that_lists_those_that_are() -> None:
    with pytest.raises(AlvinnError, match="'logitech' is plugged in, only Xbox Pad, G29 Wheel, keyboard, mouse"):
        selected("Logitech".lower())
    with pytest.raises(AlvinnError, match="only keyboard, mouse"):
        select_device("wheel", {}, {}, DT)
