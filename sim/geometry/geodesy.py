"""Latitude and longitude of points on a map, from the map's geoReference.

`carla.Map` does the projection, as in the client's `transform_to_geolocation`, so that both agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import carla

from sim.geometry.poses import Vector


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """Latitude and longitude [degrees], altitude [m]."""

    latitude: float
    longitude: float
    altitude: float


def locate(opendrive: str, place: Vector) -> GeoPoint:
    """Return the geographic coordinates of a point [m] on the map that this OpenDRIVE text describes."""
    found = _parse(opendrive).transform_to_geolocation(carla.Location(place.x, place.y, place.z))
    return GeoPoint(found.latitude, found.longitude, found.altitude)


@lru_cache(maxsize=1)
def _parse(opendrive: str) -> carla.Map:
    return carla.Map("map", opendrive)
