"""A look at a map in a weather before anybody drives there, drawn by a process of its own with a server of its own."""

from __future__ import annotations

import multiprocessing
import signal
from contextlib import AbstractContextManager, suppress
from multiprocessing.connection import Connection
from types import TracebackType

from alvinn.driving.types import Camera, Control, Image
from alvinn.errors import AlvinnError
from alvinn.settings import Driving
from alvinn.visualization.track_map import TrackMap, sample_lane
from alvinn.world.carla_world import CarlaWorld
from alvinn.world.embedded_server import KeptServer
from alvinn.world.opening import open_world

CAMERA = Camera(width=480, height=240)
MAP, EDGE = (80, 110), 8  # pixels: height and width of the lane in the corner, and its distance from it

Wish = tuple[str, str]
"""A map and a weather."""


class Preview(AbstractContextManager["Preview"]):
    """Pictures of maps and weathers; none where a server is named, whose map is not to be changed for a look.

    Args:
        settings: where to drive.
    """

    def __init__(self, settings: Driving) -> None:
        self._wish: Wish | None = None
        self._drawn: dict[Wish, Image | None] = {}
        self._pipe: Connection | None = None
        if settings.carla is None:
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            self._painter = context.Process(target=paint, args=(theirs, settings.seed), daemon=True)
            self._painter.start()
            theirs.close()

    def picture(self, map_name: str, weather: str) -> Image | None:
        """The picture of a map in a weather; None until it is drawn."""
        wish = (map_name, weather)
        with suppress(OSError, EOFError):  # the painter died: there are no pictures
            if self._pipe is not None:
                while self._pipe.poll():
                    done, image = self._pipe.recv()
                    self._drawn[done] = image
                if wish not in self._drawn and wish != self._wish:
                    self._pipe.send(wish)
                self._wish = wish
        return self._drawn.get(wish)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pipe is not None:
            self._painter.terminate()  # whatever it is at: its server ends with it
            self._painter.join()
            self._pipe.close()


def paint(pipe: Connection, seed: int) -> None:
    """The process: draw what is wished for, the newest wish first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends it
    with suppress(EOFError, OSError), KeptServer() as kept:
        wish = receive_newest(pipe)
        while True:
            try:
                wish = _paint_map(pipe, wish, kept, seed)
            except AlvinnError:
                kept.drop()
                pipe.send((wish, None))
                wish = receive_newest(pipe)


def receive_newest(pipe: Connection) -> Wish:
    """Wait for a wish, and skip those that newer ones have replaced."""
    wish: Wish = pipe.recv()
    while pipe.poll():
        wish = pipe.recv()
    return wish


def _paint_map(pipe: Connection, wish: Wish, kept: KeptServer, seed: int) -> Wish:
    """Draw a map in one weather after the other, until another map is wished for; returns that wish."""
    name, weather = wish
    with open_world(
        Driving(seed=seed), camera=CAMERA, map_name=name, direction="forward", weather=weather, seed=seed, kept=kept
    ) as world:
        lane = TrackMap(sample_lane(world.lane))
        while wish[0] == name:
            pipe.send((wish, look(world, lane)))
            wish = receive_newest(pipe)
            if wish[0] == name:
                world.change_weather(wish[1])
    return wish


def look(world: CarlaWorld, lane: TrackMap) -> Image:
    """What the driver sees there, with the lane in the corner."""
    world.apply(Control(steer=0.0, throttle=0.0, brake=1.0))
    picture, truth = world.observe().image.copy(), world.truth()
    lane.draw(picture[EDGE : EDGE + MAP[0], EDGE : EDGE + MAP[1]], (truth.x, truth.y))
    return picture
