"""`replay`: shows a recording in a window or as a film, with a network's answers if requested."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tyro
from rich.progress import track

from alvinn.console import CONSOLE
from alvinn.driving.types import Image, Observation
from alvinn.errors import AlvinnError, UsageError
from alvinn.recording.summary import open_recording, tabulate_quality
from alvinn.settings import Home, require_above_zero
from alvinn.util.files import atomic_path, require_replaceable
from alvinn.util.opening import OpenFlag, open_file
from alvinn.util.video import DATASET, FilmWriter

if TYPE_CHECKING:
    from alvinn.cockpit.player import AskNetwork, DrawRecordedPanel, Player
    from alvinn.networks.inference import Card, Network
    from alvinn.recording import Recording

FILM_SIZE = (960, 540)
FILM = replace(DATASET, crf=23, key_every=40)


@dataclass(frozen=True)
class Replay(Home):
    """Show a recording; F1 in the window lists the keys."""

    recording: tyro.conf.Positional[str] = ""
    """the recording: a name in data/, or a folder"""
    model: str | None = None
    """model whose answer is shown beside the driver's"""
    speed: float = 1.0
    """playback speed relative to the drive"""
    out: Path | None = None
    """FILE.mp4: write a film of the rows that are not excluded, instead of opening a window"""
    overwrite: bool = False
    """replace a film that exists"""
    open_it: OpenFlag = False
    """open the film when it is written"""

    def __post_init__(self) -> None:
        require_above_zero("--speed", self.speed)
        if self.out is not None and self.out.suffix.lower() != ".mp4":
            raise ValueError(f"--out must be a film's name such as {self.out.with_suffix('.mp4')}, not {self.out}")
        if self.out is None and (self.open_it or self.overwrite):
            raise ValueError("--open and --overwrite would do nothing without a film: add --out FILE.mp4")

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done.
        """
        if not self.recording:
            raise UsageError("replay requires a recording: alvinn replay NAME")
        if self.out is not None:
            require_replaceable(self.out, overwrite=self.overwrite)
        recording = open_recording(self.recording_folder(self.recording))
        if recording.session.quality:
            CONSOLE.print(tabulate_quality(recording.session.quality))
        from alvinn.cockpit.player import Player

        network = self._load_network(recording)
        answer, view = (None, None) if network is None else make_answer_and_view(network, recording)
        player = Player(recording, recording.vehicle(), answer, self.speed, view)
        if self.out is not None:
            film(player, recording, self.out)
            CONSOLE.print(f"the film is {self.out}")
            if self.open_it:
                open_file(self.out)
        else:
            show(player, f"alvinn replay {self.recording}")
        if network is not None and player.answers:
            CONSOLE.print(describe_answers(player.answers, recording, network.card))

    def _load_network(self, recording: Recording) -> Network | None:
        if self.model is None:
            return None
        from alvinn.networks.inference import Network

        network = Network(self.find_model(self.model))
        network.require_camera(recording.session.camera, "choose a model that was trained with that one")
        return network


def make_answer_and_view(network: Network, recording: Recording) -> tuple[AskNetwork, DrawRecordedPanel]:
    """What a network would steer on seeing what a row's car saw [1/m], and its ALVINN panel with the same answer."""
    from alvinn.networks.undriven import RecordedAnswers
    from alvinn.visualization.alvinn_panel import AlvinnPanel
    from alvinn.visualization.insight import NetworkInspector
    from alvinn.visualization.track_map import TrackMap

    places = np.array([(row.x, row.y) for row in recording.rows]).reshape(-1, 2)
    panel = AlvinnPanel(TrackMap(places[np.isfinite(places).all(axis=1)]))
    inspector, answers = NetworkInspector(network, network.folder.name), RecordedAnswers(network, recording)

    def answer(index: int, seen: Observation) -> float:
        return answers.answer(index, seen).curvature

    def view(index: int, seen: Observation) -> Image:
        row = recording.rows[index]
        place = (row.x, row.y) if math.isfinite(row.x + row.y) else None
        return panel.draw(inspector.look(seen, answers.answer(index, seen)), row.curvature, place)

    return answer, view


def film(player: Player, recording: Recording, out: Path) -> None:
    """Write a film of all rows that are not excluded.

    Raises:
        AlvinnError: the film cannot be written, or a picture cannot be read.
    """
    from alvinn.cockpit.display.offscreen import render_panel

    kept = np.flatnonzero(recording.kept_mask())
    if not kept.size:
        raise AlvinnError(f"all rows of {recording.folder} are excluded: there is nothing to film")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        rate = max(1, round(player.rate * player.speed))
        with atomic_path(out) as scratch, FilmWriter(scratch, rate, FILM) as writer:
            for index in track(kept, description="film", console=CONSOLE):
                player.seek(int(index))
                writer.add(render_panel(player.panel(), FILM_SIZE))
    except OSError as error:
        raise AlvinnError(f"{out} could not be written: {error.strerror or error}") from error


def show(player: Player, title: str) -> None:
    """Play in a window until the user ends it."""
    from alvinn.cockpit.display.window import Window
    from alvinn.cockpit.player import play

    with Window(title) as window:
        play(player, window)


def describe_answers(answers: Mapping[int, float], recording: Recording, card: Card) -> str:
    """How far a network's answers are from the driver's, and whether it was trained on these frames.

    Args:
        answers: curvature [1/m] by row.
        recording: whose rows they are.
        card: of the network.
    """
    errors = {row: abs(said - recording.rows[row].curvature) for row, said in answers.items()}
    said = f"the network is off by {np.mean([*errors.values()]):.4f} 1/m in the mean of {len(errors)} frames"
    digest = recording.digest()
    learned = next((one for one in card.recordings if one["sha256"] == digest), None)
    if learned is None:
        return f"{said}; this recording is not among those that it was trained on"
    held_out = learned.get("held_out", ())  # an earlier version's cards do not tell it
    unseen = [error for row, error in errors.items() if any(first <= row <= last for first, last in held_out)]
    if not unseen:
        return f"{said}, of a recording that it was trained on"
    return (
        f"{said} of a recording that it was trained on; by {np.mean(unseen):.4f} in the {len(unseen)} held out of that"
    )
