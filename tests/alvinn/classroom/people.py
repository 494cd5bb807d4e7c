"""A class on paper: a stage without a car, guests without a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

from websockets import Origin
from websockets.sync.client import ClientConnection, connect

from alvinn.classroom.activities.contenders import Contender
from alvinn.classroom.audience import Keys
from alvinn.classroom.classroom import Classroom
from alvinn.classroom.messages import unpack
from alvinn.classroom.moments import Moment, Thought
from alvinn.classroom.web import serve
from alvinn.driving.lane import Lane
from alvinn.networks.inference import Network
from alvinn.settings import SHIPPED, Home
from alvinn.world.carla_world import CarlaWorld
from tests.alvinn import fakes

KEYS = Keys("code77", "secret-of-the-lecturer")
HOSTS = frozenset({"127.0.0.1"})
LANE = [[0.0, 0.0], [100.0, 0.0], [100.0, 50.0], [0.0, 50.0], [0.0, 0.0]]


def moment(number: int = 0, *, thought: bool = True, **changes: Any) -> Moment:
    """A moment that no other number has."""
    step = fakes.step(number, camera=fakes.CAMERA)
    units = [0.0] * 22 + [0.6, 1.0, 0.6] + [0.0] * 20
    mind = Thought(step.observation.image[80:120, :128], 0.01, units, 0.15, 0.1) if thought else None
    made = Moment(number, step.observation, "network", 0.1, 0.01, step.truth, 0.012, mind, 2.0)
    return replace(made, **changes)


@contextmanager
def open_class(**facts: Any) -> Iterator[tuple[Classroom, str]]:
    """A class that is served on a free port; yields it and its HOST:PORT."""
    classroom = Classroom(KEYS)
    classroom.facts |= {"title": "a test on paper", "lane": LANE, "drivable": True, **facts}
    with serve(classroom, "127.0.0.1", 0, HOSTS) as port:
        yield classroom, f"127.0.0.1:{port}"


class Visitor:
    """A guest without a browser."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def say(self, kind: str, **values: Any) -> None:
        """Send a message."""
        self.socket.send(json.dumps({"type": kind, **values}))

    def wait_for(self, kind: str) -> tuple[dict[str, Any], list[bytes]]:
        """The next message of a kind; those between are dropped."""
        while True:
            data = self.socket.recv(timeout=30.0)
            assert isinstance(data, bytes)
            header, pictures = unpack(data)
            if header["type"] == kind:
                return header, pictures


def knock(address: str, origin: str | None) -> ClientConnection:
    """A connection to a class that has said nothing yet."""
    return connect(f"ws://{address}/class", origin=None if origin is None else Origin(origin), compression=None)


@contextmanager
def visit(address: str, *, name: str = "Ada", key: str = "", origin: str | None = None) -> Iterator[Visitor]:
    """A guest who has said hello and was let in."""
    with knock(address, origin or f"http://{address}") as socket:
        visitor = Visitor(socket)
        visitor.say("hello", name=name, key=key)
        yield visitor


class PaperCar(fakes.PaperWorld):
    """A private car on paper, with what poses, drops and the expert ask of a world."""

    geometry = fakes.CAR

    def __init__(self, lane: Lane | None = None) -> None:
        super().__init__(lane or fakes.circle(60.0), camera=fakes.CAMERA)

    def place(self, s: float, speed: float, offset: float = 0.0, heading_error: float = 0.0) -> None:
        """Put it somewhere and tick once, as `CarlaWorld.place` does."""
        self._place(s, offset)
        self._yaw += heading_error
        self._speed = speed
        self.frame += 1


def paper_car(lane: Lane | None = None) -> CarlaWorld:
    """A `PaperCar` where a `CarlaWorld` is asked for."""
    return cast("CarlaWorld", PaperCar(lane))


def shipped() -> Contender:
    """The shipped network as the only contender."""
    folder = Home().find_model(SHIPPED)
    return Contender(SHIPPED, Network(folder), folder, ())
