"""Every observer keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alvinn.cockpit.cockpit import Cockpit
from alvinn.cockpit.live_recorder import LiveRecorder
from alvinn.cockpit.wiring import Wiring
from alvinn.controls.devices import Keyboard
from alvinn.dagger.corrections import Corrections
from alvinn.dagger.rollouts import TakeOverTest
from alvinn.drivers.gates import DriftGate
from alvinn.driving.observers import Deadline, TickCallback
from alvinn.driving.protocols import Observer, Verdict
from alvinn.metrics.log import LogWriter
from alvinn.metrics.referee import Referee
from alvinn.metrics.worst import WorstStretch
from alvinn.recording import RecordingWriter
from alvinn.recording.observers import OnRoadFilter, RecordingObserver
from alvinn.visualization.overlay import Film, draw_overlay
from tests.alvinn.cockpit.test_cockpit import Screen
from tests.alvinn.fakes import CAR, DT, Script, circle, session, truth
from tests.contracts.observers import ObserverContract


class TestScript(ObserverContract):
    @pytest.fixture
    def observer(self) -> Observer:
        return Script([Verdict.CONTINUE] * 10)


class TestRecordingObserver(ObserverContract):
    @pytest.fixture
    def observer(self, tmp_path: Path) -> Iterator[Observer]:
        with RecordingWriter(tmp_path, session()) as writer:
            yield RecordingObserver(writer, "oval/forward", "ClearNoon")


class TestOnRoadFilter(ObserverContract):
    @pytest.fixture
    def observer(self, tmp_path: Path) -> Iterator[Observer]:
        with RecordingWriter(tmp_path, session()) as writer:
            yield OnRoadFilter(RecordingObserver(writer, "oval/forward", "ClearNoon"), lambda _: None)


class TestLiveRecorder(ObserverContract):
    @pytest.fixture
    def observer(self, tmp_path: Path) -> Iterator[Observer]:
        with RecordingWriter(tmp_path, session()) as writer:
            yield LiveRecorder(writer, "oval/forward", "ClearNoon")


class TestCockpit(ObserverContract):
    @pytest.fixture
    def observer(self) -> Observer:
        return Cockpit(Screen({}, 1000), Keyboard(DT), Wiring("paper", "ClearNoon"), CAR)


class TestDeadline(ObserverContract):
    @pytest.fixture
    def observer(self) -> Observer:
        return Deadline(1.0)


class TestTickCallback(ObserverContract):
    @pytest.fixture
    def observer(self) -> Observer:
        return TickCallback(lambda _: None)


class TestLogWriter(ObserverContract):
    @pytest.fixture
    def observer(self, tmp_path: Path) -> Iterator[Observer]:
        with LogWriter(tmp_path / "log.csv") as log:
            yield log


class TestReferee(ObserverContract):
    @pytest.fixture
    def observer(self) -> Observer:
        return Referee(circle(50.0), CAR.width, laps=1, cruise=8.0)


class TestFilm(ObserverContract):
    @pytest.fixture
    def observer(self, tmp_path: Path) -> Iterator[Observer]:
        with Film(tmp_path / "lap.mp4", 1.0, lambda step: draw_overlay(step, "oval")) as film:
            yield film


class TestWorstStretch(ObserverContract):
    @pytest.fixture
    def observer(self) -> Observer:
        return WorstStretch()


class TestCorrections(ObserverContract):
    @pytest.fixture
    def observer(self) -> Observer:
        return Corrections("oval", "forward", "ClearNoon")


class TestTrial(ObserverContract):
    @pytest.fixture
    def observer(self) -> Observer:
        return TakeOverTest(DriftGate(truth, CAR.width), CAR.width)
