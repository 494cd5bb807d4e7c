"""The start screen: map, weather, driver, steering device and recording, chosen by keyboard."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alvinn.cockpit.form import Field, Form, Outcome
from alvinn.cockpit.panel import Page
from alvinn.controls.inputs import Inputs
from alvinn.controls.selection import list_device_names

MAPS = ("country", "oval", "highway", "hills", "path", "random:1", "random:2", "random:3", "wild:1")
PRACTICE, RECORD, WATCH = "practise", "record", "watch "  # the last is followed by a model's name
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


class StartScreen:
    """The form, and the free space on the disk.

    Args:
        weathers: to choose from.
        models: names of models that can drive.
        alias: the driver's name, as suggested.
        data: the folder of recordings.
    """

    def __init__(self, weathers: Sequence[str], models: Sequence[str], alias: str, data: Path) -> None:
        self._data = data
        what = (PRACTICE, RECORD, *(WATCH + model for model in models))
        self._form = Form(
            "alvinn",
            (
                Field("map", KEY_MAP, MAPS),
                Field("weather", "ClearNoon", tuple(weathers)),
                Field("driver", alias),
                Field("steer with", list_device_names({})[0], list_device_names({})),
                Field("drive to", PRACTICE, what),
                Field("recording", _free_name(data)),
            ),
        )
        self._devices: tuple[str, ...] = ()

    def take(self, inputs: Inputs) -> Outcome:
        """Apply the key presses; a wheel that was just plugged in is selected."""
        names = list_device_names(inputs.sticks)
        if names != self._devices:
            self._form.set_options("steer with", names)
            if len(names) > len(self._devices) and self._devices:
                self._form.fill_in("steer with", names[0])
            self._devices = names
        return self._form.take(inputs)

    def choices(self) -> StartChoices:
        """The values of the form."""
        value = self._form.value
        what = value("drive to")
        return StartChoices(
            map=value("map"),
            weather=value("weather"),
            alias=value("driver").strip() or "somebody",
            device=value("steer with"),
            speed=KEY_SPEED if value("steer with") == "keyboard" and not what.startswith(WATCH) else None,
            recording=(value("recording").strip() or _free_name(self._data)) if what == RECORD else None,
            model=what.removeprefix(WATCH) if what.startswith(WATCH) else None,
        )

    def page(self) -> Page:
        """The form as a page."""
        free = free_bytes(self._data)
        hours = free / FRAME_BYTES / RATE / 3600.0
        room = f"{free / 1e9:.0f} GB free on the disk: about {hours:.0f} hours of driving"
        return self._form.page(f"{EASIEST}; {room}" if self._form.value("steer with") == "keyboard" else room)


def free_bytes(folder: Path) -> int:
    """Free bytes on the disk of a folder, which need not exist yet."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder.resolve()).free


def _free_name(data: Path) -> str:
    number = 1
    while (data / f"drive-{number}").exists():
        number += 1
    return f"drive-{number}"
