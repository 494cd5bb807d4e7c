"""The sky wears one picture: blue or grey or black, with hills at its foot and the sun where it should be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from sim.episode.weather import WeatherParameters
from sim.graphics.light import Light
from sim.scene import sky
from sim.scene.sky import Sky


@pytest.fixture(scope="module")
def above() -> Sky:
    return Sky(np.random.default_rng(3))


def painted(above: Sky, **numbers: float) -> npt.NDArray[np.int64]:
    """The picture (rows from below, columns, BGR)."""
    above.paint(Light.from_weather(WeatherParameters(**numbers)))
    (texture,) = above.node.find_all_textures()
    pixels = np.frombuffer(texture.get_ram_image(), np.uint8)
    return pixels.reshape(sky.HEIGHT, sky.WIDTH, 3).astype(np.int64)


def test_a_clear_sky_is_blue_a_closed_one_grey_and_the_night_dark(above: Sky) -> None:
    blue, grey, dark = (
        painted(above, **numbers)[-60:].mean(axis=(0, 1))
        for numbers in ({"cloudiness": 0.0}, {"cloudiness": 100.0}, {"sun_altitude_angle": -90.0})
    )
    assert blue[0] > blue[2] + 50
    assert np.ptp(grey) < 25
    assert dark.max() < 30


def test_clouds_cover_more_of_the_sky_the_more_there_are(above: Sky) -> None:
    skies = [painted(above, cloudiness=share, sun_altitude_angle=70.0)[170:230] for share in (0.0, 30.0, 60.0)]
    whitish = [(np.ptp(picture, axis=-1) < 60).mean() for picture in skies]
    assert whitish[0] < 0.05
    assert whitish == sorted(whitish)
    assert whitish[2] > whitish[0] + 0.3


@pytest.mark.parametrize("azimuth", [-90.0, 0.0, 45.0, 170.0])
def test_the_sun_stands_at_its_azimuth_from_north(above: Sky, azimuth: float) -> None:
    """North is CARLA's -y; the picture begins at +x and goes on towards +y."""
    picture = painted(above, cloudiness=0.0, sun_altitude_angle=20.0, sun_azimuth_angle=azimuth)
    rows = slice(190, 205)  # about 20 degrees up
    brightest = picture[rows].sum(axis=(0, 2)).argmax() / sky.WIDTH * 360
    apart = (brightest - (azimuth - 90) + 180) % 360 - 180
    assert abs(apart) < 4


def test_far_hills_stand_at_the_foot_of_the_sky_and_fade_in_fog(above: Sky) -> None:
    clear, foggy = painted(above, fog_density=0.0), painted(above, fog_density=100.0)
    foot = slice(24, 36)  # just above the horizon
    assert np.abs(clear[foot].mean(axis=(0, 1)) - clear[110:120].mean(axis=(0, 1))).max() > 40
    assert foggy[foot].std(axis=(0, 1)).max() < 3


def test_the_same_numbers_paint_the_same_sky_and_others_another() -> None:
    one, same, other = (painted(Sky(np.random.default_rng(seed))) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
