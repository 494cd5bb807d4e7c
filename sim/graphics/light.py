"""Light: what a weather's numbers mean for colours, fog and rain.

A hand-made model after what the sun's height does to daylight: a warm sun that fades into a red evening, a blue
hour, and a night lit by the car's own headlights; clouds take the sun's share and leave a grey sky. Colours are
(3,) RGB in [0, 1] as a camera with a fixed exposure records them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.episode.weather import WeatherParameters

Colour = npt.NDArray[np.float64]

HEIGHTS = (-14.0, -5.0, 0.0, 6.0, 16.0, 35.0)  # of the sun [deg], for the tables below
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
OVERCAST = np.array([0.60, 0.63, 0.67])  # a closed cloud cover by day
DUST = np.array([0.72, 0.56, 0.36])
THICKEST_FOG = 0.045  # extinction of a fog of density 100 [1/m]: a tree fades at some 80 m
THICKEST_DUST = 0.022  # [1/m]
RAIN_HAZE = 0.0045  # of the heaviest rain [1/m]


@dataclass(frozen=True, slots=True)
class Light:
    """What the picture needs to know of a weather.

    Attributes:
        ground: what lies or stands in daylight is multiplied by this.
        zenith: the sky's colour overhead.
        horizon: the sky's colour low down; what is far away fades into it.
        sun: elevation and azimuth of the sun [rad], azimuth clockwise from north, CARLA's -y.
        glare: how much of the sun's disc and glow is left [0, 1].
        clouds: share of the sky that is covered [0, 1].
        night: 0 by day, 1 when only headlights show the road.
        haze: extinction [1/m].
        clear: how far it is before fog begins [m].
        falloff: how fast fog thins out with height [1/m].
        rain: [0, 1].
        wet: how wet the road is [0, 1].
    """

    ground: Colour
    zenith: Colour
    horizon: Colour
    sun: tuple[float, float]
    glare: float
    clouds: float
    night: float
    haze: float
    clear: float
    falloff: float
    rain: float
    wet: float

    @property
    def drawn(self) -> Colour:
        """The light to draw in before `Grading`: night is drawn in daylight, lest dark colours lose their shades."""
        return _mixed(self.ground, np.ones(3), self.night)

    @staticmethod
    def of(weather: WeatherParameters) -> Light:
        """The light of a weather; numbers out of CARLA's ranges are taken at the nearest end."""
        height = weather.sun_altitude_angle
        clouds, rain, dust = (_share(v) for v in (weather.cloudiness, weather.precipitation, weather.dust_storm))
        wet = max(_share(weather.wetness), _share(1.4 * weather.precipitation_deposits), rain)
        grey = clouds**1.5
        night = float(np.clip((2.0 - height) / 10.0, 0, 1))
        day = _at(height, [[0.06], [0.2], [0.6], [0.82], [1.0], [1.0]])[0]
        ground = _at(height, GROUND_LIGHT)
        ground = _mixed(ground, ground.mean() * np.array([0.80, 0.83, 0.86]), grey) * (1 - 0.16 * rain * grey)
        cover = OVERCAST * day * (1 - 0.22 * rain)
        zenith = _mixed(_at(height, ZENITH), 0.92 * cover, grey)
        horizon = _mixed(_at(height, HORIZON), 1.08 * cover, 0.9 * grey)
        storm = DUST * max(day, 0.1)
        return Light(
            ground=_mixed(ground, ground * np.array([0.98, 0.80, 0.58]), dust),
            zenith=_mixed(zenith, 0.85 * storm, 0.95 * dust),
            horizon=_mixed(horizon, storm, 0.97 * dust),
            sun=(math.radians(height), math.radians(weather.sun_azimuth_angle)),
            glare=float(np.clip((height + 4) / 8, 0, 1) * (1 - grey) * (1 - 0.9 * dust)),
            clouds=clouds,
            night=night,
            haze=_haze(weather, rain, dust),
            clear=max(0.0, weather.fog_distance),
            falloff=max(0.0, weather.fog_falloff),
            rain=rain,
            wet=wet,
        )


def _haze(weather: WeatherParameters, rain: float, dust: float) -> float:
    """Extinction [1/m] of fog, dust and rain together; a density of a few hundredths is next to nothing."""
    fog = THICKEST_FOG * _share(weather.fog_density) ** 1.7
    return float(fog + THICKEST_DUST * dust + RAIN_HAZE * rain)


def _share(percent: float) -> float:
    return min(1.0, max(0.0, percent / 100.0))


def _at(height: float, table: object) -> Colour:
    """A table's colour for a height of the sun [deg]."""
    columns = np.asarray(table, dtype=np.float64).T
    return np.array([np.interp(height, HEIGHTS, column) for column in columns])


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    mixed: Colour = (1 - share) * one + share * other
    return mixed
