"""A short drive on a server, and a verdict on each thing that alvinn needs from it.

The expert drives on the map that is loaded, with a colour and a segmentation camera. Meant for full CARLA servers: what
differs between two of them is said in a line each.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from alvinn.drivers.expert import ExpertDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import Deadline
from alvinn.driving.protocols import Verdict
from alvinn.driving.steering import VehicleGeometry
from alvinn.driving.types import Camera, CameraName, Step
from alvinn.errors import FrameError
from alvinn.networks.inference import read_card
from alvinn.util.finding import Finding
from alvinn.world.carla_world import DT, CarlaWorld
from alvinn.world.connection import connect
from alvinn.world.sensors import own_attributes
from alvinn.world.spawning import spawn_car

SECONDS, SPEED = 20.0, 8.0
ROAD_LINE = 24  # CARLA's tag
DARKEST, BRIGHTEST, LARGEST_DRIFT = 30.0, 225.0, 25.0  # bytes: mean of a picture, and its change over the second half
LARGEST_OFFSET = 0.5  # m
SIMILAR = 0.02  # relative difference of two cars' lengths and angles that no network notices


@dataclass
class DriveLog:
    """Observes a drive: what each frame showed, and where the car was."""

    brightness: list[float] = field(default_factory=list)
    markings: list[int] = field(default_factory=list)
    offsets: list[float] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    metres: float = 0.0

    def see(self, step: Step) -> Verdict:
        """Note a tick."""
        self.frames.append(step.observation.frame)
        self.brightness.append(float(np.mean(step.observation.image)))
        self.markings.append(int(np.count_nonzero(step.observation.others["segmentation"][..., 0] == ROAD_LINE)))
        self.offsets.append(abs(step.truth.offset))
        self.metres += step.observation.speed * DT
        return Verdict.CONTINUE

    def on_recovery(self) -> None:
        """Nobody recovers the car here."""


def try_server(address: tuple[str, int], model: Path, seconds: float = SECONDS) -> Iterator[Finding]:
    """Drive on a server's present map and judge what was seen.

    Args:
        address: host and port of the server.
        model: folder of a model whose car is compared.
        seconds: simulated time to drive.

    Raises:
        AlvinnError: no car can be spawned there, or the server stopped answering.
    """
    camera, log = Camera(), DriveLog()
    cameras: tuple[CameraName, ...] = ("center", "segmentation")
    with (
        connect(*address) as client,
        spawn_car(
            client, camera=camera, weather="ClearNoon", direction="forward", map_wanted=None, cameras=cameras
        ) as world,
    ):
        yield _judge_lane(world)
        yield _judge_geometry(world.geometry, read_card(model).vehicle)
        yield _judge_camera(own_attributes(client.get_world(), "sensor.camera.rgb"), camera)
        began = time.perf_counter()
        error = _drive(world, log, seconds)
        spent = time.perf_counter() - began
    yield _judge_frames(log, error)
    if log.frames:
        yield from _judge_drive(log, spent)


def _drive(world: CarlaWorld, log: DriveLog, seconds: float) -> str:
    """Drive; returns what ended the drive early, or an empty text."""
    try:
        run(world, ExpertDriver.in_world(world), [log, Deadline(seconds)], world.geometry, SpeedController(SPEED, DT))
    except FrameError as error:
        return str(error)
    return ""


def _judge_lane(world: CarlaWorld) -> Finding:
    kind = "a closed loop" if world.lane.closed else "an open lane"
    return Finding("lane", f"{kind} of {world.lane.length:.0f} m")


def _judge_geometry(car: VehicleGeometry, learned: dict[str, Any] | None) -> Finding:
    found = (
        f"wheelbase {car.wheelbase:.3f} m, width {car.width:.2f} m, "
        f"wheel angle {math.degrees(car.max_wheel_angle):.1f} degrees"
    )
    for name in ("wheelbase", "max_wheel_angle", "width") if learned else ():
        here, there = getattr(car, name), float((learned or {})[name])
        if abs(here / there - 1.0) > SIMILAR:
            return Finding(
                "car", found, f"its {name} is {here:.3f} where the model learned with {there:.3f}: train anew"
            )
    return Finding("car", found)


def _judge_camera(taken: dict[str, str], camera: Camera) -> Finding:
    """Compare the attributes of our colour camera with what was asked for."""
    asked = {"image_size_x": camera.width, "image_size_y": camera.height, "fov": camera.fov}
    other = [
        f"{name} is {taken.get(name)}, not {value}"
        for name, value in asked.items()
        if float(taken.get(name, "nan")) != float(value)
    ]
    return Finding("camera", ", ".join(other) or "as asked for", "report this" if other else "")


def _judge_frames(log: DriveLog, error: str) -> Finding:
    gaps = sum(after != before + 1 for before, after in zip(log.frames, log.frames[1:], strict=False))
    found = f"{len(log.frames)} frames, each of its tick" if not gaps else f"{len(log.frames)} frames, {gaps} gaps"
    return Finding("frames", found, error or ("other clients tick this server: stop them" if gaps else ""))


def _judge_drive(log: DriveLog, spent: float) -> Iterator[Finding]:
    settled = log.brightness[len(log.brightness) // 2 :]
    mean, drift = float(np.mean(settled)), max(settled) - min(settled)
    is_exposed = DARKEST < mean < BRIGHTEST and drift < LARGEST_DRIFT
    yield Finding(
        "exposure",
        f"mean brightness {mean:.0f} of 255, drift {drift:.0f}",
        "" if is_exposed else "the picture is too dark, too bright or unsteady: look at a recording before training",
    )
    seen = float(np.mean([count > 0 for count in log.markings]))
    none = "the map has no markings, as generated ones have none: use one of the server's towns"
    yield Finding("markings", f"seen in {100 * seen:.0f}% of frames", "" if seen > 0.5 else none)
    worst = max(log.offsets)
    far = "the car left its lane's middle: compare the car's physics"
    yield Finding(
        "driving",
        f"{log.metres:.0f} m, at most {worst:.2f} m from the lane's middle",
        "" if worst < LARGEST_OFFSET else far,
    )
    factor = len(log.frames) * DT / spent
    slow = "slower than real time: lower the server's quality level before a person drives"
    yield Finding("timing", f"{factor:.1f} times real time", "" if factor >= 1.0 else slow)
