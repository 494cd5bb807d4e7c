from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvinn.cockpit.start_screen import KEY_SPEED
from alvinn.controls.devices import TURN_SECONDS, Keyboard, Mouse, WheelDevice, steer_limit, turn_virtual_wheel
from alvinn.controls.inputs import Inputs, JoystickState
from alvinn.controls.profiles import Pedal, Profile, guess
from alvinn.controls.selection import list_device_names, select_device
from alvinn.driving.cruise import SpeedController
from alvinn.driving.departure import departure_margin
from alvinn.driving.types import Control
from alvinn.errors import AlvinnError
from tests.alvinn.controls.key_hands import KeyHands, circuit
from tests.alvinn.fakes import CAR, DT, PaperWorld

WHEEL = Profile("Wheel", axis=0, brake=Pedal(2, rest=1.0, full=-1.0))


def held(*keys: str) -> Inputs:
    return Inputs(down=frozenset(keys))


def stick(*axes: float | None, guid: str = "03", name: str = "Wheel") -> JoystickState:
    return JoystickState(guid, name, axes)


def plugged(*sticks: JoystickState) -> Inputs:
    return Inputs(sticks={one.guid: one for one in sticks})


def test_a_key_held_down_turns_the_wheel_gradually_and_letting_go_returns_it() -> None:
    keyboard = Keyboard(DT)
    there = [keyboard.read(held("right"), 8.0).steer for _ in range(20)]
    back = [keyboard.read(held(), 8.0).steer for _ in range(25)]
    assert there == sorted(there)
    assert len(set(there)) >= 12, "labels are graded"
    assert there[-1] == pytest.approx(steer_limit(8.0))
    assert back == sorted(back, reverse=True)
    assert back[-1] == 0.0


def test_left_is_left_by_either_key() -> None:
    for key in ("left", "a"):
        assert Keyboard(DT).read(held(key), 8.0).steer < 0.0
    assert Keyboard(DT).read(held("left", "right"), 8.0).steer == 0.0


def test_it_steers_less_at_speed_and_fully_at_walking_speed() -> None:
    assert steer_limit(2.0) == 1.0
    assert steer_limit(8.0) == pytest.approx(12.0 / 64.0)
    assert steer_limit(20.0) < steer_limit(8.0) < steer_limit(5.0)


@given(st.floats(-1.0, 1.0), st.sampled_from([-1, 0, 1]), st.floats(0.0, 40.0))
def test_the_imagined_wheel_never_passes_its_lock_nor_jumps(steer: float, push: int, speed: float) -> None:
    start = max(-steer_limit(speed), min(steer_limit(speed), steer))
    after = turn_virtual_wheel(start, push, speed, DT)
    assert abs(after) <= steer_limit(speed) + 1e-12
    assert abs(after - start) <= steer_limit(speed) * 0.25
    assert (after - start) * push >= 0.0


def test_taking_the_wheel_over_begins_where_the_car_steers() -> None:
    keyboard = Keyboard(DT)
    keyboard.begin(0.1)
    assert keyboard.read(held("right"), 8.0).steer == pytest.approx(0.1 + steer_limit(8.0) * DT / TURN_SECONDS)


def test_keys_for_steering_and_braking_are_a_touch_and_the_throttle_is_none() -> None:
    keyboard = Keyboard(DT)
    is_touched = {key: keyboard.read(held(key), 8.0).is_touched for key in ("left", "d", "down", "up", "r")}
    assert is_touched == {"left": True, "d": True, "down": True, "up": False, "r": False}
    pedals = keyboard.read(held("w", "s"), 8.0)
    assert (pedals.throttle, pedals.brake) == (1.0, 1.0)


def test_the_mouse_steers_by_its_place_across_the_window_and_its_buttons_are_pedals() -> None:
    seen = Mouse().read(Inputs(mouse=-0.5, mouse_down=frozenset({1})), 8.0)
    assert seen.steer == pytest.approx(-steer_limit(8.0) / 2)
    assert (seen.axis, seen.throttle, seen.brake) == (-0.5, 1.0, 0.0)
    assert not Mouse().read(Inputs(mouse=0.9), 8.0).is_touched


