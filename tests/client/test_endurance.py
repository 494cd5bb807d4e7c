"""A server that runs for long keeps no more than it did in the beginning."""

from __future__ import annotations

import pytest

from tests.bench.server import FIRST, MEGABYTE, memory_of
from tests.bench.wire import Case


@pytest.mark.long
@pytest.mark.parametrize("weather", ["ClearNoon", "HardRainNoon"])
def test_memory_after_a_hundred_thousand_ticks_is_that_after_a_thousand(weather: str) -> None:
    memory = memory_of(100_000, Case("long", width=64, height=32, weather=weather))
    megabytes = memory.first / MEGABYTE, memory.last / MEGABYTE
    print(f"{weather}: {megabytes[0]:.0f} MB after {FIRST} ticks, {megabytes[1]:.0f} MB after {memory.ticks}")
    assert memory.ratio < 1.05
