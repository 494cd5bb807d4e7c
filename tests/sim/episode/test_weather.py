"""The weather has the genuine client's parameters and defaults."""

from __future__ import annotations

from dataclasses import asdict

import carla
import pytest

from sim.episode.weather import WeatherParameters


def test_parameters_are_the_clients() -> None:
    numbers = {name for name in dir(carla.WeatherParameters) if name[0].islower()}
    assert numbers == set(asdict(WeatherParameters()))


def test_the_default_weather_is_clear_noon() -> None:
    preset = carla.WeatherParameters.ClearNoon
    for name, value in asdict(WeatherParameters()).items():
        assert getattr(preset, name) == pytest.approx(value), name
