"""How soon the embedded server shows a first frame, and what it keeps: `python -m tests.bench.server [--ticks N]`.

The genuine client starts the server on `country` as users do, waits for its first 320x160 picture, then ticks a driving
car with a camera and looks at the server's memory after 1,000 ticks and after all of them.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import carla
import psutil

from tests.bench.wire import STAY, Case, sitting
from tests.conftest import Address, running_server

MAP = "country"
FIRST = 1000  # ticks after which memory is what it will stay
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Memory:
    """Resident memory of the server [bytes] after FIRST and after `ticks` ticks, and the second over the first."""

    ticks: int
    first: int
    last: int
    ratio: float


def seconds_to_first_frame() -> float:
    """From the command to the first picture in the client's hands [s], the client's own start left out."""
    began = time.perf_counter()
    with running_server("--map", MAP) as address, sitting(address, Case("start")) as (world, _, (pictures,)):
        frame = world.tick()
        while pictures.get(timeout=10.0).frame != frame:
            pass
        return time.perf_counter() - began


def kept(address: Address, server: psutil.Process, ticks: int, case: Case) -> Memory:
    """The server's memory over so many ticks of a car that drives the whole circuit."""
    with sitting(address, case) as (world, car, (pictures,)):
        places = itertools.cycle(world.get_map().get_spawn_points())
        control, first = carla.VehicleControl(throttle=0.3), 0
        for tick in range(1, ticks + 1):
            if tick % STAY == 1:
                car.set_transform(next(places))
            car.apply_control(control)
            frame = world.tick()
            if pictures.get(timeout=10.0).frame != frame:
                raise RuntimeError("a picture of another frame")
            if tick == FIRST:
                first = server.memory_info().rss
        last = server.memory_info().rss
    return Memory(ticks, first, last, last / first)


def memory_of(ticks: int, case: Case) -> Memory:
    """`kept` on a server of its own."""
    before = set(psutil.Process().children())
    with running_server("--map", MAP) as address:
        (server,) = set(psutil.Process().children()) - before
        return kept(address, server, ticks, case)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print, and write a file if asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.server", description=__doc__)
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    parser.add_argument("--ticks", type=int, default=100_000, help="to look at memory after (default 100,000)")
    parser.add_argument("--starts", type=int, default=3, help="of which the median counts (default 3)")
    options = parser.parse_args(argv)
    start = statistics.median(seconds_to_first_frame() for _ in range(options.starts))
    print(f"{MAP}: {start:.2f} s from the command to the first frame", flush=True)
    memory = memory_of(options.ticks, Case("memory"))
    print(
        f"memory: {memory.first / MEGABYTE:.0f} MB after {FIRST} ticks, {memory.last / MEGABYTE:.0f} MB after "
        f"{memory.ticks}, ratio {memory.ratio:.3f}"
    )
    if options.out is not None:
        result = {"schema": 1, "map": MAP, "first_frame_s": start, "memory": asdict(memory)}
        options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
