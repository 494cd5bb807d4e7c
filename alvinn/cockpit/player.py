"""The player of a recording: what the keys do and what the window shows. The caller has the clock and the window."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np

from alvinn.cockpit.display.charts import Charts
from alvinn.cockpit.display.panel import LaneState, Panel, RecorderState, Timeline
from alvinn.cockpit.wiring import Screen
from alvinn.controls.inputs import Inputs
from alvinn.driving.departure import departure_margin
from alvinn.driving.steering import VehicleGeometry
from alvinn.driving.types import Image, Observation
from alvinn.recording import Recording, Row

TICK = 1.0 / 20.0  # s between two pictures of the window
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
USUAL_RATE = 20.0  # rows a second, if the rows' times do not give it
TRACE_SECONDS = 5.0
REASON = "marked in replay"  # of an exclusion
HELP = (
    ("Space", "play or pause"),
    ("Left, Right", "one second back or forward"),
    (", .", "one frame back or forward"),
    ("Up, Down", "faster or slower"),
    ("Home, End", "go to the beginning or the end"),
    ("Mouse", "drag with the left button: move through the recording"),
    ("M, then M", "begin and end a range of rows to exclude"),
    ("U", "undo the last mark or exclusion"),
    ("F1", "this help"),
    ("F11", "full screen on or off"),
    ("Escape", "end the replay"),
)

AskNetwork = Callable[[int, Observation], float]
"""Asks a network for its answer to what the car saw at a row: curvature [1/m]."""
DrawRecordedPanel = Callable[[int, Observation], Image]
"""Draws the ALVINN panel of a network at a row with what the car saw."""


class Player:
    """A recording, the position in it, and the exclusions made meanwhile.

    Args:
        recording: with images; marked ranges are excluded from it.
        vehicle: the car of the recording.
        answer: of a network, shown beside the driver's steering.
        speed: of playback, relative to the drive.
        view: what goes on in that network, shown beside the image.
    """

    def __init__(
        self,
        recording: Recording,
        vehicle: VehicleGeometry,
        answer: AskNetwork | None = None,
        speed: float = 1.0,
        view: DrawRecordedPanel | None = None,
    ) -> None:
        self._recording, self._vehicle, self._answer, self._view = recording, vehicle, answer, view
        self._side: tuple[int, Image] | None = None  # a row, and the network's view of it
        self.rate = _measure_rate(recording)
        """rows a second of the drive"""
        self.speed = speed
        self.playing = True
        self.ended = False
        self.answers: dict[int, float] = {}
        """row -> the network's answer, for the rows that were shown"""
        self._at = 0.0
        self._begun: int | None = None
        self._note = ""
        self._help = False
        people = [name for name in recording.session.drivers if name != "expert"]
        self._alias = ", ".join("you" if name == "human" else name for name in people)
        self._departures = find_departures(recording, vehicle.width)
        self._draw_charts()

    def _draw_charts(self) -> None:
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
        """Advance by so much time, if it is playing."""
        if self.playing:
            self.seek(self._at + seconds * self.rate * self.speed)
            if self.index == len(self._recording.rows) - 1:
                self.playing = False

    def handle(self, inputs: Inputs) -> None:
        """Carry out the commands of keys and mouse."""
        for key in inputs.pressed:
            if action := ACTIONS.get(key):
                action(self)
        if 1 in inputs.mouse_down:
            self.playing = False
            self.seek((inputs.mouse + 1.0) / 2.0 * (len(self._recording.rows) - 1))
        self.ended = self.ended or inputs.closed

    def toggle(self) -> None:
        """Play or pause; at the end, play from the beginning."""
        if not self.playing and self.index == len(self._recording.rows) - 1:
            self.seek(0)
        self.playing = not self.playing

    def step(self, rows: float) -> None:
        """Pause some rows further on, or back."""
        self.playing = False
        self.seek(self.index + rows)

    def change_speed(self, by: int) -> None:
        """Play faster or slower."""
        nearest = min(range(len(SPEEDS)), key=lambda n: abs(SPEEDS[n] - self.speed))
        self.speed = SPEEDS[max(0, min(len(SPEEDS) - 1, nearest + by))]
        self._note = f"speed {self.speed:g}x"

    def mark(self) -> None:
        """Begin a range, or end it and exclude it."""
        if self._begun is None:
            self._begun = self.index
            self._note = "the range begins here: go to its end and press M again"
            return
        first, last = sorted((self._begun, self.index))
        self._recording.leave_out(first, last, REASON)
        self._begun = None
        self._note = f"rows {first} to {last} are excluded (U undoes this)"
        self._draw_charts()

    def undo(self) -> None:
        """Drop the range that was begun, or undo the last exclusion."""
        if self._begun is not None:
            self._begun, self._note = None, "the mark is removed"
        elif (back := self._recording.take_back()) is not None:
            self._note = f"rows {back.first} to {back.last} are no longer excluded"
            self._draw_charts()
        else:
            self._note = "there is no exclusion to undo"

    def toggle_help(self) -> None:
        """Show or hide the keys."""
        self._help = not self._help

    def end(self) -> None:
        """End the replay."""
        self.ended = True

    def panel(self) -> Panel:
        """The panel of the present row.

        Raises:
            RecordingError: the row's image is missing or damaged.
        """
        row, index = self._recording.rows[self.index], self.index
        speed = 0.0 if math.isnan(row.speed) else row.speed
        seen = replace(self._recording.read_observation(row), speed=speed)
        if self._answer is not None and index not in self.answers:
            self.answers[index] = self._answer(index, seen)
        said = self.answers.get(index)
        return Panel(
            image=seen.image,
            title=", ".join(filter(None, (row.lane.replace("/", " "), row.weather))) or self._recording.folder.name,
            who="you" if row.who == "human" else row.who,
            alias=self._alias,
            device=f"{self.speed:g}x" + ("" if self.playing else ", paused"),
            speed=speed,
            steer=row.steer_meant,
            other_steer=None if said is None else self._vehicle.steer(said, speed),
            lane=self._lane(row, index),
            recording=RecorderState(running=False, frames=0, note=self._describe_place()),
            time=row.time - self._recording.rows[0].time,
            side=self._draw_side(seen),
            notes=self._notes(row, said),
            inset=self._charts.at(index, row.curvature),
            timeline=self._timeline(),
            help=HELP if self._help else (),
        )

    def _draw_side(self, seen: Observation) -> Image | None:
        """The network's view of the present row, drawn once."""
        if self._view is None:
            return None
        if self._side is None or self._side[0] != self.index:
            self._side = (self.index, self._view(self.index, seen))
        return self._side[1]

    def _lane(self, row: Row, index: int) -> LaneState | None:
        if math.isnan(row.offset) or math.isnan(row.lane_width):
            return None
        first = max(0, index - round(TRACE_SECONDS * self.rate))
        before = self._recording.rows[first : index + 1]
        trace = tuple(one.offset for one in before if one.segment == row.segment and not math.isnan(one.offset))
        return LaneState(row.offset, row.lane_width, trace)

    def _describe_place(self) -> str:
        return f"frame {self.index + 1:,} of {len(self._recording.rows):,}"

    def _notes(self, row: Row, said: float | None) -> tuple[str, ...]:
        answers = "" if said is None else f"driver {row.curvature:+.4f}, network {said:+.4f} 1/m"
        excluded = "" if self._kept[self.index] else "excluded"
        return tuple(filter(None, (answers, excluded, self._note)))

    def _timeline(self) -> Timeline:
        whole = max(1, len(self._recording.rows) - 1)
        return Timeline(
            position=self.index / whole,
            departures=tuple(row / whole for row in self._departures),
            excluded=tuple((one.first / whole, one.last / whole) for one in self._recording.left_out),
            marked=None if self._begun is None else _sort(self._begun / whole, self.index / whole),
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
    "f1": Player.toggle_help,
    "escape": Player.end,
}


def play(player: Player, screen: Screen) -> None:
    """Play on a screen until the user ends it."""
    due = time.monotonic()
    while not player.ended:
        player.handle(screen.poll())
        screen.show(player.panel())
        due = max(due + TICK, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))
        player.tick(TICK)


def find_departures(recording: Recording, car_width: float) -> list[int]:
    """The rows at which the car left its lane, as the referee counts them."""
    outs = [abs(row.offset) > departure_margin(row.lane_width, car_width) for row in recording.rows]
    return [index for index, (before, now) in enumerate(pairwise([False, *outs])) if now and not before]


def _measure_rate(recording: Recording) -> float:
    steps = [b.time - a.time for a, b in pairwise(recording.rows) if a.segment == b.segment]
    usual = float(np.median(steps)) if steps else 0.0
    return 1.0 / usual if usual > 0.001 else USUAL_RATE


def _sort(a: float, b: float) -> tuple[float, float]:
    return min(a, b), max(a, b)
