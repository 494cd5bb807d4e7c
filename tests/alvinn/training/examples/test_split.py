from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvinn.networks.preprocessing import Preprocessing
from alvinn.recording import Recording, Row, parse_lane
from alvinn.training.examples.dataset import load_dataset
from alvinn.training.examples.split import ALIKE_HEADING, _on_held_out_roads, hold_out, rows_learned_from
from tests.alvinn.fakes import SMALL, write_recording


@pytest.fixture(scope="module")
def row(tmp_path_factory: pytest.TempPathFactory) -> Row:
    folder = tmp_path_factory.mktemp("row")
    write_recording(folder, 1)
    return Recording(folder).rows[0]


@given(length=st.floats(700.0, 3000.0), speed=st.floats(4.0, 20.0), laps=st.floats(1.0, 2.5))
def test_no_frame_to_train_on_is_closer_than_five_seconds_to_what_is_held_out(
    row: Row, length: float, speed: float, laps: float
) -> None:
    n = int(laps * length / (speed * 0.25))
    s = np.arange(n) * speed * 0.25 % length
    held_out, training = hold_out([replace(row, lane_s=float(at), speed=speed) for at in s])
    assert not (held_out & training).any()
    assert held_out.any()
    assert training.any()
    gaps = np.abs(s[training][:, None] - s[held_out][None])
    around = np.minimum(gaps, length - gaps)
    assert around.min() >= 5.0 * speed


@given(st.floats(0.0, 5.0), st.integers(0, 4))
def test_later_laps_of_a_stretch_stay_on_its_side(row: Row, nudge: float, lap: int) -> None:
    places = [replace(row, lane_s=at, x=at, speed=8.0) for at in (420.0 + nudge, 250.0 + nudge, 380.0 + nudge)]
    held_out, training = hold_out(places * (lap + 1))
    assert held_out.tolist() == [True, False, False] * (lap + 1)
    assert training.tolist() == [False, True, False] * (lap + 1)


@pytest.mark.parametrize(("circuits", "held"), [(9, []), (10, [9]), (25, [9, 19])])
def test_of_many_drives_too_short_for_a_stretch_every_tenth_circuit_is_held_out(
    row: Row, circuits: int, held: list[int]
) -> None:
    ways = ("forward", "backward")
    rows = [
        replace(row, lane=f"random:{circuit}/{way}", lane_s=at, speed=8.0)
        for circuit, way, at in product(range(circuits), ways, (50.0, 150.0, 250.0))
    ]
    held_out, training = hold_out(rows)
    assert {r.lane for r, out in zip(rows, held_out, strict=True) if out} == {
        f"random:{circuit}/{way}" for circuit, way in product(held, ways)
    }
    assert (training == ~held_out).all()


def test_where_one_drive_passes_a_stretch_no_whole_circuit_is_held_out(row: Row) -> None:
    rows = [replace(row, lane=f"random:{circuit}/forward", lane_s=150.0, speed=8.0) for circuit in range(20)]
    held_out, _ = hold_out([*rows, replace(row, lane="oval/forward", lane_s=420.0, speed=8.0)])
    assert held_out.tolist() == [False] * 20 + [True]


@given(st.floats(0.0, 400.0))
def test_the_beginning_of_a_lane_that_was_not_driven_to_its_end_is_trained_on(row: Row, away: float) -> None:
    there, back = replace(row, lane_s=0.0, speed=8.0, x=0.0), replace(row, lane_s=455.0, speed=8.0, x=away)
    assert hold_out([there, back])[1].tolist() == [away > 40.0, False]


def test_a_loop_with_a_lead_in_keeps_the_gap_where_it_begins_again(row: Row) -> None:
    """A lead-in of 100 m, then a loop of 340 m whose end, at 440 m, is held out and lies beside 100 m."""
    rows = []
    for at in np.arange(0.0, 439.5, 0.4).tolist():
        angle = (at - 100.0) / 340.0 * 2.0 * math.pi
        x, y = (340.0 / (2.0 * math.pi) * f(angle) for f in (math.sin, math.cos)) if at >= 100.0 else (at - 100.0, 54.1)
        rows.append(replace(row, lane_s=at, speed=8.0, x=x, y=y, yaw=-angle if at >= 100.0 else 0.0))
    held_out, training = hold_out(rows)
    assert {r.lane_s >= 400.0 for r, held in zip(rows, held_out, strict=True) if held} == {True}
    learned = [r.lane_s for r, learns in zip(rows, training, strict=True) if learns]
    assert not [s for s in learned if 100.0 <= s < 139.0]
    assert [s for s in learned if s < 55.0]
    assert [s for s in learned if 145.0 < s < 355.0]


def test_a_short_loop_keeps_the_gap_too(row: Row) -> None:
    """A lead-in of 340 m straight on, then a loop of 100 m whose end, at 440 m, is held out and lies beside 340 m."""
    radius = 100.0 / (2.0 * math.pi)
    rows = []
    for at in np.arange(0.0, 439.5, 0.4).tolist():
        angle = max(0.0, at - 340.0) / radius
        x, y = min(at, 340.0) + radius * math.sin(angle), radius * (1.0 - math.cos(angle))
        rows.append(replace(row, lane_s=at, speed=8.0, x=x, y=y, yaw=angle))
    learned = [r.lane_s for r, learns in zip(rows, hold_out(rows)[1], strict=True) if learns]
    assert 295.0 < max(learned) < 300.0, "forty metres before the loop begins"


