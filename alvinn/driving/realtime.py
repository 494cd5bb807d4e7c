"""A world in step with the clock on the wall, for a person to drive or watch in.

The world stays in lockstep and its ticks are paced to real time, rather than left to run by themselves: every frame is
a row, none is dropped on the way, and a pause stops the world and not only the picture. What is too slow makes time
slower, which is counted and shown; it is not caught up, as the car would leap ahead under the driver's hands.
"""

from __future__ import annotations

from collections.abc import Callable

from alvinn.driving.protocols import World
from alvinn.driving.types import Control, Observation, Truth
from alvinn.errors import FrameError

LOST_IN_A_ROW = 5  # pictures that may stay away before the drive is given up
STOPPING = Control(steer=0.0, throttle=0.0, brake=1.0)


class LiveWorld:
    """Another world, paced.

    Args:
        world: the one to drive in.
        attend: called once a tick, before the driver is asked, with the number of late ticks and of lost pictures so
            far: looks after the window. False: paused, ask again.
        dt: how long a tick lasts [s].
        clock: the time now [s].
        sleep: lets seconds go by.
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
        """ticks that were not ready when their time came"""
        self.lost = 0
        """pictures that did not come"""

    def observe(self) -> Observation:
        """The frame of this tick, when its time has come. The car is braked for every picture that stays away.

        Raises:
            FrameError: several pictures in a row did not come.
        """
        for _ in range(LOST_IN_A_ROW):
            self._await_turn()
            try:
                return self._world.observe()
            except FrameError:
                self.lost += 1
                self._world.apply(STOPPING)
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

    def truth(self) -> Truth:
        """Where the car is at this tick."""
        return self._world.truth()

    def apply(self, control: Control) -> None:
        """Hold a control for one tick."""
        self._world.apply(control)

    def recover(self) -> None:
        """Put the car back on its lane."""
        self._world.recover()
