"""A live drive: what `drive` and `record` by a person have in common, from the first frame to the last.

Whatever ends it, the car is braked first if it can be, and the recording is closed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import cycle

import numpy as np

from alvinn import __version__
from alvinn.cockpit.cockpit import Cockpit
from alvinn.cockpit.live_recorder import Tape
from alvinn.cockpit.panel import Page
from alvinn.cockpit.window import Window
from alvinn.cockpit.wiring import Advice, Wiring
from alvinn.controls.devices import Device
from alvinn.controls.profiles import remembered, store
from alvinn.controls.selection import device
from alvinn.drivers.disturbed import DisturbedDriver
from alvinn.drivers.gates import DoubtGate, DriftGate, Gate, HumanGate, LiveGateName
from alvinn.drivers.human import HumanDriver
from alvinn.drivers.network import NetworkDriver
from alvinn.drivers.shared import SharedDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import Deadline
from alvinn.driving.protocols import Driver, Observer, World
from alvinn.driving.realtime import FULL_BRAKE, LiveWorld
from alvinn.driving.types import Camera, CameraName, Direction, Observation
from alvinn.errors import AlvinnError, FrameError, ServerError
from alvinn.networks.doubt import DoubtName, make_doubt, measure_doubt
from alvinn.networks.inference import Network
from alvinn.recording import RecordingWriter, Session
from alvinn.settings import Driving
from alvinn.world.carla_world import DT, CarlaWorld
from alvinn.world.opening import opened

LATE_PICTURE = 5.0  # s: a person who watches is not left longer with a picture that stands still
BRAKING_TICKS = 100  # at most, when a drive ends: 5 s, from 25 m/s to a standstill
STANDING = 0.1  # m/s
DEVICE_POLLS = 5  # ticks until SDL has said what is plugged in

SKIES = ("ClearNoon", "CloudyNoon", "HardRainNoon", "ClearSunset", "ClearNight", "DustStorm")
"""What the key for the next weather goes through, where none were named."""


@dataclass(frozen=True, slots=True)
class Ride:
    """What a live drive is."""

    settings: Driving
    camera: Camera
    network: Network | None = None
    """drives, and a person can take over; None: the person drives"""
    gate: LiveGateName = "human"
    """who asks for the person, besides the person"""
    doubt: float = 0.5
    """of the network, at which the gate `doubt` asks for help"""
    doubt_by: DoubtName = "hill"
    recording: str | None = None
    """written down as this"""
    append: bool = False
    overwrite: bool = False
    alias: str = "human"
    """who drives, for the recording"""
    device: str = "auto"
    seconds: float | None = None
    """simulated, until it ends by itself"""
    direction: Direction = "forward"
    weathers: tuple[str, ...] = ()
    """that the key for the next weather goes through"""
    cameras: tuple[CameraName, ...] = ("center",)
    noise: int | None = None
    """seed of steering disturbances that push a person's car off its line"""


def ride(wish: Ride, window: Window) -> int:
    """Drive until the person or the time ends it; returns the rows of the recording.

    Raises:
        AlvinnError: server, map, device or disk is not to be had, or went away meanwhile; the car is braked where it
            can be, and the recording is closed.
    """
    hands = device_of(wish.device, window)
    window.show(Page("one moment", (("", f"getting {wish.settings.map} ready"),)))
    with ExitStack() as stack:
        world = stack.enter_context(
            opened(
                wish.settings,
                camera=wish.camera,
                map_name=wish.settings.map,
                direction=wish.direction,
                weather=wish.settings.weather,
                seed=wish.settings.seed,
                cameras=wish.cameras,
                learned_on=wish.network.card.server if wish.network is not None else "",
            )
        )
        world.frame_timeout = LATE_PICTURE
        writer = stack.enter_context(_writer(wish, world, hands)) if wish.recording is not None else None
        stack.enter_context(braked(world))
        window.poll()  # keys of the waiting time are nobody's wish for the drive
        _drive(wish, window, hands, world, writer)
        return writer.rows if writer is not None else 0


def device_of(name: str, window: Window) -> Device:
    """What a person steers with, once the window has seen what is plugged in.

    Raises:
        AlvinnError: there is none of that name.
    """
    known = remembered(store())
    for _ in range(DEVICE_POLLS):
        sticks = window.poll().sticks
        if sticks:
            break
        time.sleep(DT)
    return device(name, sticks, known, DT)


