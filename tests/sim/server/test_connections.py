"""Both ports without sockets: connections whose transports write everything into one log, in order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import msgpack
import pytest

from sim.episode.blueprints import RGB_CAMERA, AttributeValue, Description
from sim.episode.world import WorldError
from sim.geometry.poses import Pose
from sim.rpc import registry
from sim.server import connections
from sim.server.camera_streams import CameraStreams
from sim.server.connections import BACKLOG, StartError, listen
from sim.server.server import Server
from tests.sim.fakes import Numbers, Plain, is_camera

SMALL = Description(0, RGB_CAMERA, (AttributeValue("image_size_x", 2, "4"), AttributeValue("image_size_y", 2, "2")))
EPISODE, RGB = 17, 13


@dataclass
class Wire(asyncio.Transport):
    """A transport that only remembers what was written, by whom, and whether it is still open."""

    name: str
    log: list[tuple[str, bytes]]
    news: asyncio.Event
    closed: bool = False
    reading: bool = True

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        self.log.append((self.name, bytes(data)))
        self.news.set()

    def abort(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert high == 0

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Bench:
    """A server on a plain, and whoever connects to it."""

    def __init__(self) -> None:
        self.renderer = Numbers()
        self.server = Server(Plain(), CameraStreams(self.renderer, 0), self.opened, self.read, ("plain", "hills"))
        self.world = self.server.world
        self.log: list[tuple[str, bytes]] = []
        self.wires: list[Wire] = []
        self.news = asyncio.Event()

    def wire(self, name: str) -> Wire:
        self.wires.append(Wire(name, self.log, self.news))
        return self.wires[-1]

    async def until_written(self, messages: int) -> None:
        while len(self.log) < messages:
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 10.0)

    @staticmethod
    def opened(name: str) -> Plain:
        if name != "hills":
            raise WorldError(f"no map {name}")
        return Plain(name)

    @staticmethod
    def read(name: str, text: str) -> Plain:
        if "lane" not in text:
            raise WorldError("no lane")
        return Plain(name)

    def caller(self, name: str = "answer") -> connections._Calls:
        caller = connections._Calls(self.server)
        caller.connection_made(self.wire(name))
        return caller

    def reader(self, stream: int, name: str = "stream") -> connections._Stream:
        reader = connections._Stream(self.server)
        reader.connection_made(self.wire(name))
        reader.data_received(stream.to_bytes(4, "little"))
        return reader

    def synchronous(self) -> None:
        self.world.apply(replace(self.world.settings, synchronous_mode=True))
        self.server.restart_clock()

    def camera(self) -> int:
        return is_camera(self.world.spawn(SMALL, Pose())).stream


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    try:
        yield made
    finally:
        made.server.close()


def call(method: str, *arguments: object, wants_none: bool = False) -> bytes:
    return bytes(msgpack.packb([0, 1, method, [[wants_none], *arguments]]))


def kinds(log: list[tuple[str, bytes]]) -> list[object]:
    """The log as: the frame of an answer to tick_cue, or (kind, frame) of a stream's message."""
    return [
        msgpack.unpackb(data)[3][0][1] if name == "answer" else struct.unpack_from("<QQ", data, 4) for name, data in log
    ]


def test_a_tick_is_state_then_answer_then_pictures_all_of_one_frame() -> None:
    async def scenario() -> None:
        async with bench() as it:
            it.synchronous()
            caller, _, _ = it.caller(), it.reader(1), it.reader(it.camera())
            it.log.clear()
            caller.data_received(call("tick_cue"))
            frame = it.world.timestamp.frame
            assert kinds(it.log) == [(EPISODE, frame), frame, (RGB, frame)]

    asyncio.run(scenario())


def test_pictures_wait_after_a_batch_and_come_in_time() -> None:
    async def scenario() -> None:
        async with bench() as it:
            it.synchronous()
            caller, _ = it.caller(), it.reader(it.camera())
            caller.data_received(call("apply_batch", [], False) + call("tick_cue"))
            assert [name for name, _ in it.log] == ["answer", "answer"]
            await it.until_written(3)
            assert kinds(it.log[1:]) == [it.world.timestamp.frame, (RGB, it.world.timestamp.frame)]

    asyncio.run(scenario())


def test_pictures_that_wait_come_before_the_next_frame() -> None:
    async def scenario() -> None:
        async with bench() as it:
            it.synchronous()
            caller, _ = it.caller(), it.reader(it.camera())
            caller.data_received(call("apply_batch", [], False) + call("tick_cue") + call("tick_cue"))
            frame = it.world.timestamp.frame
            assert kinds(it.log[1:]) == [frame - 1, (RGB, frame - 1), frame, (RGB, frame)]

    asyncio.run(scenario())


