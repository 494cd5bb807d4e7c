from __future__ import annotations

import math
from typing import Any

import pytest

from alvinn.reinforcement.lane_keeping import Road
from alvinn.reinforcement.settings import RefineSettings


def test_circuits_take_turns_of_a_minute_forward_and_then_in_reverse() -> None:
    job = RefineSettings(maps="oval,hills", weather="ClearNight")
    roads = [job.road(minute) for minute in range(5)]
    assert [road.map for road in roads] == ["oval", "hills", "oval", "hills", "oval"]
    assert [road.direction for road in roads] == ["forward"] * 2 + ["reverse"] * 2 + ["forward"]
    assert roads[0] == Road("oval", "forward", "ClearNight")


def test_weathers_take_turns_of_a_minute_too() -> None:
    job = RefineSettings(maps="oval,hills,country", weathers="ClearNight,DustStorm")
    assert [job.road(minute).weather for minute in range(3)] == ["ClearNight", "DustStorm", "ClearNight"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"minutes": 0}, "--minutes"),
        ({"bound": math.nan}, "--bound"),
        ({"minutes": 3, "warm_up": 3}, "leaves no learning after a --warm-up of 3"),
        ({"exam": "hills", "maps": "oval,hills"}, "--exam hills is one of the circuits"),
        ({"maps": "oval,oval"}, "--maps"),
    ],
)
def test_what_cannot_be_done_is_refused(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        RefineSettings(**wrong)
