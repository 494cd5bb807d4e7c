"""Calibration of a wheel or gamepad: the person turns and presses, and the axis that moved most is assigned.

No axis is assumed: each step assigns the axis that moved furthest from its rest position, once it is held there for a
moment. Pedals and buttons may be skipped. SDL does not know the position of an axis before it moves, so the rest
position of a pedal is taken from the whole range that it was seen to travel.
"""

from __future__ import annotations

from alvinn.controls.inputs import JoystickState
from alvinn.controls.profiles import MIN_TRAVEL, Pedal, Profile

HOLD_SECONDS = 0.6  # at an end, until it counts
STILL = 0.06  # axis travel, from -1 to 1, below which an axis counts as held still
MIN_MOVE = 0.25  # axis travel, from -1 to 1, below which a movement is ignored
INSTRUCTIONS = {
    "centre": "leave the wheel straight ahead, feet off the pedals",
    "left": "turn the wheel fully left and hold it",
    "right": "turn it fully right and hold it",
    "throttle": "press the throttle down and hold it",
    "brake": "press the brake down and hold it",
    "take": "press the button that takes over the wheel",
    "record": "press the button that switches recording on and off",
}
STEPS = tuple(INSTRUCTIONS)
OPTIONAL = frozenset(STEPS[3:])


class Calibration:
    """The steps of a calibration, one after another.

    Args:
        stick: the first state of the device.
        dt: interval between calls of `update` [s].
    """

    def __init__(self, stick: JoystickState, dt: float) -> None:
        self._stick, self._dt = stick, dt
        self._step = 0
        self._rest = _positions(stick)
        self._ranges: dict[int, tuple[float, float]] = {}  # axis -> the lowest and highest position seen
        self._ends: dict[str, tuple[int, float]] = {}  # step -> axis, position
        self._buttons: dict[str, int] = {}
        self._there: tuple[int, float] | None = None
        self._held = 0.0

    @property
    def is_done(self) -> bool:
        """Whether all steps are finished."""
        return self._step >= len(STEPS)

    @property
    def number(self) -> int:
        """The number of the current step, from 1."""
        return min(self._step + 1, len(STEPS))

    @property
    def is_holding(self) -> bool:
        """Whether something is to be held for a moment."""
        return not self.is_done and STEPS[self._step] not in {"take", "record"}

    @property
    def held(self) -> float:
        """For how long it has been held, as a share of what is needed."""
        return min(1.0, self._held / HOLD_SECONDS)

    @property
    def instruction(self) -> str:
        """What the person should do now."""
        return "" if self.is_done else INSTRUCTIONS[STEPS[self._step]]

    @property
    def is_optional(self) -> bool:
        """Whether the current step may be skipped."""
        return not self.is_done and STEPS[self._step] in OPTIONAL

    def skip(self) -> None:
        """Skip the current step, if it is optional: the device has no such pedal or button."""
        if self.is_optional:
            self._next()

    def update(self, stick: JoystickState) -> None:
        """Take the device's current state; called once a tick."""
        self._stick = stick
        for axis, position in enumerate(stick.axes):
            if position is not None:
                low, high = self._ranges.get(axis, (position, position))
                self._ranges[axis] = min(low, position), max(high, position)
        if self.is_done:
            return
        name = STEPS[self._step]
        if name in {"take", "record"}:
            self._wait_for_button(name)
        elif name == "centre":
            self._wait_for_rest()
        else:
            self._wait_for_end(name)

    def _wait_for_button(self, name: str) -> None:
        if self._stick.pressed:
            self._buttons[name] = self._stick.pressed[-1]
            self._next()

    def _wait_for_rest(self) -> None:
        """Wait until nothing has moved for a moment."""
        positions = _positions(self._stick)
        still = all(abs(now - rest) < STILL for now, rest in zip(positions, self._rest, strict=True))
        self._held = self._held + self._dt if still else 0.0
        self._rest = positions
        if self._held >= HOLD_SECONDS:
            self._next()

    def _wait_for_end(self, name: str) -> None:
        """Wait until the axis that moves most is held at its end."""
        positions = _positions(self._stick)
        moves = {axis: positions[axis] - self._rest[axis] for axis in self._candidates(name)}
        axis = max(moves, key=lambda axis: abs(moves[axis]), default=-1)
        if axis < 0 or abs(moves[axis]) < MIN_MOVE or self._is_still_left(name, moves[axis]):
            self._there, self._held = None, 0.0
        elif self._there is not None and self._there[0] == axis and abs(positions[axis] - self._there[1]) < STILL:
            self._held += self._dt
            if self._held >= HOLD_SECONDS:
                self._ends[name] = axis, positions[axis]
                self._next()
        else:
            self._there, self._held = (axis, positions[axis]), 0.0

    def _candidates(self, name: str) -> list[int]:
        """The axes that a step may assign: the right end is on the axis of the left one, pedals are on others."""
        if name == "right":
            return [self._ends["left"][0]]
        taken = {axis for axis, _ in self._ends.values()}
        return [axis for axis in range(len(self._stick.axes)) if axis not in taken]

    def _is_still_left(self, name: str, move: float) -> bool:
        if name != "right":
            return False
        axis, left = self._ends["left"]
        return move * (left - self._rest[axis]) > 0

    def _next(self) -> None:
        self._step += 1
        self._there, self._held = None, 0.0

    def profile(self, *, dead_zone: float = 0.0, curve: float = 1.0, reach: float = 1.0) -> Profile:
        """The calibrated profile.

        Args:
            dead_zone: share of the travel to an end that counts as straight ahead, in [0, 1).
            curve: exponent of the steering response, above 0; above 1 is finer around the centre.
            reach: CARLA's steer at the ends, in (0, 1].

        Raises:
            ValueError: one of these is out of range.
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

    def _lever(self, name: str) -> Pedal | None:
        """A pedal; its rest position is the other end of the range that it was seen to travel."""
        if name not in self._ends:
            return None
        axis, full = self._ends[name]
        low, high = self._ranges[axis]
        rest = low if abs(full - low) > abs(full - high) else high
        return Pedal(axis, rest if abs(full - rest) >= MIN_TRAVEL else 0.0, full)


def _positions(stick: JoystickState) -> list[float]:
    return [0.0 if position is None else position for position in stick.axes]
