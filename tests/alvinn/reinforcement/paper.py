"""The task of refinement on paper: no server, the same roads, noise for pictures."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from alvinn.driving.cruise import SpeedController
from alvinn.driving.departure import departure_margin
from alvinn.driving.steering import compute_control
from alvinn.reinforcement.lane_keeping import Road, Tick
from tests.alvinn.fakes import CAMERA, CAR, DT, PaperWorld, circle


class PaperTask(AbstractContextManager["PaperTask"]):
    """In `LaneKeeping`'s place; counts what it was asked."""

    def __init__(self, *_: Any) -> None:
        self.lane = circle(30.0)
        self.roads: list[Road] = []
        self.ticks = 0
        self.wrong = 0.0  # m: how far off the told offset is

    def __exit__(self, *_: object) -> None:
        pass

    def open(self, road: Road) -> None:
        self.roads.append(road)

    def starts(self) -> tuple[float, float]:
        return 0.0, self.lane.length

    def start(self, s: float, offset: float = 0.0, heading_error: float = 0.0) -> Tick:
        self._world = PaperWorld(self.lane, camera=CAMERA)
        self._world._place(s, offset)
        self._pedals = SpeedController(8.0, DT)
        return self._observe()

    def step(self, curvature: float) -> Tick:
        self.ticks += 1
        speed = self._world.observe().speed
        self._world.apply(compute_control(curvature, speed, *self._pedals.hold(speed, curvature), CAR))
        return self._observe()

    def _observe(self) -> Tick:
        truth = self._world.truth()
        truth = replace(truth, offset=truth.offset + self.wrong)
        return Tick(
            observation=self._world.observe(),
            truth=truth,
            curvature=self.lane.curvature(truth.lane_s),
            margin=departure_margin(truth.lane_width, CAR.width),
            collided=False,
            finished=False,
        )