def test_whoever_subscribes_to_the_episode_learns_at_once_how_things_stand() -> None:
    async def scenario() -> None:
        async with bench() as it:
            it.synchronous()
            it.reader(1)
            assert kinds(it.log) == [(EPISODE, it.world.timestamp.frame)]

    asyncio.run(scenario())


@pytest.mark.parametrize("ticks_between", [0, 1, 3])
def test_a_subscription_that_ticks_overtook_gets_the_pictures_of_all_of_them(ticks_between: int) -> None:
    async def scenario() -> None:
        async with bench() as it:
            it.synchronous()
            stream, caller, first = it.camera(), it.caller(), it.world.timestamp.frame + 1
            caller.data_received(call("get_sensor_token", stream) + call("tick_cue") * ticks_between)
            it.log.clear()
            it.reader(stream)
            assert kinds(it.log) == [(RGB, first + tick) for tick in range(ticks_between)]

    asyncio.run(scenario())


def test_the_clock_is_the_servers_in_asynchronous_mode() -> None:
    async def scenario() -> None:
        async with bench() as it:
            it.server.restart_clock()
            it.reader(1)
            frame = it.world.timestamp.frame
            caller = it.caller()
            caller.data_received(call("tick_cue"))
            assert it.world.timestamp.frame == frame
            await it.until_written(len(it.log) + 2)
            assert it.world.timestamp.frame >= frame + 2

    asyncio.run(scenario())


def test_with_a_fixed_step_asynchronous_mode_runs_ahead_of_the_wall_clock() -> None:
    async def scenario() -> None:
        async with bench() as it:
            it.world.apply(replace(it.world.settings, fixed_delta_seconds=1.0))
            it.server.restart_clock()
            it.reader(1)
            loop, caller = asyncio.get_running_loop(), it.caller()
            real, simulated = loop.time(), it.world.timestamp.seconds
            await it.until_written(30)
            caller.data_received(call("version"))
            assert it.world.timestamp.seconds - simulated > loop.time() - real
            assert it.log[-1][0] == "answer"

    asyncio.run(scenario())


def test_a_slow_reader_loses_old_messages_whole_and_none_of_the_new() -> None:
    async def scenario() -> None:
        async with bench() as it:
            slow = it.reader(7)
            slow.pause_writing()
            big = BACKLOG // 4
            for number in range(10):
                slow.send(bytes([number]) * big)
            assert it.log == []
            slow.resume_writing()
            assert [(data[0], len(data)) for _, data in it.log] == [(6, big), (7, big), (8, big), (9, big)]
            slow.send(b"next")
            assert it.log[-1] == ("stream", b"next")

    asyncio.run(scenario())


def test_a_reader_that_is_paused_again_keeps_the_rest_in_order() -> None:
    async def scenario() -> None:
        async with bench() as it:
            slow = it.reader(7)
            slow.pause_writing()
            for number in range(3):
                slow.send(bytes([number]))
            wire = slow.transport
            write = wire.write

            def write_and_pause(data: Any) -> None:
                write(data)
                slow.pause_writing()

            wire.write = write_and_pause  # type: ignore[method-assign]  # as a full socket does
            for expected in range(3):
                slow.resume_writing()
                assert it.log[-1] == ("stream", bytes([expected]))
                assert len(it.log) == expected + 1

    asyncio.run(scenario())


def test_a_caller_that_does_not_read_its_answers_is_not_served_until_it_does() -> None:
    async def scenario() -> None:
        async with bench() as it:
            caller = it.caller()
            caller.pause_writing()
            caller.data_received(call("version") * 3)
            assert it.log == []
            assert it.wires[0].reading is False
            caller.resume_writing()
            assert len(it.log) == 3
            assert it.wires[0].reading is True

    asyncio.run(scenario())


def test_garbage_closes_its_own_connection_alone() -> None:
    async def scenario() -> None:
        async with bench() as it:
            good, bad, chatty = it.caller(), it.caller("bad"), it.reader(1, "chatty")
            bad.data_received(b"\xc1garbage")
            chatty.data_received(b"more")
            assert [c.transport.is_closing() for c in (good, bad, chatty)] == [False, True, True]
            it.log.clear()
            good.data_received(call("version"))
            assert len(it.log) == 1

    asyncio.run(scenario())


