"""The keys, written down once: the handler, the help in the window and docs/driving.md all come from this table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto


class Command(Enum):
    """What a person can ask for while driving."""

    TAKE = auto()
    RECORD = auto()
    DISCARD = auto()
    TAKE_BACK = auto()
    RESET = auto()
    WEATHER = auto()
    HOLD = auto()
    PAUSE = auto()
    HELP = auto()
    FULL_SCREEN = auto()
    QUIT = auto()


DISCARD_SECONDS = 10.0  # how much one press of the key for DISCARD leaves out

LEFT, RIGHT = ("left", "a"), ("right", "d")
THROTTLE, BRAKE = ("up", "w"), ("down", "s")
CAPTIONS = {"up": "Up", "return": "Enter"}
STEERING = frozenset(LEFT + RIGHT)


@dataclass(frozen=True, slots=True)
class Key:
    """A line of the table: keys by the names that pygame gives them, and what they do."""

    names: tuple[str, ...]
    does: str
    command: Command | None = None
    """None: held down, not pressed once"""

    @property
    def caption(self) -> str:
        """The keys as a person reads them."""
        return " or ".join(
            CAPTIONS.get(name, name.upper() if len(name) < 4 else name.capitalize()) for name in self.names
        )


TABLE = (
    Key(LEFT, "steer left"),
    Key(RIGHT, "steer right"),
    Key(THROTTLE, "throttle, where the speed is not held"),
    Key(BRAKE, "brake, held speed or not"),
    Key(("space",), "take over the wheel, or give it back", Command.TAKE),
    Key(("r",), "record on, record off", Command.RECORD),
    Key(("backspace",), f"leave the last {DISCARD_SECONDS:g} seconds out of the recording", Command.DISCARD),
    Key(("u",), "use again what was left out last", Command.TAKE_BACK),
    Key(("l",), "put the car back on its lane", Command.RESET),
    Key(("n",), "next weather", Command.WEATHER),
    Key(("h",), "hold the speed, or own throttle and brake", Command.HOLD),
    Key(("p", "return"), "pause, go on", Command.PAUSE),
    Key(("f1",), "this help", Command.HELP),
    Key(("f11",), "full screen, or a window", Command.FULL_SCREEN),
    Key(("escape",), "end the drive; what was recorded is kept", Command.QUIT),
)

COMMANDS = {name: key.command for key in TABLE if key.command is not None for name in key.names}
"""Key -> what it asks for."""


def commands(pressed: Iterable[str]) -> Iterator[Command]:
    """What some key presses ask for, in their order."""
    return (COMMANDS[name] for name in pressed if name in COMMANDS)


def help_lines() -> tuple[tuple[str, str], ...]:
    """(keys, what they do), line by line."""
    return tuple((key.caption, key.does) for key in TABLE)


def markdown() -> str:
    """The table as docs/driving.md has it."""
    lines = [f"| {caption} | {does} |" for caption, does in help_lines()]
    return "\n".join(["| key | what it does |", "|---|---|", *lines])
