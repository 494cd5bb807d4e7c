"""CARLA's remote procedures, each one small function: it is handed values of the domain and asks the world.

Methods whose argument layouts CARLA's batch commands share are public: `commands` runs them too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sim.episode import blueprints
from sim.episode.actors import NO_BOX, Actor
from sim.episode.blueprints import Description
from sim.episode.settings import EpisodeSettings
from sim.episode.weather import WeatherParameters
from sim.episode.world import Roads
from sim.geometry.poses import Pose, Vector, wrap_angle
from sim.rpc import actor_values
from sim.rpc.registry import Context, method
from sim.wire import messages, streaming
from sim.wire.messages import ADDRESS, ANYTHING, BOOL, IDS, INT, PORT, TEXT, TRANSFORM, UINT, VECTOR
from sim.wire.rpc import Returns

VERSION = "0.9.16"
MAP_FOLDER = "Carla/Maps/"


# --- the episode ------------------------------------------------------------------------------------------------------


@method("version")
def _version(_context: Context) -> str:
    return VERSION


@method("get_episode_info")
def _episode_info(context: Context) -> list[Any]:
    return [context.world.episode, [streaming.pack_token(streaming.EPISODE_STREAM, context.stream_port)]]


@method("get_sensor_token", UINT, result=messages.TOKEN)
def _sensor_token(context: Context, stream: int) -> bytes:
    context.expect_subscription(stream)
    return streaming.pack_token(stream, context.stream_port)


@method("get_episode_settings", result=messages.SETTINGS)
def _settings(context: Context) -> EpisodeSettings:
    return context.world.settings


@method("set_episode_settings", messages.SETTINGS)
def _set_settings(context: Context, settings: EpisodeSettings) -> int:
    context.world.apply(settings)
    context.restart_clock()
    return context.world.timestamp.frame


@method("tick_cue")
def _tick(context: Context) -> int:
    return context.tick()


@method("get_weather_parameters", result=messages.WEATHER)
def _weather(context: Context) -> WeatherParameters:
    return context.world.weather


@method("set_weather_parameters", messages.WEATHER, returns=Returns.NOTHING)
def _set_weather(context: Context, weather: WeatherParameters) -> None:
    context.world.weather = weather


# --- maps -------------------------------------------------------------------------------------------------------------


@method("get_map_info")
def _map_info(context: Context) -> list[Any]:
    track = context.world.track
    return [MAP_FOLDER + track.name, [TRANSFORM.pack(_tilt_to_ground(track, pose)) for pose in track.spawn_points]]


def _tilt_to_ground(track: Roads, pose: Pose) -> Pose:
    """A place to start from as a car will stand there, its yaw within half a turn as in snapshots."""
    ground = track.ground(pose.x, pose.y, pose.z, pose.yaw)
    return replace(pose, pitch=ground.pitch, yaw=wrap_angle(pose.yaw), roll=ground.roll)


@method("get_map_data")
def _map_data(context: Context) -> str:
    return context.world.track.opendrive


@method("get_available_maps", result=messages.TEXTS)
def _available_maps(context: Context) -> list[str]:
    return [f"/Game/{MAP_FOLDER}{name}" for name in context.maps()]


@method("load_new_episode", TEXT, BOOL, UINT, returns=Returns.NOTHING)
async def _load(context: Context, name: str, reset_settings: bool, _layer: int) -> None:
    await context.load(name.rpartition("/")[2])
    if reset_settings:
        context.world.apply(EpisodeSettings())
        context.restart_clock()


@method("copy_opendrive_to_file", TEXT, ANYTHING, returns=Returns.NOTHING)
def _keep_opendrive(context: Context, opendrive: str, _how_to_draw: object) -> None:
    context.store_opendrive(opendrive)


# --- actors -----------------------------------------------------------------------------------------------------------


@method("get_actor_definitions")
def _definitions(_context: Context) -> list[Any]:
    return [messages.pack_definition(entry) for entry in blueprints.LIBRARY]


@method("get_spectator")
def _spectator(context: Context) -> list[Any]:
    return actor_values.describe(context.world.spectator, context.stream_port)


@method("get_actors_by_id", IDS)
def _actors(context: Context, ids: tuple[int, ...]) -> list[Any]:
    actors = context.world.actors
    return [actor_values.describe(actors[identity], context.stream_port) for identity in ids if identity in actors]


@method("spawn_actor", messages.DESCRIPTION, TRANSFORM)
def _spawn(context: Context, description: Description, pose: Pose) -> list[Any]:
    return actor_values.describe(context.world.spawn(description, pose), context.stream_port)


@method("spawn_actor_with_parent", messages.DESCRIPTION, TRANSFORM, UINT, INT, ANYTHING)
def _spawn_on(
    context: Context, description: Description, pose: Pose, parent: int, attachment: int, _socket: object
) -> list[Any]:
    return actor_values.describe(context.world.spawn(description, pose, parent, attachment), context.stream_port)


@method("destroy_actor", UINT)
def _destroy(context: Context, identity: int) -> bool:
    context.world.destroy(identity)
    return True


@method("get_actor_bounding_box", UINT)
def _box(context: Context, identity: int) -> list[Any]:
    """An actor's box; CARLA has an empty one for an actor that is gone, and its traffic manager aborts on an error."""
    actor = context.world.actors.get(identity)
    return messages.pack_bounding_box(*NO_BOX, 0) if actor is None else messages.pack_bounding_box(*actor.box, identity)


