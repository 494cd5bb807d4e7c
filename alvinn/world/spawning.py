"""Spawning a car with cameras on a lane, in synchronous mode; everything is undone on the way out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import carla

from alvinn.driving.lane import Lane
from alvinn.driving.types import Camera, CameraName, Direction
from alvinn.errors import AlvinnError, OccupiedError
from alvinn.util.quiet import quiet
from alvinn.world import connection
from alvinn.world.carla_world import DT, CarlaWorld, stand_on_lane
from alvinn.world.connection import explain_errors, find_weather
from alvinn.world.lane_map import build_lane
from alvinn.world.maps import LOAD_TIMEOUT, load_map
from alvinn.world.sensors import own_blueprint, undo_quietly

SPAWN_HEIGHT = 0.3  # m above the lane, so that nothing overlaps
VEHICLE = "vehicle.tesla.model3"
UNDO_TIMEOUT = 2.0  # s: what no longer answers is not waited for as long again for every sensor that it had


@contextmanager
def spawn_car(
    client: carla.Client,
    *,
    camera: Camera,
    weather: str,
    direction: Direction,
    map_wanted: str | None,
    start: int = 0,
    cameras: Sequence[CameraName] = ("center",),
) -> Iterator[CarlaWorld]:
    """Spawn a car with cameras on a lane of the server's map, in synchronous mode at 20 Hz; undone on leaving.

    Args:
        client: connected to a server.
        camera: the centre camera.
        weather: one of CARLA's presets.
        direction: forward, or the opposite lane.
        map_wanted: loaded if the server has another map; None keeps the current one.
        start: index of the map's spawn point that the lane runs through.
        cameras: names of the cameras that the car carries.

    Raises:
        MapError: the map or the weather does not exist, or the map has no such lane.
        ServerError: the server stopped answering.
    """
    preset = find_weather(weather)
    with ExitStack() as undo:
        try:
            with explain_errors("opening the map"):
                world = load_map(client, map_wanted)
                lane = build_lane(world.get_map(), direction, start)
                _make_synchronous(world, undo)
                world.set_weather(preset)
                vehicle = _spawn(world, lane, undo)
                world.tick(LOAD_TIMEOUT)  # the first after loading a map takes a full server longer
                driving = CarlaWorld(client, vehicle, lane, camera, cameras)
                driving.switch_headlights(preset)
                driving.attach_cameras(undo)
            driving.settle()
            undo.callback(_shorten_time_out_of_the_dead, client)  # first: it was pushed last
            yield driving
        except (AlvinnError, RuntimeError):
            client.set_timeout(UNDO_TIMEOUT)
            raise


def _shorten_time_out_of_the_dead(client: carla.Client) -> None:
    """See whether the server still answers: it may have died where nobody noticed, in a pause or in a notebook."""
    client.set_timeout(connection.CONNECT_TIMEOUT)
    try:
        with quiet():
            client.get_server_version()
    except RuntimeError:
        client.set_timeout(UNDO_TIMEOUT)
    else:
        client.set_timeout(connection.TIMEOUT)


def _make_synchronous(world: carla.World, undo: ExitStack) -> None:
    before = world.get_settings()
    settings = world.get_settings()
    settings.synchronous_mode = True
    settings.fixed_delta_seconds = DT
    # CARLA's defaults, which another client may have changed: without rendering, cameras slow down more and more
    settings.no_rendering_mode = False
    settings.substepping, settings.max_substep_delta_time, settings.max_substeps = True, 0.01, 10
    undo.callback(undo_quietly, lambda: world.apply_settings(before))
    world.apply_settings(settings)


def _spawn(world: carla.World, lane: Lane, undo: ExitStack) -> carla.Vehicle:
    x, y, z, direction = lane.at(0.0)
    place = stand_on_lane(lane, 0.0, carla.Location(x, y, z + SPAWN_HEIGHT), direction)
    vehicle = world.try_spawn_actor(own_blueprint(world, VEHICLE), place)
    if not isinstance(vehicle, carla.Vehicle):
        raise OccupiedError(
            f"the car's starting point ({x:.0f}, {y:.0f}) is occupied: "
            "a killed run may have left a car there, restart the server"
        )
    undo.callback(undo_quietly, vehicle.destroy)
    return vehicle
