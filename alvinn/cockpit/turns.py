"""Turns at the wheel: the start screen, a drive, and the start screen again, until somebody leaves it.

A class takes turns so: each driver has a score, and may look at the drive again or have a network learn from it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alvinn.cockpit.display.panel import Page
from alvinn.cockpit.display.window import Window
from alvinn.cockpit.live_drive import LiveDrive, drive_live
from alvinn.cockpit.player import Player, play
from alvinn.cockpit.preview import Preview
from alvinn.cockpit.score import Score, describe_scores
from alvinn.cockpit.start_screen import MAPS, REPLAY, TRAIN, LastDrive, StartChoices, StartScreen
from alvinn.errors import AlvinnError, explain
from alvinn.networks.architectures import ARCHITECTURES
from alvinn.recording import Recording
from alvinn.settings import Driving, Home
from alvinn.training.history import read_history
from alvinn.world.carla_world import DT
from alvinn.world.connection import connect, explain_errors, weather_names
from alvinn.world.maps import available_maps
from alvinn.world.opening import parse_address


@dataclass(frozen=True)
class Turns:
    """What turns need to know."""

    settings: Driving
    """folders, and the server"""
    alias: str
    """the driver's name, as suggested"""
    plan: Callable[[StartChoices], LiveDrive]
    """the drive that somebody chose"""
    describe_models: Callable[[Home], Mapping[str, str]]
    """the models that can drive, and what is to be said of each"""

    def take(self, window: Window) -> tuple[str | None, str | None]:
        """Take turns until somebody leaves; returns the last recording, and the model that was trained on it."""
        scores: list[Score] = []
        last: LastDrive | None = None
        recording: str | None = None
        trained: str | None = None
        while (choices := self._ask(window, last)) is not None:
            if choices.act == REPLAY and recording is not None:
                last = self._replay(window, choices, recording) or last
            elif choices.act == TRAIN and recording is not None:
                last = self._train(window, choices, recording)
                trained = last.model or trained
            else:
                last = self._drive(window, choices, scores)
                if last.recorded:
                    recording, trained = choices.recording, None
        return recording, trained

    def _ask(self, window: Window, last: LastDrive | None) -> StartChoices | None:
        """What somebody chooses on the start screen; None if they leave it."""
        data = self.settings.recording_folder("x").parent
        models = self.describe_models(self.settings)
        start = StartScreen(weather_names(), models, self.alias, data, last, list_maps(self.settings))
        with Preview(self.settings) as preview:
            while (outcome := start.take(window.poll())) == "fill in":
                chosen = start.choices()
                window.show(start.page(preview.picture(chosen.map, chosen.weather)))
                time.sleep(DT)
        return None if outcome == "left" else start.choices()

    def _drive(self, window: Window, choices: StartChoices, scores: list[Score]) -> LastDrive:
        """Drive; what goes wrong is said on the start screen, since the next one may have more luck."""
        try:
            driven = drive_live(self.plan(choices), window)
        except (AlvinnError, OSError) as error:
            folder = self.settings.recording_folder(choices.recording or "")
            return LastDrive(choices, recorded=_has_rows(folder), words=(explain(error),))
        scores.append(driven.score)
        return LastDrive(choices, recorded=driven.rows > 0, words=describe_scores(scores))

    def _replay(self, window: Window, choices: StartChoices, name: str) -> LastDrive | None:
        """Look at the drive again; what goes wrong is said on the start screen."""
        try:
            recording = Recording(self.settings.recording_folder(name))
            play(Player(recording, recording.vehicle()), window)
        except (AlvinnError, OSError) as error:
            return LastDrive(choices, recorded=True, words=(explain(error),))
        return None

    def _train(self, window: Window, choices: StartChoices, name: str) -> LastDrive:
        """Train on the recording in a process of its own; Escape ends it."""
        model = self.settings.choose_model_name(name)
        home = str(self.settings.home)
        command = [sys.executable, "-m", "alvinn", "train", model, "--data", name, "--home", home]
        failure = watch_training(command, window, self.settings.model_folder(model) / "history.csv", name)
        if failure:
            return LastDrive(choices, recorded=True, words=(failure,))
        words = f"{model} is trained on {name}: watch it drive, and take the wheel where it cannot"
        return LastDrive(choices, recorded=True, model=model, words=(words,))


def list_maps(settings: Driving) -> Sequence[str]:
    """The maps to choose from: of a server that runs already those that it has, its present one first.

    Raises:
        ServerError: it does not answer.
    """
    if settings.carla is None:
        return MAPS
    with connect(*parse_address(settings.carla)) as client, explain_errors("being asked for its maps"):
        return available_maps(client)


def watch_training(command: Sequence[str], window: Window, history: Path, name: str) -> str:
    """Show the epochs of a training; returns why there is no model, empty if there is one."""
    epochs = ARCHITECTURES["conv"].epochs
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            inputs = window.poll()
            if inputs.closed or "escape" in inputs.pressed:
                process.terminate()
                process.wait()
                return "the training was ended: there is no new model"
            done = len(read_history(history)) if history.is_file() else 0
            lines = (("", f"a network learns from {name}"), ("epoch", f"{done} of {epochs}"))
            window.show(Page("Training", lines, foot=("Escape: end it",), progress=("done", done / epochs)))
            time.sleep(DT)
        _, errors = process.communicate()
    return "" if process.returncode == 0 else errors.strip().splitlines()[-1] if errors.strip() else "it failed"


def _has_rows(folder: Path) -> bool:
    try:
        return bool(Recording(folder).rows)
    except (AlvinnError, OSError):
        return False
