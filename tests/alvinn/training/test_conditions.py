"""What a card says of the car, the speed and the rate of what the model learned."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alvinn.recording import Recording
from alvinn.training.conditions import FEW, find_rate, find_server, find_speeds, find_vehicle, find_weaknesses
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