def test_a_wheel_steers_by_its_position_at_every_speed() -> None:
    wheel = WheelDevice("03", WHEEL)
    for speed in (0.0, 30.0):
        seen = wheel.read(plugged(stick(-0.25, None, None)), speed)
        assert seen is not None
        assert (seen.steer, seen.axis, seen.brake) == (-0.25, -0.25, 0.0)


def test_a_pedal_that_never_moved_is_not_pressed() -> None:
    assert WheelDevice("03", WHEEL).read(plugged(stick(None, None, None)), 8.0) is not None
    pressed = WheelDevice("03", WHEEL).read(plugged(stick(None, None, 0.0)), 8.0)
    assert pressed is not None
    assert pressed.brake == 0.5


def test_a_hand_is_on_the_wheel_once_it_left_the_place_where_it_was_let_go() -> None:
    wheel = WheelDevice("03", WHEEL)
    touches = []
    for position in (0.3, 0.31, 0.5):
        seen = wheel.read(plugged(stick(position, None, None)), 8.0)
        assert seen is not None
        touches.append(seen.is_touched)
    wheel.let_go()
    resting = wheel.read(plugged(stick(0.5, None, None)), 8.0)
    assert resting is not None
    assert (touches, resting.is_touched) == ([False, False, True], False)


def test_a_wheel_that_is_pulled_out_says_nothing_until_it_is_back() -> None:
    wheel = WheelDevice("03", WHEEL)
    assert wheel.read(Inputs(), 8.0) is None
    assert wheel.read(plugged(stick(0.1, guid="99")), 8.0) is None, "another device is not this one"
    assert wheel.read(plugged(stick(0.1)), 8.0) is not None


def test_a_profile_of_more_axes_than_the_device_has_is_survived() -> None:
    seen = WheelDevice("03", WHEEL).read(plugged(stick(0.2)), 8.0)
    assert seen is not None
    assert (seen.steer, seen.brake) == (0.2, 0.0)


def test_the_first_wheel_is_taken_a_calibrated_one_before_others_and_the_keys_where_there_is_none() -> None:
    one, two = stick(guid="01", name="Pad"), stick(guid="02", name="G29")
    sticks = {"01": one, "02": two}
    assert select_device("auto", {}, {}, DT).name == "keyboard"
    assert select_device("auto", sticks, {}, DT).name == "Pad"
    assert select_device("auto", sticks, {"02": guess("G29")}, DT).name == "G29"
    assert select_device("g2", sticks, {}, DT).name == "G29"
    assert select_device("mouse", sticks, {}, DT).name == "mouse"
    assert select_device("keyboard", sticks, {}, DT).name == "keyboard"
    assert list_device_names(sticks) == ("Pad", "G29", "keyboard", "mouse")


@pytest.mark.parametrize("wanted", ["wheel", "G923"])
def test_a_device_that_is_not_there_is_refused_with_those_that_are(wanted: str) -> None:
    sticks = {} if wanted == "wheel" else {"01": stick(guid="01", name="Pad")}
    with pytest.raises(AlvinnError, match="keyboard, mouse"):
        select_device(wanted, sticks, {}, DT)


@pytest.mark.parametrize(("name", "seconds"), [("oval", 150.0), ("country", 60.0)])
@pytest.mark.parametrize("delay", [0.15, 0.2])
def test_late_and_coarse_hands_stay_on_the_road_with_keys_alone(name: str, seconds: float, delay: float) -> None:
    """A lap of the oval and a minute of country, at the speed that the start screen offers for keys."""
    world, keyboard = PaperWorld(circuit(name), speed=KEY_SPEED), Keyboard(DT)
    hands, cruise = KeyHands(world.lane, delay), SpeedController(KEY_SPEED, DT)
    steer = driven = 0.0
    for _ in range(round(seconds / DT)):
        truth, speed = world.truth(), world.observe().speed
        assert abs(truth.offset) < departure_margin(truth.lane_width, CAR.width)
        curvature = CAR.curvature(steer, speed)
        wanted = keyboard.read(hands.look(truth, speed, curvature), speed).steer
        steer += 0.6 * (wanted - steer)  # the wheels follow within two ticks
        throttle, brake = cruise.hold(speed, CAR.curvature(steer, speed))
        world.apply(Control(steer=steer, throttle=throttle, brake=brake))
        driven += speed * DT
    assert driven > (world.lane.length if name == "oval" else 200.0)
