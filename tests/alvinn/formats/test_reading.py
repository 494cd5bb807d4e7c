from __future__ import annotations

import math

import pytest

from alvinn.errors import RecordingError
from alvinn.formats.conversion_log import ConversionLog
from alvinn.formats.reading import Reading, choose_scale


@pytest.mark.parametrize("name", ["steering", "gradient", "steer_radius", "degenerate", "user/angle"])
def test_a_steering_is_a_share_of_full_lock_where_its_name_says_no_unit(name: str) -> None:
    log = ConversionLog()
    assert choose_scale(name, "", Reading(), log).of(0.25) == 0.25
    assert log.notes == []


@pytest.mark.parametrize("name", ["steering_deg", "steeringAngleDegrees", "angle [degree]", "steer deg"])
def test_degrees_are_divided_by_full_lock(name: str) -> None:
    log = ConversionLog()
    scale = choose_scale(name, "", Reading(full_lock=math.radians(40.0)), log)
    assert scale.of("-10") == pytest.approx(-0.25)
    (note,) = log.notes
    assert note.startswith(f"{name} is taken as the front wheels' angle in degrees: 40 degrees are full lock")


@pytest.mark.parametrize(("name", "unit"), [("steering_rad", ""), ("steering", "rad"), ("steering", "radians")])
def test_radians_are_divided_by_full_lock(name: str, unit: str) -> None:
    scale = choose_scale(name, unit, Reading(full_lock=0.5), ConversionLog())
    assert scale.of(0.25) == pytest.approx(0.5)


def test_a_sign_is_turned_and_said() -> None:
    log = ConversionLog()
    scale = choose_scale("steering", "", Reading(right_positive=False), log)
    assert scale.of(0.25) == -0.25
    assert log.notes == ["steering is taken as left positive: its sign is turned"]


def test_a_hair_beyond_full_lock_is_clipped_and_counted_and_more_is_no_steering() -> None:
    log = ConversionLog()
    scale = choose_scale("steering", "", Reading(), log)
    assert [scale.of(value) for value in (1.003, -1.05, 1.0)] == [1.0, -1.0, 1.0]
    assert log.counts == {"steering was a hair beyond full lock and is clipped to 1": 2}
    for value in (1.06, "left", None, True, math.nan, math.inf):
        with pytest.raises(ValueError, match=r"its steering is no number in \[-1, 1\]"):
            scale.of(value)


def test_a_steering_wheels_angle_is_refused_with_the_flag_that_mends_it() -> None:
    scale = choose_scale("steering_deg", "", Reading(), ConversionLog())
    with pytest.raises(RecordingError, match=r"not the steering.*--vehicle.max-wheel-angle at its own full lock"):
        scale.check(["200", "-340", "90"], ["steering_deg"])
    scale.check(["20", "-24.9", "25.1"], ["steering_deg"])
