"""CARLA's own driver as a teacher: the traffic manager, which runs within the client and steers during a tick.

What it did is known only after the tick, so this world ticks first and hands out the frame before the tick together
with the control that led away from it. It is a World and its own Driver; nobody else can steer the car meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial

import carla

from alvinn.driving.types import Control, Decision, GroundTruth, Observation
from alvinn.util.quiet import quiet
from alvinn.world.carla_world import CarlaWorld
from alvinn.world.connection import explain_errors
from alvinn.world.sensors import undo_quietly
from alvinn.world.traffic_manager import find_free_port, wake_traffic_manager, watch

WHO = "autopilot"
MAP_STEP, MAP_POINTS = 2.0, 50_000  # m between the places where the lane is looked at for junctions; 100 km of them
# The client sends a control only if it differs from the one it sent last, whatever the traffic manager did since.
PARKED = carla.VehicleControl(brake=1.0, hand_brake=True)


class AutopilotWorld:
    """A World whose car the traffic manager drives, and the Driver that says how it steered.

    Args:
        world: holds the car, which is on autopilot already.
    """

    def __init__(self, world: CarlaWorld) -> None:
        self._world = world
        self._truth: GroundTruth | None = None
        self._control = Control(steer=0.0, throttle=0.0, brake=0.0)

    def reset(self) -> None:
        """Do nothing: the traffic manager notices by itself where the car is."""

    def observe(self) -> Observation:
        """The current frame; the tick after it is over when this returns.

        Raises:
            FrameError: a camera's image did not arrive in time.
            ServerError: the car is gone, or the server stopped answering.
        """
        observation, self._truth = self._world.observe(), self._world.truth()
        with explain_errors("driving"):
            self._world.tick()
        self._control = self._world.control()
        return observation

    def truth(self) -> GroundTruth:
        """Where the car was at the frame that was handed out last."""
        return self._truth or self._world.truth()

    def decide(self, observation: Observation) -> Decision:
        """What the traffic manager did on that frame."""
        control = self._control
        curvature = self._world.geometry.curvature(control.steer, observation.speed)
        return Decision(curvature=curvature, who=WHO, pedals=(control.throttle, control.brake))

    def apply(self, control: Control) -> None:
        """Do nothing: the tick is over."""

    def recover(self) -> None:
        """Put the car back on the centre of its lane, where it left it and at the speed it had."""
        self._world.recover()
        self._truth = None


@contextmanager
def engage_autopilot(world: CarlaWorld, speed: float, seed: int) -> Iterator[AutopilotWorld]:
    """Let CARLA's traffic manager drive a car along its lane; disengaged on leaving.

    Traffic lights and signs are ignored, as by the scripted expert: steering is what is to be learned.

    Args:
        world: holds the car and its lane.
        speed: to be held where the road permits [m/s].
        seed: of the traffic manager.

    Raises:
        ServerError: the server stopped answering.
    """
    vehicle, port = world.vehicle, find_free_port()
    with explain_errors("starting the traffic manager"), quiet():  # the client prints of a cache that it has not
        manager = world.client.get_trafficmanager(port)
    try:
        with explain_errors("starting the traffic manager"):
            manager.set_synchronous_mode(True)
            manager.set_random_device_seed(seed)
            vehicle.set_autopilot(True, port)
            manager.auto_lane_change(vehicle, False)
            manager.ignore_lights_percentage(vehicle, 100.0)
            manager.ignore_signs_percentage(vehicle, 100.0)
            manager.set_desired_speed(vehicle, speed * 3.6)
            if path := _path(world):
                manager.set_path(vehicle, path)
        with watch(partial(wake_traffic_manager, port)) as watcher:
            world.tick_guard = watcher.guard
            yield AutopilotWorld(world)
    finally:
        world.tick_guard = nullcontext
        undo_quietly(lambda: vehicle.set_autopilot(False, port))
        undo_quietly(manager.shut_down)
        undo_quietly(lambda: vehicle.apply_control(PARKED))


def _path(world: CarlaWorld) -> list[carla.Location]:
    """A place on the lane behind every junction, for 100 km, so that the traffic manager goes its way.

    At a fork it takes the way that leads to the road of the next such place; places within junctions would mislead it.
    It must never run out of them; where there is no junction it needs none.
    """
    road_map, start = world.client.get_world().get_map(), world.truth().lane_s
    places = [carla.Location(*world.lane.at(start + i * MAP_STEP)[:3]) for i in range(MAP_POINTS)]
    inside = [road_map.get_waypoint(place).is_junction for place in places]
    return [place for place, before, now in zip(places[1:], inside, inside[1:], strict=False) if before and not now]
