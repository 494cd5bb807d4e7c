"""What the tests of the learner are built from: a car on paper, lanes, steps, scripted observers, recordings."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import numpy as np

from alvinn.driving.lane import Lane, wrap_angle
from alvinn.driving.protocols import Verdict
from alvinn.driving.steering import VehicleGeometry
from alvinn.driving.types import Camera, Control, Decision, GroundTruth, Image, Observation, Step
from alvinn.recording import RecordingWriter, Session

DT = 0.05
CAR = VehicleGeometry(
    wheelbase=2.875,
    max_wheel_angle=math.radians(70.0),
    steering_curve=((0.0, 1.0), (20.0, 0.9), (60.0, 0.8), (120.0, 0.7)),
    width=2.164,
)
CAMERA = Camera()
SMALL = Camera(width=64, height=32)


def circle(
    radius: float, *, right: bool = True, closed: bool = True, width: float = 3.5, spacing: float = 0.25
) -> Lane:
    """A lane around the origin; an open one is the same circle without its last piece."""
    n = round(2.0 * math.pi * radius / spacing)
    angle = np.arange(n) * 2.0 * math.pi / n * (1.0 if right else -1.0)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle), np.zeros(n)], axis=1)
    return Lane(points, np.full(n, width), closed=closed)


def straight(length: float, width: float = 3.5) -> Lane:
    """An open lane along x."""
    x = np.arange(0.0, length + 0.25, 0.5)
    return Lane(np.stack([x, 0.0 * x, 0.0 * x], axis=1), np.full(len(x), width), closed=False)


@lru_cache(256)
def picture(number: int, camera: Camera = SMALL) -> Image:
    """A picture that no other number has."""
    rng = np.random.default_rng(number)
    coarse = rng.integers(0, 256, size=(4, 8, 3), dtype=np.uint8)
    return np.ascontiguousarray(np.kron(coarse, np.ones((camera.height // 4, camera.width // 8, 1), dtype=np.uint8)))


def truth(
    *, lane_s: float = 0.0, offset: float = 0.0, lane_width: float = 3.5, heading_error: float = 0.0
) -> GroundTruth:
    """A place on a straight lane along x."""
    return GroundTruth(
        x=lane_s,
        y=offset,
        z=0.0,
        yaw=heading_error,
        lane_s=lane_s,
        lane_width=lane_width,
        offset=offset,
        heading_error=heading_error,
    )


def step(
    number: int = 0,
    where: GroundTruth | None = None,
    *,
    speed: float = 8.0,
    time: float | None = None,
    curvature: float = 0.01,
    steer: float = 0.1,
    disturbance: float = 0.0,
    camera: Camera = SMALL,
) -> Step:
    """One tick, the `number`th at 20 Hz."""
    return Step(
        observation=Observation(
            frame=number, time=number * DT if time is None else time, image=picture(number, camera), speed=speed
        ),
        truth=where or truth(lane_s=number * DT * speed),
        decision=Decision(curvature=curvature, who="somebody", disturbance=disturbance),
        control=Control(steer=steer, throttle=0.5, brake=0.0),
        steer_meant=steer / 2.0,
    )


class PaperWorld:
    """A World without a simulator: a kinematic car on a lane. Every frame has a picture of its own."""

    def __init__(self, lane: Lane, *, offset: float = 0.0, speed: float = 8.0, camera: Camera = SMALL) -> None:
        self.lane = lane
        self.camera = camera
        self.frame = 0
        self.applied: list[Control] = []
        self.recoveries = 0
        self.lie: Callable[[GroundTruth], GroundTruth] = lambda told: told
        self._speed = speed
        self._place(0.0, offset)

    def _place(self, s: float, offset: float) -> None:
        x, y, _, direction = self.lane.at(s)
        self._x, self._y = x - offset * math.sin(direction), y + offset * math.cos(direction)
        self._yaw = direction

    def observe(self) -> Observation:
        image = picture(self.frame, self.camera)
        return Observation(frame=self.frame, time=self.frame * DT, image=image, speed=self._speed)

    def truth(self) -> GroundTruth:
        on = self.lane.project(self._x, self._y)
        return self.lie(
            GroundTruth(
                x=self._x,
                y=self._y,
                z=0.0,
                yaw=self._yaw,
                lane_s=on.s,
                lane_width=on.width,
                offset=on.offset,
                heading_error=wrap_angle(self._yaw - on.direction),
            )
        )

    def apply(self, control: Control) -> None:
        self.applied.append(control)
        self._yaw = wrap_angle(self._yaw + CAR.curvature(control.steer, self._speed) * self._speed * DT)
        self._x += self._speed * DT * math.cos(self._yaw)
        self._y += self._speed * DT * math.sin(self._yaw)
        self._speed = max(0.0, self._speed + (4.0 * control.throttle - 8.0 * control.brake) * DT)
        self.frame += 1

    def recover(self) -> None:
        self.recoveries += 1
        self._place(self.lane.project(self._x, self._y).s, 0.0)
        self.frame += 1


class SteadyDriver:
    """Answers the same curvature to everything."""

    def __init__(self, curvature: float = 0.0, disturbance: float = 0.0) -> None:
        self.curvature = curvature
        self.disturbance = disturbance
        self.resets = 0
        self.seen: list[Observation] = []

    def reset(self) -> None:
        self.resets += 1

    def decide(self, observation: Observation) -> Decision:
        self.seen.append(observation)
        return Decision(curvature=self.curvature, who="steady", disturbance=self.disturbance)


class Script:
    """An observer that keeps every step, answers verdicts from a list and then says stop."""

    def __init__(self, verdicts: Sequence[Verdict] = ()) -> None:
        self.steps: list[Step] = []
        self.recovered_after: list[int] = []
        self._verdicts = list(verdicts)

    def see(self, step: Step) -> Verdict:
        self.steps.append(step)
        return self._verdicts.pop(0) if self._verdicts else Verdict.STOP

    def on_recovery(self) -> None:
        self.recovered_after.append(len(self.steps))


def session(camera: Camera = SMALL) -> Session:
    """How the tests' recordings were made."""
    return Session(
        camera=camera,
        vehicle=json.loads(json.dumps(asdict(CAR))),
        maps=("oval",),
        weathers=("ClearNoon",),
        seed=0,
        driver="expert",
        server="embedded",
        version="0",
    )


def write_recording(
    folder: Path,
    rows: int,
    *,
    camera: Camera = SMALL,
    append: bool = False,
    make: Callable[[int], Step] | None = None,
) -> list[Step]:
    """A recording of `rows` frames, by default all at one place; returns the steps that were written."""
    make = make or (lambda number: step(number, camera=camera, disturbance=0.001 * number))
    steps = [make(number) for number in range(rows)]
    with RecordingWriter(folder, session(camera), append=append) as writer:
        for one in steps:
            writer.add(one, lane="oval/forward", weather="ClearNoon")
    return steps
