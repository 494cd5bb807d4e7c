"""The three roles of the driving loop (alvinn/driving/loop.py): World, Driver, Observer."""

from __future__ import annotations

from enum import IntEnum
from typing import Protocol

from alvinn.driving.types import Control, Decision, GroundTruth, Observation, Step


class Verdict(IntEnum):
    """What an observer asks of the loop after a step; the highest value among all observers wins."""

    CONTINUE = 0
    RECOVER = 1
    """put the car back on its lane and continue"""
    STOP = 2


class World(Protocol):
    """A car on a road with a camera, in lockstep."""

    def observe(self) -> Observation:
        """The current frame; called once a tick, before the driver is asked."""

    def truth(self) -> GroundTruth:
        """Where the car is at the current frame; called by the loop for its observers, and by the expert."""

    def apply(self, control: Control) -> None:
        """Hold a control for one tick; called once a tick, after the observers."""

    def recover(self) -> None:
        """Put the car back on the middle of its lane, moving; called when an observer asked for it."""


class Driver(Protocol):
    """Steers the car. It is handed observations and nothing else."""

    def reset(self) -> None:
        """Clear all state; called at the start and after every recovery."""

    def decide(self, observation: Observation) -> Decision:
        """The curvature to drive now; called once a tick."""


class Observer(Protocol):
    """Watches the drive: recorder, referee, film, time limit."""

    def see(self, step: Step) -> Verdict:
        """Look at one tick; called once a tick, before its control is applied."""

    def on_recovery(self) -> None:
        """Called after the car was put back on its lane: a new segment begins."""
