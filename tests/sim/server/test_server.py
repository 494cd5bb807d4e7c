"""Nothing that a client sends stops the clock or the streams of the others."""

from __future__ import annotations

import asyncio
import struct
import threading
from dataclasses import replace
from typing import Any

import msgpack
import pytest

from sim.dynamics.single_track import MODEL3, VehicleControl
from sim.episode.blueprints import RGB_CAMERA, VEHICLE, AttributeValue, Description
from sim.episode.settings import EpisodeSettings
from sim.episode.world import WorldError
from sim.geometry.poses import Pose, Vector
from sim.server.server import MOST_LOADS
from sim.wire import messages
from tests.sim.fakes import Plain
from tests.sim.server.test_connections import SMALL, Bench, bench, call

CAR = messages.DESCRIPTION.pack(Description(0, VEHICLE))
TINY_MASS = messages.PHYSICS.pack(replace(MODEL3, mass=1e-30))
PLACE = messages.TRANSFORM.pack(Pose())


def overflowing_speed(it: Bench) -> bytes:
    return (
        call("spawn_actor", CAR, PLACE)
        + call("apply_physics_control", 2, TINY_MASS)
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


def test_the_others_tick_on_while_a_map_is_read_and_the_calls_after_it_wait_their_turn() -> None:
    async def scenario() -> None:
        async with bench() as it:
            it.synchronous()
            may_be_read = threading.Event()

            def read(name: str, _text: str) -> Plain:
                assert may_be_read.wait(10.0)
                return Plain(name)

            it.server._read_track = read
            loader, other = it.caller("loader"), it.caller("other")
            first, episode = it.wires[0], it.world.episode
            loader.data_received(call("load_new_episode", "OpenDriveMap", False, 0) + call("get_episode_info"))
            for _ in range(5):
                await asyncio.sleep(0)
                other.data_received(call("tick_cue"))
            assert [name for name, _ in it.log] == ["other"] * 5
            reads = [first.reading]
            may_be_read.set()
            await it.until_written(7)
            answers = [msgpack.unpackb(data)[3] for name, data in it.log if name == "loader"]
            assert answers[0] == [[False]]
            assert answers[1][0][1][0] == episode + 1
            assert [*reads, first.reading] == [False, True]
            assert it.world.track.name == "OpenDriveMap"

    asyncio.run(scenario())


@pytest.mark.parametrize("name", ["flat", "nowhere"])
def test_a_map_that_cannot_be_drawn_or_found_leaves_the_world_and_its_pictures_as_they_were(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with bench() as it:
            it.synchronous()
            stream = it.camera()
            it.reader(stream, "picture")
            before = it.world.episode, set(it.world.actors), it.world.track
            it.server._open_track = lambda wanted: Plain(wanted) if wanted == "flat" else it.opened(wanted)
            with pytest.raises(WorldError, match=r"cannot be drawn: planted|no map"):
                await it.server.load(name)
            assert (it.world.episode, set(it.world.actors), it.world.track) == before
            assert it.renderer.loaded == ["plain"]
            it.caller().data_received(call("tick_cue"))
            assert [name for name, _ in it.log] == ["answer", "picture"]
            await it.server.load("hills")
            assert it.world.track.name == "hills"

    asyncio.run(scenario())
    assert ("planted" in capfd.readouterr().err) == (name == "flat")


def test_maps_are_loaded_one_after_another_and_not_too_many_may_wait() -> None:
    async def scenario() -> None:
        async with bench() as it:
            may_be_read, reading = threading.Event(), []

            def read(name: str, _text: str) -> Plain:
                reading.append(threading.get_ident())
                assert may_be_read.wait(10.0)
                return Plain(name)

            it.server._read_track = read
            loads = [asyncio.ensure_future(it.server.load("OpenDriveMap")) for _ in range(MOST_LOADS)]
            await asyncio.sleep(0)
            with pytest.raises(WorldError, match="8 maps are already queued to be loaded"):
                await it.server.load("OpenDriveMap")
            episode = it.world.episode
            assert len(reading) <= 1
            may_be_read.set()
            await asyncio.gather(*loads)
            assert it.world.episode == episode + MOST_LOADS

    asyncio.run(scenario())


def test_a_client_that_leaves_while_its_map_is_read_is_no_harm() -> None:
    async def scenario() -> None:
        async with bench() as it:
            it.synchronous()
            loader, other = it.caller("loader"), it.caller("other")
            loader.data_received(call("load_new_episode", "hills", False, 0) + call("tick_cue"))
            unfinished = loader._unfinished
            assert unfinished is not None
            loader.transport.abort()
            loader.connection_lost(None)
            await unfinished
            assert "loader" not in [name for name, _ in it.log]
            other.data_received(call("tick_cue"))
            assert [name for name, _ in it.log] == ["other"]

    asyncio.run(scenario())


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
