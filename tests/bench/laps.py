"""How fast the closed loop is: `python -m tests.bench.laps [--out FILE.json]`.

Network, referee and log drive a circuit in lockstep through the genuine client; right beside it, in turns on the same
server, the bare loop of control, tick and picture. Wall time says what a user waits, CPU time a tick what is left where
the machine does something else besides. The network is untrained, as that takes as long as a trained one, and the
expert's answer is driven in its place.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil

from alvinn.drivers.expert import ExpertDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import Deadline
from alvinn.driving.protocols import Driver, Observer
from alvinn.driving.types import Camera, Control, Decision, Observation
from alvinn.metrics.log import LogWriter
from alvinn.metrics.referee import Referee
from alvinn.networks.encodings import Hill
from alvinn.networks.inference import Card, Network, write_card
from alvinn.networks.preprocessing import Preprocessing
from alvinn.util.quiet import quiet
from alvinn.world.carla_world import DT, CarlaWorld
from alvinn.world.connection import connect
from alvinn.world.embedded_server import embedded_server
from alvinn.world.spawning import spawn_car

MAP, WEATHER = "random:11", "ClearNoon"
CAMERA = Camera()


@dataclass(frozen=True)
class Turn:
    """What a loop did in one turn."""

    ticks_a_second: float
    own_us: float
    """CPU time of this process a tick"""
    server_us: float
    """CPU time of the server a tick"""


class Both(Driver):
    """Asks the network and drives as the expert does."""

    def __init__(self, network: Network, expert: ExpertDriver) -> None:
        self._network = network
        self._expert = expert

    def reset(self) -> None:
        """Nothing to forget."""

    def decide(self, observation: Observation) -> Decision:
        """The expert's answer."""
        self._network.curvature(observation.image)
        return replace(self._expert.decide(observation), who="network")


def timed(loop: Callable[[], object], ticks: int) -> Turn:
    """How fast a loop of so many ticks is."""
    (server,) = psutil.Process().children()
    own, other, wall = time.process_time(), sum(server.cpu_times()[:2]), time.perf_counter()
    loop()
    own, other = time.process_time() - own, sum(server.cpu_times()[:2]) - other
    return Turn(ticks / (time.perf_counter() - wall), own / ticks * 1e6, other / ticks * 1e6)


def bare(world: CarlaWorld, ticks: int) -> None:
    """Control, tick, picture, and nothing else: the car stands, which draws the same scene."""
    control = Control(steer=0.0, throttle=0.0, brake=1.0)
    for _ in range(ticks):
        world.apply(control)
        world.observe()


def closed(world: CarlaWorld, network: Network, ticks: int, log: Path) -> None:
    """The loop as `laps` has it."""
    world.place(0.0, 8.0)
    expert = ExpertDriver.in_world(world)
    referee = Referee(world.lane, world.geometry.width, 99, 8.0, world.truth().lane_s)
    with LogWriter(log) as lines, world.count_events():
        observers: list[Observer] = [referee, lines, Deadline(ticks * DT)]
        run(world, Both(network, expert), observers, world.geometry, SpeedController(8.0, DT))


def untrained(folder: Path) -> Network:
    """The conv network with random weights."""
    from alvinn.networks import keras_models

    prepare, hill = Preprocessing.for_camera(CAMERA), Hill()
    with quiet():
        (folder / "network.tflite").write_bytes(keras_models.to_litert(keras_models.conv(prepare.shape, hill)))
    write_card(folder, Card("conv", hill, CAMERA, prepare, 0, {}, (), "embedded", {}, "0", ""))
    return Network(folder)


def median(turns: Sequence[Turn]) -> Turn:
    """The middle one, figure by figure."""
    columns = ([asdict(turn)[key] for turn in turns] for key in ("ticks_a_second", "own_us", "server_us"))
    return Turn(*map(statistics.median, columns))


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.laps", description=__doc__)
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    parser.add_argument("--ticks", type=int, default=600, help="of one turn (default 600)")
    parser.add_argument("--turns", type=int, default=3, help="of each loop (default 3)")
    options = parser.parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    turns: dict[str, list[Turn]] = {"bare": [], "closed": []}
    with tempfile.TemporaryDirectory() as folder, embedded_server(MAP, 0) as address, connect(*address) as client:
        network, log = untrained(Path(folder)), Path(folder) / "log.csv"
        with spawn_car(client, camera=CAMERA, weather=WEATHER, direction="forward", map_wanted=None) as world:
            bare(world, 50)
            for _ in range(options.turns):
                turns["closed"].append(timed(lambda: closed(world, network, options.ticks, log), options.ticks))
                turns["bare"].append(timed(lambda: bare(world, options.ticks), options.ticks))
    figures = {name: median(found) for name, found in turns.items()}
    for name, turn in figures.items():
        print(
            f"{name:8}{turn.ticks_a_second:7.0f} ticks/s, {turn.ticks_a_second * DT:5.1f} times real time; "
            f"CPU a tick: {turn.own_us:.0f} us here, {turn.server_us:.0f} us in the server"
        )
    ratio = figures["closed"].ticks_a_second / figures["bare"].ticks_a_second
    print(f"closed over bare: {ratio:.2f}")
    if options.out is not None:
        told = {"map": MAP, **{name: asdict(turn) for name, turn in figures.items()}, "ratio": ratio}
        options.out.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
