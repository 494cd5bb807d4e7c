"""What thirty guests cost a drive: `python -m tests.bench.classroom [--guests N] [--seconds S]`.

A car drives `country` at 20 Hz with the class served beside it, first for nobody, then for guests in a process of their
own who see five pictures a second each, of whom a third sleep, reconnect and leave. Late ticks are counted by the drive
itself.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing.connection import Connection

from websockets.exceptions import ConnectionClosed

from alvinn.classroom.audience import Keys
from alvinn.classroom.classroom import Classroom
from alvinn.classroom.moments import follow
from alvinn.classroom.stage import Broadcast, make_driver, outline
from alvinn.classroom.web import serve
from alvinn.drivers.network import NetworkDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import Deadline
from alvinn.driving.protocols import Observer
from alvinn.driving.realtime import LiveWorld
from alvinn.networks.inference import Network
from alvinn.settings import SHIPPED, Driving, Home
from alvinn.world.carla_world import DT
from alvinn.world.opening import open_world
from tests.alvinn.classroom.people import HOSTS, visit

RESTLESS = 3  # every third guest sleeps, leaves and comes back


@dataclass(frozen=True)
class Report:
    """A drive and its guests."""

    guests: int
    seconds: float
    late_ticks: int
    cpu_share: float
    """of one core, for the drive and the page in this process"""
    pictures_per_guest_and_second: float


def look(address: str, restless: bool, seconds: float, seed: int) -> int:
    """Be a guest for so long; returns the pictures seen."""
    rng, end, pictures = random.Random(seed), time.monotonic() + seconds, 0
    while time.monotonic() < end:
        with suppress(ConnectionClosed, OSError, TimeoutError), visit(address) as guest:
            stay = time.monotonic() + (rng.uniform(1.0, 5.0) if restless else seconds)
            while time.monotonic() < min(end, stay):
                guest.wait_for("moment")
                pictures += 1
                guest.say("seen")
            if restless:
                time.sleep(rng.uniform(0.0, 1.0))  # asleep: nothing is seen, the connection stays
    return pictures


def crowd(address: str, guests: int, seconds: float, answer: Connection) -> None:
    """All guests, in a process of their own, a thread each."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(guests) as pool:
        seen = pool.map(lambda n: look(address, n % RESTLESS == 0, seconds, n), range(guests))
        answer.send(sum(seen))


def drive(guests: int, seconds: float) -> Report:
    """Drive with so many guests."""
    network = Network(Home().find_model(SHIPPED))
    classroom = Classroom(Keys.draw())
    ours, theirs = multiprocessing.Pipe()
    with (
        open_world(
            Driving(), camera=network.card.camera, map_name="country", direction="forward", weather="ClearNoon", seed=0
        ) as world,
        serve(classroom, "127.0.0.1", 0, HOSTS) as port,
    ):
        classroom.facts |= {"lane": outline(world.lane), "drivable": True}
        context = multiprocessing.get_context("spawn")
        people = context.Process(target=crowd, args=(f"127.0.0.1:{port}", guests, seconds, theirs))
        if guests:
            people.start()
            while len(classroom.audience) < guests * 0.6:
                time.sleep(0.05)
        began = time.process_time()
        live = LiveWorld(world, lambda *_: True, DT, time.monotonic, time.sleep)
        driver = NetworkDriver(network)
        observers: list[Observer] = [Broadcast(classroom, world, partial(follow, driver)), Deadline(seconds)]
        run(live, make_driver(classroom, world, driver), observers, world.geometry, SpeedController(8.0, DT))
        cpu = time.process_time() - began
        pictures = ours.recv() if guests else 0
        if guests:
            people.join()
    return Report(guests, seconds, live.late, round(cpu / seconds, 3), round(pictures / max(1, guests) / seconds, 2))


def main() -> None:
    """Drive for nobody and for all, and print both as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guests", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    for guests in (0, arguments.guests):
        print(json.dumps(asdict(drive(guests, arguments.seconds))), flush=True)


if __name__ == "__main__":
    main()
