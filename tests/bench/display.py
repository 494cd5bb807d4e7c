"""What a sharp picture for the person costs a tick, by its size: CPU time of the server and of ours, and wall time.

python -m tests.bench.display
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

import psutil
from rich.table import Table

from alvinn.console import CONSOLE
from alvinn.driving.types import Camera, Control
from alvinn.settings import Driving
from alvinn.world.carla_world import DT, CarlaWorld
from alvinn.world.display import Display, scale_camera
from alvinn.world.opening import open_world

WIDTHS = (0, 480, 640, 794, 960, 1080, 1280)  # 794: beside the network's panel; 1080: a window of 1280x720
WARM, TICKS = 4, 40
GO = Control(steer=0.0, throttle=0.6, brake=0.0)


def measure(world: CarlaWorld, width: int, cpu: Callable[[], float]) -> tuple[float, float, float]:
    """The server's CPU time, ours, and the median wall time of a tick [ms]; width 0: the network's frame alone."""
    with ExitStack() as undo:
        display = Display(scale_camera(world.camera, width / world.camera.width)) if width else None
        if display is not None:
            world.attach_extra_camera(display.camera, display.take, undo)
        walls, before = [], (0.0, 0.0)
        for number in range(WARM + TICKS):
            before = (cpu(), time.process_time()) if number == WARM else before
            began = time.perf_counter()
            world.apply(GO)
            frame = world.observe().frame
            if display is not None:
                display.wait_for(frame, 5.0)
                display.picture(frame)
            walls.append(time.perf_counter() - began)
        used = cpu() - before[0], time.process_time() - before[1]
    return 1000 * used[0] / TICKS, 1000 * used[1] / TICKS, 1000 * statistics.median(walls[WARM:])


def main() -> int:
    """Measure and print."""
    table = Table("picture", "server's CPU", "our CPU", "wall", title=f"ms a tick of {1000 * DT:.0f} ms")
    with open_world(
        Driving(), camera=Camera(), map_name="country", direction="forward", weather="ClearNoon", seed=0
    ) as world:
        children = psutil.Process().children(recursive=True)
        server = next(child for child in children if "--exit-with-parent" in child.cmdline())
        for width in WIDTHS:
            server_ms, own_ms, wall_ms = measure(world, width, lambda: sum(server.cpu_times()[:2]))
            size = f"{width}x{width // 2}" if width else "none"
            table.add_row(size, f"{server_ms:.1f}", f"{own_ms:.1f}", f"{wall_ms:.1f}")
    CONSOLE.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
