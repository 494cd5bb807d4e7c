from __future__ import annotations

from collections.abc import Callable

import pytest

from sim.episode.attributes import AttributeType, Blueprint
from sim.episode.blueprints import Description
from sim.episode.catalogue import LIBRARY, PROPS, UNSUPPORTED, VEHICLES
from sim.episode.sensors import SENSORS


def test_whatever_is_listed_can_be_made_or_is_known_to_be_elsewhere() -> None:
    assert {entry.id for entry in LIBRARY} == {*SENSORS, *PROPS, *UNSUPPORTED, *VEHICLES}


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


def test_nothing_that_is_elsewhere_promises_a_rate() -> None:
    for name in UNSUPPORTED:
        assert Description(0, name).complete().text("sensor_tick") == ""
