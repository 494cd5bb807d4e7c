"""What the window shows at one moment, as plain data, filled in by cockpit or player."""

from __future__ import annotations

from dataclasses import dataclass

from alvinn.driving.types import Image

HUMAN = "you"
"""Who drives, if it is the person at the window."""


@dataclass(frozen=True, slots=True)
class RecorderState:
    """The state of a recording."""

    running: bool
    frames: int
    """20 of them are a second of driving"""
    note: str = ""
    """why it is paused"""


@dataclass(frozen=True, slots=True)
class LaneState:
    """The car's position in its lane."""

    offset: float
    """from the lane's centre [m], positive to the right"""
    width: float
    """of the lane [m]"""
    trace: tuple[float, ...] = ()
    """offsets of the last seconds [m], oldest first"""


@dataclass(frozen=True, slots=True)
class LessonState:
    """How far a network is that learns while somebody drives."""

    words: str
    """what it does, and what the person can do"""
    watched: float
    """s"""
    passes: int
    """over its patterns"""
    errors: tuple[float, ...] = ()
    """difference to the driver's curvature by second [1/m], oldest first"""
    low: float = 0.01
    """the error under which it may drive [1/m]"""
    ready: bool = False


@dataclass(frozen=True, slots=True)
class Alarm:
    """A request to the person, across the picture."""

    words: str
    seconds: float | None = None
    """until the car brakes"""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The position in a recording, as a share of its length, as are all ranges."""

    position: float
    excluded: tuple[tuple[float, float], ...] = ()
    departures: tuple[float, ...] = ()
    """where the car left its lane"""
    marked: tuple[float, float] | None = None
    """begun, not yet excluded"""


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture of the cockpit; what is None or empty is not drawn."""

    image: Image
    title: str = ""
    """map, weather: at the top"""
    who: str = ""
    """who drives"""
    alias: str = ""
    """the person's name, if it is not the one at the window"""
    device: str = ""
    """the person's steering device"""
    speed: float | None = None
    """m/s"""
    cruising: bool = False
    """whether cruise control holds the speed"""
    steer: float | None = None
    """of the wheel, in [-1, 1]"""
    other_steer: float | None = None
    """what the one who does not drive would steer, drawn beside it"""
    lane: LaneState | None = None
    recording: RecorderState | None = None
    time: float | None = None
    """simulated seconds"""
    late: int | None = None
    """ticks that came late: kept with the recording, not drawn"""
    real_time_factor: float | None = None
    """simulated seconds a second; 1 is real time"""
    doubt: float | None = None
    """of the network, as a share of the limit at which the gate asks the person"""
    lesson: LessonState | None = None
    side: Image | None = None
    """what goes on in the network, beside the picture"""
    notes: tuple[str, ...] = ()
    """the last messages, newest last"""
    alarm: Alarm | None = None
    inset: Image | None = None
    """a chart in the corner"""
    timeline: Timeline | None = None
    help: tuple[tuple[str, str], ...] = ()
    """(keys, what they do), drawn over everything else"""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of text: the start screen, a step of the calibration."""

    title: str
    lines: tuple[tuple[str, str], ...]
    """(name, value)"""
    chosen: int = -1
    """index of the line that the keys act on"""
    foot: tuple[str, ...] = ()
    bars: tuple[tuple[str, float], ...] = ()
    """(name, share in [-1, 1]): the positions of a device's axes"""
    progress: tuple[str, float] | None = None
    """(name, share in [0, 1]): how much of something is done, below the bars"""
    picture: Image | None = None
    """at the right"""
    options: tuple[str, ...] = ()
    """what the chosen line can be, below the picture"""
    option: str = ""
    """the one that it is"""
    warning: str = ""
    """what is not right yet"""
