"""The task of both faces, Gymnasium's and `refine`: keep a lane, tick by tick, until the car leaves it.

The world is opened at the first start and kept until another road is wanted. After a server error nothing is left open.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from types import TracebackType

from alvinn.drivers.expert import ExpertDriver
from alvinn.driving.cruise import MAX_LATERAL_ACCELERATION, SpeedController
from alvinn.driving.departure import departure_margin
from alvinn.driving.lane import Lane
from alvinn.driving.steering import compute_control
from alvinn.driving.types import Camera, Direction, GroundTruth, Observation
from alvinn.errors import AlvinnError
from alvinn.settings import Driving
from alvinn.world.carla_world import DT, CarlaWorld
from alvinn.world.opening import open_world
from alvinn.world.sensors import EventCounter

LEAST_WAY = 10.0  # m: an open lane has that much left after a start, and two seconds' way, where nothing is to be seen


@dataclass(frozen=True)
class Road:
    """Which lane to keep, and in which weather."""

    map: str = "country"
    direction: Direction = "forward"
    weather: str = "ClearNoon"


@dataclass(frozen=True, slots=True)
class Tick:
    """What there is to know after a tick: the observation for whoever drives, the rest for reward and figures."""

    observation: Observation
    truth: GroundTruth
    curvature: float
    """of the lane where the car is [1/m]"""
    margin: float
    """offset [m] beyond which the car has departed"""
    collided: bool
    """with something, since the start"""
    finished: bool
    """a lap is driven, or an open lane comes to its end"""

    @property
    def share(self) -> float:
        """The offset as a share of that of a departure, signed."""
        return self.truth.offset / self.margin

    @property
    def departed(self) -> bool:
        """Whether a side of the car is beyond the lane's edge."""
        return abs(self.share) > 1.0


class LaneKeeping(AbstractContextManager["LaneKeeping"]):
    """A car on a lane, in lockstep: `open` a road, `start` somewhere on it, `step` until a tick says that it is over.

    Args:
        driving: the server (a private one by default), its seed, and the speed to hold.
        camera: on the car.
    """

    def __init__(self, driving: Driving, camera: Camera) -> None:
        self._driving, self._camera = driving, camera
        self._undo = ExitStack()
        self._road: Road | None = None
        self._pedals = SpeedController(driving.speed, DT)

    def open(self, road: Road) -> None:
        """Have a car on a road; what is open stays if it is the same.

        Raises:
            AlvinnError: server, map or weather is not to be had.
        """
        if road == self._road:
            return
        with self._closing_on_error():
            self.close()
            opening = open_world(
                self._driving,
                camera=self._camera,
                map_name=road.map,
                direction=road.direction,
                weather=road.weather,
                seed=self._driving.seed,
            )
            self._world: CarlaWorld = self._undo.enter_context(opening)
            self._events: EventCounter = self._undo.enter_context(self._world.count_events())
            self._road = road

    @property
    def lane(self) -> Lane:
        """Of the open road."""
        return self._world.lane

    def starts(self) -> tuple[float, float]:
        """From where to where along the lane [m] there is room to start."""
        lane = self.lane
        if lane.closed:
            return lane.lead_in, lane.length
        return 0.0, max(0.0, lane.length - 2.0 * self._driving.speed - LEAST_WAY)

    def start(self, s: float, offset: float = 0.0, heading_error: float = 0.0) -> Tick:
        """Put the car on its lane `s` metres along, moving as fast as the bend there allows.

        Raises:
            ServerError: the server stopped answering.
        """
        bend = max(abs(self.lane.curvature(s)), 1e-9)
        speed = min(self._driving.speed, math.sqrt(MAX_LATERAL_ACCELERATION / bend))
        with self._closing_on_error():
            self._world.place(s, speed, offset, heading_error)
            self._pedals.reset()
            lane = self.lane
            self._way = lane.distance_around(s, 1) if lane.closed else lane.length - 2.0 * self._driving.speed - s
            self._progress, self._s = 0.0, s
            self._collisions = self._events.collisions or 0
            return self._look()

    def step(self, curvature: float) -> Tick:
        """Drive a curvature [1/m] for one tick.

        Raises:
            ServerError: the server stopped answering.
        """
        speed = self._seen.speed
        throttle, brake = self._pedals.hold(speed, curvature)
        with self._closing_on_error():
            self._world.apply(compute_control(curvature, speed, throttle, brake, self._world.geometry))
            return self._look()

    def expert_curvature(self) -> float:
        """What the scripted expert, who knows the map, would drive now [1/m]."""
        world = self._world
        return ExpertDriver.in_world(world).decide(self._seen).curvature

    def _look(self) -> Tick:
        self._seen, truth = self._world.observe(), self._world.truth()
        self._progress += self.lane.between(self._s, truth.lane_s)
        self._s = truth.lane_s
        return Tick(
            observation=self._seen,
            truth=truth,
            curvature=self.lane.curvature(truth.lane_s),
            margin=departure_margin(truth.lane_width, self._world.geometry.width),
            collided=(self._events.collisions or 0) > self._collisions,
            finished=self._progress >= self._way,
        )

    def close(self) -> None:
        """End whatever is open; a second time there is nothing to end."""
        self._road = None
        self._undo.close()

    @contextmanager
    def _closing_on_error(self) -> Iterator[None]:
        """Leave nothing open after an error; one of a server that has ended by itself says so on its way out."""
        try:
            yield
        except AlvinnError:
            self._road = None
            with self._undo.pop_all():
                raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
