"""Light does what a person expects of a weather, from one to the next."""

from __future__ import annotations

import numpy as np
import pytest

from sim.episode.weather import WeatherParameters
from sim.graphics.light import Light


def lit(**numbers: float) -> Light:
    return Light.from_weather(WeatherParameters(**numbers))


def test_the_lower_the_sun_the_darker_the_ground() -> None:
    brightness = [lit(sun_altitude_angle=h).ground.mean() for h in (90.0, 45.0, 15.0, 0.0, -10.0, -90.0)]
    assert brightness == sorted(brightness, reverse=True)
    assert brightness[-1] < 0.15


def test_a_low_sun_is_warm_and_a_high_one_white() -> None:
    low, high = lit(sun_altitude_angle=8.0).ground, lit(sun_altitude_angle=60.0).ground
    assert low[0] > 1.15 * low[2]
    assert high == pytest.approx(np.ones(3), abs=0.03)


def test_clouds_turn_the_sky_grey_and_hide_the_sun() -> None:
    clear, closed = lit(cloudiness=0.0), lit(cloudiness=100.0)
    assert np.ptp(clear.zenith) > 0.4
    assert np.ptp(closed.zenith) < 0.1
    assert clear.glare > 0.9
    assert closed.glare == 0.0


def test_night_comes_on_below_the_horizon_only() -> None:
    assert lit(sun_altitude_angle=15.0).night == 0.0
    assert 0.0 < lit(sun_altitude_angle=-2.0).night < 1.0
    assert lit(sun_altitude_angle=-90.0).night == 1.0


@pytest.mark.parametrize("number", ["fog_density", "dust_storm", "precipitation"])
def test_fog_dust_and_rain_take_the_view(number: str) -> None:
    hazes = [lit(**{"fog_density": 0.0, number: share}).extinction for share in (0.0, 30.0, 60.0, 100.0)]
    assert hazes[0] == 0.0
    assert hazes == sorted(hazes)
    assert hazes[-1] > 0.003


def test_rain_and_puddles_wet_the_road() -> None:
    assert lit().wetness == 0.0
    assert lit(precipitation_deposits=50.0).wetness > 0.5
    assert lit(precipitation=100.0).wetness == 1.0
    assert lit(wetness=60.0).wetness == pytest.approx(0.6)


def test_dust_is_brown() -> None:
    red, _, blue = lit(dust_storm=100.0).horizon
    assert red > 1.5 * blue


def test_numbers_out_of_range_count_as_the_nearest_in_it() -> None:
    wild = lit(cloudiness=-1.0, precipitation=-5.0, fog_density=900.0, fog_distance=-3.0)
    assert (wild.cloud_cover, wild.rain, wild.fog_distance) == (0.0, 0.0, 0.0)
    assert wild.extinction == lit(fog_density=100.0).extinction
    assert np.isfinite([*wild.ground, *wild.horizon, *wild.zenith]).all()
