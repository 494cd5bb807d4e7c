from __future__ import annotations

import math
from dataclasses import replace

import pytest

from alvinn.recording import Recording, Row
from alvinn.recording.flatness import AHEAD, FLAT, measure_unevenness
from sim.roads.circuits import find_circuit
from tests.alvinn.fakes import CAMERA, write_recording


@pytest.fixture(scope="module")
def row(tmp_path_factory: pytest.TempPathFactory) -> Row:
    folder = tmp_path_factory.mktemp("row")
    write_recording(folder, 1)
    return Recording(folder).rows[0]


def lap_of(name: str, row: Row) -> list[Row]:
    """A row every 40 cm along a circuit."""
    lap = find_circuit(name)
    assert lap is not None
    heights = lap.elevation
    return [
        replace(row, x=place.x, y=place.y, z=heights.at(place.s)[0] if heights is not None else 0.0)
        for place in lap.places(0.4)
    ]


@pytest.mark.parametrize(
    ("name", "flat"),
    [("country", True), ("hills", False), *((f"random:{seed}", True) for seed in range(1, 7))],
)
def test_country_and_the_gently_rolling_circuits_are_flat_enough_and_the_hills_are_not(
    row: Row, name: str, *, flat: bool
) -> None:
    found = measure_unevenness(lap_of(name, row))
    assert found is not None
    assert (found / CAMERA.z <= FLAT) == flat


def test_a_steady_climb_is_flat_and_a_crest_lies_off_the_plane_by_its_arc(row: Row) -> None:
    climb = [replace(row, x=0.4 * n, z=0.03 * n) for n in range(100)]
    assert measure_unevenness(climb) == pytest.approx(0.0, abs=1e-9)
    crest = [replace(row, x=0.4 * n, z=-((0.4 * n) ** 2) / 2.0 / 100.0) for n in range(100)]
    assert measure_unevenness(crest) == pytest.approx(AHEAD**2 / 2.0 / 100.0, rel=0.01)


def test_a_jump_from_one_segment_to_the_next_is_no_hill(row: Row) -> None:
    low = [replace(row, x=0.4 * n, z=0.0) for n in range(60)]
    high = [replace(row, x=0.4 * n, z=50.0, segment=1) for n in range(60)]
    assert measure_unevenness([*low, *high]) == pytest.approx(0.0)


def test_where_no_heights_are_known_nothing_is_said(row: Row) -> None:
    assert measure_unevenness([replace(row, x=0.4 * n, z=math.nan) for n in range(60)]) is None
    assert measure_unevenness([row]) is None
