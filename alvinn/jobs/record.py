"""`record`: records camera frames and steering while the expert, a person or CARLA's autopilot drives."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import tyro

from alvinn.cockpit.display.window import Window
from alvinn.cockpit.live_drive import LiveDrive, drive_live
from alvinn.console import CONSOLE, print_next, progress
from alvinn.drivers.disturbed import DisturbedDriver
from alvinn.drivers.expert import ExpertDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import Deadline, LaneEnd, TickCallback
from alvinn.driving.protocols import Driver, Observer, World
from alvinn.driving.types import Camera, CameraName, Direction
from alvinn.errors import UsageError
from alvinn.jobs.drive import Drive
from alvinn.metrics.referee import Referee
from alvinn.recording import Recording, RecordingWriter, Session, make_session, name_lane
from alvinn.recording.observers import Delay, OnRoadFilter, RecordingObserver
from alvinn.recording.summary import print_quality, warn_if_unclosed
from alvinn.recording.writer import require_free
from alvinn.settings import (
    Driving,
    is_unchanged,
    refuse_idle,
    require_above_zero,
    require_distinct,
    require_start,
    split_names,
)
from alvinn.util.files import require_space
from alvinn.world.autopilot import engage_autopilot
from alvinn.world.carla_world import DT, CarlaWorld
from alvinn.world.opening import open_world

EXPERT_SECONDS = 120.0
LEAST_BYTES = 0.1  # of a file, for every pixel: what does not even find room for these is not begun
TURN_SECONDS = 8.0  # maximum length of a turn of a weather, so that each covers many parts of the road


@dataclass(frozen=True)
class Record(Driving):
    """Record camera frames and steering."""

    name: tyro.conf.Positional[str] = ""
    """name of the recording, stored in data/NAME"""
    driver: Literal["expert", "human", "autopilot"] = "expert"
    """the scripted expert; human: you, in a window; or autopilot: CARLA's own driver"""
    alias: str = ""
    """your name or alias in the recording (default: --driver)"""
    device: str = "auto"
    """input device: auto, keyboard, mouse, wheel, or part of a device name"""
    seconds: float | None = None
    """simulated seconds to drive (default: 120; for a person, until they end it)"""
    laps: int | None = None
    """laps to drive in each direction, instead of --seconds"""
    noise: bool = False
    """disturb the steering, so that recoveries are recorded; the label remains the driver's own answer"""
    start: int = 0
    """index of the map's starting point"""
    both_directions: bool = False
    """drive half of it in the opposite lane"""
    weathers: str | None = None
    """a,b: weathers that take turns, with equal shares; a person changes them by a key (default: --weather)"""
    cameras: str = "center"
    """a,b of center, left, right, depth, segmentation: cameras on the car; center is always included"""
    append: bool = False
    """append to an existing recording"""
    overwrite: bool = False
    """replace a recording that exists"""
    camera: Camera = field(default_factory=Camera)
    """the camera"""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_above_zero("--seconds", self.seconds)
        require_above_zero("--laps", self.laps)
        self.require_one_or_many("weather")
        require_distinct("--weathers", self.weather_names())
        if self.laps is not None and self.seconds is not None:
            raise ValueError("--laps and --seconds both say how long to drive: leave one out")
        if self.append and self.overwrite:
            raise ValueError("--append keeps the recording and --overwrite replaces it: leave one out")
        if self.driver == "autopilot" and self.noise:
            raise ValueError("--noise disturbs the expert's or a person's steering; CARLA's autopilot steers by itself")
        if self.driver == "human" and (self.headless or self.laps is not None):
            raise ValueError("a person drives in a window and by the clock: leave --headless and --laps out")
        if self.driver != "human":
            refuse_idle(self, ("device",), "without a person: add --driver human")
        require_start(self.start)
        self.camera_names()

    def weather_names(self) -> tuple[str, ...]:
        """Weathers to record in."""
        return tuple(split_names(self.weathers, self.weather))

    def take_turns(self, share: float) -> tuple[str, ...]:
        """Sequence of weathers, each equally often, for a direction with this share of the time."""
        skies = self.weather_names()
        if self.laps is not None or len(skies) == 1:
            return skies
        return skies * math.ceil((self.seconds or EXPERT_SECONDS) * share / len(skies) / TURN_SECONDS)

    def directions(self) -> tuple[Direction, ...]:
        """Directions to drive in."""
        return ("forward", "reverse") if self.both_directions else ("forward",)

    def camera_names(self) -> tuple[CameraName, ...]:
        """Cameras on the car.

        Raises:
            ValueError: a name is unknown.
        """
        wanted = dict.fromkeys(["center", *split_names(self.cameras, "center")])
        known = {name: None for name in get_args(CameraName) if name in wanted}
        if unknown := [name for name in wanted if name not in known]:
            raise ValueError(f"--cameras must be some of {', '.join(get_args(CameraName))}, not {', '.join(unknown)}")
        return tuple(known)

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done.
        """
        if is_unchanged(self, Record(driver="human")):
            Drive(home=self.home, carla=self.carla).run()  # its start screen asks for the name and all else
            return
        if not self.name:
            raise UsageError("record requires a name for the recording: alvinn record NAME")
        if not record(self):
            CONSOLE.print("nothing was recorded")
            return
        print_quality(self.recording_folder(self.name))
        print_next("train", self.choose_model_name(self.name), "--data", self.name, home=self.home)


def record(job: Record) -> int:
    """Record; returns the number of rows that were recorded."""
    seconds = job.seconds or (0.0 if job.laps is not None or job.driver == "human" else EXPERT_SECONDS)
    pixels = seconds / DT * job.camera.width * job.camera.height * len(job.camera_names())
    require_space(job.recording_folder(job.name), int(pixels * LEAST_BYTES), f"a recording of {seconds:g} s")
    require_free(job.recording_folder(job.name), append=job.append, overwrite=job.overwrite)
    if job.append:
        warn_if_unclosed(job.recording_folder(job.name))
    if job.driver == "human":
        return _record_person(job)
    directions = job.directions()
    rows, before = 0, _count_rows(job) if job.append else 0
    for index, direction in enumerate(directions):
        seed = job.seed + index + before  # disturbances that are not in it yet
        rows += _record_lane(job, direction, seed, share=1.0 / len(directions), first=index == 0)
    return rows


def _count_rows(job: Record) -> int:
    """The rows of the recording that is gone on with; warns where the same would be driven again."""
    folder = job.recording_folder(job.name)
    if not (folder / "session.json").is_file():
        return 0
    rows = Recording(folder).rows
    lanes = {name_lane(job.map, direction, job.start) for direction in job.directions()}
    if not job.noise and any(row.lane in lanes and row.weather in job.weather_names() for row in rows):
        CONSOLE.print(
            "WARNING: without disturbances the same is driven again: --noise, or another --map, --start or --weather, "
            "would show something new"
        )
    return len(rows)


def record_once(job: Record) -> Path:
    """Record unless the recording exists; returns its folder.

    It is written under a temporary name and renamed when complete, so an interrupted one is recorded again.
    """
    folder = job.recording_folder(job.name)
    if not folder.exists():
        unfinished = replace(job, name=f"{job.name}-unfinished")
        shutil.rmtree(job.recording_folder(unfinished.name), ignore_errors=True)
        record(unfinished)
        job.recording_folder(unfinished.name).rename(folder)
    return folder


def record_plain_driving(home: Path, name: str, seconds: float, seed: int) -> Path:
    """Record the expert's plain driving on `country` unless that exists; returns the folder."""
    return record_once(Record(home=home, name=name, seconds=seconds, seed=seed))


