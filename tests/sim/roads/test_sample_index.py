"""Which road counts where several are near."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.roads import opendrive, sample_index
from sim.roads.track import Track

CROSSING_ROAD = """<road name="" length="100" id="{id}" junction="{junction}"><link/><planView>
<geometry s="0" x="{x}" y="{y}" hdg="{heading}" length="100"><line/></geometry></planView><lanes><laneSection s="0">
<center><lane id="0" type="none" level="false"/></center><right><lane id="-1" type="driving" level="false">
<width sOffset="0" a="4" b="0" c="0" d="0"/></lane></right></laneSection></lanes></road>"""


def test_where_roads_overlap_the_road_that_a_car_is_on_counts_and_not_the_verge_of_the_other() -> None:
    roads = (
        CROSSING_ROAD.format(id=1, junction=-1, x=0, y=0, heading=0),
        CROSSING_ROAD.format(id=2, junction=5, x=50.3, y=-50, heading=math.pi / 2),
    )
    crossing = Track("crossing", f'<OpenDRIVE><header revMajor="1" revMinor="4"/>{"".join(roads)}</OpenDRIVE>')
    for x in np.arange(0.0, 100.0, 0.1):
        assert crossing.ground(float(x), 3.9, 0.0).friction == 1.0, x
        assert crossing.ground(float(x), 0.1, 0.0).friction == 1.0, x


def test_roads_that_cover_more_ground_than_memory_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_index, "MOST_ENTRIES", 500)
    with pytest.raises(ValueError, match="its roads cover more ground"):
        Track(*opendrive.load("oval"))
