"""The task of `refine` and of the Gymnasium environment: keep a lane, tick by tick, until the car departs.

The world is opened at the first start and kept until another road is opened. A server error closes everything.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import get_args

from alvinn.drivers.expert import ExpertDriver
from alvinn.driving.cruise import MAX_LATERAL_ACCELERATION, SpeedController
from alvinn.driving.departure import departure_margin
from alvinn.driving.lane import Lane
from alvinn.driving.steering import compute_control
from alvinn.driving.types import Camera, Direction, GroundTruth, Observation
from alvinn.errors import AlvinnError, MapError
from alvinn.settings import Driving
from alvinn.util.nearest import suggest
from alvinn.world.carla_world import DT, CarlaWorld
from alvinn.world.connection import explain_errors
from alvinn.world.opening import open_world
from alvinn.world.sensors import EventCounter

DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
LEAST_WAY = 10.0  # m from a start to the end of an episode on an open lane


@dataclass(frozen=True)
class Road:
    """The lane to keep, and the weather.

    Raises:
        MapError: there is no such direction.
    """

    map: str = "country"
    direction: Direction = "forward"
    weather: str = "ClearNoon"

    def __post_init__(self) -> None:
        if self.direction not in DIRECTIONS:
            raise MapError(f"there is no direction {self.direction!r}: {suggest(str(self.direction), DIRECTIONS)}")


@dataclass(frozen=True, slots=True)
class Tick:
    """The state after a tick: the observation for the driver, the rest for reward and figures."""

    observation: Observation
    truth: GroundTruth
    curvature: float
    """of the lane at the car [1/m]"""
    margin: float
    """the offset [m] at which the car departs"""
    collided: bool
    """whether the car has hit something since the start"""
    finished: bool
    """whether a lap is complete, or the end of an open lane is reached"""

    @property
    def share(self) -> float:
        """The offset as a signed share of the margin."""
        return self.truth.offset / self.margin

    @property
    def departed(self) -> bool:
        """Whether one side of the car is beyond the edge of its lane."""
        return abs(self.share) > 1.0


class LaneKeeping(AbstractContextManager["LaneKeeping"]):
    """A car on a lane, in lockstep: `open` a road, `start` somewhere on it, and `step` until a tick ends the episode.

    Args:
        driving: settings of the server (a private one by default), its seed, and the speed.
        camera: of the car.
    """

    def __init__(self, driving: Driving, camera: Camera) -> None:
        self._driving, self._camera = driving, camera
        self._undo = ExitStack()
        self._road: Road | None = None
        self._pedals = SpeedController(driving.speed, DT)

    def open(self, road: Road) -> None:
        """Open a world with a car on a road, unless that road is open already.

        Raises:
            AlvinnError: server, map or weather is not available.
        """
        if road == self._road:
            return
        with self._close_on_error("opening the road"):
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
        """The lane of the open road."""
        return self._world.lane

    def starts(self) -> tuple[float, float]:
        """The range of starting points along the lane [m]."""
        lane = self.lane
        if lane.closed:
            return lane.lead_in, lane.length
        return 0.0, max(0.0, self._end - LEAST_WAY)

    @property
    def _end(self) -> float:
        """Where an episode on an open lane ends [m along it]: two seconds before its end, which is in view."""
        return self.lane.length - 2.0 * self._driving.speed

    def check_start(self, s: float, offset: float) -> None:
        """See that an episode which starts there does not end there.

        Raises:
            AlvinnError: `s` [m] is not on the lane or where an episode on an open one ends, or the offset [m] is a
                departure.
        """
        lane = self.lane
        end, why = (lane.length, "") if lane.closed else (self._end, ", where an episode on this open lane ends")
        if not 0.0 <= s < end:
            raise AlvinnError(f"s must be from 0 to {end:.1f} m{why}, not {s:g}")
        x, y, _, _ = lane.at(s)
        margin = departure_margin(lane.project(x, y, near=s).width, self._world.geometry.width)
        if abs(offset) > margin:
            raise AlvinnError(f"the offset must be within {margin:.2f} m, beyond which the car departs, not {offset:g}")

    def start(self, s: float, offset: float = 0.0, heading_error: float = 0.0) -> Tick:
        """Put the car on its lane at `s` [m], at the speed that the bend there allows.

        Raises:
            ServerError: the server stopped answering.
        """
        bend = max(abs(self.lane.curvature(s)), 1e-9)
        speed = min(self._driving.speed, math.sqrt(MAX_LATERAL_ACCELERATION / bend))
        with self._close_on_error("putting the car on its lane"):
            self._world.place(s, speed, offset, heading_error)
            self._pedals.reset()
            lane = self.lane
            self._way = lane.distance_around(s, 1) if lane.closed else self._end - s
            self._progress, self._s = 0.0, s
            self._collisions = self._events.collisions or 0
            return self._observe()

    def step(self, curvature: float) -> Tick:
        """Drive a curvature [1/m] for one tick.

        Raises:
            ServerError: the server stopped answering.
        """
        speed = self._seen.speed
        throttle, brake = self._pedals.hold(speed, curvature)
        with self._close_on_error("driving"):
            self._world.apply(compute_control(curvature, speed, throttle, brake, self._world.geometry))
            return self._observe()

    def expert_curvature(self) -> float:
        """The curvature [1/m] that the expert, which knows the map, would drive now.

        Raises:
            ServerError: the server stopped answering.
        """
        with self._close_on_error("asking the expert"):
            return ExpertDriver.in_world(self._world).decide(self._seen).curvature

    def _observe(self) -> Tick:
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
        """Close world and server; may be called again."""
        self._road = None
        self._undo.close()

    @contextmanager
    def _close_on_error(self, doing: str) -> Iterator[None]:
        """Close everything after an error; the error of a server that has exited is extended by its exit status.

        Any call of the client can raise its RuntimeError; the world explains those of some of its methods only.
        """
        try:
            with explain_errors(doing):
                yield
        except AlvinnError:
            self._road = None
            with self._undo.pop_all():
                raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
