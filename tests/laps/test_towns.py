from __future__ import annotations

from pathlib import Path

import pytest

from tests.laps.towns import count_places
from tests.towns import ROAD, town_file


def cell(direction: str, places: list[float]) -> dict[str, object]:
    return {"runs": [{"direction": direction, "departures": len(places), "departed_at_m": places}]}


def test_departures_are_told_by_the_bend_that_they_are_in_or_just_behind(tmp_path: Path) -> None:
    (tmp_path / "bend.xodr").write_text(ROAD, encoding="utf-8")
    places = [40.0, 93.0, 100.0, 110.0, 160.0]  # from the starting point, some metres behind the beginning of the road
    assert count_places(tmp_path / "bend.xodr", {"bend-0": cell("forward", places)}) == {
        "in or just behind bends tighter than 15 m": 3,
        "elsewhere": 2,
    }
    assert count_places(tmp_path / "bend.xodr", {"bend-0": cell("forward", [])}) == {}


@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_departures_at_junctions_are_told_apart_by_whether_the_lane_turns_there(direction: str) -> None:
    found = count_places(town_file("Town01"), {"Town01-111": cell(direction, [float(s) for s in range(0, 1000, 5)])})
    assert sum(found.values()) == 200
    assert set(found) == {
        "in or just behind bends tighter than 15 m",
        "in or just behind turns at junctions",
        "straight over junctions",
        "elsewhere",
    }
