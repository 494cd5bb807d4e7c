"""An episode's settings begin with CARLA's defaults and always give a tick a length."""

from __future__ import annotations

from dataclasses import asdict

import carla
import pytest

from sim.episode.settings import DEFAULT_STEP, EpisodeSettings


def test_fields_and_defaults_are_the_clients() -> None:
    client = carla.WorldSettings()
    ours = asdict(EpisodeSettings())
    assert {name for name in dir(client) if not name.startswith("_")} == set(ours)
    for name, value in ours.items():
        assert getattr(client, name) == (None if value is None else pytest.approx(value)), name


@pytest.mark.parametrize("left_open", [None, 0.0])
def test_a_tick_without_a_length_takes_the_default(left_open: float | None) -> None:
    assert EpisodeSettings(fixed_delta_seconds=left_open).step == DEFAULT_STEP


def test_a_tick_takes_the_length_that_was_set() -> None:
    assert EpisodeSettings(fixed_delta_seconds=0.02).step == 0.02