def test_a_stream_that_is_not_there_stays_open_and_silent() -> None:
    async def scenario() -> None:
        async with bench() as it:
            reader = it.reader(999)
            assert not reader.transport.is_closing()
            assert it.log == []

    asyncio.run(scenario())


def test_a_fault_of_ours_is_told_and_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(_context: object) -> None:
        raise RuntimeError("a fault")

    async def scenario() -> None:
        async with bench() as it:
            monkeypatch.setitem(registry.TABLE, "version", replace(registry.TABLE["version"], function=breaks))
            caller = it.caller()
            caller.data_received(call("version") + call("get_available_maps"))
            answers = [msgpack.unpackb(data) for _, data in it.log]
            assert answers[0][2] == "internal error in version: a fault"
            assert answers[1][2] is None

    asyncio.run(scenario())
    assert "RuntimeError: a fault" in capsys.readouterr().err


def test_the_world_ticks_again_when_the_last_who_kept_the_clock_has_left() -> None:
    async def scenario() -> None:
        async with bench() as it:
            first, second, onlooker = it.caller(), it.caller(), it.caller()
            settings = [True, False, [True, 0.05], True, 0.01, 10, 0.0, False, 3000.0, 2000.0, True]
            first.data_received(call("set_episode_settings", settings))
            second.data_received(call("tick_cue"))
            onlooker.data_received(call("version"))
            modes = []
            for leaver in (first, second):
                leaver.connection_lost(None)
                modes.append(it.world.settings.synchronous_mode)
            assert modes == [True, False]
            assert it.world.settings.fixed_delta_seconds is None

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("name", "expected"), [("", "plain"), ("plain", "plain"), ("hills", "hills"), ("OpenDriveMap", "OpenDriveMap")]
)
def test_a_map_is_loaded_by_its_name_or_as_a_text(name: str, expected: str) -> None:
    async def scenario() -> None:
        async with bench() as it:
            it.server.store_opendrive("a lane")
            await it.server.load(name)
            assert it.world.track.name == expected
            assert it.renderer.loaded == ["plain", expected]

    asyncio.run(scenario())


def test_a_second_text_takes_the_place_of_the_first() -> None:
    async def scenario() -> None:
        async with bench() as it:
            texts: list[str] = []

            def read(name: str, text: str) -> Plain:
                texts.append(text)
                return Plain(name)

            it.server._read_track = read
            for text in ("one lane", "another lane", "another lane"):
                it.server.store_opendrive(text)
                await it.server.load("OpenDriveMap")
            assert texts == ["one lane", "another lane"], "the same text is not read again"

    asyncio.run(scenario())


@pytest.mark.parametrize("name", ["nowhere", "OpenDriveMap", "file.xodr"])
def test_a_map_that_cannot_be_had_leaves_the_episode_alone(name: str) -> None:
    async def scenario() -> None:
        async with bench() as it:
            episode = it.world.episode
            with pytest.raises(WorldError):
                await it.server.load(name)
            assert (it.world.episode, it.world.track.name) == (episode, "plain")

    asyncio.run(scenario())


def take_port_below_a_free_one() -> socket.socket:
    """Listening below the ports that the system hands out, so that no test beside this one gets the next port."""
    for port in range(20_000 + os.getpid() % 10_000, 32_000):
        with contextlib.suppress(OSError), contextlib.closing(socket.socket()) as above:
            above.bind(("127.0.0.1", port + 1))
            return socket.create_server(("127.0.0.1", port))
    raise AssertionError("no two ports in a row are free")


def test_a_port_in_use_is_one_sentence_and_leaves_no_port_open() -> None:
    async def scenario() -> None:
        async with bench() as it:
            with take_port_below_a_free_one() as taken:
                port = taken.getsockname()[1]
                with pytest.raises(StartError, match=f"cannot listen on 127.0.0.1:{port} .* choose another --port"):
                    await listen(it.server, "127.0.0.1", port)
                with contextlib.closing(socket.socket()) as above:
                    above.bind(("127.0.0.1", port + 1))

    asyncio.run(scenario())


@pytest.mark.parametrize("host", ["a..b", "a" * 64, "\udcff"])
def test_a_host_that_is_no_name_is_a_start_error(host: str) -> None:
    async def scenario() -> None:
        async with bench() as it:
            with pytest.raises(StartError, match=r"--host is .*, expected an address or the name of a machine"):
                await listen(it.server, host, 0)

    asyncio.run(scenario())
