from __future__ import annotations

import pytest

from sim.geometry.geodesy import locate
from sim.geometry.poses import Vector
from sim.roads import opendrive


def test_a_map_s_origin_is_where_its_reference_says_and_x_points_east() -> None:
    text = opendrive.load("oval")[1]
    origin, east, up = (locate(text, Vector(x, 0.0, z)) for x, z in ((0.0, 0.0), (1000.0, 0.0), (0.0, 7.0)))
    assert (origin.latitude, origin.longitude, origin.altitude) == pytest.approx((49.0, 8.0, 0.0), abs=1e-6)
    assert east.longitude - origin.longitude == pytest.approx(1000.0 / 111_320.0 / 0.6561, rel=0.01)
    assert east.latitude == pytest.approx(origin.latitude, abs=1e-4)
    assert up.altitude == 7.0
