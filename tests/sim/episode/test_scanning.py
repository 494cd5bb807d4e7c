from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from sim.episode.blueprints import AttributeValue, BlueprintError, Description
from sim.episode.catalogue import LIDAR, RADAR
from sim.episode.scanning import MOST_RAYS, LidarPattern, LidarReturns, RadarPattern


def described(kind: str, **attributes: str) -> Description:
    return Description(0, kind, tuple(AttributeValue(name, 3, text) for name, text in attributes.items())).complete()


def pattern(**attributes: str) -> LidarPattern:
    return LidarPattern.from_description(described(LIDAR, **attributes))


def test_one_turn_of_ticks_looks_into_every_direction_once() -> None:
    lidar = pattern(channels="2", points_per_second="800", rotation_frequency="5", upper_fov="0", lower_fov="-30")
    rays = np.concatenate([lidar.sweep(0.05 * tick, 0.05)[0] for tick in range(1, 5)], axis=1)
    assert rays.shape == (2, 80, 3)
    azimuths = np.sort(np.degrees(np.arctan2(rays[0, :, 1], rays[0, :, 0])))
    assert np.diff(azimuths) == pytest.approx(np.full(79, 4.5))
    assert np.linalg.norm(rays, axis=2) == pytest.approx(np.ones((2, 80)))
    assert rays[:, 0, 2] == pytest.approx([0.0, -0.5]), "the highest laser comes first"


def test_a_narrow_lidar_sweeps_its_field_of_view_and_tells_where_it_ended() -> None:
    lidar = pattern(channels="1", points_per_second="1000", rotation_frequency="10", horizontal_fov="60")
    rays, angle = lidar.sweep(0.05, 0.05)
    azimuths = np.degrees(np.arctan2(rays[0, :, 1], rays[0, :, 0]))
    assert (azimuths.min(), azimuths.max()) == (pytest.approx(-30.0), pytest.approx(-0.6))
    assert angle == pytest.approx(math.radians(30.0))


def test_a_lidar_of_one_laser_or_no_field_is_still_a_lidar() -> None:
    assert pattern(channels="1", upper_fov="7", lower_fov="-30").elevations.tolist() == [math.radians(7.0)]
    rays, angle = pattern(channels="1", upper_fov="0", horizontal_fov="0").sweep(1.0, 0.05)
    assert angle == 0.0
    assert rays[0] == pytest.approx(np.tile((1.0, 0.0, 0.0), (2800, 1)))


def test_a_range_may_be_farther_than_anything_can_be_seen() -> None:
    assert pattern(range="5000").range == 5000.0, "gym-carla asks for this"


def test_no_tick_has_more_rays_than_a_server_can_bear() -> None:
    assert pattern(channels="512", points_per_second="1e7").sweep(1.0, 1.0)[0].shape == (512, MOST_RAYS // 512, 3)


@pytest.mark.parametrize(
    ("kind", "read", "name", "text"),
    [
        (LIDAR, LidarPattern.from_description, "channels", "0"),
        (LIDAR, LidarPattern.from_description, "range", "far"),
        (LIDAR, LidarReturns.from_description, "dropoff_general_rate", "2"),
        (RADAR, RadarPattern.from_description, "range", "-1"),
    ],
)
def test_an_attribute_out_of_range_is_refused(
    kind: str, read: Callable[[Description], object], name: str, text: str
) -> None:
    with pytest.raises(BlueprintError, match=f"{name} is '{text}', expected a number"):
        read(described(kind, **{name: text}))


def test_without_losses_and_noise_every_ray_comes_back_weaker_with_the_distance() -> None:
    returns = LidarReturns(attenuation=0.01, lost=0.0, limit=0.8, lost_at_zero=0.0, deviation=0.0)
    distances, intensities, kept = returns.receive(np.array([0.0, 100.0, math.inf]), np.random.default_rng(0))
    assert kept.all()
    assert distances.tolist() == [0.0, 100.0, math.inf]
    assert intensities == pytest.approx([1.0, math.exp(-1.0), 0.0])


def test_losses_are_general_and_of_the_faint() -> None:
    near, far = np.full(20_000, 0.0), np.full(20_000, 1e6)
    returns = LidarReturns(attenuation=0.004, lost=0.45, limit=0.8, lost_at_zero=0.4, deviation=0.0)
    assert returns.receive(near, np.random.default_rng(1))[2].mean() == pytest.approx(0.55, abs=0.02)
    assert returns.receive(far, np.random.default_rng(1))[2].mean() == pytest.approx(0.55 * 0.6, abs=0.02)


def test_noise_moves_points_along_their_rays_and_never_behind_the_lidar() -> None:
    returns = LidarReturns(attenuation=0.0, lost=0.0, limit=0.0, lost_at_zero=0.0, deviation=0.5)
    measured = returns.receive(np.full(20_000, 10.0), np.random.default_rng(2))[0]
    assert (measured.mean(), measured.std()) == (pytest.approx(10.0, abs=0.02), pytest.approx(0.5, abs=0.02))
    assert returns.receive(np.zeros(1000), np.random.default_rng(2))[0].min() == 0.0


def test_a_radar_looks_into_an_elliptical_cone() -> None:
    radar = RadarPattern.from_description(described(RADAR, horizontal_fov="40", vertical_fov="10"))
    rays = radar.scatter(2.0, np.random.default_rng(3))
    assert rays.shape == (3000, 3)
    across = rays[:, 1] / rays[:, 0] / math.tan(math.radians(20.0))
    up = rays[:, 2] / rays[:, 0] / math.tan(math.radians(5.0))
    assert 0.95 < np.hypot(across, up).max() <= 1.0
    assert up.max() > 0.9