def _record_person(job: Record) -> int:
    """Record a person who drives in a window."""
    directions = job.directions()
    rows = 0
    with Window("alvinn record") as window:
        for index, direction in enumerate(directions):
            wish = LiveDrive(
                settings=replace(job, weather=job.weather_names()[0], weathers=None),
                camera=job.camera,
                recording=job.name,
                append=job.append or rows > 0,
                overwrite=job.overwrite and not rows,
                alias=job.alias or job.driver,
                device=job.device,
                seconds=None if job.seconds is None else job.seconds / len(directions),
                direction=direction,
                start=job.start,
                weathers=job.weather_names() if job.weathers else (),
                cameras=job.camera_names(),
                noise=job.seed + index if job.noise else None,
            )
            rows += drive_live(wish, window).rows
    return rows


def _record_lane(job: Record, direction: Direction, seed: int, *, share: float, first: bool) -> int:
    with ExitStack() as stack:
        world = stack.enter_context(
            open_world(
                job,
                camera=job.camera,
                map_name=job.map,
                direction=direction,
                weather=job.weather_names()[0],
                seed=job.seed,
                start=job.start,
                cameras=job.camera_names(),
            )
        )
        writer = stack.enter_context(
            RecordingWriter(
                job.recording_folder(job.name),
                _session(job, world),
                append=job.append or not first,
                overwrite=job.overwrite and first,
            )
        )
        bars = stack.enter_context(progress())
        ticks = None if job.laps is not None else round((job.seconds or EXPERT_SECONDS) * share / DT)
        task = bars.add_task(f"record {job.map} {direction}", total=ticks, note="")
        drive, turns = stack.enter_context(_drive(job, world, seed)), job.take_turns(share)
        lane, end = name_lane(job.map, direction, job.start), LaneEnd(world.lane, job.speed)
        for number, weather in enumerate(turns):
            adaptation = 0  # ticks
            if end.is_reached:
                break
            if number and weather != turns[number - 1]:
                world.change_weather(weather)
                writer.start_segment()
                adaptation = round(world.adaptation / DT)
            recorder = OnRoadFilter(RecordingObserver(writer, lane, weather), bars.console.print)
            observers: list[Observer] = [
                Delay(recorder, adaptation),
                Delay(_end(job, world, share / len(turns)), adaptation),
                end,
                Delay(TickCallback(lambda _: bars.advance(task)), adaptation),
            ]
            run(*drive, observers, world.geometry, SpeedController(job.speed, DT))
        if end.is_reached and ticks is not None:
            bars.console.print(f"{lane}: {writer.added} frames, as its lane ends there")
        return writer.added


@contextmanager
def _drive(job: Record, world: CarlaWorld, seed: int) -> Iterator[tuple[World, Driver]]:
    """What the loop runs: a world and who drives in it."""
    if job.driver == "autopilot":
        with engage_autopilot(world, job.speed, seed) as autopilot:
            yield autopilot, autopilot
    else:
        expert = ExpertDriver.in_world(world)
        yield world, DisturbedDriver(expert, np.random.default_rng(seed)) if job.noise else expert


def _end(job: Record, world: CarlaWorld, share: float) -> Observer:
    if job.laps is not None:
        return Referee(world.lane, world.geometry.width, job.laps, job.speed, world.truth().lane_s)
    return Deadline((job.seconds or EXPERT_SECONDS) * share)


def _session(job: Record, world: CarlaWorld) -> Session:
    return make_session(
        job.camera,
        world.geometry,
        world.server,
        driver=job.alias or job.driver,
        maps=(job.map,),
        weathers=job.weather_names(),
        seed=job.seed,
        cameras=job.camera_names(),
    )
