"""What follows a drive; the turns themselves are taken in jobs/test_drive.py, on a real screen."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import Any

import pytest

from alvinn.cockpit.display.panel import Page
from alvinn.cockpit.live_drive import LiveDrive
from alvinn.cockpit.start_screen import DRIVE, MAPS, REPLAY, TRAIN, LastDrive, StartChoices
from alvinn.cockpit.turns import Turns, list_maps, watch_training
from alvinn.controls.inputs import Inputs
from alvinn.errors import RecordingError, explain
from alvinn.settings import Driving
from alvinn.training.held_out import Errors
from alvinn.training.history import EpochResult, write_history
from tests.alvinn.fakes import write_recording
from tests.conftest import Address


class Watched:
    """A window that nobody touches, or where Escape is pressed at the first look."""

    def __init__(self, *pressed: str) -> None:
        self._pressed = pressed
        self.shown: list[Page] = []

    def poll(self) -> Inputs:
        return Inputs(pressed=self._pressed)

    def show(self, page: Page) -> None:
        self.shown.append(page)


def watch(window: Any, history: Path, code: str) -> str:
    return watch_training([sys.executable, "-c", code], window, history, "drive-1")


def test_the_epochs_of_a_training_are_shown_while_it_runs(tmp_path: Path) -> None:
    history = tmp_path / "history.csv"
    write_history(history, [EpochResult(1, 0.5, Errors()), EpochResult(2, 0.4, Errors())])
    window = Watched()
    assert watch(window, history, "import time; time.sleep(0.3)") == ""
    assert dict(window.shown[0].lines)["epoch"] == "2 of 22"
    name, share = window.shown[0].progress or ("", 0.0)
    assert name == "done"
    assert share == pytest.approx(2 / 22)


def test_a_training_that_fails_says_why_in_its_own_last_words(tmp_path: Path) -> None:
    code = "import sys; print('a note', file=sys.stderr); sys.exit('there are no frames to learn from')"
    assert watch(Watched(), tmp_path / "history.csv", code) == "there are no frames to learn from"


def test_escape_ends_a_training_and_says_that_there_is_no_model(tmp_path: Path) -> None:
    said = watch(Watched("escape"), tmp_path / "history.csv", "import time; time.sleep(600)")
    assert said == "the training was ended: there is no new model"


class Scripted(Turns):
    """Turns in which the choices are given, and every drive and training comes off."""

    def _ask(self, window: Any, last: LastDrive | None) -> StartChoices | None:
        return next(window, None)

    def _drive(self, window: Any, choices: StartChoices, scores: Any) -> LastDrive:
        return LastDrive(choices, recorded=choices.recording is not None)

    def _train(self, window: Any, choices: StartChoices, name: str) -> LastDrive:
        return LastDrive(choices, recorded=True, model=f"{name}-2")


def chosen(recording: str | None, act: str = DRIVE) -> StartChoices:
    return StartChoices("oval", "ClearNoon", "me", "keyboard", None, recording, None, act)


def refuse(_: StartChoices) -> LiveDrive:
    raise PermissionError(errno.EACCES, "Permission denied", "data/drive-1")


def test_the_last_recording_is_told_and_the_model_that_was_trained_on_it() -> None:
    turns = Scripted(Driving(), "me", refuse, lambda _: {})
    record, train, practise = chosen("drive-1"), chosen("drive-1", TRAIN), chosen(None)

    def take(*choices: StartChoices) -> tuple[str | None, str | None]:
        window: Any = iter(choices)
        return turns.take(window)

    assert take(practise) == (None, None)
    assert take(record, practise) == ("drive-1", None)
    assert take(record, train, practise) == ("drive-1", "drive-1-2")
    assert take(record, train, chosen("drive-2")) == ("drive-2", None)


def test_a_recording_that_cannot_be_written_is_said_on_the_start_screen(tmp_path: Path) -> None:
    turns, window = Turns(Driving(home=tmp_path), "me", refuse, lambda _: {}), Watched()
    last = turns._drive(window, chosen("drive-1"), [])  # type: ignore[arg-type]
    assert last.words == ("data/drive-1: Permission denied; choose a --home or --out that can be written to",)
    assert not last.recorded


@pytest.mark.parametrize("error", [PermissionError(errno.EACCES, "Permission denied"), RecordingError("is damaged")])
def test_a_recording_that_cannot_be_replayed_is_said_on_the_start_screen(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_recording(tmp_path / "data" / "drive-1", 3)

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("alvinn.cockpit.turns.play", fail)
    said: list[tuple[str, ...]] = []

    class Noted(Scripted):
        def _ask(self, window: Any, last: LastDrive | None) -> StartChoices | None:
            said.append(last.words if last is not None else ())
            return super()._ask(window, last)

    window: Any = iter([chosen("drive-1"), chosen("drive-1", REPLAY)])
    assert Noted(Driving(home=tmp_path), "me", refuse, lambda _: {}).take(window) == ("drive-1", None)
    assert said[-1] == (explain(error),)


def test_the_maps_to_choose_from_are_those_of_the_server(server: Address) -> None:
    assert list_maps(Driving()) == MAPS
    there = list_maps(Driving(carla=f"{server[0]}:{server[1]}", map="oval"))
    assert there[0] == "oval"
    assert {"country", "random:1"} <= set(there)
    assert len(set(there)) == len(there)
