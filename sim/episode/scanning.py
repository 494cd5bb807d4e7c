"""Which rays a lidar or radar sends out in a tick, and which of them come back: CARLA's patterns and attributes.

A lidar turns: in a tick its lasers, one above the other, sweep the angle that belongs to the tick's seconds. A radar
sends its rays at random into an elliptical cone. What the rays hit is not known here. All that is random follows from a
seed and the tick, so that a run repeats.

Source: CARLA 0.9.16, reference of sensors (`sensor.lidar.ray_cast`, `sensor.other.radar`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.episode.blueprints import Description

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
MOST_CHANNELS, MOST_POINTS_PER_SECOND, LONGEST_RANGE = 512, 10_000_000, 1e6
MOST_RAYS = 1 << 19  # in a tick; the ones beyond are left out


@dataclass(frozen=True, slots=True)
class LidarPattern:
    """The rays of a turning lidar.

    Attributes:
        elevations: (channels,) of the lasers, from the highest down [rad].
        rays_per_second: of each laser.
        turns_per_second: how often it sweeps its field of view.
        field: horizontal field of view, centred ahead [rad].
        range: farthest that it sees [m].
    """

    elevations: Floats
    rays_per_second: float
    turns_per_second: float
    field: float
    range: float

    @staticmethod
    def from_description(description: Description) -> LidarPattern:
        """The pattern that a lidar's attributes describe.

        Raises:
            BlueprintError: an attribute is no number, or out of range.
        """
        number = description.number
        channels = int(number("channels", 1, MOST_CHANNELS))
        upper, lower = (math.radians(number(name, -90, 90)) for name in ("upper_fov", "lower_fov"))
        return LidarPattern(
            np.asarray(np.linspace(upper, lower, channels), np.float64),
            number("points_per_second", 1, MOST_POINTS_PER_SECOND) / channels,
            number("rotation_frequency", 0, 1000),
            math.radians(number("horizontal_fov", 0, 360)),
            number("range", 0, LONGEST_RANGE),
        )

    def sweep(self, age: float, seconds: float) -> tuple[Floats, float]:
        """The rays of the seconds that end at an age [s] of the lidar.

        Returns:
            (channels, rays, 3) unit vectors in the lidar's axes, and the angle at which the sweep ends [rad].
        """
        channels = len(self.elevations)
        count = min(round(self.rays_per_second * seconds), MOST_RAYS // channels)
        speed = self.turns_per_second * self.field
        times = age - seconds + seconds * np.arange(count) / max(count, 1)
        azimuths = np.mod(speed * times, self.field) - self.field / 2 if self.field else np.zeros(count)
        directions = np.empty((channels, count, 3))
        directions[..., 0] = np.cos(self.elevations)[:, None] * np.cos(azimuths)
        directions[..., 1] = np.cos(self.elevations)[:, None] * np.sin(azimuths)
        directions[..., 2] = np.sin(self.elevations)[:, None]
        return directions, speed * age % self.field if self.field else 0.0


@dataclass(frozen=True, slots=True)
class LidarReturns:
    """Which of a lidar's rays come back, how strong, and how exact.

    Attributes:
        attenuation: rate at which intensity falls with distance [1/m].
        lost: fraction of all rays that is lost.
        limit: intensity above which no more are lost.
        lost_at_zero: fraction that is lost at intensity 0; in between it falls linearly.
        deviation: standard deviation of the distance [m].
    """

    attenuation: float
    lost: float
    limit: float
    lost_at_zero: float
    deviation: float

    @staticmethod
    def from_description(description: Description) -> LidarReturns:
        """The returns that a lidar's attributes describe; raises BlueprintError as `LidarPattern` does."""
        number = description.number
        return LidarReturns(
            number("atmosphere_attenuation_rate", 0, 1000),
            number("dropoff_general_rate", 0, 1),
            number("dropoff_intensity_limit", 0, 1),
            number("dropoff_zero_intensity", 0, 1),
            number("noise_stddev", 0, 1000),
        )

    def receive(self, distances: Floats, random: np.random.Generator) -> tuple[Floats, Floats, Flags]:
        """Return the measured distances [m], the intensities in [0, 1], and which rays come back, all of one shape."""
        intensities = np.exp(-self.attenuation * distances)
        faint = np.maximum(1 - intensities / self.limit, 0) if self.limit else np.zeros(distances.shape)
        chance, weak, noise = (draw(distances.shape) for draw in (random.random, random.random, random.standard_normal))
        kept = (chance >= self.lost) & (weak >= self.lost_at_zero * faint)
        return np.maximum(distances + self.deviation * noise, 0.0), intensities, kept


@dataclass(frozen=True, slots=True)
class RadarPattern:
    """The rays of a radar: `rays_per_second` of them in a cone of `width` x `height` [rad], as far as `range` [m]."""

    rays_per_second: float
    width: float
    height: float
    range: float

    @staticmethod
    def from_description(description: Description) -> RadarPattern:
        """The pattern that a radar's attributes describe; raises BlueprintError as `LidarPattern` does."""
        number = description.number
        return RadarPattern(
            number("points_per_second", 1, MOST_POINTS_PER_SECOND),
            math.radians(number("horizontal_fov", 0, 179)),
            math.radians(number("vertical_fov", 0, 179)),
            number("range", 0, LONGEST_RANGE),
        )

    def scatter(self, seconds: float, random: np.random.Generator) -> Floats:
        """The rays of some seconds: (rays, 3) unit vectors in the radar's axes, denser in the middle, as CARLA's."""
        count = min(round(self.rays_per_second * seconds), MOST_RAYS)
        radius, angle = random.random(count), random.uniform(0, math.tau, count)
        right = math.tan(self.width / 2) * radius * np.cos(angle)
        up = math.tan(self.height / 2) * radius * np.sin(angle)
        directions = np.column_stack((np.ones(count), right, up))
        unit: Floats = directions / np.linalg.norm(directions, axis=1, keepdims=True)
        return unit
