from __future__ import annotations

from collections.abc import Callable

import pytest

from sim.episode.attributes import AttributeType, Blueprint
from sim.episode.blueprints import Description
from sim.episode.catalogue import LIBRARY, STANDING, UNSUPPORTED, VEHICLES, WALKER_CONTROLLER
from sim.episode.sensors import SENSORS


def test_whatever_is_listed_can_be_made_or_is_known_to_be_elsewhere() -> None:
    assert {entry.id for entry in LIBRARY} == {*SENSORS, *STANDING, *UNSUPPORTED, *VEHICLES, WALKER_CONTROLLER}


@pytest.mark.parametrize("entry", LIBRARY, ids=lambda entry: entry.id)
def test_every_default_is_a_value_of_its_type(entry: Blueprint) -> None:
    reads: dict[AttributeType, Callable[[str], object]] = {
        AttributeType.INT: int,
        AttributeType.FLOAT: float,
        AttributeType.BOOL: {"true": 1, "false": 0}.__getitem__,
    }
    for attribute in entry.attributes:
        reads.get(attribute.type, str)(attribute.value)
        if attribute.type == AttributeType.COLOR:
            assert len([int(part) for part in attribute.value.split(",")]) == 3


def test_a_sensor_of_a_full_server_carries_what_programs_set_before_they_spawn_it() -> None:
    usual = {
        "sensor.lidar.ray_cast": ("channels", "upper_fov", "points_per_second", "dropoff_general_rate", "noise_stddev"),
        "sensor.lidar.ray_cast_semantic": ("channels", "lower_fov", "rotation_frequency", "range"),
        "sensor.other.radar": ("horizontal_fov", "vertical_fov", "range", "points_per_second"),
        "sensor.other.obstacle": ("distance", "hit_radius", "only_dynamics"),
        "sensor.camera.dvs": ("image_size_x", "positive_threshold", "use_log", "exposure_mode"),
        "sensor.camera.optical_flow": ("image_size_x", "fov", "lens_k"),
    }
    for name in {*UNSUPPORTED, *usual}:
        for attribute in (*usual.get(name, ("image_size_y", "fov")), "sensor_tick", "role_name"):
            assert Description(0, name).complete().text(attribute), (name, attribute)


@pytest.mark.parametrize("name", ["lincoln.mkz_2017", "lincoln.mkz_2020", "dodge.charger_2020", "tesla.cybertruck"])
def test_cars_that_programs_name_are_there_with_all_that_they_ask_of_them(name: str) -> None:
    given = {attribute.id for attribute in Description(0, f"vehicle.{name}").complete().attributes}
    assert given >= {"role_name", "color", "number_of_wheels", "generation", "base_type", "special_type", "has_lights"}
    assert len(VEHICLES) == 10


def test_there_are_walkers_of_both_generations_as_programs_ask_for_the_second() -> None:
    walkers = [entry for entry in LIBRARY if entry.id.startswith("walker.pedestrian.")]
    assert {Description(0, walker.id).complete().text("generation") for walker in walkers} == {"1", "2"}
