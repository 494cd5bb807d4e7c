from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvinn.driving.types import Camera, GroundTruth, Step
from alvinn.errors import CameraMismatchError, RecordingError
from alvinn.networks.preprocessing import Preprocessing
from alvinn.recording import Recording, RecordingWriter, Row
from alvinn.recording.rows import make_row
from alvinn.training.examples.dataset import (
    ALIKE,
    Examples,
    balance_counts,
    common_camera,
    compute_road_arcs,
    find_goals,
    load_dataset,
)
from tests.alvinn.fakes import CAR, SMALL, circle, picture, session, step, truth, write_recording


def rows_of(tmp_path: Path) -> Row:
    write_recording(tmp_path, 1)
    return Recording(tmp_path).rows[0]


@pytest.fixture(scope="module")
def row(tmp_path_factory: pytest.TempPathFactory) -> Row:
    return rows_of(tmp_path_factory.mktemp("row"))


def test_a_goal_where_no_place_is_known_lies_on_the_steerings_own_arc(row: Row) -> None:
    nan = math.nan
    found = find_goals([replace(row, curvature=0.05, x=nan, y=nan, yaw=nan, speed=nan) for _ in range(3)])
    assert found[0] == pytest.approx((math.sin(0.25) / 0.05, (1.0 - math.cos(0.25)) / 0.05))


def test_recordings_become_pictures_and_labels(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path, session()) as writer:
        for number, s in enumerate((100.0, 430.0, 200.0, 390.0)):
            writer.add(step(number, truth(lane_s=s), curvature=s / 1e4), lane="a/forward", weather="ClearNoon")
    told: list[None] = []
    prepare = Preprocessing.for_camera(SMALL)
    dataset = load_dataset([Recording(tmp_path)], prepare, lambda: told.append(None))
    assert len(told) == 4
    assert dataset.examples.curvature[dataset.training].tolist() == pytest.approx([0.01, 0.02])
    assert dataset.examples.curvature[dataset.held_out].tolist() == pytest.approx([0.043])
    assert dataset.examples.steer(np.array([1, 3]), np.array([0.02, -0.3])).tolist() == pytest.approx(
        [CAR.steer(0.02, 8.0), CAR.steer(-0.3, 8.0)]
    )
    assert dataset.camera == SMALL
    assert dataset.preprocessing == prepare
    for number in range(4):
        assert np.abs(dataset.examples.image(number).astype(float) - prepare(picture(number))).mean() < 12.0


def test_corrections_are_shown_twice_as_often_or_as_often_as_is_asked_for(tmp_path: Path) -> None:
    write_recording(tmp_path, 6)
    recording = Recording(tmp_path)
    recording.rows = tuple(
        replace(row, lane_s=100.0 + row.frame, correction=int(index == 4)) for index, row in enumerate(recording.rows)
    )
    small = Preprocessing.for_camera(SMALL)
    shown = load_dataset([recording], small).training.tolist()
    assert shown == [0, 1, 2, 3, 4, 4, 5]
    assert load_dataset([recording], small, correction_weight=1).training.tolist() == [
        0,
        1,
        2,
        3,
        4,
        5,
    ]
    assert load_dataset([recording], small, correction_weight=4).training.tolist().count(4) == 4


def test_rare_steering_is_shown_oftener_but_not_too_often(tmp_path: Path) -> None:
    write_recording(tmp_path, 8)
    recording = Recording(tmp_path)
    bends = [0.0, 0.002, -0.001, 0.0, 0.05, 0.05, 0.0, -0.08]
    recording.rows = tuple(
        replace(row, lane_s=100.0 + row.frame, curvature=bends[index]) for index, row in enumerate(recording.rows)
    )
    shown = load_dataset([recording], Preprocessing.for_camera(SMALL), balance=3).training.tolist()
    assert [shown.count(row) for row in range(8)] == [1, 1, 1, 1, 2, 2, 1, 3]
    assert load_dataset([recording], Preprocessing.for_camera(SMALL)).training.tolist() == list(range(8))


@given(st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=60), st.integers(1, 9))
def test_no_kind_of_steering_is_shown_oftener_than_the_most_common_one(curvature: list[float], most: int) -> None:
    times = balance_counts(np.array(curvature), most)
    kinds = np.rint(np.array(curvature) / ALIKE)
    shown = {kind: times[kinds == kind].sum() for kind in set(kinds)}
    assert times.min() == 1
    assert times.max() <= most
    assert max(shown.values()) <= 1.5 * max((kinds == kind).sum() for kind in shown)


def test_a_goal_is_where_the_car_then_was_and_an_arc_at_the_end(row: Row) -> None:
    """Along a circle of 40 m radius to the right, both ways of finding the goal must agree."""
    radius, speed = 40.0, 8.0
    angles = np.arange(0.0, 1.5, speed * 0.05 / radius)
    rows = [
        replace(
            row,
            x=radius * math.sin(a),
            y=radius - radius * math.cos(a),
            yaw=float(a),
            speed=speed,
            curvature=1 / radius,
        )
        for a in angles
    ]
    found = find_goals(rows)
    expected = (radius * math.sin(speed / radius), radius - radius * math.cos(speed / radius))
    assert np.abs(found - expected).max() < 0.01


