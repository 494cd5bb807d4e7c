"""The referee and the recount, which know nothing of one another, come to the same figures."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

import carla
import numpy as np
import pytest

from alvinn.drivers.disturbed import DisturbedDriver, PulseRanges
from alvinn.drivers.expert import ExpertDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.protocols import Driver
from alvinn.driving.types import Direction
from alvinn.errors import MapError, ResultsError
from alvinn.metrics import recount
from alvinn.metrics.log import LogWriter
from alvinn.metrics.recount import Count, Recounted, parse_map, recount_log, recount_runs
from alvinn.metrics.referee import Referee, Result, Run, judge
from alvinn.world.carla_world import DT, CarlaWorld
from alvinn.world.connection import connect
from tests.alvinn.fakes import SMALL
from tests.alvinn.fixtures import car_on
from tests.conftest import Address, running_server
from tests.towns import town_file

HARD = PulseRanges(pause=(0.5, 1.5), length=(1.0, 2.0), peak=(0.03, 0.08))
"""Pushes that send even the expert out of its lane now and then."""


def read_opendrive(address: Address) -> str:
    with connect(*address) as client:
        return str(client.get_world().get_map().to_opendrive())


def pushed(world: CarlaWorld) -> Driver:
    expert = ExpertDriver.in_world(world)
    return DisturbedDriver(expert, np.random.default_rng(1), HARD)


def driven(
    address: Address, direction: Direction, log: Path, weather: str = "ClearNoon", metres: float = 240.0
) -> Result:
    """A run, judged and logged."""
    one = Run(map="a", direction=direction, weather=weather, seed=0, start=0)
    with car_on(address, camera=SMALL, direction=direction) as world, LogWriter(log) as lines:
        world.change_weather(weather)
        referee = Referee(world.lane, world.geometry.width, 1, 8.0, world.truth().lane_s, longest=metres)
        run(world, pushed(world), [referee, lines], world.geometry, SpeedController(8.0, DT))
    return judge(referee, one, [], 1.0)


@pytest.mark.parametrize(("circuit", "direction"), [("oval", "forward"), ("hills", "reverse")])
def test_the_recount_agrees_on_departures_exactly_and_on_the_offset_to_a_millimetre(
    circuit: str, direction: Direction, tmp_path: Path
) -> None:
    agrees(circuit, direction, tmp_path / "log.csv")


@pytest.mark.long
@pytest.mark.parametrize("weather", ["HardRainNoon", "ClearNight"])
@pytest.mark.parametrize("direction", ["forward", "reverse"])
@pytest.mark.parametrize("circuit", ["random:201", "country", "highway"])
def test_it_agrees_on_other_circuits_both_ways_in_any_weather(
    circuit: str, direction: Direction, weather: str, tmp_path: Path
) -> None:
    agrees(circuit, direction, tmp_path / "log.csv", weather, 600.0)


@pytest.mark.long
@pytest.mark.parametrize("direction", ["forward", "reverse"])
@pytest.mark.parametrize("town", ["Town01", "Town02", "Town07"])
def test_it_agrees_in_towns_where_lanes_lie_over_one_another_at_junctions(
    town: str, direction: Direction, tmp_path: Path
) -> None:
    """To a centimetre: the waypoint that CARLA's map names may lie 0.2 m ahead of the nearest, 5 mm aside in a turn."""
    agrees(str(town_file(town)), direction, tmp_path / "log.csv", metres=600.0, within=1e-2)


def agrees(
    circuit: str,
    direction: Direction,
    log: Path,
    weather: str = "ClearNoon",
    metres: float = 240.0,
    within: float = 5e-3,
) -> None:
    """Drive, and see that referee and recount say the same, of every tick's offset within so many metres."""
    with running_server("--map", circuit) as place:
        figures = driven(place, direction, log, weather, metres).as_json()
        again = recount_log(parse_map(read_opendrive(place)), log)
    assert figures["departures"] > 0, "a run without departures shows nothing"
    assert again.departures == figures["departures"]
    assert again.offset_sd_m == pytest.approx(figures["offset_sd_m"], abs=1e-3)
    assert again.offset_mean_m == pytest.approx(figures["offset_mean_m"], abs=1e-3)
    assert again.worst_disagreement_m < within


