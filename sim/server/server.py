"""The embedded server: the world, its clock, and the subscriptions to its streams; `connections` has the sockets.

Calls of all clients are served one at a time. Stream 1 carries the state of the episode; every sensor has a stream of
its own. A tick
1. steps the world, 2. publishes the episode state, 3. answers the call, 4. publishes the data of all sensors,
all with the same frame number. Images come last, and sometimes after a pause, because otherwise the genuine client can
deadlock: see `connections.PAUSE`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from sim.episode.world import World, WorldError
from sim.roads.track import Track
from sim.rpc import registry
from sim.server import sensor_streams
from sim.server.background import end_processes, run_in_thread
from sim.server.camera_streams import CameraStreams
from sim.server.expected import ExpectedSubscriptions
from sim.server.fault_log import FaultLog
from sim.wire import sensor_data, streaming

BREATH = 0.001  # seconds between two steps of asynchronous mode, in which callers are served
MOST_LOADS = 8  # map loads in the queue, the running one included


class Peer(Protocol):
    """An open connection."""

    def abort(self) -> None:
        """Close at once."""


class Reader(Peer, Protocol):
    """A connection subscribed to a stream."""

    def send(self, message: bytes) -> None:
        """Queue a whole message for sending, without waiting."""


class Server:
    """The context of the RPC methods, and the state shared by all connections.

    Args:
        track: the map of the first episode.
        camera_streams: renders the cameras.
        open_track: opens a map by name; raises WorldError if it cannot.
        read_track: reads a map from a name and an OpenDRIVE text; raises WorldError if it cannot.
        maps: the names of the available maps.
    """

    def __init__(
        self,
        track: Track,
        camera_streams: CameraStreams,
        open_track: Callable[[str], Track],
        read_track: Callable[[str, str], Track],
        maps: tuple[str, ...],
    ) -> None:
        self.world = World(track)
        self.stream_port = 0
        self.traffic_managers: dict[int, str] = {}
        self.listeners: dict[int, set[Reader]] = {}
        self.callers: set[Peer] = set()
        self.clock_holders: set[Peer] = set()  # callers that ticked or switched to synchronous mode
        self._camera_streams = camera_streams
        self._open_track, self._read_track = open_track, read_track
        self._first, self._track, self._maps, self._text = track, track, maps, ""
        self._read: tuple[str, Track] | None = None  # the last text that was read, with its map
        self._next_tick: asyncio.Handle | None = None
        self._waiting: list[tuple[int, bytes]] = []  # images held back for PAUSE
        self._release: asyncio.TimerHandle | None = None
        self._owes_pictures = False
        self._expected = ExpectedSubscriptions()
        self._faults = FaultLog()
        self._loading, self._loads_waiting = asyncio.Lock(), 0
        camera_streams.begin(track)
        self._state = self._episode_state()

    # --- called by the RPC methods (registry.Context)

    def tick(self) -> int:
        """Step the world on a client's call; in asynchronous mode, where the server has the clock, do nothing."""
        if self.world.settings.synchronous_mode:
            self.send_pictures()
            self._step()
        return self.world.timestamp.frame

    def expect_subscription(self, stream: int) -> None:
        """Keep what a stream sends from now on for the client that asked for its token."""
        if any(sensor.stream == stream for sensor in self.world.sensors()):
            self._expected.expect(stream)

    def restart_clock(self) -> None:
        """Start or stop ticking by the wall clock, as the settings say."""
        if self._next_tick is not None:
            self._next_tick.cancel()
            self._next_tick = None
        if not self.world.settings.synchronous_mode:
            self.clock_holders.clear()  # a client that gave the clock back holds it no longer
            # At once, as the client looks for a tick of the new length for some milliseconds only before it warns.
            loop = asyncio.get_running_loop()
            self._next_tick = loop.call_soon(self._tick_by_wall_clock, loop.time() - self.world.settings.step)

    async def load(self, name: str) -> None:
        """Begin an episode on another map, or on the same; the present episode runs until the new one is ready.

        Raises:
            WorldError: the map does not exist or cannot be used, or too many loads are queued; nothing has changed.
        """
        if self._loads_waiting >= MOST_LOADS:
            raise WorldError(
                f"{MOST_LOADS} maps are already queued to be loaded, the most that this server allows: try again later"
            )
        text = self._text
        self._loads_waiting += 1
        try:
            async with self._loading:
                track = await self._find_track(name, text)
                scene = await self._build_scene(track)
                self._begin(track, scene)
        finally:
            self._loads_waiting -= 1

    async def _find_track(self, name: str, text: str) -> Track:
        if name == registry.TEXT_MAP:
            if self._read is None or self._read[0] != text:
                self._read = text, await run_in_thread(partial(self._read_track, name, text))
            return self._read[1]
        if name in {"", self._track.name}:
            return self._track
        if name == self._first.name:
            return self._first
        if name.lower().endswith(".xodr"):
            raise WorldError("a client names a map, it cannot open files here; send its OpenDRIVE text instead")
        return await run_in_thread(partial(self._open_track, name))

    async def _build_scene(self, track: Track) -> Any:
        """Build a scene piece by piece, since Panda3D is confined to this thread; calls are served in between."""
        pieces = self._camera_streams.build_in_pieces(track)
        while True:
            try:
                next(pieces)
            except StopIteration as end:
                return end.value
            except Exception as error:
                self._faults.write(error)
                raise WorldError(f"the map {track.name} cannot be drawn: {error}") from error
            await asyncio.sleep(0)

    def _begin(self, track: Track, scene: Any) -> None:
        self._camera_streams.begin_with(scene)
        self._track = track
        self.world.load(track)
        self._waiting.clear()
        self._expected.clear()
        self._publish_state()

    def store_opendrive(self, opendrive: str) -> None:
        """Keep a client's OpenDRIVE text until it asks to load it."""
        self._text = opendrive

    def maps(self) -> tuple[str, ...]:
        """The names of all maps, the one given at the start included."""
        return tuple(dict.fromkeys((*self._maps, self._first.name)))

    # --- time and publishing

    def _step(self) -> None:
        """Step the world and publish its state; a fault of ours in either is logged and does not stop the clock."""
        frame = self.world.timestamp.frame
        with self._faults.logged():
            self.world.tick()
        if self.world.timestamp.frame == frame:
            self.world.skip()
        with self._faults.logged():
            self._publish_state()
        self._owes_pictures = True

    def _tick_by_wall_clock(self, began: float) -> None:
        """One step of asynchronous mode; a late step delays the following ones, none is made up for.

        With a fixed step the next one follows as soon as callers have been served, as in CARLA.
        """
        loop, step = asyncio.get_running_loop(), self.world.settings.step
        self.send_pictures()
        self._step()
        self.draw_pictures(pause=0.0)
        at_once = loop.time() + BREATH
        after = at_once if self.world.settings.fixed_delta_seconds else max(began + 2 * step, at_once)
        self._next_tick = loop.call_at(after, self._tick_by_wall_clock, after - step)

    def draw_pictures(self, pause: float) -> None:
        """Produce the last step's sensor data for the subscribed streams, and send it after `pause` seconds."""
        if not self._owes_pictures:
            return
        self._owes_pictures = False
        loop = asyncio.get_running_loop()
        answered = loop.time()
        wanted = {stream for stream, readers in self.listeners.items() if readers} | self._expected.streams
        for produce in (sensor_streams.read_sensors, self._camera_streams.render):
            with self._faults.logged():
                for stream, message in produce(self.world, wanted):
                    if pause:
                        self._waiting.append((stream, message))
                    else:
                        self._publish(stream, message)
        if self._waiting:
            self._release = loop.call_at(answered + pause, self.send_pictures)

    def send_pictures(self) -> None:
        """Send at once the images that are held back."""
        if self._release is not None:
            self._release.cancel()
            self._release = None
        waiting, self._waiting = self._waiting, []
        for stream, message in waiting:
            self._publish(stream, message)

    def _episode_state(self) -> bytes:
        return streaming.frame_message(sensor_data.pack_episode_state(self.world.snapshot(), time.monotonic()))

    def _publish_state(self) -> None:
        self._state = self._episode_state()
        self._publish(streaming.EPISODE_STREAM, self._state)

    def _publish(self, stream: int, message: bytes) -> None:
        for reader in self.listeners.get(stream, ()):
            reader.send(message)
        self._expected.keep(stream, message)

    # --- subscriptions and clients

    def subscribe(self, reader: Reader, stream: int) -> None:
        """Add a reader; the episode's state is sent at once, since the next tick may be long in coming."""
        self.listeners.setdefault(stream, set()).add(reader)
        if stream == streaming.EPISODE_STREAM:
            reader.send(self._state)
        for message in self._expected.take(stream):
            reader.send(message)

    def unsubscribe(self, reader: Reader, stream: int) -> None:
        """Remove a reader."""
        readers = self.listeners.get(stream, set())
        readers.discard(reader)
        if not readers:
            self.listeners.pop(stream, None)

    def drop_client(self, caller: Peer) -> None:
        """Remove a client that disconnected; if it was the last one to hold the clock, return to asynchronous mode.

        Otherwise a client that died in synchronous mode would leave the world frozen for the next one.
        """
        self.callers.discard(caller)
        self.clock_holders.discard(caller)
        settings = self.world.settings
        if settings.synchronous_mode and not self.clock_holders:
            self.world.apply(replace(settings, synchronous_mode=False, fixed_delta_seconds=None))
            self.restart_clock()

    def close(self) -> None:
        """Close every connection, stop the clock, and end the processes that read maps."""
        end_processes()
        for handle in (self._next_tick, self._release):
            if handle is not None:
                handle.cancel()
        for caller in tuple(self.callers):
            caller.abort()
        for readers in tuple(self.listeners.values()):
            for reader in tuple(readers):
                reader.abort()
        self._camera_streams.close()
