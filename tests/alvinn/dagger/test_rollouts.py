"""Where rollouts begin, before bends, the tight ones most often; and when they end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvinn.dagger.ledger import Rollout, RoundRecord
from alvinn.dagger.rollouts import RUN_UP, choose_start, drive_rollout
from alvinn.dagger.teachers import RolloutContext, Student
from alvinn.drivers.gates import DRIFT_SHARE, TeacherGate
from alvinn.drivers.shared import SharedDriver
from alvinn.driving.lane import Lane
from alvinn.driving.protocols import Observer, World
from alvinn.networks.inference import Network
from alvinn.recording import Recording, RecordingWriter
from alvinn.settings import Driving
from alvinn.world.embedded_server import KeptServer
from tests.alvinn.fakes import CAR as GEOMETRY
from tests.alvinn.fakes import PaperWorld, SteadyDriver, circle, session, straight

SHARES = np.arange(0.005, 1.0, 0.01)
CAR = 1.9  # width [m]
WIDE, TIGHT = (200.0, 263.0), (463.0, 494.0)  # where the bends of `bending` lie [m]


def bending() -> Lane:
    """200 m straight on between bends of 40 and 20 m radius, a quarter of a circle each."""
    curvature = np.zeros(700)
    curvature[slice(*map(int, WIDE))], curvature[slice(*map(int, TIGHT))] = 1 / 40, -1 / 20
    heading = np.cumsum(curvature)
    points = np.column_stack((np.cumsum(np.cos(heading)), np.cumsum(np.sin(heading)), np.zeros(700)))
    return Lane(points, np.full(700, 3.5), closed=False)


def place(lane: Lane, share: float) -> float:
    return choose_start(Rollout("country", "forward", share, 5.0), lane, CAR)[0]


def test_rollouts_begin_a_run_up_before_a_bend_and_twice_as_often_before_one_of_half_the_radius() -> None:
    places = np.array([place(bending(), share) for share in SHARES.tolist()]) + RUN_UP
    wide, tight = (((places > start - 3) & (places < end + 3)).mean() for start, end in (WIDE, TIGHT))
    assert wide + tight == 1.0
    assert tight == pytest.approx(2 * wide, abs=0.05)


@given(st.floats(0.0, 1.0, exclude_max=True), st.booleans())
def test_a_rollout_begins_on_its_lane_whatever_its_shape(share: float, bends: bool) -> None:
    lane = bending() if bends else straight(5.0)
    assert 0.0 <= place(lane, share) <= lane.length


@pytest.mark.parametrize("lane", [straight(600.0), circle(30.0)])
def test_where_all_of_a_lane_is_alike_rollouts_begin_all_over_it(lane: Lane) -> None:
    places = np.array([place(lane, share) for share in SHARES.tolist()])
    assert np.ptp(places) > 0.85 * lane.length


@given(st.floats(-1.0, 1.0))
def test_a_rollout_begins_no_farther_aside_than_the_gate_lets_pass(aside: float) -> None:
    begun = choose_start(Rollout("country", "forward", 0.5, 5.0, aside), straight(100.0, width=3.5), CAR)[1]
    assert begun == pytest.approx(aside * DRIFT_SHARE * 0.8)


class Paper(PaperWorld):
    """A world on paper that rollouts can be driven in."""

    geometry = GEOMETRY

    def place(self, s: float, speed: float, offset: float = 0.0) -> None:
        self._place(s, offset)


@dataclass
class Bending:
    """A teacher who always drives, along a bend."""

    curvature: float
    device = ""

    def begin_rollout(self, context: RolloutContext) -> SharedDriver:
        return SharedDriver(SteadyDriver(), SteadyDriver(self.curvature), TeacherGate("plain"), every_frame=True)

    def pace(self, world: World) -> World:
        return world

    def observers(self) -> Sequence[Observer]:
        return ()

    def has_left(self) -> bool:
        return False


def drive(lane: Lane, curvature: float, seconds: float, folder: Path, monkeypatch: pytest.MonkeyPatch) -> RoundRecord:
    @contextmanager
    def on_paper(*_: Any) -> Iterator[Paper]:
        yield Paper(lane)

    monkeypatch.setattr("alvinn.dagger.rollouts.open_training_world", on_paper)
    return drive_rollout(
        Driving(),
        Rollout("oval", "forward", 0.5, seconds),
        RoundRecord(1, "plain", "scripted"),
        Student(cast("Network", None), lambda _: None),
        Bending(curvature),
        cast("KeptServer", None),
        lambda _: RecordingWriter(folder, session(), append=True),
    )


def test_a_rollout_goes_on_after_a_lap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lane = circle(10.0)
    driven = drive(lane, 0.1, 20.0, tmp_path, monkeypatch)
    assert driven.seconds == pytest.approx(20.0, abs=0.1)
    assert driven.frames * 0.05 * 5.0 > lane.length, "five metres a second take it around more than once"


def test_a_round_knows_how_many_rows_its_recording_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        driven = drive(circle(10.0), 0.1, 2.0, tmp_path, monkeypatch)
        assert driven.rows == len(Recording(tmp_path).rows)


def test_a_rollout_ends_before_an_open_lane_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driven = drive(straight(200.0), 0.0, 60.0, tmp_path, monkeypatch)
    assert 5.0 < driven.seconds < 25.0