def test_the_recount_shares_no_code_with_what_it_checks() -> None:
    """Not even through others: of the program it imports the errors, which import nothing of it."""
    assert "carla" in imports(Path(recount.__file__))
    program = {name for name in imports(Path(recount.__file__)) if name.startswith(("alvinn", "sim", "tests", "."))}
    assert program == {"alvinn.errors"}
    root = Path(recount.__file__).resolve().parents[1]
    for loaded in (root / "errors.py", root / "__init__.py", root / "metrics" / "__init__.py"):
        assert not [name for name in imports(loaded) if name.startswith(("alvinn", "sim", "."))]


def imports(file: Path) -> set[str]:
    """The modules that a file imports; relative ones begin with a dot."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {
        "." * node.level + (node.module or "") for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
    }


def write_log(path: Path, middle: carla.Transform, offsets: Sequence[float], yaw: float | None = None) -> Path:
    """A log with a car beside one place of a lane."""
    right, rows = middle.get_right_vector(), ["time,x,y,yaw,offset"]
    for number, out in enumerate(offsets):
        at = middle.location + out * right
        way = np.radians(middle.rotation.yaw) if yaw is None else yaw
        rows.append(f"{number * 0.05},{at.x},{at.y},{way},{out}")
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_a_departure_counts_once_and_again_after_the_car_came_back(tmp_path: Path, server: Address) -> None:
    roads = parse_map(read_opendrive(server))
    middle = roads.generate_waypoints(20.0)[0].transform
    log = write_log(tmp_path / "log.csv", middle, (0.0, 0.9, 0.9, 0.1, -0.9, 0.0))
    assert recount_log(roads, log).departures == 2
    assert recount_log(roads, log, car_width=1.0).departures == 0, "a narrow car would have stayed within its lane"


def test_a_log_that_is_none_is_refused_by_name(tmp_path: Path, server: Address) -> None:
    roads, log = parse_map(read_opendrive(server)), tmp_path / "log.csv"
    for text in ("a,b\n1,2\n", "x,y,yaw,offset\n1,2,0\n", "x,y,yaw,offset\n1,2,north,0\n"):
        log.write_text(text, encoding="utf-8")
        with pytest.raises(ResultsError, match=r"log\.csv is not a run's log"):
            recount_log(roads, log)
    log.write_text("x,y,yaw,offset\n", encoding="utf-8")
    with pytest.raises(ResultsError, match="nothing to recount"):
        recount_log(roads, log)


def test_a_map_that_a_log_cannot_be_of_is_refused(tmp_path: Path) -> None:
    with running_server("--map", "path") as place:
        roads = parse_map(read_opendrive(place))
    middle = roads.generate_waypoints(20.0)[0].transform
    log = write_log(tmp_path / "log.csv", middle, (0.0,), yaw=float(np.radians(middle.rotation.yaw) + np.pi))
    with pytest.raises(MapError, match="no lane goes the car's way"):
        recount_log(roads, log)


@pytest.mark.parametrize(("departures", "sd", "agree"), [(2, 0.1009, True), (1, 0.1, False), (2, 0.1011, False)])
def test_a_run_agrees_with_as_many_departures_and_less_than_a_millimetre_of_spread(
    departures: int, sd: float, agree: bool
) -> None:
    one = Recounted({"departures": departures, "offset_sd_m": sd}, Count(9, 2, 0.0, 0.1, 0.0))
    assert one.agrees is agree


def test_no_map_is_asked_for_twice_and_a_mirror_image_only_where_a_one_way_road_was_driven_in_reverse(
    tmp_path: Path,
) -> None:
    asked: list[str] = []

    def read_map(name: str) -> str:
        asked.append(name)
        return texts[name.removeprefix("mirror:")]

    texts = {}
    runs = []
    for name in ("oval", "path"):
        with running_server("--map", name) as place:
            texts[name] = read_opendrive(place)
        middle = parse_map(texts[name]).generate_waypoints(20.0)[0].transform
        log = write_log(tmp_path / f"{name}.csv", middle, (0.0, 0.1)).name
        entry = {"map": name, "departures": 0, "offset_sd_m": 0.05, "log": log}
        runs += [entry | {"direction": direction} for direction in ("forward", "reverse")]
    found = list(recount_runs(tmp_path, runs, read_map))
    assert [(one.run["map"], one.run["direction"], one.agrees) for one in found] == [
        (run["map"], run["direction"], True) for run in runs
    ]
    assert sorted(asked) == ["mirror:path", "oval", "path"]
