from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.dynamics.single_track import MODEL3, VehicleControl
from sim.episode.blueprints import LIBRARY, AttributeValue, Description
from sim.episode.settings import EpisodeSettings
from sim.episode.weather import WeatherParameters
from sim.geometry.poses import Pose, Vector
from sim.wire import messages
from sim.wire.errors import PeerError
from sim.wire.messages import (
    ADDRESS,
    CONTROL,
    DESCRIPTION,
    FLOAT,
    INT,
    LIGHTS,
    LIGHTS_OF_ALL,
    PHYSICS,
    SETTINGS,
    TRANSFORM,
    UINT,
    VECTOR,
    WEATHER,
    Layout,
    many,
    optional,
)


def test_a_transform_is_a_place_and_degrees() -> None:
    pose = Pose(1.0, 2.0, 3.0, pitch=math.radians(10), yaw=math.radians(90), roll=math.radians(-5))
    place, angles = TRANSFORM.pack(pose)
    assert place == [1.0, 2.0, 3.0]
    assert angles == pytest.approx([10.0, 90.0, -5.0])
    assert TRANSFORM.unpack([[1, 2, 3], [0, 180, 0]]) == Pose(1.0, 2.0, 3.0, 0.0, math.pi, 0.0)


def test_settings_are_eleven_fields_with_an_optional_step() -> None:
    plain = [False, False, [False], True, 0.01, 10, 0.0, False, 3000.0, 2000.0, True]
    assert SETTINGS.pack(EpisodeSettings()) == plain
    assert SETTINGS.unpack([True, False, [True, 0.05], *plain[3:]]) == EpisodeSettings(
        synchronous_mode=True, fixed_delta_seconds=0.05
    )


def test_weather_is_fourteen_numbers_and_clear_noon_by_default() -> None:
    assert WEATHER.pack(WeatherParameters()) == [5, 0, 0, 10, -1, 45, 2, 0.75, 0.1, 0, 1, 0.03, 0.0331, 0]


def test_a_control_is_seven_fields() -> None:
    assert CONTROL.unpack([1, -0.5, 0, False, True, True, -1]) == VehicleControl(1.0, -0.5, 0.0, False, True, True, -1)


def test_physics_are_seventeen_fields_of_which_wheels_have_ten() -> None:
    packed = PHYSICS.pack(MODEL3)
    assert len(packed) == 17
    assert packed[0][0] == [0.0, 375.0]
    assert packed[10] == [[1.0, 0.5, 0.65]]
    assert [len(wheel) for wheel in packed[15]] == [10, 10, 10, 10]
    assert packed[15][0][9] == [1.4375, -0.79, 0.335]


def test_lights_are_one_number_and_those_of_all_are_pairs() -> None:
    assert LIGHTS.pack(8) == [8]
    assert LIGHTS_OF_ALL.pack({2: 8, 5: 0}) == [[2, 8], [5, 0]]


def test_an_actor_has_six_fields_and_a_bare_token() -> None:
    box = messages.pack_bounding_box(Vector(0, 0, 1), Vector(2, 1, 1), 7)
    packed = messages.pack_actor(7, 3, Description(1, "x", (AttributeValue("a", 4, "v"),)), box, token=b"t")
    assert packed == [7, 3, [1, "x", [["a", 4, "v"]]], [[0, 0, 1], [2, 1, 1], [0.0, 0.0, 0.0], 7], b"", b"t"]


def test_a_blueprint_tells_type_recommendation_and_modifiability() -> None:
    uid, name, tags, attributes = messages.pack_definition(LIBRARY[0])
    assert (uid, name, tags) == (1, "vehicle.tesla.model3", "vehicle,tesla,model3")
    assert ["number_of_wheels", 2, "4", ["4"], False, False] in attributes, "CARLA recommends the default at least"


def test_a_spawn_command_reads_parent_and_followers() -> None:
    payload = [
        [1, "x", []],
        [[0, 0, 0], [0, 0, 0]],
        [True, 9],
        176,
        "",
        [[[2, [0, [1, 0, 0, False, False, False, 0]]]]],
    ]
    order = messages.unpack_spawn(payload)
    assert (order.parent, order.then[0][0]) == (9, 2)
    assert messages.unpack_spawn([*payload[:2], [False], 16, "", []]).parent is None


floats = st.floats(-1e6, 1e6)
LAYOUTS: list[tuple[Layout[Any], st.SearchStrategy[Any]]] = [
    (VECTOR, st.builds(Vector, floats, floats, floats)),
    (
        CONTROL,
        st.builds(
            VehicleControl, floats, floats, floats, st.booleans(), st.booleans(), st.booleans(), st.integers(-1, 9)
        ),
    ),
    (WEATHER, st.builds(WeatherParameters, *[floats] * 14)),
    (SETTINGS, st.builds(EpisodeSettings, st.booleans(), st.booleans(), st.none() | floats)),
    (DESCRIPTION, st.builds(Description, st.integers(0, 9), st.text(), st.just((AttributeValue("a", 1, "b"),)))),
    (optional(many(INT)), st.none() | st.lists(st.integers(-9, 9)).map(tuple)),
    (PHYSICS, st.just(MODEL3)),
    (ADDRESS, st.tuples(st.text(max_size=messages.LONGEST_HOST), st.integers(0, 65535))),
]


@pytest.mark.parametrize(("layout", "values"), LAYOUTS)
def test_what_is_packed_unpacks_to_the_same(layout: Layout[Any], values: st.SearchStrategy[Any]) -> None:
    @given(values)
    def check(value: object) -> None:
        packed = layout.pack(value)
        unpacked = layout.unpack(packed)
        assert layout.pack(unpacked) == packed

    check()


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=12),
)


garbled: list[Layout[Any]] = [
    TRANSFORM,
    VECTOR,
    CONTROL,
    WEATHER,
    SETTINGS,
    PHYSICS,
    DESCRIPTION,
    LIGHTS,
    LIGHTS_OF_ALL,
    ADDRESS,
]


@given(plain)
def test_garbage_is_the_peers_fault_whatever_it_was_meant_to_be(value: object) -> None:
    for layout in garbled:
        try:
            layout.unpack(value)
        except PeerError:
            continue


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e39, True, "1", None, [1.0]])
def test_what_is_no_sound_number_is_refused(value: object) -> None:
    with pytest.raises(PeerError):
        FLOAT.unpack(value)


@pytest.mark.parametrize(("layout", "value"), [(INT, 2**31), (INT, 1.0), (UINT, -1), (UINT, 2**32), (UINT, True)])
def test_integers_that_the_client_could_not_hold_are_refused(layout: Layout[int], value: object) -> None:
    with pytest.raises(PeerError):
        layout.unpack(value)
