"""The referee and the recount, which know nothing of one another, come to the same figures."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from alvinn.cli import main
from alvinn.drivers.disturbed import DisturbedDriver, PulseRanges
from alvinn.drivers.expert import ExpertDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.protocols import Driver
from alvinn.driving.types import Direction
from alvinn.metrics.log import LogWriter
from alvinn.metrics.referee import Referee, Result, Run, judge
from alvinn.world.carla_world import DT, CarlaWorld
from tests import recount
from tests.alvinn.fakes import SMALL
from tests.alvinn.fixtures import car_on
from tests.conftest import Address, running_server
from tests.towns import town_file

HARD = PulseRanges(pause=(0.5, 1.5), length=(1.0, 2.0), peak=(0.03, 0.08))
"""Pushes that send even the expert out of its lane now and then."""


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


def test_a_one_way_road_in_reverse_is_recounted_on_its_mirror_image(tmp_path: Path) -> None:
    laps = ("laps", "--driver", "expert", "--map", "path", "--both-directions", "--km", "0.03", "--no-films")
    assert main([*laps, "--out", str(tmp_path)]) == 0
    assert recount.sweep(tmp_path) == 0


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
    agrees(str(town_file(town)), direction, tmp_path / "log.csv", metres=600.0)


def agrees(circuit: str, direction: Direction, log: Path, weather: str = "ClearNoon", metres: float = 240.0) -> None:
    """Drive, and see that referee and recount say the same."""
    with running_server("--map", circuit) as place:
        figures = driven(place, direction, log, weather, metres).as_json()
        again = recount.recount(recount.road_map(*place), log)
    assert figures["departures"] > 0, "a run without departures shows nothing"
    assert again.departures == figures["departures"]
    assert again.offset_sd_m == pytest.approx(figures["offset_sd_m"], abs=1e-3)
    assert again.offset_mean_m == pytest.approx(figures["offset_mean_m"], abs=1e-3)
    assert again.worst_disagreement_m < 5e-3


def test_the_recount_shares_no_code_with_the_program() -> None:
    tree = ast.parse(Path(recount.__file__).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert "carla" in names
    assert not [name for name in names if name.startswith(("alvinn", "sim", "tests", "."))]


def test_the_recount_counts_a_departure_once_and_again_after_it_came_back(tmp_path: Path, server: Address) -> None:
    roads = recount.road_map(*server)
    middle = roads.generate_waypoints(20.0)[0].transform
    right, rows = middle.get_right_vector(), ["time,x,y,yaw,offset"]
    for number, out in enumerate((0.0, 0.9, 0.9, 0.1, -0.9, 0.0)):
        at = middle.location + out * right
        rows.append(f"{number * 0.05},{at.x},{at.y},{np.radians(middle.rotation.yaw)},{out}")
    log = tmp_path / "log.csv"
    log.write_text("\n".join(rows), encoding="utf-8")
    assert recount.recount(roads, log).departures == 2
    host, port = server
    command = [sys.executable, recount.__file__, "--carla", f"{host}:{port}", str(log)]
    assert "departures=2" in subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_a_sweep_is_recounted_by_one_command_and_whatever_was_reported_wrong_is_found(
    tmp_path: Path, server: Address
) -> None:
    host, port = server
    laps = ("laps", "--driver", "expert", "--carla", f"{host}:{port}", "--map", "oval", "--km", "0.05", "--headless")
    assert main([*laps, "--out", str(tmp_path)]) == 0
    path = tmp_path / "laps.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    (run,) = told["runs"]
    lost = run | {"seed": 1, "departures": run["departures"] + 1}
    wide = run | {"seed": 2, "offset_sd_m": run["offset_sd_m"] + 0.0011}
    path.write_text(json.dumps(told | {"runs": [run, lost, wide, run | {"status": "failed"}]}), encoding="utf-8")
    command = [sys.executable, "-m", "tests.recount", "--out", str(tmp_path)]
    said = subprocess.run(command, check=False, capture_output=True, text=True)
    assert said.returncode == 1, said.stderr
    lines = [line.rstrip().endswith("DISAGREES") for line in said.stdout.splitlines() if line.startswith("oval")]
    assert lines == [False, True, True]
    assert "3 of 4 runs recounted" in said.stdout
    path.write_text(json.dumps(told | {"runs": [run | {"log": None}]}), encoding="utf-8")
    with pytest.raises(SystemExit, match="nothing to count again"):
        recount.sweep(tmp_path)
