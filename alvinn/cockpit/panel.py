"""What the window shows at one moment, as plain data: whoever drives or plays back fills it in."""

from __future__ import annotations

from dataclasses import dataclass

from alvinn.driving.types import Image


@dataclass(frozen=True, slots=True)
class RecorderState:
    """The state of a recording."""

    running: bool
    frames: int
    note: str = ""
    """why it rests, or what was left out"""


@dataclass(frozen=True, slots=True)
class LaneState:
    """Where in its lane the car is."""

    offset: float
    """from the middle [m]"""
    width: float
    """of the lane [m]"""
    trace: tuple[float, ...] = ()
    """offsets of the last seconds [m], oldest first"""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Somebody is asked for."""

    words: str
    seconds: float | None = None
    """left until the car brakes"""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Where in a recording one is; everything a share of its length."""

    position: float
    left_out: tuple[tuple[float, float], ...] = ()
    marked: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture of the cockpit; what is None or empty is not drawn."""

    image: Image
    title: str = ""
    """map, weather: at the top"""
    who: str = ""
    """who drives"""
    device: str = ""
    """what the person steers with"""
    speed: float | None = None
    """m/s"""
    held: bool = False
    """whether the speed is held for the driver"""
    steer: float | None = None
    """of the wheel, in [-1, 1]"""
    other_steer: float | None = None
    """what somebody else would steer, drawn beside it"""
    lane: LaneState | None = None
    recording: RecorderState | None = None
    time: float | None = None
    """simulated seconds"""
    late: int | None = None
    """ticks that came late"""
    doubt: float | None = None
    """of the network, as a share of what makes it ask for help"""
    notes: tuple[str, ...] = ()
    """the last warnings and messages, newest last"""
    alarm: Alarm | None = None
    inset: Image | None = None
    """a chart or map in the corner"""
    timeline: Timeline | None = None
    help: tuple[tuple[str, str], ...] = ()
    """(keys, what they do): laid over everything"""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of text: the start screen, a step of the calibration."""

    title: str
    lines: tuple[tuple[str, str], ...]
    """(name, value)"""
    chosen: int = -1
    """the line that the keys act on"""
    foot: tuple[str, ...] = ()
    bars: tuple[tuple[str, float], ...] = ()
    """(name, share in [-1, 1]): live axes"""
