"""Getting to know a device: the person turns and presses, and what moved most is what was meant.

No axis is assumed: at each step the axis that went furthest from where it rested is taken, once it is held there for a
moment. Pedals and buttons may be skipped. SDL does not know where an axis stands before it moves, so where a pedal
rests is told by the whole way that it was seen to go.
"""

from __future__ import annotations

from alvinn.controls.inputs import Stick
from alvinn.controls.profiles import SMALLEST_TRAVEL, Lever, Profile

HOLD_SECONDS = 0.6  # at an end, until it counts
NEAR = 0.06  # of the furthest position counts as there
ENOUGH = 0.25  # of an axis, from -1 to 1: less was not meant
ASKED = {
    "centre": "leave the wheel straight on, feet off the pedals",
    "left": "turn the wheel fully left, and hold it",
    "right": "turn it fully right, and hold it",
    "throttle": "press the throttle down, and hold it",
    "brake": "press the brake down, and hold it",
    "take": "press the button to take over the wheel",
    "record": "press the button to switch recording on and off",
}
STEPS = tuple(ASKED)
OPTIONAL = frozenset(STEPS[3:])


class Calibration:
    """The questions, one after another.

    Args:
        stick: the device as it was first seen.
        dt: how often it will be looked at [s].
    """

    def __init__(self, stick: Stick, dt: float) -> None:
        self._stick, self._dt = stick, dt
        self._step = 0
        self._rest = _positions(stick)
        self._ways: dict[int, tuple[float, float]] = {}  # axis -> the lowest and highest position seen
        self._ends: dict[str, tuple[int, float]] = {}  # step -> axis, position
        self._buttons: dict[str, int] = {}
        self._there: tuple[int, float] | None = None
        self._held = 0.0

    @property
    def done(self) -> bool:
        """Whether everything was answered."""
        return self._step >= len(STEPS)

    @property
    def asks(self) -> str:
        """What the person is to do now."""
        return "" if self.done else ASKED[STEPS[self._step]]

    @property
    def optional(self) -> bool:
        """Whether this may be skipped."""
        return not self.done and STEPS[self._step] in OPTIONAL

    def skip(self) -> None:
        """There is no such pedal or button."""
        if self.optional:
            self._next()

    def see(self, stick: Stick) -> None:
        """Look at the device; called once a tick."""
        self._stick = stick
        for axis, position in enumerate(stick.axes):
            if position is not None:
                low, high = self._ways.get(axis, (position, position))
                self._ways[axis] = min(low, position), max(high, position)
        if self.done:
            return
        name = STEPS[self._step]
        if name in {"take", "record"}:
            self._wait_for_button(name)
        elif name == "centre":
            self._wait_for_rest()
        else:
            self._follow(name)

    def _wait_for_button(self, name: str) -> None:
        if self._stick.pressed:
            self._buttons[name] = self._stick.pressed[-1]
            self._next()

    def _wait_for_rest(self) -> None:
        """Nothing moves for a moment."""
        positions = _positions(self._stick)
        still = all(abs(now - rest) < NEAR for now, rest in zip(positions, self._rest, strict=True))
        self._held = self._held + self._dt if still else 0.0
        self._rest = positions
        if self._held >= HOLD_SECONDS:
            self._next()

    def _follow(self, name: str) -> None:
        """Wait until the axis that moves most is held at its end."""
        positions = _positions(self._stick)
        moves = {axis: positions[axis] - self._rest[axis] for axis in self._candidates(name)}
        axis = max(moves, key=lambda axis: abs(moves[axis]), default=-1)
        if axis < 0 or abs(moves[axis]) < ENOUGH or self._is_left_still(name, moves[axis]):
            self._there, self._held = None, 0.0
        elif self._there is not None and self._there[0] == axis and abs(positions[axis] - self._there[1]) < NEAR:
            self._held += self._dt
            if self._held >= HOLD_SECONDS:
                self._ends[name] = axis, positions[axis]
                self._next()
        else:
            self._there, self._held = (axis, positions[axis]), 0.0

    def _candidates(self, name: str) -> list[int]:
        """The right end is on the axis of the left one, pedals are on others."""
        if name == "right":
            return [self._ends["left"][0]]
        taken = {axis for axis, _ in self._ends.values()}
        return [axis for axis in range(len(self._stick.axes)) if axis not in taken]

    def _is_left_still(self, name: str, move: float) -> bool:
        if name != "right":
            return False
        axis, left = self._ends["left"]
        return move * (left - self._rest[axis]) > 0

    def _next(self) -> None:
        self._step += 1
        self._there, self._held = None, 0.0

    def profile(self, *, dead_zone: float = 0.0, curve: float = 1.0, reach: float = 1.0) -> Profile:
        """What was found, with a feeling that was asked for.

        Raises:
            ValueError: there is no such feeling.
        """
        axis, left = self._ends["left"]
        return Profile(
            name=self._stick.name,
            axis=axis,
            left=left,
            centre=self._rest[axis],
            right=self._ends["right"][1],
            throttle=self._lever("throttle"),
            brake=self._lever("brake"),
            buttons=dict(self._buttons),
            dead_zone=dead_zone,
            curve=curve,
            reach=reach,
        )

    def _lever(self, name: str) -> Lever | None:
        """A pedal, which rests at the other end of the way that it was seen to go."""
        if name not in self._ends:
            return None
        axis, full = self._ends[name]
        low, high = self._ways[axis]
        rest = low if abs(full - low) > abs(full - high) else high
        return Lever(axis, rest if abs(full - rest) >= SMALLEST_TRAVEL else 0.0, full)


def _positions(stick: Stick) -> list[float]:
    return [0.0 if position is None else position for position in stick.axes]
