"""A live drive, from the first frame to the last: shared by `drive` and by `record` with a human driver.

However it ends, the car is braked first if possible, and the recording is closed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle

import numpy as np

from alvinn.cockpit.cockpit import Cockpit
from alvinn.cockpit.display.drawing import measure_room
from alvinn.cockpit.display.panel import Page
from alvinn.cockpit.display.window import Window
from alvinn.cockpit.live_recorder import LiveRecorder
from alvinn.cockpit.score import Score, Scorer
from alvinn.cockpit.wiring import Advice, DrawAlvinnPanel, Wiring
from alvinn.controls.devices import Device
from alvinn.controls.profiles import load_profiles, profiles_path
from alvinn.controls.selection import select_device
from alvinn.drivers.disturbed import DisturbedDriver
from alvinn.drivers.expert import ExpertDriver
from alvinn.drivers.gates import DoubtGate, DriftGate, Gate, HumanGate, LiveGateName
from alvinn.drivers.human import HumanDriver
from alvinn.drivers.network import NetworkDriver
from alvinn.drivers.shared import SharedDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import Deadline
from alvinn.driving.protocols import Driver, Observer, World
from alvinn.driving.realtime import FULL_BRAKE, LiveWorld
from alvinn.driving.types import Camera, CameraName, Direction, Image, Observation, Step
from alvinn.errors import AlvinnError, FrameError, ServerError
from alvinn.networks.doubt import DoubtName, make_doubt, measure_doubt
from alvinn.networks.inference import Network
from alvinn.recording import RecordingWriter, make_session, name_lane
from alvinn.settings import Driving
from alvinn.visualization.alvinn_panel import AlvinnPanel, Part
from alvinn.visualization.insight import NetworkInspector
from alvinn.visualization.track_map import TrackMap, sample_lane
from alvinn.world.carla_world import DT, CarlaWorld
from alvinn.world.display import Display, open_display
from alvinn.world.opening import open_world

LIVE_FRAME_TIMEOUT = 5.0  # s: the longest that a person should face a frozen image
BRAKING_TICKS = 100  # at most, when a drive ends: 5 s, enough from 25 m/s to a standstill
STANDSTILL = 0.1  # m/s
DEVICE_POLLS = 5  # ticks until SDL has reported the plugged-in devices

DEFAULT_WEATHERS = ("ClearNoon", "CloudyNoon", "HardRainNoon", "ClearSunset", "ClearNight", "DustStorm")
"""What the key for the next weather cycles through, unless other presets are given."""


@dataclass(frozen=True, slots=True)
class LiveDrive:
    """The settings of a live drive."""

    settings: Driving
    camera: Camera
    network: Network | None = None
    """drives, and the person can take over; None: the person drives alone"""
    gate: LiveGateName = "human"
    """the gate that asks the person to take over; they can always take over by themselves"""
    doubt: float = 0.5
    """of the network, above which the gate `doubt` asks for help"""
    doubt_by: DoubtName = "hill"
    recording: str | None = None
    """name of the recording; None: nothing is recorded"""
    append: bool = False
    overwrite: bool = False
    alias: str = "human"
    """the driver's name in the recording"""
    device: str = "auto"
    seconds: float | None = None
    """simulated seconds after which the drive ends"""
    direction: Direction = "forward"
    start: int = 0
    """index of the map's starting point"""
    weathers: tuple[str, ...] = ()
    """that the key for the next weather cycles through"""
    cameras: tuple[CameraName, ...] = ("center",)
    noise: int | None = None
    """seed of steering disturbances that push a person's car off its line"""


@dataclass(frozen=True, slots=True)
class LiveDriveResult:
    """What came of a live drive."""

    rows: int
    """that were recorded"""
    score: Score


def drive_live(drive: LiveDrive, window: Window) -> LiveDriveResult:
    """Drive until the person or the time limit ends it.

    Raises:
        AlvinnError: the server, map, device or disk is not available, or failed during the drive; the car is braked
            if possible, and the recording is closed.
    """
    hands = open_device(drive.device, window)
    window.show(Page("One moment", (("", f"loading {drive.settings.map}"),)))
    with ExitStack() as stack:
        world = stack.enter_context(
            open_world(
                drive.settings,
                camera=drive.camera,
                map_name=drive.settings.map,
                direction=drive.direction,
                weather=drive.settings.weather,
                seed=drive.settings.seed,
                start=drive.start,
                cameras=drive.cameras,
                learned_on=drive.network.card.server if drive.network is not None else "",
            )
        )
        world.frame_timeout = LIVE_FRAME_TIMEOUT
        writer = stack.enter_context(_open_writer(drive, world, hands)) if drive.recording is not None else None
        stack.enter_context(brake_at_end(world))
        window.poll()  # drops the keys pressed while loading
        room = measure_room(window.size, side=drive.network is not None)
        display = stack.enter_context(open_display(world, room))
        who = drive.alias if drive.network is None else drive.network.folder.name
        scorer = Scorer(who, f"{drive.settings.map} {drive.direction}", world.geometry.width)
        _drive(drive, window, hands, world, writer, scorer, display)
        return LiveDriveResult(writer.added if writer is not None else 0, scorer.score())


def open_device(name: str, window: Window) -> Device:
    """The person's steering device, once the window has reported the plugged-in ones.

    Raises:
        AlvinnError: no device of that name is plugged in.
    """
    known = load_profiles(profiles_path())
    for _ in range(DEVICE_POLLS):
        sticks = window.poll().sticks
        if sticks:
            break
        time.sleep(DT)
    return select_device(name, sticks, known, DT)


