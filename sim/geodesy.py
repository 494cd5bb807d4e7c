"""From places on a map to latitude and longitude, as CARLA's client reckons it: Mercator around the map's origin."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from sim.geometry import Vector

EARTH_RADIUS = 6378137.0  # of WGS 84 [m]
UNKNOWN_ORIGIN = (42.0, 2.0)  # degrees: where CARLA's parser puts a map that does not say


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """Latitude and longitude [degrees], altitude [m]."""

    latitude: float
    longitude: float
    altitude: float


def origin_of(opendrive: str) -> tuple[float, float]:
    """Latitude and longitude [degrees] of a map's origin, from its OpenDRIVE text's geoReference."""
    reference = re.search(r"<geoReference>(.*?)</geoReference>", opendrive[:20_000], re.DOTALL)
    text = reference.group(1) if reference else ""
    found = [re.search(rf"\+{name}=([-+.\deE]+)", text) for name in ("lat_0", "lon_0")]
    try:
        latitude, longitude = (float(match.group(1)) for match in found if match is not None)
    except ValueError:
        return UNKNOWN_ORIGIN
    return latitude, longitude


def located(place: Vector, origin: tuple[float, float]) -> GeoPoint:
    """Where a place [m] is on the globe; CARLA's y points south."""
    latitude, longitude = origin
    scale = math.cos(math.radians(latitude))
    east = scale * math.radians(longitude) * EARTH_RADIUS + place.x
    north = scale * EARTH_RADIUS * math.log(math.tan(math.radians(90.0 + latitude) / 2.0)) - place.y
    return GeoPoint(
        latitude=math.degrees(2.0 * math.atan(math.exp(north / (EARTH_RADIUS * scale)))) - 90.0,
        longitude=math.degrees(east / (EARTH_RADIUS * scale)),
        altitude=place.z,
    )
