"""What a card says of the car, the speed and the rate of what the model learned."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alvinn.recording import Recording
from alvinn.training.conditions import (
    FEW,
    describe_recordings,
    find_rate,
    find_server,
    find_speeds,
    find_vehicle,
    find_weaknesses,
)
from alvinn.training.examples.split import hold_out
from tests.alvinn.fixtures import toy_dataset
from tests.alvinn.formats.drives import drive


def at_speeds(recording: Recording, *speeds: float) -> Recording:
    """The recording, driven at other speeds."""
    recording.rows = tuple(replace(row, speed=speed) for row, speed in zip(recording.rows, speeds, strict=True))
    return recording


def test_the_rate_is_that_of_most_rows_and_no_segments_border_counts(tmp_path: Path) -> None:
    assert find_rate([drive(tmp_path / "a", 12)]) == 20.0
    assert find_rate([drive(tmp_path / "b", 1, cut_at=None)]) is None


def test_the_speeds_are_the_lowest_and_the_highest_that_are_known(tmp_path: Path) -> None:
    one = at_speeds(drive(tmp_path / "a", 3), 8.0, math.nan, 6.5)
    other = at_speeds(drive(tmp_path / "b", 3), math.nan, math.nan, math.nan)
    assert find_speeds([one, other]) == (6.5, 8.0)
    assert find_speeds([other]) is None


def test_recordings_of_several_kinds_of_server_are_warned_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = drive(tmp_path / "a", 3), drive(tmp_path / "b", 3)
    assert find_server([one, other]) == one.session.server
    assert not capsys.readouterr().out
    other.session = replace(other.session, server="full")
    assert find_server([one, other]) == "several"
    assert "several kinds of server" in capsys.readouterr().out


def test_the_car_is_that_of_all_recordings_or_none(tmp_path: Path) -> None:
    one, other = drive(tmp_path / "a", 3), drive(tmp_path / "b", 3)
    assert find_vehicle([one, other]) == one.session.vehicle
    longer = Recording(other.folder)
    longer.session = replace(other.session, vehicle={**other.session.vehicle, "wheelbase": 4.0})
    assert find_vehicle([one, longer]) is None
    wheelbase = other.session.vehicle["wheelbase"] + 2e-6  # as measured at another place of another map
    elsewhere = Recording(other.folder)
    elsewhere.session = replace(other.session, vehicle={**other.session.vehicle, "wheelbase": wheelbase})
    assert find_vehicle([one, elsewhere]) == one.session.vehicle


def test_a_card_names_the_frames_that_its_training_held_out(tmp_path: Path) -> None:
    """Ten short drives, a circuit each: the tenth is held out whole, which it alone does not tell."""
    recordings = []
    for number in range(10):
        recordings.append(drive(tmp_path / str(number), 30, cut_at=None))
        recordings[-1].rows = tuple(
            replace(row, lane=f"random:{100 + number}/forward", lane_s=0.4 * at)
            for at, row in enumerate(recordings[-1].rows)
        )
    used = [*recordings[:9], recordings[9].select(np.arange(30) >= 10)]
    held_out, training = hold_out([row for recording in used for row in recording.rows])
    assert training.any()
    dataset = replace(toy_dataset(4), held_out=np.flatnonzero(held_out))
    told = describe_recordings(used, dataset)
    assert [one["held_out"] for one in told] == [[]] * 9 + [[[10, 29]]], "by its rows in the whole recording"
    assert told[9]["rows"] == 20


def test_data_that_teach_little_are_told() -> None:
    whole = toy_dataset(FEW * 2)
    assert find_weaknesses(whole) == []
    shown_often = replace(whole, training=np.repeat(whole.training[:100], 50))
    assert [weakness[:25] for weakness in find_weaknesses(shown_often)] == ["there are only 100 frames"]
    (nothing,) = find_weaknesses(replace(whole, held_out=np.empty(0, dtype=np.intp)))
    assert nothing.startswith("nothing is held out")
    whole.examples.curvature[:] = 0.01
    (constant,) = find_weaknesses(whole)
    assert constant.startswith("the curvature never changes")
