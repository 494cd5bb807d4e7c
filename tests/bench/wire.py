"""How many rounds of control, tick and picture a second: `python -m tests.bench.wire [--out FILE.json]`.

The genuine client drives on `country`, on the embedded server as users have it and, right beside it, on one whose
pictures are a constant: what is lost between the two is the price of drawing. Both take turns, as a machine's speed
changes while one looks; the median of the turns counts. Every few rounds the car is set on the next place to start
from, so that what is drawn is the whole circuit, and no fast server is rewarded with a car that has long left the road.
"""

from __future__ import annotations

import argparse
import itertools
import json
import platform
import queue
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import carla

from sim.camera.renderer import Renderer
from sim.roads import opendrive
from sim.roads.track import Track
from tests.conftest import Address, running_server

MAP = "country"
CONSTANT = """
import sys
from sim import cli
from sim.camera import renderer
from tests.sim.fakes import Numbers
renderer.Renderer = lambda pipe: Numbers()
sys.exit(cli.main(sys.argv[1:]))
"""
WARM_UP = 20  # ticks
STAY = 20  # rounds from one place


@dataclass(frozen=True)
class Case:
    """What is asked for in every round."""

    name: str
    cameras: int = 1
    width: int = 320
    height: int = 160
    weather: str = "ClearNoon"


CASES = (
    Case("one 320x160 camera"),
    Case("one 320x160 camera, HardRainNoon", weather="HardRainNoon"),
    Case("three 320x160 cameras", cameras=3),
    Case("one 800x600 camera", width=800, height=600),
)


@dataclass(frozen=True)
class Figure:
    """RoundSettings a second: with the scene drawn, with constant pictures, and the first over the second."""

    case: str
    drawn: float
    constant: float
    ratio: float


@contextmanager
def sitting(address: Address, case: Case) -> Iterator[tuple[carla.World, carla.Vehicle, list[queue.Queue[Any]]]]:
    """A car with the case's cameras in a synchronous world, all undone in the end."""
    client = carla.Client(*address)
    client.set_timeout(20.0)
    world = client.get_world()
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
    world.apply_settings(settings)
    world.set_weather(getattr(carla.WeatherParameters, case.weather))
    library = world.get_blueprint_library()
    car = world.spawn_actor(library.find("vehicle.tesla.model3"), world.get_map().get_spawn_points()[0])
    eye = library.find("sensor.camera.rgb")
    eye.set_attribute("image_size_x", str(case.width))
    eye.set_attribute("image_size_y", str(case.height))
    place = carla.Transform(carla.Location(x=1.5, z=1.7))
    eyes = [world.spawn_actor(eye, place, attach_to=car) for _ in range(case.cameras)]
    pictures: list[queue.Queue[Any]] = [queue.Queue() for _ in eyes]
    for sensor, waiting in zip(eyes, pictures, strict=True):
        sensor.listen(waiting.put)
    try:
        yield world, car, pictures
    finally:
        for sensor in eyes:
            sensor.stop()
            sensor.destroy()
        car.destroy()


def rounds_a_second(address: Address, case: Case, seconds: float) -> float:
    """RoundSettings of control, tick and every camera's picture, for so many seconds of the wall clock."""
    with sitting(address, case) as (world, car, pictures):
        control = carla.VehicleControl(throttle=0.3)
        places = itertools.cycle(world.get_map().get_spawn_points())
        turns = itertools.count()

        def go() -> None:
            if next(turns) % STAY == 0:
                car.set_transform(next(places))
            car.apply_control(control)
            frame = world.tick()
            for waiting in pictures:
                if waiting.get(timeout=10.0).frame != frame:
                    raise RuntimeError("a picture of another frame")

        for _ in range(WARM_UP):
            go()
        began, rounds = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            go()
            rounds += 1
        return rounds / (time.perf_counter() - began)


def measured(case: Case, drawn: Address, constant: Address, seconds: float, turns: int) -> Figure:
    """A case's figure from turns on both servers."""
    pairs = [(rounds_a_second(drawn, case, seconds), rounds_a_second(constant, case, seconds)) for _ in range(turns)]
    one, other = (statistics.median(values) for values in zip(*pairs, strict=True))
    return Figure(case.name, one, other, one / other)


def scene_figures() -> dict[str, int]:
    """How much the scene that users see holds, by name, as far as the renderer tells."""
    renderer = Renderer()
    renderer.load(Track(*opendrive.load(MAP)), 0)
    return renderer.statistics


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print, and write a file if asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.wire", description=__doc__)
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    parser.add_argument("--seconds", type=float, default=2.0, help="of one turn (default 2)")
    parser.add_argument("--turns", type=int, default=3, help="on each server (default 3)")
    options = parser.parse_args(argv)
    counts = scene_figures()
    print(f"{MAP}: {', '.join(f'{count} {name}' for name, count in counts.items())}")
    figures = []
    with ExitStack() as stack:
        drawn = stack.enter_context(running_server("--map", MAP))
        constant = stack.enter_context(running_server("--map", MAP, program=("-c", CONSTANT)))
        for case in CASES:
            figures.append(measured(case, drawn, constant, options.seconds, options.turns))
            f = figures[-1]
            print(f"{f.case}: {f.drawn:.0f} rounds/s, bare wire {f.constant:.0f}, ratio {f.ratio:.2f}", flush=True)
    if options.out is not None:
        machine = {"system": platform.platform(), "python": platform.python_version()}
        result = {"schema": 1, "map": MAP, "scene": counts, "machine": machine, "figures": [asdict(f) for f in figures]}
        options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