def _open_writer(drive: LiveDrive, world: CarlaWorld, hands: Device) -> RecordingWriter:
    settings = drive.settings
    session = make_session(
        drive.camera,
        world.geometry,
        world.server,
        driver=drive.alias,
        maps=(settings.map,),
        weathers=(settings.weather,),
        seed=settings.seed,
        cameras=drive.cameras,
        device=hands.name,
    )
    folder = settings.recording_folder(drive.recording or "")
    return RecordingWriter(folder, session, append=drive.append, overwrite=drive.overwrite, keep_empty=False)


def _drive(
    drive: LiveDrive,
    window: Window,
    hands: Device,
    world: CarlaWorld,
    writer: RecordingWriter | None,
    scorer: Scorer,
    display: Display | None,
) -> None:
    """Construct driver and observers, and run the loop."""
    settings = drive.settings
    recorder = _make_recorder(drive, writer, world.lane.end_at(settings.speed))
    pilot = None if drive.network is None else NetworkDriver(drive.network)
    wiring = Wiring(
        title=f"{settings.map} {drive.direction}",
        weather=settings.weather,
        recorder=recorder,
        next_weather=_weather_switch(drive, world, recorder),
        advice=_make_advice(drive, pilot),
        view=_make_view(pilot, world),
        picture=display.picture if display is not None else None,
    )
    cockpit = Cockpit(window, hands, wiring, world.geometry, wait=drive.network is None)
    driver = _make_driver(drive, pilot, world, cockpit)
    observers: list[Observer] = [*([recorder] if recorder is not None else []), scorer, cockpit]
    if drive.seconds is not None:
        observers.append(Deadline(drive.seconds))
    live = LiveWorld(world, cockpit.attend, DT, time.monotonic, time.sleep)
    try:
        run(live, driver, observers, world.geometry, SpeedController(settings.speed, DT))
    finally:
        if writer is not None:
            writer.late = live.late


def _make_recorder(drive: LiveDrive, writer: RecordingWriter | None, end: float) -> LiveRecorder | None:
    if writer is None:
        return None
    lane = name_lane(drive.settings.map, drive.direction, drive.start)
    return LiveRecorder(writer, lane, drive.settings.weather, corrections=drive.network is not None, end=end)


def _weather_switch(drive: LiveDrive, world: CarlaWorld, recorder: LiveRecorder | None) -> Callable[[], str]:
    """A function that switches to the next weather and returns its name."""
    now = drive.settings.weather
    names = dict.fromkeys([now, *(drive.weathers or DEFAULT_WEATHERS)])
    order = cycle([*list(names)[1:], now])

    def change() -> str:
        name = next(order)
        world.change_weather(name)
        if recorder is not None:
            recorder.change_weather(name, world.adaptation)
        return name

    return change


def _make_advice(drive: LiveDrive, pilot: NetworkDriver | None) -> Callable[[Observation], Advice] | None:
    """A function that returns the network's answer to a frame, whoever drives."""
    if pilot is None:
        return None

    def advice(seen: Observation) -> Advice:
        answer = pilot.recall(seen)
        doubt = measure_doubt(answer, drive.doubt_by)
        return Advice(answer.curvature, doubt / drive.doubt if doubt is not None else None)

    return advice


def _make_view(pilot: NetworkDriver | None, world: CarlaWorld) -> DrawAlvinnPanel | None:
    """The ALVINN panel of the network that drives, beside the person's answer, or the expert's where nobody steers."""
    if pilot is None:
        return None
    look = NetworkInspector(pilot.network, pilot.network.folder.name).follow(pilot.recall)
    panel, expert = AlvinnPanel(TrackMap(sample_lane(world.lane))), ExpertDriver.in_world(world)

    def view(step: Step, driver: float | None, parts: Collection[Part]) -> Image:
        mark = expert.curvature_at(step.truth, step.observation.speed) if driver is None else driver
        return panel.draw(look(step.observation), mark, (step.truth.x, step.truth.y), parts)

    return view


def _make_driver(drive: LiveDrive, pilot: NetworkDriver | None, world: CarlaWorld, cockpit: Cockpit) -> Driver:
    """The person, or a network that shares the wheel with the person."""
    person = HumanDriver(cockpit.read_input, cockpit.has_pedals, world.geometry)
    if pilot is None:
        return person if drive.noise is None else DisturbedDriver(person, np.random.default_rng(drive.noise))
    hands = HumanGate(cockpit.has_wheel)
    shared = SharedDriver(pilot, person, _make_gate(drive, world) or hands, hands=hands)
    cockpit.share_with(shared)
    return shared


def _make_gate(drive: LiveDrive, world: CarlaWorld) -> Gate | None:
    """The gate that asks the person to take over; None: they do so by themselves."""
    network = drive.network
    if drive.gate == "drift":
        return DriftGate.for_people(world.truth, world.geometry.width)
    if drive.gate == "doubt" and network is not None:
        doubt = make_doubt(network, drive.doubt_by)
        return DoubtGate(lambda seen: doubt(seen) or 0.0, drive.doubt)
    return None


@contextmanager
def brake_at_end(world: World) -> Iterator[None]:
    """Stop the car when the block ends, however it ends; not on a server that no longer answers."""
    try:
        yield
    except ServerError as error:
        if isinstance(error, FrameError):
            stop(world)
        raise
    except BaseException:
        stop(world)
        raise
    stop(world)


def stop(world: World) -> None:
    """Brake until the car stands, without waiting for images."""
    with suppress(AlvinnError):
        before = world.truth()
        for _ in range(BRAKING_TICKS):
            world.apply(FULL_BRAKE)
            now = world.truth()
            if math.dist((now.x, now.y), (before.x, before.y)) < STANDSTILL * DT:
                return
            before = now