def _writer(wish: Ride, world: CarlaWorld, hands: Device) -> RecordingWriter:
    settings = wish.settings
    session = Session(
        camera=wish.camera,
        vehicle=asdict(world.geometry),
        maps=(settings.map,),
        weathers=(settings.weather,),
        seed=settings.seed,
        driver=wish.alias,
        server=world.server,
        version=__version__,
        cameras=wish.cameras,
        device=hands.name,
    )
    folder = settings.recording_folder(wish.recording or "")
    return RecordingWriter(folder, session, append=wish.append, overwrite=wish.overwrite)


def _drive(wish: Ride, window: Window, hands: Device, world: CarlaWorld, writer: RecordingWriter | None) -> None:
    """Construct who drives and who watches, and run the loop."""
    settings = wish.settings
    tape = _tape(wish, writer)
    wiring = Wiring(
        title=f"{settings.map} {wish.direction}",
        weather=settings.weather,
        recorder=tape,
        next_weather=_weathers(wish, world, tape),
        advice=_advice(wish),
    )
    cockpit = Cockpit(window, hands, wiring, world.geometry, wait=wish.network is None)
    driver = _driver(wish, world, cockpit)
    observers: list[Observer] = [*([tape] if tape is not None else []), cockpit]
    if wish.seconds is not None:
        observers.append(Deadline(wish.seconds))
    live = LiveWorld(world, cockpit.attend, DT, time.monotonic, time.sleep)
    try:
        run(live, driver, observers, world.geometry, SpeedController(settings.speed, DT))
    finally:
        if writer is not None:
            writer.late = live.late


def _tape(wish: Ride, writer: RecordingWriter | None) -> Tape | None:
    if writer is None:
        return None
    lane = f"{wish.settings.map}/{wish.direction}"
    return Tape(writer, lane, wish.settings.weather, corrections=wish.network is not None)


def _weathers(wish: Ride, world: CarlaWorld, tape: Tape | None) -> Callable[[], str]:
    """Puts up the weather after the one that is up, and says its name."""
    now = wish.settings.weather
    names = dict.fromkeys([now, *(wish.weathers or SKIES)])
    order = cycle([*list(names)[1:], now])

    def change() -> str:
        name = next(order)
        world.change_weather(name)
        if tape is not None:
            tape.weather = name
        return name

    return change


def _advice(wish: Ride) -> Callable[[Observation], Advice] | None:
    """What the network says of a frame, whoever drives."""
    network = wish.network
    if network is None:
        return None

    def advice(seen: Observation) -> Advice:
        answer = network.answer(seen)
        doubt = measure_doubt(answer, wish.doubt_by)
        return Advice(answer.curvature, doubt / wish.doubt if doubt is not None else None)

    return advice


def _driver(wish: Ride, world: CarlaWorld, cockpit: Cockpit) -> Driver:
    """The person, or a network that shares the wheel with them."""
    person = HumanDriver(cockpit.hands, cockpit.own_pedals, world.geometry)
    if wish.network is None:
        return person if wish.noise is None else DisturbedDriver(person, np.random.default_rng(wish.noise))
    hands = HumanGate(cockpit.has_wheel)
    shared = SharedDriver(NetworkDriver(wish.network), person, _gate(wish, world) or hands, hands=hands)
    cockpit.share(shared)
    return shared


def _gate(wish: Ride, world: CarlaWorld) -> Gate | None:
    """Who asks for the person; None: nobody but themselves."""
    network = wish.network
    if wish.gate == "drift":
        return DriftGate(world.truth, world.geometry.width)
    if wish.gate == "doubt" and network is not None:
        doubt = make_doubt(network, wish.doubt_by)
        return DoubtGate(lambda seen: doubt(seen) or 0.0, wish.doubt)
    return None


@contextmanager
def braked(world: World) -> Iterator[None]:
    """Bring the car to a stop at the end, whatever the end is; a server that is gone needs no braking."""
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
    """Brake until the car stands, without looking at what it sees."""
    with suppress(AlvinnError):
        before = world.truth()
        for _ in range(BRAKING_TICKS):
            world.apply(FULL_BRAKE)
            now = world.truth()
            if math.dist((now.x, now.y), (before.x, before.y)) < STANDING * DT:
                return
            before = now
