from __future__ import annotations

from alvinn.drivers.timed import TimedDriver
from tests.alvinn.fakes import PaperWorld, SteadyDriver, straight


def test_it_answers_as_the_driver_inside_and_notes_how_long_that_took() -> None:
    times = iter([1.0, 1.5, 7.0, 7.25])
    inside = SteadyDriver(0.03)
    driver = TimedDriver(inside, lambda: next(times))
    seen = PaperWorld(straight(50.0)).observe()
    driver.reset()
    assert [driver.decide(seen).curvature for _ in range(2)] == [0.03, 0.03]
    driver.reset()
    assert driver.latencies == [0.5, 0.25]
    assert inside.resets == 2
