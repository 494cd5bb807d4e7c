"""Attributes hold their values as CARLA's text, and their types are the genuine client's."""

from __future__ import annotations

import carla

from sim.episode.attributes import AttributeType, constant, floats, ints


def test_types_have_the_clients_numbers() -> None:
    names = {"BOOL": "Bool", "INT": "Int", "FLOAT": "Float", "STRING": "String", "COLOR": "RGBColor"}
    assert {t.name: int(t) for t in AttributeType} == {
        name: int(getattr(carla.ActorAttributeType, client_name)) for name, client_name in names.items()
    }


def test_numbers_are_written_as_carla_writes_them() -> None:
    assert [a.value for a in floats(fov=90.0, sensor_tick=0.0)] == ["90.000000", "0.000000"]
    assert [(a.id, a.value) for a in ints(image_size_x=800)] == [("image_size_x", "800")]


def test_only_a_constant_cannot_be_modified() -> None:
    assert not constant("number_of_wheels", AttributeType.INT, "4").is_modifiable
    assert all(attribute.is_modifiable for attribute in (*floats(fov=90.0), *ints(image_size_x=800)))
