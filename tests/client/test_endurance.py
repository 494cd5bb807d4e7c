"""A server that runs for long keeps no more than it did in the beginning."""

from __future__ import annotations

import pytest

from tests.bench.server import FIRST, MEGABYTE, memory_of
from tests.bench.wire import Case
from tests.client.conftest import Eye, connected, spawn_car, synchronous
from tests.client.test_garbage import megabytes, process_of
from tests.conftest import running_server


@pytest.mark.long
@pytest.mark.parametrize("weather", ["ClearNoon", "HardRainNoon"])
def test_memory_after_a_hundred_thousand_ticks_is_that_after_a_thousand(weather: str) -> None:
    memory = memory_of(100_000, Case("long", width=64, height=32, weather=weather))
    megabytes = memory.first / MEGABYTE, memory.last / MEGABYTE
    print(f"{weather}: {megabytes[0]:.0f} MB after {FIRST} ticks, {megabytes[1]:.0f} MB after {memory.ticks}")
    assert memory.ratio < 1.05


@pytest.mark.long
@pytest.mark.parametrize(("width", "height"), [(320, 160), (800, 600)])
def test_two_hundred_cameras_that_come_and_go_leave_less_than_10_mb(width: int, height: int) -> None:
    with running_server("--map", "oval") as address:
        world = connected(address).get_world()
        with synchronous(world):
            car, process = spawn_car(world), process_of(address[1])

            def come_and_go(cameras: int) -> None:
                for _ in range(cameras):
                    eye = Eye(world, car, image_size_x=str(width), image_size_y=str(height))
                    assert world.tick() == eye.next().frame
                    eye.close()
                world.tick()  # which closes the last one

            come_and_go(10)
            before = megabytes(process)
            come_and_go(200)
            growth = megabytes(process) - before
    print(f"200 cameras of {width}x{height}: {growth:.1f} MB")
    assert growth < 10.0
