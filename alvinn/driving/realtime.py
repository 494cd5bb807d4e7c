"""A world paced to real time, for a person to drive or to watch.

The simulator stays in synchronous mode and its ticks are paced to real time: every frame becomes a row, none is
dropped, and a pause stops the world and not only the picture. Late ticks slow simulated time down; they are counted and
shown, but never caught up, since the car would leap ahead under the driver's hands.
"""

from __future__ import annotations

from collections.abc import Callable

from alvinn.driving.protocols import World
from alvinn.driving.types import Control, GroundTruth, Observation
from alvinn.errors import FrameError

LOST_IN_A_ROW = 5  # missing frames before the drive is given up
FULL_BRAKE = Control(steer=0.0, throttle=0.0, brake=1.0)


class LiveWorld:
    """Wraps a world and paces it to real time.

    Args:
        world: the one to drive in.
        attend: called once a tick, before the driver is asked, with the number of late ticks and of lost frames so
            far; serves the window. Returns False while paused, and is then called again.
        dt: duration of a tick [s].
        clock: returns the time now [s].
        sleep: waits for a number of seconds.
    """

    def __init__(
        self,
        world: World,
        attend: Callable[[int, int], bool],
        dt: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._world, self._attend = world, attend
        self._dt, self._clock, self._sleep = dt, clock, sleep
        self._due: float | None = None
        self.late = 0
        """ticks that began after they were due"""
        self.lost = 0
        """frames that did not arrive"""

    def observe(self) -> Observation:
        """The frame of this tick, once it is due. The car brakes for each frame that does not arrive.

        Raises:
            FrameError: several frames in a row did not arrive.
        """
        for _ in range(LOST_IN_A_ROW):
            self._await_turn()
            try:
                return self._world.observe()
            except FrameError:
                self.lost += 1
                self._world.apply(FULL_BRAKE)
        self._await_turn()
        return self._world.observe()

    def _await_turn(self) -> None:
        now = self._clock()
        if self._due is None:
            self._due = now
        elif now > self._due:
            self.late += 1
            self._due = now
        else:
            self._sleep(self._due - now)
        self._due += self._dt
        while not self._attend(self.late, self.lost):
            self._sleep(self._dt)
            self._due = None

    def truth(self) -> GroundTruth:
        """Where the car is at this tick."""
        return self._world.truth()

    def apply(self, control: Control) -> None:
        """Hold a control for one tick."""
        self._world.apply(control)

    def recover(self) -> None:
        """Put the car back on its lane."""
        self._world.recover()
