"""The task on a real server; what the Gymnasium face adds has its own tests."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import takewhile

import pytest

from alvinn.errors import AlvinnError, MapError, ServerError
from alvinn.reinforcement import lane_keeping
from alvinn.reinforcement.lane_keeping import LaneKeeping, Road
from alvinn.settings import Driving
from alvinn.world.sensors import EventCounter
from tests.alvinn.fakes import CAR, SMALL, PaperWorld, circle, straight
from tests.conftest import Address


@pytest.fixture(scope="module")
def task(server: Address) -> Iterator[LaneKeeping]:
    with LaneKeeping(Driving(carla="{}:{}".format(*server)), SMALL) as made:
        made.open(Road("oval"))
        yield made


def test_the_car_starts_where_it_is_put_as_fast_as_the_bend_there_allows(task: LaneKeeping) -> None:
    tick = task.start(10.0, offset=0.3)
    assert tick.truth.offset == pytest.approx(0.3, abs=0.05)
    bend = max(range(int(task.lane.length)), key=lambda s: abs(task.lane.curvature(s)))
    speed = task.start(bend).observation.speed
    assert speed == pytest.approx(min(8.0, math.sqrt(3.0 / abs(task.lane.curvature(bend)))), abs=0.2)


@pytest.mark.long
def test_a_lap_is_finished_where_it_began_and_not_before(task: LaneKeeping) -> None:
    task.start(0.0)
    way, last = 0.0, 0.0
    for _ in range(4000):
        tick = task.step(task.expert_curvature())
        way, last = way + task.lane.between(last, tick.truth.lane_s), tick.truth.lane_s
        if tick.finished:
            break
    assert way == pytest.approx(task.lane.length, abs=1.0)
    assert not tick.departed
    assert not tick.collided


def test_the_share_is_one_at_the_edge_and_a_departure_beyond(task: LaneKeeping) -> None:
    tick = task.start(10.0, offset=0.5)
    assert tick.share == pytest.approx(tick.truth.offset / tick.margin)
    assert not tick.departed
    assert task.start(10.0, offset=tick.margin + 0.2).departed


def test_a_start_from_which_an_episode_ends_at_once_is_refused(task: LaneKeeping) -> None:
    margin = task.start(10.0).margin
    for offset in (margin - 0.01, 0.01 - margin):
        task.check_start(10.0, offset)
    for s in (-10.0, task.lane.length):
        with pytest.raises(AlvinnError, match=f"from 0 to {task.lane.length:.1f} m, not {s:g}"):
            task.check_start(s, 0.0)
    for offset in (margin + 0.01, -50.0):
        with pytest.raises(AlvinnError, match=f"offset must be within {margin:.2f} m, .* not {offset:g}"):
            task.check_start(10.0, offset)


def test_a_start_on_an_open_lane_is_before_its_end() -> None:
    task = LaneKeeping(Driving(), SMALL)
    task._world = PaperCar(straight(100.0))  # type: ignore[assignment]
    assert task.starts() == (0.0, 74.0)
    task.check_start(83.9, 0.0)
    for s in (-1.0, 84.0, 1e9):
        with pytest.raises(AlvinnError, match=r"from 0 to 84\.0 m, where an episode on this open lane ends, not"):
            task.check_start(s, 0.0)


def test_what_is_open_stays_for_the_same_road(task: LaneKeeping) -> None:
    lane = task.lane
    task.open(Road("oval"))
    assert task.lane is lane


def test_a_road_has_two_directions() -> None:
    with pytest.raises(MapError, match="no direction 'revers': did you mean reverse"):
        Road("oval", "revers")  # type: ignore[arg-type]
    with pytest.raises(MapError, match="no direction 'sideways': there are forward, reverse"):
        Road("oval", "sideways")  # type: ignore[arg-type]


class PaperCar(PaperWorld):
    """A world on paper with all that the task asks of CARLA's."""

    geometry = CAR
    is_open = True

    @contextmanager
    def count_events(self) -> Iterator[EventCounter]:
        yield EventCounter()

    def place(self, s: float, speed: float, offset: float, heading_error: float) -> None:
        self._place(s, offset)


def die(*_: object) -> None:
    raise RuntimeError("time-out of 10000ms while waiting for the simulator")


@pytest.mark.parametrize(
    ("dies_in", "during"),
    [
        ("count_events", "open"),
        ("place", "start"),
        ("observe", "start"),
        ("truth", "start"),
        ("apply", "step"),
        ("observe", "step"),
        ("truth", "step"),
        ("truth", "expert_curvature"),
    ],
)
def test_wherever_the_server_dies_it_is_one_error_and_everything_is_closed(
    dies_in: str, during: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds: list[PaperCar] = []

    @contextmanager
    def open_world(*_: object, **__: object) -> Iterator[PaperCar]:
        worlds.append(PaperCar(circle(30.0)))
        try:
            yield worlds[-1]
        finally:
            worlds[-1].is_open = False

    monkeypatch.setattr(lane_keeping, "open_world", open_world)
    task = LaneKeeping(Driving(), SMALL)
    stages: dict[str, Callable[[], object]] = {
        "open": lambda: task.open(Road()),
        "start": lambda: task.start(0.0),
        "step": lambda: task.step(0.01),
        "expert_curvature": task.expert_curvature,
    }
    for name in takewhile(lambda name: name != during, stages):
        stages[name]()
    with monkeypatch.context() as dying:
        dying.setattr(PaperCar, dies_in, die)
        with pytest.raises(ServerError, match=r"stopped answering while .*time-out of 10000ms"):
            stages[during]()
    assert [world.is_open for world in worlds] == [False]
    for stage in stages.values():
        stage()
    assert [world.is_open for world in worlds] == [False, True]
    task.close()
    assert not worlds[1].is_open
