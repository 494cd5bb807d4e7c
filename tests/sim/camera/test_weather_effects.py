"""Fog hides by distance, headlights show the road, a wet road mirrors the sky, and rain falls the same again."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.camera.facet_pass import FloatImage, GeometryBuffer
from sim.camera.weather_effects import Bytes, WeatherEffects
from sim.episode.weather import WeatherParameters
from sim.geometry.poses import Pose
from sim.geometry.rays import Rays
from sim.graphics.light import Light

RAYS = Rays.from_fov((64, 32), math.radians(90))
POSE = Pose(3.0, 4.0, 1.4)
GREY = np.full((32, 64, 4), 255, np.uint8)
GREY[..., :3] = 120
DRY = np.full((32, 64), 1e6, np.float32)


def graded(inverse: FloatImage, height: FloatImage = DRY, pose: Pose = POSE, **numbers: float) -> Bytes:
    light = Light.from_weather(WeatherParameters(**{"cloudiness": 0.0, **numbers}))
    return WeatherEffects(light, RAYS, (64, 32)).apply(GREY, GeometryBuffer(inverse, height), pose)


def away(metres: float) -> FloatImage:
    return np.full((32, 64), 1 / metres, np.float32)


def test_a_clear_dry_day_needs_no_grading_and_all_else_does() -> None:
    def needed(**numbers: float) -> bool:
        return WeatherEffects.is_needed(Light.from_weather(WeatherParameters(**numbers)))

    assert not needed()
    changes = {"fog_density": 20.0, "sun_altitude_angle": -30.0, "precipitation": 30.0, "precipitation_deposits": 50.0}
    assert all(needed(**{name: value}) for name, value in changes.items())


def test_fog_hides_the_more_the_farther_away_by_the_law_of_extinction() -> None:
    veil = 255 * Light.from_weather(WeatherParameters(cloudiness=0.0, fog_density=50.0)).horizon[::-1]
    left = []
    for metres in (20.0, 40.0):
        picture = graded(away(metres), fog_density=50.0, fog_distance=0.0, fog_falloff=0.0)[16, 32, :3]
        left.append(float(np.mean((picture - veil) / (120 - veil))))
    assert left[1] == pytest.approx(left[0] ** 2, abs=0.02)


def test_fog_begins_at_its_distance() -> None:
    near = graded(away(20.0), fog_density=80.0, fog_distance=30.0)[..., :3]
    assert np.abs(near.astype(int) - 120).max() <= 1
    assert np.abs(graded(away(80.0), fog_density=80.0, fog_distance=30.0)[..., :3].astype(int) - 120).min() > 10


def test_fog_that_falls_off_leaves_more_of_the_sky_overhead() -> None:
    low, high = (
        graded(np.zeros((32, 64), np.float32), fog_density=60.0, fog_falloff=f).astype(int) for f in (0.05, 2.0)
    )
    assert np.abs(high[0, :, :3] - 120).max() < np.abs(low[0, :, :3] - 120).min()


def test_headlights_show_the_road_ahead_and_not_what_is_far_or_aside() -> None:
    near, far = (
        graded(away(metres), sun_altitude_angle=-90.0, fog_density=0.0)[..., :3].astype(float)
        for metres in (10.0, 150.0)
    )
    assert near[20:, 28:36].mean() > 60
    assert far[20:, 28:36].mean() < 25
    assert near[20:, :4].mean() < 0.5 * near[20:, 28:36].mean()


def test_only_a_wet_road_mirrors_the_sky_and_most_where_it_is_seen_flat() -> None:
    def green(metres: float, height: FloatImage) -> int:
        return int(graded(away(metres), height, precipitation_deposits=80.0, fog_density=0.0)[16, 32, 1])

    road = np.full((32, 64), 1.4, np.float32)
    assert green(40.0, road) > green(4.0, road) + 20
    assert abs(green(40.0, DRY) - 120) <= 1


def test_rain_is_drawn_from_the_pose_alone() -> None:
    first = graded(away(30.0), precipitation=80.0)
    assert np.array_equal(graded(away(30.0), precipitation=80.0), first)
    others = [graded(away(30.0), pose=Pose(x=0.1 * i), precipitation=80.0) for i in range(4)]
    assert len({other.tobytes() for other in others}) > 1


def test_alpha_stays_whole_and_the_picture_given_untouched() -> None:
    picture = graded(away(30.0), sun_altitude_angle=-90.0, precipitation=80.0)
    assert (picture[..., 3] == 255).all()
    assert (GREY[..., :3] == 120).all()


def test_what_stands_before_a_night_sky_has_no_bright_edge() -> None:
    """The sky keeps its own light, and what is drawn is as bright as day; a coarse sight must not mix the two."""
    size, rays = (192, 96), Rays.from_fov((96, 48), math.radians(90))
    inverse = np.zeros((48, 96), np.float32)
    inverse[:, 48:] = 1 / 150.0
    light = Light.from_weather(WeatherParameters(sun_altitude_angle=-90.0, fog_density=0.0))
    drawn = np.full((96, 192, 4), 255, np.uint8)
    drawn[:, :96, :3], drawn[:, 96:, :3] = 10, 120  # a dark sky, and a thing in daylight
    picture = WeatherEffects(light, rays, size).apply(drawn, GeometryBuffer(inverse, np.full_like(inverse, 1e6)), POSE)
    thing = picture[:40, 96:, :3].astype(int)
    assert thing.max() < thing[:, 20:].max() + 6


def test_without_headlights_the_road_at_night_has_the_light_of_the_sky_alone() -> None:
    light = Light.from_weather(WeatherParameters(cloudiness=0.0, sun_altitude_angle=-30.0))
    effects = WeatherEffects(light, RAYS, (64, 32))
    on, off = (
        effects.apply(GREY, GeometryBuffer(away(10.0), DRY), POSE, headlights=lit)[24, 32, :3].astype(int)
        for lit in (True, False)
    )
    assert (on > off + 40).all()
    assert off == pytest.approx(120 * light.ground[::-1], abs=16)
