"""Daylight, sky colours, fog and rain, computed from CARLA's weather parameters.

A hand-made model of how daylight depends on the sun's altitude: a warm sun that fades into a red evening, a blue hour,
and a night lit by the car's own headlights; clouds dim the sun and turn the sky grey. Colours are (3,) RGB in [0, 1] as
a camera with fixed exposure records them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.episode.weather import WeatherParameters

Colour = npt.NDArray[np.float64]

SUN_ALTITUDES = (-14.0, -5.0, 0.0, 6.0, 16.0, 35.0)  # [deg], for the tables below
GROUND_LIGHT = (
    (0.075, 0.085, 0.13),
    (0.16, 0.17, 0.25),
    (0.46, 0.40, 0.42),
    (0.74, 0.62, 0.52),
    (0.95, 0.86, 0.74),
    (1.0, 1.0, 1.0),
)
ZENITH = (
    (0.012, 0.018, 0.045),
    (0.07, 0.10, 0.22),
    (0.20, 0.26, 0.44),
    (0.25, 0.37, 0.60),
    (0.26, 0.45, 0.72),
    (0.25, 0.47, 0.78),
)
HORIZON = (
    (0.035, 0.042, 0.07),
    (0.22, 0.18, 0.24),
    (0.74, 0.50, 0.38),
    (0.90, 0.70, 0.50),
    (0.90, 0.83, 0.74),
    (0.80, 0.87, 0.93),
)
OVERCAST = np.array([0.60, 0.63, 0.67])  # a complete cloud cover by day
DUST = np.array([0.72, 0.56, 0.36])
DENSEST_FOG = 0.045  # extinction of fog of density 100 [1/m]: a tree fades at about 80 m
DENSEST_DUST = 0.022  # [1/m]
RAIN_HAZE = 0.0045  # extinction of the heaviest rain [1/m]


@dataclass(frozen=True, slots=True)
class Light:
    """The optical state of the scene in one weather.

    Attributes:
        ground: (3,) factors on the colours of everything lit by daylight.
        zenith: (3,) colour of the sky overhead.
        horizon: (3,) colour of the sky at the horizon; distant objects fade into it.
        sun: altitude and azimuth of the sun [rad], azimuth clockwise from north, CARLA's -y.
        glare: visible fraction of the sun's disc and glow [0, 1].
        cloud_cover: covered fraction of the sky [0, 1].
        night: 0 by day, 1 when only headlights show the road.
        extinction: of fog, dust and rain together [1/m].
        fog_distance: distance at which fog begins [m].
        fog_falloff: rate at which fog thins with height [1/m].
        rain: intensity [0, 1].
        wetness: of the road [0, 1].
    """

    ground: Colour
    zenith: Colour
    horizon: Colour
    sun: tuple[float, float]
    glare: float
    cloud_cover: float
    night: float
    extinction: float
    fog_distance: float
    fog_falloff: float
    rain: float
    wetness: float

    @property
    def base(self) -> Colour:
        """The light of the first pass, before `WeatherEffects`: night is drawn in daylight so dark shades survive."""
        return _mix(self.ground, np.ones(3), self.night)

    @staticmethod
    def from_weather(weather: WeatherParameters) -> Light:
        """Return the light of a weather; values outside CARLA's ranges are clipped to them."""
        altitude = weather.sun_altitude_angle
        clouds, rain, dust = (_to_fraction(v) for v in (weather.cloudiness, weather.precipitation, weather.dust_storm))
        wetness = max(_to_fraction(weather.wetness), _to_fraction(1.4 * weather.precipitation_deposits), rain)
        grey = clouds**1.5
        night = float(np.clip((2.0 - altitude) / 10.0, 0, 1))
        day = _interpolate(altitude, [[0.06], [0.2], [0.6], [0.82], [1.0], [1.0]])[0]
        ground = _interpolate(altitude, GROUND_LIGHT)
        ground = _mix(ground, ground.mean() * np.array([0.80, 0.83, 0.86]), grey) * (1 - 0.16 * rain * grey)
        cover = OVERCAST * day * (1 - 0.22 * rain)
        zenith = _mix(_interpolate(altitude, ZENITH), 0.92 * cover, grey)
        horizon = _mix(_interpolate(altitude, HORIZON), 1.08 * cover, 0.9 * grey)
        storm = DUST * max(day, 0.1)
        return Light(
            ground=_mix(ground, ground * np.array([0.98, 0.80, 0.58]), dust),
            zenith=_mix(zenith, 0.85 * storm, 0.95 * dust),
            horizon=_mix(horizon, storm, 0.97 * dust),
            sun=(math.radians(altitude), math.radians(weather.sun_azimuth_angle)),
            glare=float(np.clip((altitude + 4) / 8, 0, 1) * (1 - grey) * (1 - 0.9 * dust)),
            cloud_cover=clouds,
            night=night,
            extinction=_compute_extinction(weather, rain, dust),
            fog_distance=max(0.0, weather.fog_distance),
            fog_falloff=max(0.0, weather.fog_falloff),
            rain=rain,
            wetness=wetness,
        )


def _compute_extinction(weather: WeatherParameters, rain: float, dust: float) -> float:
    """Extinction [1/m] of fog, dust and rain together; a fog density of a few percent is almost invisible."""
    fog = DENSEST_FOG * _to_fraction(weather.fog_density) ** 1.7
    return float(fog + DENSEST_DUST * dust + RAIN_HAZE * rain)


def _to_fraction(percent: float) -> float:
    return min(1.0, max(0.0, percent / 100.0))


def _interpolate(altitude: float, table: object) -> Colour:
    """A table's colour for an altitude of the sun [deg]."""
    columns = np.asarray(table, dtype=np.float64).T
    return np.array([np.interp(altitude, SUN_ALTITUDES, column) for column in columns])


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    mixed: Colour = (1 - share) * one + share * other
    return mixed
