"""Plays a recording back: what the keys do, and what the window shows. Time and the window are others' business."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from alvinn.cockpit.charts import Charts
from alvinn.cockpit.panel import LaneState, Panel, RecorderState, Timeline
from alvinn.controls.inputs import Inputs
from alvinn.driving.steering import VehicleGeometry
from alvinn.driving.types import Image
from alvinn.recording import Recording, Row

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
USUAL_RATE = 20.0  # rows a second, where the rows do not tell
TRACE_SECONDS = 5.0
MARKED = "marked in replay"
HELP = (
    ("Space", "play, pause"),
    ("Left, Right", "a second back, on"),
    (", .", "a frame back, on"),
    ("Up, Down", "faster, slower"),
    ("Home, End", "to the beginning, to the end"),
    ("Mouse", "left button down: move through the recording"),
    ("M, again M", "begin a range, end it: it is left out"),
    ("U", "undo the last mark"),
    ("F1", "this help"),
    ("F11", "full screen, or a window"),
    ("Escape", "end"),
)

Answer = Callable[[Image], float]
"""What a network says of a picture: curvature [1/m]."""


class Player:
    """A recording, where one is in it, and the hands on it.

    Args:
        recording: with frames; ranges are left out of it, and taken back.
        vehicle: the car of the recording.
        answer: of a network, to be shown beside the driver's.
        speed: times as fast as it was driven.
    """

    def __init__(
        self, recording: Recording, vehicle: VehicleGeometry, answer: Answer | None = None, speed: float = 1.0
    ) -> None:
        self._recording, self._vehicle, self._answer = recording, vehicle, answer
        self.rate = _rate(recording)
        """rows a second, as it was driven"""
        self.speed = speed
        self.playing = True
        self.ended = False
        self.answers: dict[int, float] = {}
        """row -> what the network said of it, of those that were shown"""
        self._at = 0.0
        self._begun: int | None = None
        self._note = ""
        self._help = False
        self._draw()

    def _draw(self) -> None:
        self._kept: list[bool] = self._recording.kept_mask().tolist()
        self._charts = Charts(self._recording.split_rows(), self._kept)

    @property
    def index(self) -> int:
        """The row that is shown."""
        return int(self._at)

    def seek(self, index: float) -> None:
        """Go to a row."""
        self._at = max(0.0, min(float(index), float(len(self._recording.rows) - 1)))

    def tick(self, seconds: float) -> None:
        """Let time go by."""
        if self.playing:
            self.seek(self._at + seconds * self.rate * self.speed)
            if self.index == len(self._recording.rows) - 1:
                self.playing = False

    def handle(self, inputs: Inputs) -> None:
        """Do what keys and mouse ask for."""
        for key in inputs.pressed:
            if action := ACTIONS.get(key):
                action(self)
        if 1 in inputs.mouse_down:
            self.playing = False
            self.seek((inputs.mouse + 1.0) / 2.0 * (len(self._recording.rows) - 1))
        self.ended = self.ended or inputs.closed

    def toggle(self) -> None:
        """Play or pause; at the end, from the beginning."""
        if not self.playing and self.index == len(self._recording.rows) - 1:
            self.seek(0)
        self.playing = not self.playing

    def step(self, rows: float) -> None:
        """Go some rows on, or back, and stay there."""
        self.playing = False
        self.seek(self.index + rows)

    def change_speed(self, by: int) -> None:
        """Play faster or slower."""
        nearest = min(range(len(SPEEDS)), key=lambda n: abs(SPEEDS[n] - self.speed))
        self.speed = SPEEDS[max(0, min(len(SPEEDS) - 1, nearest + by))]
        self._note = f"{self.speed:g} times as fast"

    def mark(self) -> None:
        """Begin a range, or end it: then it is left out."""
        if self._begun is None:
            self._begun = self.index
            self._note = "a range begins here: go to its end and press M again"
            return
        first, last = sorted((self._begun, self.index))
        self._recording.leave_out(first, last, MARKED)
        self._begun = None
        self._note = f"rows {first} to {last} are left out (U takes that back)"
        self._draw()

    def undo(self) -> None:
        """Forget the range that was begun, or use again what was left out last."""
        if self._begun is not None:
            self._begun, self._note = None, "no range is begun any more"
        elif (back := self._recording.take_back()) is not None:
            self._note = f"rows {back.first} to {back.last} count again"
            self._draw()
        else:
            self._note = "nothing is left out"

    def help(self) -> None:
        """Show the keys, or not."""
        self._help = not self._help

    def end(self) -> None:
        """Enough."""
        self.ended = True

    def panel(self) -> Panel:
        """What the window shows now.

        Raises:
            RecordingError: the row's picture is missing or damaged.
        """
        row, index = self._recording.rows[self.index], self.index
        image = self._recording.read_picture(row)
        speed = 0.0 if math.isnan(row.speed) else row.speed
        if self._answer is not None and index not in self.answers:
            self.answers[index] = self._answer(image)
        said = self.answers.get(index)
        return Panel(
            image=image,
            title=", ".join(filter(None, (row.lane, row.weather))) or self._recording.folder.name,
            who="you" if row.who == "human" else row.who,
            device=f"{self.speed:g}x" + ("" if self.playing else ", paused"),
            speed=speed,
            steer=row.steer_meant,
            other_steer=None if said is None else self._vehicle.steer(said, speed),
            lane=self._lane(row, index),
            recording=RecorderState(running=False, frames=len(self._recording.rows), note=f"row {index}"),
            time=row.time - self._recording.rows[0].time,
            notes=self._notes(row, said),
            inset=self._charts.at(index, row.curvature),
            timeline=self._timeline(),
            help=HELP if self._help else (),
        )

    def _lane(self, row: Row, index: int) -> LaneState | None:
        if math.isnan(row.offset) or math.isnan(row.lane_width):
            return None
        first = max(0, index - round(TRACE_SECONDS * self.rate))
        before = self._recording.rows[first : index + 1]
        trace = tuple(one.offset for one in before if one.segment == row.segment and not math.isnan(one.offset))
        return LaneState(row.offset, row.lane_width, trace)

    def _notes(self, row: Row, said: float | None) -> tuple[str, ...]:
        answers = "" if said is None else f"driver {row.curvature:+.4f}, network {said:+.4f} 1/m"
        left_out = "" if self._kept[self.index] else "left out"
        return tuple(filter(None, (answers, left_out, self._note)))

    def _timeline(self) -> Timeline:
        whole = max(1, len(self._recording.rows) - 1)
        return Timeline(
            position=self.index / whole,
            left_out=tuple((one.first / whole, one.last / whole) for one in self._recording.left_out),
            marked=None if self._begun is None else _ordered(self._begun / whole, self.index / whole),
        )


ACTIONS: dict[str, Callable[[Player], None]] = {
    "space": Player.toggle,
    "left": lambda player: player.step(-round(player.rate)),
    "right": lambda player: player.step(round(player.rate)),
    ",": lambda player: player.step(-1),
    ".": lambda player: player.step(1),
    "up": lambda player: player.change_speed(1),
    "down": lambda player: player.change_speed(-1),
    "home": lambda player: player.seek(0),
    "end": lambda player: player.step(math.inf),
    "m": Player.mark,
    "u": Player.undo,
    "f1": Player.help,
    "escape": Player.end,
}


def _rate(recording: Recording) -> float:
    steps = [b.time - a.time for a, b in pairwise(recording.rows) if a.segment == b.segment]
    usual = float(np.median(steps)) if steps else 0.0
    return 1.0 / usual if usual > 0.001 else USUAL_RATE


def _ordered(a: float, b: float) -> tuple[float, float]:
    return min(a, b), max(a, b)
