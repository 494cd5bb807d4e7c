"""The tags of CARLA's semantic segmentation camera.

Source: CARLA 0.9.16, `CityObjectLabel`.
"""

from __future__ import annotations

from enum import IntEnum


class Label(IntEnum):
    """The tag of a pixel: the class of the object seen there."""

    NONE = 0
    ROAD = 1
    SIDEWALK = 2
    BUILDING = 3
    WALL = 4
    FENCE = 5
    POLE = 6
    VEGETATION = 9
    TERRAIN = 10
    SKY = 11
    PEDESTRIAN = 12
    CAR = 14
    STATIC = 20
    ROAD_LINE = 24
    GROUND = 25
    GUARD_RAIL = 28
