from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alvinn.errors import MapError, ModelError
from alvinn.reinforcement.lane_keeping import Road
from alvinn.reinforcement.settings import RefineSettings


def test_circuits_take_turns_of_a_minute_and_so_do_directions_and_weathers() -> None:
    job = RefineSettings(maps="oval,hills,country", weathers="ClearNight,DustStorm")
    assert [job.road(minute) for minute in range(6)] == [
        Road("oval", "forward", "ClearNight"),
        Road("hills", "reverse", "DustStorm"),
        Road("country", "forward", "ClearNight"),
        Road("oval", "reverse", "DustStorm"),
        Road("hills", "forward", "ClearNight"),
        Road("country", "reverse", "DustStorm"),
    ]


def test_every_circuit_is_driven_in_both_directions() -> None:
    job = RefineSettings(maps="oval,hills", weather="ClearNight")
    roads = [(road.map, road.direction) for road in map(job.road, range(4))]
    assert roads == [("oval", "forward"), ("hills", "reverse"), ("oval", "reverse"), ("hills", "forward")]


def test_an_exam_is_on_all_its_circuits() -> None:
    job = RefineSettings(maps="oval", exams="hills,country,random:3", weathers="ClearNight,DustStorm")
    assert job.exam_roads() == [
        Road("hills", "forward", "ClearNight"),
        Road("country", "reverse", "DustStorm"),
        Road("random:3", "forward", "ClearNight"),
    ]


def test_the_circuits_of_exams_are_looked_up_as_those_to_learn_on_are() -> None:
    assert RefineSettings(maps="Oval", exams="HILLS,Random:211").exam_circuits() == ["hills", "random:211"]
    with pytest.raises(MapError, match="'contry': did you mean country"):
        RefineSettings(exams="oval,contry")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"minutes": 0}, "--minutes"),
        ({"bound": math.nan}, "--bound"),
        ({"minutes": 3, "warm_up": 3}, "leaves no learning after a --warm-up of 3"),
        ({"exams": "hills,country", "maps": "oval,hills"}, "hills: --exams must name other circuits than --maps"),
        ({"maps": "random:211", "exams": "Random:211"}, "random:211: --exams must name other"),
        ({"exams": "hills,hills"}, "--exams"),
        ({"maps": "oval,oval"}, "--maps"),
        ({"maps": ""}, "--maps names nothing: name at least one"),
        ({"exams": " ,"}, "--exams names nothing: name at least one"),
    ],
)
def test_what_cannot_be_done_is_refused(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        RefineSettings(**wrong)


def test_what_is_no_model_is_not_replaced_by_a_refined_one(tmp_path: Path) -> None:
    (tmp_path / "models" / "better" / "laps").mkdir(parents=True)
    job = RefineSettings(home=tmp_path, name="better", model="shipped")
    with pytest.raises(ModelError, match=r"holds laps but no card\.json"):
        job.require_room()
    replace(job, overwrite=True).require_room()
