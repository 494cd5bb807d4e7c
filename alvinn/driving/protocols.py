"""The three roles of the one loop (alvinn/loop.py): World, Driver, Observer."""

from __future__ import annotations

from enum import IntEnum
from typing import Protocol

from alvinn.driving.types import Control, Decision, Observation, Step, Truth


class Verdict(IntEnum):
    """What an observer wants of the loop after a step; the strongest wish wins."""

    GO_ON = 0
    RECOVER = 1
    """put the car back on its lane and go on"""
    STOP = 2


class World(Protocol):
    """A car on a road with a camera, in lockstep."""

    def observe(self) -> Observation:
        """The current frame; called once a tick, before the driver is asked."""

    def truth(self) -> Truth:
        """Where the car is at the current frame; called by the loop for its observers, and by the expert."""

    def apply(self, control: Control) -> None:
        """Hold a control for one tick; called once a tick, after the observers."""

    def recover(self) -> None:
        """Put the car back on the middle of its lane, moving; called when an observer asked for it."""


class Driver(Protocol):
    """Whoever has the wheel. It is handed observations and nothing else."""

    def reset(self) -> None:
        """Forget the past; called at the start and after every recovery."""

    def decide(self, observation: Observation) -> Decision:
        """The curvature to drive now; called once a tick."""


class Observer(Protocol):
    """Whoever watches: recorder, referee, film camera, clock."""

    def see(self, step: Step) -> Verdict:
        """Look at one tick; called once a tick, before its control is applied."""

    def recovered(self) -> None:
        """The car was just put back on its lane: what follows is a new segment."""