@method("set_actor_transform", UINT, TRANSFORM, returns=Returns.NOTHING)
def set_transform(context: Context, identity: int, pose: Pose) -> None:
    """Move an actor to a pose: in the world, or relative to its parent; a car keeps its velocity, as in CARLA."""
    context.world.actor(identity, Actor).put(pose)


@method("set_actor_location", UINT, VECTOR, returns=Returns.NOTHING)
def set_location(context: Context, identity: int, place: Vector) -> None:
    """Set an actor down elsewhere, as it is turned; the place is relative to its parent, if it has one."""
    context.world.actor(identity, Actor).move_to(place)


# --- traffic managers: each runs within a client, and the others find it here by its port ----------------------------
# That of a killed client stays, as in CARLA: the next client on its port gets no answer there, and destroys it.


@method("is_traffic_manager_running", PORT)
def _is_managed(context: Context, port: int) -> bool:
    return port in context.traffic_managers


@method("get_traffic_manager_running", PORT)
def _manager(context: Context, port: int) -> list[Any]:
    host = context.traffic_managers.get(port)
    return ["", 0] if host is None else [host, port]


@method("add_traffic_manager_running", ADDRESS)
def _add_manager(context: Context, address: tuple[str, int]) -> bool:
    host, port = address
    if port in context.traffic_managers:
        return False
    context.traffic_managers[port] = host
    return True


@method("destroy_traffic_manager", PORT)
def _destroy_manager(context: Context, port: int) -> bool:
    return context.traffic_managers.pop(port, None) is not None


# --- what CARLA has and an embedded server answers with nothing -----------------------------------------------------


def _answer_nothing(name: str, arguments: int, result: Any, returns: Returns = Returns.VALUE) -> None:
    method(name, *[ANYTHING] * arguments, returns=returns)(lambda _context, *_: result)


_NO_POINT = [False, [[0.0, 0.0, 0.0], 0]]
for _name, _count, _result in (
    ("get_required_files", 1, []),
    ("query_lights_state", 1, []),
    ("get_all_level_BBs", 1, []),
    ("get_environment_objects", 1, []),
    ("cast_ray", 2, []),
    ("project_point", 3, _NO_POINT),
    ("is_sensor_enabled_for_ros", 1, False),
):
    _answer_nothing(_name, _count, _result)
for _name, _count in (
    ("draw_debug_shape", 1),
    ("enable_sensor_for_ros", 1),
    ("disable_sensor_for_ros", 1),
    ("freeze_all_traffic_lights", 1),
    ("reset_all_traffic_lights", 0),
    ("load_map_layer", 1),
    ("unload_map_layer", 1),
    ("set_actor_enable_gravity", 2),
    ("set_actor_autopilot", 2),
    ("apply_control_to_walker", 2),
):
    _answer_nothing(_name, _count, None, Returns.NOTHING)
