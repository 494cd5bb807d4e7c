"""From places on a map to latitude and longitude, by CARLA's own reading of the map's geoReference.

`carla.Map` does the projection, as it does in a client's `transform_to_geolocation`: both always agree.
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


def located(opendrive: str, place: Vector) -> GeoPoint:
    """Where a place [m] of a map, given as OpenDRIVE text, is on the globe."""
    found = _parsed(opendrive).transform_to_geolocation(carla.Location(place.x, place.y, place.z))
    return GeoPoint(found.latitude, found.longitude, found.altitude)


@lru_cache(maxsize=1)
def _parsed(opendrive: str) -> carla.Map:
    return carla.Map("map", opendrive)