def test_a_goal_is_on_the_path_that_was_driven_whatever_was_steered(row: Row) -> None:
    """A straight path while the wheel says 20 m to the right, as where a disturbance is steered against."""
    rows = [replace(row, x=0.4 * i, y=3.0, yaw=0.0, speed=8.0, curvature=0.05) for i in range(60)]
    found = find_goals(rows)
    assert found[:39] == pytest.approx(np.tile([8.0, 0.0], (39, 1)), abs=1e-9)
    assert (found[40:, 1] > 1.0).all(), "where the path ends, the arc of the wheel"


def test_no_goal_lies_in_another_segment(row: Row) -> None:
    """Two pieces of a straight line with a jump to the side between them."""
    rows = [
        replace(row, x=i * 0.4, y=50.0 * (i >= 30), yaw=0.0, speed=8.0, curvature=0.0, segment=i // 30)
        for i in range(60)
    ]
    assert np.abs(find_goals(rows)[:, 1]).max() < 1e-6


def test_several_recordings_are_read_one_after_the_other(tmp_path: Path) -> None:
    for name, s in (("a", 100.0), ("b", 200.0)):
        with RecordingWriter(tmp_path / name, session()) as writer:
            writer.add(step(0, truth(lane_s=s), curvature=s / 1e4), lane="a/forward", weather="ClearNoon")
    dataset = load_dataset([Recording(tmp_path / "a"), Recording(tmp_path / "b")], Preprocessing.for_camera(SMALL))
    assert dataset.examples.curvature.tolist() == pytest.approx([0.01, 0.02])
    assert [dataset.examples.image(index).shape for index in (0, 1)] == [(40, 128, 3)] * 2


def test_a_segment_begins_with_every_recording_and_after_excluded_rows(tmp_path: Path) -> None:
    for name, segments in (("a", 2), ("b", 1)):
        for number in range(segments):
            write_recording(tmp_path / name, 4, append=number > 0, make=lambda at: step(at, truth(lane_s=100.0 + at)))
    Recording(tmp_path / "b").leave_out(2, 2)
    recordings = [Recording(tmp_path / name) for name in ("a", "b")]
    found = load_dataset(recordings, Preprocessing.for_camera(SMALL)).examples
    assert found.opening == {0, 4, 8, 10, 11}


def test_recordings_of_two_cameras_do_not_mix(tmp_path: Path) -> None:
    write_recording(tmp_path / "a", 1)
    write_recording(tmp_path / "b", 1, camera=Camera())
    with pytest.raises(CameraMismatchError, match=r"64x32.*320x160"):
        common_camera([Recording(tmp_path / "a"), Recording(tmp_path / "b")])


def test_where_nothing_is_left_to_train_on_it_says_so(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path, session()) as writer:
        writer.add(step(0, truth(lane_s=480.0)), lane="a/forward", weather="ClearNoon")
    with pytest.raises(RecordingError, match=r"none of .* frames is left to train on"):
        load_dataset([Recording(tmp_path)], Preprocessing.for_camera(SMALL))


def test_examples_refuse_labels_that_are_no_number_or_too_few() -> None:
    images, starts, ahead = np.zeros((2, 4, 4, 3), dtype=np.uint8), np.array([0]), np.zeros((2, 2))
    with pytest.raises(ValueError, match="1 of 2 labels are not finite"):
        Examples((images,), starts, np.array([0.0, math.nan]), ahead)
    with pytest.raises(ValueError, match=r"2 pictures with labels \(1,\)"):
        Examples((images,), starts, np.zeros(1), ahead)


def on_a_circle(number: int, offset: float = 0.0) -> Step:
    """A tick on a circle of 40 m to the right, `offset` metres right of its lane."""
    lane = circle(40.0)
    x, y, _, direction = lane.at(0.4 * number)
    place = replace(
        truth(lane_s=0.4 * number, offset=offset),
        x=x - offset * math.sin(direction),
        y=y + offset * math.cos(direction),
        yaw=direction,
    )
    return step(number, place, curvature=9.0)


@pytest.mark.parametrize(("offset", "label"), [(0.0, 1.0 / 40.0), (0.5, 1.0 / 40.0 - 1.0 / 49.0)])
def test_the_label_of_1989_leads_to_the_middle_of_the_road_seven_metres_ahead(offset: float, label: float) -> None:
    rows = [make_row(on_a_circle(number, offset), 0, "", "lane", "ClearNoon") for number in range(60)]
    arcs = compute_road_arcs(rows, 7.0)
    assert arcs[:40] == pytest.approx(label, abs=1.5e-3)
    assert arcs[-1] == 9.0, "at a segment's end the driver's own answer stands"


def test_the_label_of_1989_does_not_lead_from_one_recording_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each recording counts its segments from 0, and here both have one only."""
    for name, place in (("a", 0.0), ("b", 500.0)):
        where = [replace(truth(lane_s=0.4 * number), y=place) for number in range(40)]
        write_recording(tmp_path / name, 40, make=partial(_step_at, where))
    both = [Recording(tmp_path / name) for name in ("a", "b")]
    monkeypatch.setattr("alvinn.training.examples.dataset.load_pictures", lambda one, *_: np.zeros((len(one.rows), 1)))
    prepare = replace(Preprocessing.for_camera(SMALL), range_rows=1)  # whose pictures matter to no label
    alone = [load_dataset([one], prepare).examples.curvature for one in both]
    assert load_dataset(both, prepare).examples.curvature.tolist() == [*alone[0], *alone[1]]


def _step_at(where: Sequence[GroundTruth], number: int) -> Step:
    return step(number, where[number])
