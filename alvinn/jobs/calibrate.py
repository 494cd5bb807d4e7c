"""`calibrate`: asks the user to turn and press the controls of a device, and saves its profile."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from alvinn.cockpit.display.panel import Page
from alvinn.cockpit.display.window import Window
from alvinn.console import CONSOLE, print_next
from alvinn.controls.calibration import STEPS, Calibration
from alvinn.controls.inputs import Inputs, JoystickState
from alvinn.controls.profiles import Profile, guess, profiles_path, save_profile
from alvinn.errors import AlvinnError
from alvinn.world.carla_world import DT


@dataclass(frozen=True)
class Calibrate:
    """Get to know a wheel or gamepad, and remember it for all drives."""

    device: str = ""
    """a part of its name, where several are plugged in"""
    dead_zone: float | None = None
    """share of the travel to an end that counts as straight ahead (default: as guessed for the device, else 0)"""
    curve: float | None = None
    """exponent of steer over position: 1 is linear, above 1 finer around the middle (default: as guessed, else 1)"""
    reach: float | None = None
    """CARLA's steer at the ends, up to 1 (default: as guessed, else 1)"""

    def __post_init__(self) -> None:
        given = {name: getattr(self, name) for name in ("dead_zone", "curve", "reach")}
        Profile("", 0, **{name: value for name, value in given.items() if value is not None})  # a ValueError if wrong

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: no device is plugged in, the user left, or the measurements are inconsistent.
        """
        path = profiles_path()
        with Window("alvinn calibrate") as window:
            stick, profile = run_calibration(self, window)
        save_profile(path, stick.guid, profile)
        CONSOLE.print(describe_profile(profile, path))
        print_next("drive")


def describe_profile(profile: Profile, path: Path) -> str:
    """Describe a profile in a sentence."""
    pedals = [name for name in ("throttle", "brake") if getattr(profile, name) is not None]
    parts = ", ".join([f"axis {profile.axis} steers", *pedals, *(f"button to {name}" for name in profile.buttons)])
    return f"{profile.name}: {parts}. Remembered in {path}"


def run_calibration(job: Calibrate, window: Window) -> tuple[JoystickState, Profile]:
    """Ask until everything is answered; returns the device and its profile.

    Raises:
        AlvinnError: no device is plugged in, the user left, or the measurements are inconsistent.
    """
    stick = _wait_for_device(job, window)
    questions = Calibration(stick, DT)
    while not questions.is_done:
        time.sleep(DT)
        inputs = _poll(window)
        if "return" in inputs.pressed:
            questions.skip()
        stick = inputs.sticks.get(stick.guid, stick)
        questions.update(stick)
        window.show(_page(questions, stick, there=stick.guid in inputs.sticks))
    guessed = guess(stick.name)
    try:
        return stick, questions.profile(
            dead_zone=guessed.dead_zone if job.dead_zone is None else job.dead_zone,
            curve=guessed.curve if job.curve is None else job.curve,
            reach=guessed.reach if job.reach is None else job.reach,
        )
    except ValueError as error:
        raise AlvinnError(f"{stick.name}: {error}; run alvinn calibrate again") from error


def _wait_for_device(job: Calibrate, window: Window) -> JoystickState:
    """Wait until a device is plugged in."""
    while True:
        inputs = _poll(window)
        for stick in inputs.sticks.values():
            if job.device.lower() in stick.name.lower():
                return stick
        what = f"{job.device!r}" if job.device else "a wheel or gamepad"
        window.show(Page("Calibrate", (("", f"plug in {what}"),), foot=("Escape: leave",)))
        time.sleep(DT)


def _poll(window: Window) -> Inputs:
    inputs = window.poll()
    if inputs.closed or "escape" in inputs.pressed:
        raise AlvinnError("calibration was left before the end: nothing was remembered")
    return inputs


def _page(questions: Calibration, stick: JoystickState, *, there: bool) -> Page:
    """The question and the live axes."""
    instruction = questions.instruction if there else f"plug {stick.name} in again"
    bars = tuple((f"axis {number}", position or 0.0) for number, position in enumerate(stick.axes))
    skip = ("Enter: there is none",) if questions.is_optional else ()
    held = ", ".join(str(button) for button in sorted(stick.buttons)) or "none"
    step = f"step {questions.number} of {len(STEPS)}: {stick.name}"
    hold = ("hold", questions.held) if questions.is_holding else None
    lines = (("", step), ("buttons", held))
    return Page(instruction, lines, foot=(*skip, "Escape: leave"), bars=bars, progress=hold)
