"""The key bindings, in one table: the key handler, the help in the window and docs/driving.md are made from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto


class Command(Enum):
    """What a person can request while driving."""

    TAKE = auto()
    RECORD = auto()
    DISCARD = auto()
    TAKE_BACK = auto()
    RESET = auto()
    WEATHER = auto()
    HOLD = auto()
    PAUSE = auto()
    STEP = auto()
    PANEL = auto()
    HELP = auto()
    FULL_SCREEN = auto()
    QUIT = auto()


DISCARD_SECONDS = 10.0  # excluded by one press of the key for DISCARD

LEFT, RIGHT = ("left", "a"), ("right", "d")
THROTTLE, BRAKE = ("up", "w"), ("down", "s")
PANEL_PARTS = ("1", "2", "3", "4", "5")
"""Keys of the parts of the ALVINN panel, from the top."""
CAPTIONS = {"up": "Up", "return": "Enter"}
STEERING = frozenset(LEFT + RIGHT)


@dataclass(frozen=True, slots=True)
class Key:
    """A row of the table: keys by pygame's names, and what they do."""

    names: tuple[str, ...]
    does: str
    command: Command | None = None
    """None: a key that acts while it is held down"""

    @property
    def caption(self) -> str:
        """The keys as shown to a person."""
        return " or ".join(
            CAPTIONS.get(name, name.upper() if len(name) < 4 else name.capitalize()) for name in self.names
        )


TABLE = (
    Key(LEFT, "steer left"),
    Key(RIGHT, "steer right"),
    Key(THROTTLE, "throttle, while cruise control is off"),
    Key(BRAKE, "brake"),
    Key(("space",), "take over the wheel, or hand it back", Command.TAKE),
    Key(("r",), "recording on or off", Command.RECORD),
    Key(("backspace",), f"exclude the last {DISCARD_SECONDS:g} seconds from the recording", Command.DISCARD),
    Key(("u",), "undo the last exclusion", Command.TAKE_BACK),
    Key(("l",), "put the car back on its lane", Command.RESET),
    Key(("n",), "next weather", Command.WEATHER),
    Key(("h",), "cruise control on or off", Command.HOLD),
    Key(("p", "return"), "pause or resume", Command.PAUSE),
    Key((".",), "drive one tick, while paused", Command.STEP),
    Key(("v",), "ALVINN panel on or off", Command.PANEL),
    Key(PANEL_PARTS, "its retina, what it looks at, hidden units, output units, map on or off"),
    Key(("f1",), "this help", Command.HELP),
    Key(("f11",), "full screen on or off", Command.FULL_SCREEN),
    Key(("escape",), "end the drive; the recording is kept", Command.QUIT),
)

COMMANDS = {name: key.command for key in TABLE if key.command is not None for name in key.names}
"""Key -> the command it requests."""


def find_commands(pressed: Iterable[str]) -> Iterator[Command]:
    """The commands of some key presses, in order."""
    return (COMMANDS[name] for name in pressed if name in COMMANDS)


def help_lines() -> tuple[tuple[str, str], ...]:
    """(keys, what they do) of each row."""
    return tuple((key.caption, key.does) for key in TABLE)


def to_markdown() -> str:
    """The table for docs/driving.md."""
    lines = [f"| {caption} | {does} |" for caption, does in help_lines()]
    return "\n".join(["| key | what it does |", "|---|---|", *lines])
