"""Nothing that a client sends stops the clock or the streams of the others."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import replace
from typing import Any

import msgpack
import pytest

from sim.dynamics.single_track import MODEL3, VehicleControl
from sim.episode.blueprints import RGB_CAMERA, VEHICLE, AttributeValue, Description
from sim.episode.settings import EpisodeSettings
from sim.geometry.poses import Pose, Vector
from sim.wire import messages
from tests.sim.server.test_connections import SMALL, Bench, bench, call

CAR = messages.DESCRIPTION.pack(Description(0, VEHICLE))
TINY_MASS = messages.PHYSICS.pack(replace(MODEL3, mass=1e-30))
PLACE = messages.TRANSFORM.pack(Pose())


def overflowing_speed(it: Bench) -> bytes:
    return (
        call("spawn_actor", CAR, PLACE)
        + call("apply_physics_control", 2, TINY_MASS)
        + call("set_actor_simulate_physics", 2, False)
        + call("add_actor_impulse", 2, [1e9, 1e9, 0.0]) * 3
    )


def long_chain(it: Bench) -> bytes:
    camera = messages.DESCRIPTION.pack(SMALL)
    first = call("spawn_actor", camera, PLACE)
    return first + b"".join(call("spawn_actor_with_parent", camera, PLACE, 2 + i, 0, "") for i in range(1000))


def long_colour(it: Bench) -> bytes:
    digits = "1" + 4999 * "0"
    painted = Description(0, VEHICLE, (AttributeValue("color", 5, f"{digits},0,0"),))
    return call("spawn_actor", messages.DESCRIPTION.pack(painted), PLACE)


def steep_curve(it: Bench) -> bytes:
    steep = replace(MODEL3, torque_curve=((0.0, 1e9), (1e-300, -1e9)), drag_coefficient=-1e9)
    return (
        call("spawn_actor", CAR, PLACE)
        + call("apply_physics_control", 2, messages.PHYSICS.pack(steep))
        + call("apply_control_to_vehicle", 2, messages.CONTROL.pack(VehicleControl(throttle=1.0, steer=1.0)))
    )


def short_sensor_tick(it: Bench) -> bytes:
    eager = Description(0, RGB_CAMERA, (*SMALL.attributes, AttributeValue("sensor_tick", 3, "1e-320")))
    return call("spawn_actor", messages.DESCRIPTION.pack(eager), PLACE)


def short_step(it: Bench) -> bytes:
    return overflowing_speed(it) + call(
        "set_episode_settings",
        messages.SETTINGS.pack(EpisodeSettings(synchronous_mode=True, fixed_delta_seconds=1e-320)),
    )


ATTACKS = (overflowing_speed, long_chain, long_colour, steep_curve, short_sensor_tick, short_step)


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_clock_of_the_others_goes_on(attack: Any) -> None:
    async def scenario() -> None:
        async with bench() as it:
            it.synchronous()
            it.caller("attacker").data_received(attack(it))
            good = it.caller("good")
            stream = it.camera()
            it.reader(stream, "picture")
            for frames in range(1, 4):
                before = it.world.timestamp.frame
                good.data_received(call("tick_cue"))
                assert it.world.timestamp.frame == before + 1
                answers = [msgpack.unpackb(data) for name, data in it.log if name == "good"]
                assert answers[-1][2] is None, answers[-1]
                assert answers[-1][3] == [[1, before + 1]]
                assert sum(name == "picture" for name, _ in it.log) == frames

    asyncio.run(scenario())


@pytest.mark.parametrize("broken", ["tick", "snapshot", "cameras", "sensors"])
@pytest.mark.parametrize("synchronous", [True, False])
def test_a_tick_that_raises_is_logged_once_and_the_next_still_runs(
    broken: str, synchronous: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The fault is planted: none is known that gets this far."""

    async def scenario() -> None:
        async with bench() as it:
            if synchronous:
                it.synchronous()
            it.reader(it.camera(), "picture")
            it.reader(1, "state")
            caller = it.caller()
            with monkeypatch.context() as patch:

                def raise_fault(*_: object) -> Any:
                    raise ZeroDivisionError("planted")

                patch.setattr(it.world, broken, raise_fault)
                for _ in range(3):
                    if synchronous:
                        caller.data_received(call("tick_cue"))
                        assert not it.wires[-1].closed
                    else:
                        it.server._tick_by_wall_clock(0.0)
            it.log.clear()
            if synchronous:
                caller.data_received(call("tick_cue"))
            else:
                await it.until_written(2)
            assert {"picture", "state"} <= {name for name, _ in it.log}

    asyncio.run(scenario())
    assert 1 <= capfd.readouterr().err.count("ZeroDivisionError: planted") <= 2


def test_a_fast_car_that_cannot_be_computed_stands_still_for_everybody_to_see() -> None:
    async def scenario() -> None:
        async with bench() as it:
            it.synchronous()
            it.reader(1, "state")
            caller = it.caller()
            caller.data_received(overflowing_speed(it) + call("tick_cue"))
            states = [data for name, data in it.log if name == "state"]
            numbers = struct.unpack_from("<IB15f", states[-1], 4 + 48 + 36 + 119)
            assert numbers[0] == 2
            assert max(map(abs, numbers[2:])) < 1e9

    asyncio.run(scenario())


def test_velocities_that_add_up_are_checked_however_they_come() -> None:
    async def scenario() -> None:
        async with bench() as it:
            car = it.world.vehicle(it.world.spawn(Description(0, VEHICLE), Pose()).id)
            car.add_impulse(Vector(1e300, 0.0))
            assert car.motion.speed == 0.0
            car.set_yaw_rate(float("nan"))
            assert car.motion.yaw_rate == 0.0

    asyncio.run(scenario())
