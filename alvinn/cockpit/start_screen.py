"""The start screen: map, weather, driver, steering device and recording, chosen by keyboard.

After a drive it offers what can follow: the replay, a training, the next driver.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from alvinn.cockpit.display.panel import Page
from alvinn.cockpit.form import Field, Form, Outcome
from alvinn.controls.inputs import Inputs
from alvinn.controls.selection import list_device_names
from alvinn.driving.types import Image
from alvinn.recording.writer import is_free
from alvinn.util.files import to_file_name

MAPS = ("country", "oval", "highway", "hills", "path", "random:1", "random:2", "random:3", "wild:1")
PRACTICE, RECORD, WATCH = "practise", "record", "watch "  # the last is followed by a model's name
DRIVE, REPLAY, TRAIN, NEXT_DRIVER = "drive", "replay this", "train on this", "next driver"
FRAME_BYTES = 15_000  # of a 320x160 image as JPEG and its row
RATE = 20  # frames a second
KEY_MAP, KEY_SPEED = "oval", 5.0  # m/s: where keys are offered first, they steer coarsely
EASIEST = "the mouse is the easiest to steer with, if there is no wheel"


@dataclass(frozen=True, slots=True)
class StartChoices:
    """The values of the form."""

    map: str
    weather: str
    alias: str
    device: str
    speed: float | None
    """m/s; None: as fast as usual"""
    recording: str | None
    model: str | None
    act: str = DRIVE
    """what to do now: drive, or replay or train on the last recording"""


@dataclass(frozen=True, slots=True)
class LastDrive:
    """What the start screen offers after a drive."""

    choices: StartChoices
    recorded: bool = False
    """whether there is a recording of it to replay and to train on"""
    model: str = ""
    """that was trained meanwhile: it is offered to be watched"""
    words: tuple[str, ...] = ()
    """the score, or what else there is to say"""


class StartScreen:
    """The form, and the free space on the disk.

    Args:
        weathers: to choose from.
        models: the models that can drive, and what is to be said of each.
        alias: the driver's name, as suggested.
        data: the folder of recordings.
        last: the drive before; None: there was none.
        maps: to choose from, the one that is offered first at the front.
    """

    def __init__(
        self,
        weathers: Sequence[str],
        models: Mapping[str, str],
        alias: str,
        data: Path,
        last: LastDrive | None = None,
        maps: Sequence[str] = MAPS,
    ) -> None:
        self._data, self._models, self._last = data, models, last
        first = KEY_MAP if KEY_MAP in maps else maps[0]
        usual = StartChoices(first, "ClearNoon", alias, list_device_names({})[0], None, None, None)
        before = last.choices if last is not None else usual
        what = (PRACTICE, RECORD, *(WATCH + model for model in models))
        watched = (last.model if last is not None else "") or before.model
        then = WATCH + watched if watched else RECORD if before.recording is not None else PRACTICE
        fields = (
            Field("map", before.map, tuple(maps)),
            Field("weather", before.weather, tuple(weathers)),
            Field("driver", before.alias),
            Field("steer with", before.device, list_device_names({})),
            Field("drive to", then if then in what else PRACTICE, what),
            Field("recording", _free_name(data)),
        )
        self._form = Form("alvinn", (*_follow_up(last), *fields))
        self._devices: tuple[str, ...] = ()

    def take(self, inputs: Inputs) -> Outcome:
        """Apply the key presses; a wheel that is there at the start or is just plugged in is selected."""
        names = list_device_names(inputs.sticks)
        if names != self._devices:
            self._form.set_options("steer with", names)
            if len(names) > len(self._devices) and (self._devices or self._last is None):
                self._form.fill_in("steer with", names[0])
            self._devices = names
        outcome = self._form.take(inputs)
        if outcome == "done" and self._act() == NEXT_DRIVER:
            self._form.fill_in("next", DRIVE)
            self._form.fill_in("driver", "")
            self._form.select("driver")
            return "fill in"
        return "fill in" if outcome == "done" and self.problem() else outcome

    def _act(self) -> str:
        return self._form.value("next") if self._last is not None else DRIVE

    def problem(self) -> str:
        """Why a drive cannot begin with what is typed; empty if it can."""
        if self._act() != DRIVE:
            return ""
        if not self._form.value("driver").strip():
            return "driver: type a name or an alias"
        return self._problem_of_recording() if self._form.value("drive to") == RECORD else ""

    def _problem_of_recording(self) -> str:
        name = self._form.value("recording").strip()
        if not name:
            return f"recording: type a name, such as {_free_name(self._data)}"
        if legal := _as_file(name):
            return f"recording: a name cannot be {name}, but {legal}"
        if not is_free(self._data / name):
            return f"recording: {name} is there already: choose another name, such as {_free_name(self._data)}"
        return ""

    def choices(self) -> StartChoices:
        """The values of the form; after a drive, with what is to be done next."""
        value, act = self._form.value, self._act()
        if self._last is not None and act != DRIVE:
            return replace(self._last.choices, act=act)
        what = value("drive to")
        return StartChoices(
            map=value("map"),
            weather=value("weather"),
            alias=value("driver").strip(),
            device=value("steer with"),
            speed=KEY_SPEED if value("steer with") == "keyboard" and not what.startswith(WATCH) else None,
            recording=value("recording").strip() if what == RECORD else None,
            model=what.removeprefix(WATCH) if what.startswith(WATCH) else None,
        )

    def page(self, picture: Image | None = None) -> Page:
        """The form as a page, with a picture of what is chosen."""
        free = free_bytes(self._data)
        hours = free / FRAME_BYTES / RATE / 3600.0
        room = f"{free / 1e9:.0f} GB free on the disk: about {hours:.0f} hours of driving"
        words = f"{EASIEST}; {room}" if self._form.value("steer with") == "keyboard" else room
        model = self._models.get(self._form.value("drive to").removeprefix(WATCH), "")
        said = self._last.words if self._last is not None else ()
        page = self._form.page(*said, *([model] if model else []), words)
        return replace(page, picture=picture, warning=self.problem())


def _follow_up(last: LastDrive | None) -> tuple[Field, ...]:
    """What can follow a drive."""
    if last is None:
        return ()
    recorded = (REPLAY, TRAIN) if last.recorded else ()
    return (Field("next", DRIVE, (DRIVE, *recorded, NEXT_DRIVER)),)


def _as_file(name: str) -> str:
    """The name that a file could have in its place; empty if it is that name."""
    legal = to_file_name(name)
    return "" if legal == name else legal


def free_bytes(folder: Path) -> int:
    """Free bytes on the disk of a folder, which need not exist yet."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder.resolve()).free


def _free_name(data: Path) -> str:
    number = 1
    while not is_free(data / f"drive-{number}"):
        number += 1
    return f"drive-{number}"
