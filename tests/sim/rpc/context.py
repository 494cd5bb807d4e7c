"""A context for remote procedures that records what they asked of the server."""

from __future__ import annotations

from typing import Any

from sim.episode.world import World
from sim.rpc import batch_commands, episode_methods, vehicle_methods
from sim.rpc.registry import call
from tests.sim.fakes import Plain

FAMILIES = (batch_commands, episode_methods, vehicle_methods)  # importing them fills the table of procedures
CAR = [0, "vehicle.tesla.model3", []]
CAMERA = [0, "sensor.camera.rgb", []]
ORIGIN = [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


class Desk:
    """A context that records what the server was asked for."""

    def __init__(self) -> None:
        self.world = World(Plain())
        self.stream_port = 2001
        self.traffic_managers: dict[int, str] = {}
        self.asked: list[object] = []

    def tick(self) -> int:
        self.asked.append("tick")
        return 42

    def restart_clock(self) -> None:
        self.asked.append("settings")

    def expect_subscription(self, stream: int) -> None:
        self.asked.append(("promise", stream))

    async def load(self, name: str) -> None:
        self.asked.append(("load", name))

    def store_opendrive(self, opendrive: str) -> None:
        self.asked.append(("text", opendrive))

    def maps(self) -> tuple[str, ...]:
        return ("plain",)

    def call(self, name: str, *arguments: object) -> Any:
        return call(self, name, arguments)[1]
