from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvinn.controls.profiles import Pedal, Profile, find_profile, guess, load_profiles, profiles_path, save_profile
from alvinn.errors import AlvinnError

WHEEL = Profile("a wheel", axis=2, left=0.9, centre=0.1, right=-0.8, brake=Pedal(1, rest=1.0, full=-1.0))


def test_a_wheel_steers_linearly_to_both_its_ends_whichever_way_its_axis_runs() -> None:
    assert WHEEL.steer(0.9) == pytest.approx(-1.0)
    assert WHEEL.steer(0.5) == pytest.approx(-0.5)
    assert WHEEL.steer(0.1) == 0.0
    assert WHEEL.steer(-0.35) == pytest.approx(0.5)
    assert WHEEL.steer(-1.0) == pytest.approx(1.0), "beyond the end is the end"


@given(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0), st.floats(0.0, 0.9), st.floats(0.3, 3.0), st.floats(0.1, 1.0))
def test_a_turn_further_right_never_steers_further_left(
    one: float, other: float, dead_zone: float, curve: float, reach: float
) -> None:
    profile = replace(WHEEL, dead_zone=dead_zone, curve=curve, reach=reach)
    low, high = sorted((one, other), reverse=True)  # this wheel's axis falls to the right
    assert profile.steer(low) <= profile.steer(high)
    assert abs(profile.steer(one)) <= reach


def test_within_the_dead_zone_it_is_straight_on_and_beyond_it_begins_at_nothing() -> None:
    profile = Profile("pad", 0, dead_zone=0.1)
    assert profile.steer(0.1) == profile.steer(-0.1) == 0.0
    assert profile.steer(0.11) == pytest.approx(0.01 / 0.9)
    assert profile.steer(1.0) == 1.0


def test_a_curve_is_finer_around_the_middle_and_reaches_as_far() -> None:
    profile = Profile("pad", 0, curve=2.0, reach=0.5)
    assert profile.steer(0.5) == pytest.approx(0.125)
    assert profile.steer(-1.0) == pytest.approx(-0.5)


def test_a_pedal_is_pressed_from_where_it_rests_to_where_it_is_down() -> None:
    lever = Pedal(1, rest=1.0, full=-1.0)
    assert [lever.share(position) for position in (1.0, 0.0, -1.0)] == [0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Pedal(0, rest=0.5, full=0.52), "must travel at least 0.1"),
        (lambda: Profile("x", 0, left=0.0), "must be at least 0.1 from its centre"),
        (lambda: Profile("x", 0, left=0.5), "on the same side of centre"),
        (lambda: Profile("x", 0, dead_zone=1.0), "dead zone 1.0"),
        (lambda: Profile("x", 0, curve=0.0), "curve 0.0"),
        (lambda: Profile("x", 0, reach=1.5), "reach 1.5"),
    ],
)
def test_a_device_that_cannot_be_is_refused_at_birth(make: object, complaint: str) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match=complaint):
        make()


@pytest.mark.parametrize(
    ("name", "throttle", "brake"),
    [
        ("Logitech G29 Driving Force Racing Wheel", Pedal(2, 1.0, -1.0), Pedal(3, 1.0, -1.0)),
        ("Logitech G920 Driving Force Racing Wheel", Pedal(1, 1.0, -1.0), Pedal(2, 1.0, -1.0)),
        ("Logitech G923 Racing Wheel for PlayStation 4 and PC", Pedal(2, 1.0, -1.0), Pedal(3, 1.0, -1.0)),
        ("Logitech G923 Racing Wheel for Xbox One and PC", Pedal(1, 1.0, -1.0), Pedal(2, 1.0, -1.0)),
        ("Microsoft X-Box 360 pad", Pedal(5, -1.0, 1.0), Pedal(2, -1.0, 1.0)),
        ("Xbox Series X Controller", Pedal(5, -1.0, 1.0), Pedal(2, -1.0, 1.0)),
        ("something unheard of", None, None),
    ],
)
def test_common_devices_are_guessed_by_their_names(name: str, throttle: Pedal | None, brake: Pedal | None) -> None:
    profile = guess(name)
    assert (profile.name, profile.axis, profile.throttle, profile.brake) == (name, 0, throttle, brake)


def test_what_was_calibrated_is_remembered_by_guid_beside_other_devices(tmp_path: Path) -> None:
    path = tmp_path / "new" / "devices.json"
    assert load_profiles(path) == {}
    other = replace(WHEEL, name="another", throttle=Pedal(3, -1.0, 1.0), buttons={"take": 5})
    save_profile(path, "03aa", WHEEL)
    save_profile(path, "03bb", other)
    save_profile(path, "03aa", replace(WHEEL, axis=1))
    known = load_profiles(path)
    assert known == {"03aa": replace(WHEEL, axis=1), "03bb": other}
    assert find_profile("03bb", "Logitech G29", known) == other, "what was measured beats what is guessed"
    assert find_profile("03cc", "Logitech G29", known) == guess("Logitech G29")


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 7, "devices": {}}', '{"schema": 1, "devices": {"a": {}}}'])
def test_a_damaged_file_says_what_to_do(tmp_path: Path, text: str) -> None:
    path = tmp_path / "devices.json"
    path.write_text(text, encoding="utf-8")
    how = "update alvinn" if "7" in text else "delete it, and run alvinn calibrate again"
    with pytest.raises(AlvinnError, match=how):
        load_profiles(path)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the user's config folder has another name")
def test_it_lies_in_the_users_own_config_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert profiles_path() == tmp_path / "alvinn" / "devices.json"