def test_of_each_minute_without_a_lane_the_middle_six_seconds_are_held_out(row: Row) -> None:
    times = np.arange(0.05, 120.0, 0.1)
    held_out, training = hold_out([replace(row, lane_s=math.nan, time=float(at)) for at in times])
    assert held_out.tolist() == [27.0 < at % 60.0 < 33.0 for at in times]
    assert training.tolist() == [not 22.0 < at % 60.0 < 38.0 for at in times]


@given(seconds=st.floats(35.0, 300.0), rate=st.floats(5.0, 30.0))
def test_where_no_lane_is_known_blocks_of_time_are_held_out_five_seconds_from_what_trains(
    row: Row, seconds: float, rate: float
) -> None:
    times = np.arange(0.0, seconds, 1.0 / rate)
    held_out, training = hold_out([replace(row, lane_s=math.nan, speed=math.nan, time=float(at)) for at in times])
    assert held_out.any()
    assert training.mean() > 0.5
    assert np.abs(times[training][:, None] - times[held_out][None]).min() >= 5.0


def test_an_import_beside_a_recording_changes_nothing_of_its_split(row: Row) -> None:
    ours = [replace(row, lane_s=at, speed=8.0) for at in (420.0, 250.0, 380.0, 481.0, 479.0)]
    imports = [replace(row, lane_s=math.nan, speed=math.nan, time=at) for at in (30.0, 25.0, 5.0)]
    held_out, training = hold_out([*imports, *ours])
    assert held_out.tolist() == [True, False, False, *hold_out(ours)[0]]
    assert training.tolist() == [False, False, True, *hold_out(ours)[1]]


def test_rows_learned_from_are_those_of_the_dataset(tmp_path: Path) -> None:
    write_recording(tmp_path / "a", 1200)
    recording = Recording(tmp_path / "a")
    recording.leave_out(20, 60)
    dataset = load_dataset([recording], Preprocessing.for_camera(SMALL))
    assert [row.frame for row in rows_learned_from([recording])] == [
        recording.rows[index].frame for index in np.unique(dataset.training)
    ]


def test_of_no_rows_none_are_held_out() -> None:
    assert [mask.tolist() for mask in hold_out([])] == [[], []]


def compare_all(rows: list[Row], held_out: npt.NDArray[np.bool_], gap: float) -> list[bool]:
    """What `_on_held_out_roads` finds, by asking every row about every other."""

    def touches(row: Row, other: Row) -> bool:
        (name, _, start), (map_name, _, begin) = parse_lane(row.lane), parse_lane(other.lane)
        near = math.dist((row.x, row.y), (other.x, other.y)) <= gap
        return name == map_name and start != begin and near and math.cos(row.yaw - other.yaw) > ALIKE_HEADING

    held = [row for row, is_held in zip(rows, held_out, strict=True) if is_held]
    return [any(touches(row, other) for other in held) for row in rows]


@given(st.integers(0, 2**32 - 1), st.sampled_from([20.0, 200.0, 2000.0]))
def test_roads_are_shared_by_the_rows_that_asking_everybody_finds(row: Row, seed: int, spread: float) -> None:
    rng = np.random.default_rng(seed)
    lanes = ["a/forward", "a@7/forward", "a@8/reverse", "b/forward"]
    rows = [
        replace(row, lane=lanes[lane], x=x, y=y, yaw=yaw, speed=8.0, lane_s=1.0)
        for lane, (x, y, yaw) in zip(
            rng.integers(0, 4, 60), rng.uniform(-spread, spread, (60, 3)).tolist(), strict=True
        )
    ]
    rows[3] = replace(rows[3], x=math.nan)
    held_out = rng.random(60) < 0.3
    assert _on_held_out_roads(rows, held_out).tolist() == compare_all(rows, held_out, 40.0)


def test_what_one_starting_point_holds_out_of_a_road_no_other_one_trains_on(row: Row) -> None:
    """The second lane begins 300 m before the first one's held-out stretch, on the same road, and is never held out."""
    ours = [replace(row, lane="Town02/forward", lane_s=at, x=at, y=0.0, yaw=0.0, speed=8.0) for at in (300.0, 420.0)]
    other = [
        replace(row, lane=lane, lane_s=x - 100.0, x=x, y=0.0, yaw=yaw, speed=8.0)
        for lane, yaw, x in [
            ("Town02@27/forward", 0.0, 340.0),  # far enough away
            ("Town02@27/forward", 0.0, 385.0),
            ("Town02@27/forward", 0.0, 420.0),
            ("Town02@27/reverse", math.pi, 420.0),  # sees another half of the road
            ("Town01@27/forward", 0.0, 420.0),
        ]
    ]
    held_out, training = hold_out([*ours, *other])
    assert held_out.tolist() == [False, True, *[False] * 5]
    assert training.tolist() == [True, False, True, False, False, True, True]


def test_starting_points_of_a_town_are_held_out_as_circuits_are(row: Row) -> None:
    rows = [
        replace(row, lane=f"Town02@{start}/forward" if start else "Town02/forward", lane_s=50.0, x=500.0 * start)
        for start in range(20)
    ]
    held_out, training = hold_out(rows)
    assert np.flatnonzero(held_out).tolist() == [9, 19]
    assert (training == ~held_out).all()
