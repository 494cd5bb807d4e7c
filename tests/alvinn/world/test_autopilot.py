from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import psutil
import pytest

from alvinn.driving.types import Control
from alvinn.world.autopilot import engage_autopilot
from alvinn.world.carla_world import CarlaWorld
from alvinn.world.connection import connect
from alvinn.world.spawning import spawn_car
from tests.alvinn.cockpit.desktop import until
from tests.alvinn.fakes import SMALL
from tests.alvinn.fixtures import car_on
from tests.conftest import Address, running_server
from tests.towns import town_file

IDLE = Control(steer=0.0, throttle=0.0, brake=0.0)


def listening_ports() -> set[int]:
    return {one.laddr.port for one in psutil.Process().net_connections("tcp") if one.status == psutil.CONN_LISTEN}


@dataclass(frozen=True)
class Tick:
    """A frame that the autopilot handed out, where the car was, and the control that came with it."""

    frame: int
    x: float
    y: float
    yaw: float
    control: Control


def drive(world: CarlaWorld, ticks: int) -> list[Tick]:
    driven = []
    with engage_autopilot(world, 8.0, seed=3) as autopilot:
        for _ in range(ticks):
            observation, truth = autopilot.observe(), autopilot.truth()
            decision = autopilot.decide(observation)
            assert decision.pedals is not None
            control = Control(world.geometry.steer(decision.curvature, observation.speed), *decision.pedals)
            driven.append(Tick(observation.frame, truth.x, truth.y, truth.yaw, control))
            autopilot.apply(IDLE)
    return driven


def test_a_frame_comes_with_the_control_that_led_away_from_it() -> None:
    """Another car that is given these controls, one tick each, drives the very same way."""
    with running_server("--map", "country") as address:
        with car_on(address) as world:
            driven = drive(world, 160)
        with car_on(address) as world:
            for tick in driven:
                world.observe()
                truth = world.truth()
                assert (truth.x, truth.y, truth.yaw) == pytest.approx((tick.x, tick.y, tick.yaw), abs=1e-4)
                world.apply(tick.control)
    assert max(abs(tick.control.steer) for tick in driven) > 0.02, "it steered, so that a wrong tick would show"
    assert [b.frame - a.frame for a, b in itertools.pairwise(driven)] == [1] * 159
    assert math.dist((driven[-1].x, driven[-1].y), (driven[-21].x, driven[-21].y)) == pytest.approx(8.0, abs=0.5)


def test_a_recovery_puts_the_car_back_and_the_autopilot_drives_on(server: Address) -> None:
    with car_on(server) as world, engage_autopilot(world, 8.0, seed=3) as autopilot:
        for _ in range(60):
            autopilot.observe()
        world.place(60.0, 8.0, offset=1.0)
        autopilot.recover()
        assert abs(autopilot.truth().offset) < 0.05
        for _ in range(20):
            autopilot.observe()
        assert abs(autopilot.truth().offset) < 0.5
        assert autopilot.truth().lane_s > 65.0


def test_afterwards_the_car_obeys_again_and_no_port_stays_open(server: Address) -> None:
    with car_on(server) as world:
        before = listening_ports()
        with engage_autopilot(world, 8.0, seed=3) as autopilot:
            for _ in range(60):
                autopilot.observe()
            assert listening_ports() > before
        until(lambda: listening_ports() == before, "the traffic manager's port is closed")
        for _ in range(100):
            world.observe()
            world.apply(Control(steer=0.0, throttle=0.0, brake=1.0))
        assert world.observe().speed < 0.1


@pytest.mark.long
def test_at_the_forks_of_a_town_it_goes_the_lane_s_way() -> None:
    """Without a path the traffic manager draws its turns; a wrong one soon shows as metres beside the lane."""
    with (
        running_server("--maps", str(town_file("Town02").parent), "--map", "oval") as address,
        connect(*address) as client,
        spawn_car(client, camera=SMALL, weather="ClearNoon", direction="forward", map_wanted="Town02") as world,
        engage_autopilot(world, 8.0, seed=3) as autopilot,
    ):
        for _ in range(1200):
            autopilot.observe()
            assert abs(autopilot.truth().offset) < 3.0
        assert autopilot.truth().lane_s > 400.0
