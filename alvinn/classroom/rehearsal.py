"""`classroom --rehearse`: is this machine ready for the lecture? Each line says what was found, and what to do."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from alvinn.classroom.activities.contenders import DAGGER, PLAIN, VIEWS, find_contenders
from alvinn.classroom.address import NO_NETWORK, find_network_addresses
from alvinn.classroom.check_result import CheckResult
from alvinn.classroom.lessons import read_lessons
from alvinn.classroom.web import is_free
from alvinn.cockpit.display.window import list_devices
from alvinn.drivers.network import NetworkDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import Deadline
from alvinn.errors import AlvinnError
from alvinn.networks.inference import Network, read_card
from alvinn.settings import SHIPPED, Driving
from alvinn.training.model_folder import is_trained
from alvinn.world.carla_world import DT
from alvinn.world.opening import open_world

EPOCH = 2.5  # s, over a minute of driving with views: 50.2 s for the 20 epochs of `--prepare`, on two cores
SMALL = 0.2  # of that: an epoch of alvinn1991, 19 s for 40 of them
LAP = 165.0  # s of driving: the mean lap of random:3 and random:5 at 8 m/s
START = 3.3  # s of computing: a program and its server
START_LEARNING = 11.0  # s, with TensorFlow and the export of what was learned
SLOWER = 2.2  # times as long as driving takes, as reinforcement learns after every tick: 93 s for 3 minutes
FILMED = 3.1  # times as long as driving takes: the film of a replay, with the ALVINN panel: 43 s for a minute
SECONDS = 10.0  # of driving, to measure the speed
ENOUGH = 3.0  # times real time: with less, thirty guests and a pushed car make ticks late


def rehearse(settings: Driving, port: int, clock: Callable[[], float] = time.perf_counter) -> Iterator[CheckResult]:
    """Try everything that a lecture needs, one result after another."""
    yield _check_port(port)
    yield _check_address()
    yield _check_display()
    yield _check_wheel()
    try:
        speed = measure_speed(settings, clock)
    except AlvinnError as error:
        yield CheckResult(good=False, text=f"no car can be driven: {error}")
        return
    text = f"it drives {speed:.3g} times as fast as real time; a class needs {ENOUGH:g}"
    yield CheckResult(speed >= ENOUGH, text if speed >= ENOUGH else f"{text}: close other programs, or show a --replay")
    yield _check_networks(settings)
    epoch = measure_epoch(settings)
    for lesson in read_lessons()[1:]:
        seconds = sum(estimate_seconds(words, speed, epoch) for words in lesson.exercise())
        text = f"lesson {lesson.number}, {lesson.minutes} minutes to give; its exercise computes for about"
        yield CheckResult(good=True, text=f"{text} {max(1, round(seconds / 60.0))} min here: {lesson.title}")


def measure_epoch(settings: Driving) -> float:
    """Seconds of an epoch over a minute of driving here: as the prepared network took, else as on two quiet cores."""
    folder = settings.model_folder(VIEWS)
    if not is_trained(folder):
        return EPOCH
    card = read_card(folder)
    seconds, epochs = card.metrics.get("training_seconds"), card.settings.get("epochs")
    return seconds / epochs if seconds and isinstance(epochs, int) and epochs > 0 else EPOCH


def estimate_seconds(words: Sequence[str], speed: float, epoch: float) -> float:
    """How long a command of an exercise computes, at a speed [times real time] and for an epoch [s]."""
    flags = _read_flags(words)
    rounds, judged = int(flags.get("rounds", 0)), len(list(filter(None, flags.get("judge", "").split(","))))
    driven = {
        "record": float(flags.get("seconds", 60.0)),
        "laps": len(flags.get("maps", "").split(",")) * LAP,
        "correct": rounds * float(flags.get("round-seconds", 60.0)) + (rounds + 1) * judged * 2 * LAP,  # both ways
        "refine": 60.0 * float(flags.get("minutes", 0)) * SLOWER,
        "replay": 60.0 * FILMED,
    }
    share = SMALL if flags.get("network") == "alvinn1991" else 1.0
    epochs = {"train": float(flags.get("epochs", 0)) * share, "correct": float(flags.get("epochs", 30)) + 10.0 * rounds}
    job = words[1] if len(words) > 1 else ""
    start = START_LEARNING if job in {*epochs, "refine"} else START
    return start + driven.get(job, 0.0) / speed + epochs.get(job, 0.0) * epoch


def _read_flags(words: Sequence[str]) -> dict[str, str]:
    flags = {}
    for word, after in pairwise([*words, ""]):
        name, equals, value = word.partition("=")
        if name.startswith("--"):
            flags[name.removeprefix("--")] = value if equals else after
    return flags


def measure_speed(settings: Driving, clock: Callable[[], float]) -> float:
    """How many times as fast as real time the shipped network drives here."""
    network = Network(settings.find_model(SHIPPED))
    with open_world(
        settings,
        camera=network.card.camera,
        map_name=settings.map,
        direction="forward",
        weather=settings.weather,
        seed=settings.seed,
    ) as world:
        began = clock()
        run(
            world,
            NetworkDriver(network),
            [Deadline(SECONDS)],
            world.geometry,
            SpeedController(settings.speed, DT),
        )
        return SECONDS / (clock() - began)


def _check_port(port: int) -> CheckResult:
    if is_free(port):
        return CheckResult(good=True, text=f"port {port} is free")
    return CheckResult(good=False, text=f"port {port} is taken by another program: choose another with --port")


def _check_address() -> CheckResult:
    own = find_network_addresses()
    if not own:
        return CheckResult(good=False, text=NO_NETWORK)
    return CheckResult(good=True, text=f"guests will open http://{own[0]}/ at your --port, in the same network")


def _check_display() -> CheckResult:
    has_display = sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return CheckResult(
        good=True,
        text="there is a display, for alvinn drive too"
        if has_display
        else "there is no display: everything is on the page, and alvinn drive has no window here",
    )


def _check_wheel() -> CheckResult:
    names = ", ".join(list_devices())
    return CheckResult(
        good=True, text=f"wheels: {names}" if names else "no wheel: keyboard, mouse, and the guests' phones steer"
    )


def _check_networks(settings: Driving) -> CheckResult:
    there = {one.name for one in find_contenders(settings)}
    missing = [name for name in (PLAIN, VIEWS, DAGGER) if name not in there]
    if missing:
        return CheckResult(
            good=False, text=f"not trained yet: {', '.join(missing)}; they come with alvinn classroom --prepare"
        )
    return CheckResult(good=True, text="the three networks of lessons 2 to 4 are trained")
