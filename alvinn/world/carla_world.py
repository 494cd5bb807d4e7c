"""CARLA as a World: one car with its cameras, in lockstep, through the genuine client.

The same code drives an embedded and a full server, so it uses only what both do: frames are matched by id with a
deadline and older ones dropped, the car settles for some ticks after a spawn, every camera attribute is set. Whatever
was opened is undone on every way out: sensor, car, synchronous mode.
"""

from __future__ import annotations

import math
import queue
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import carla
import cv2
import numpy as np

from alvinn.driving.lane import SEARCH_RADIUS, Lane, wrap_angle
from alvinn.driving.steering import VehicleGeometry
from alvinn.driving.types import Camera, CameraName, Control, Direction, GroundTruth, Image, Observation
from alvinn.errors import FrameError, MapError, ServerError
from alvinn.world.lane_map import lane_of
from alvinn.world.sensors import Witness, attach, own_blueprint, quietly, witness

DT = 0.05  # s: 20 Hz
TIMEOUT = 10.0  # s: for one answer of the server
LOAD_TIMEOUT = 60.0  # s: for another map, which a full server reads from disk
CONNECT_TIMEOUT = 5.0  # s
FRAME_TIMEOUT = 10.0  # s: for the picture of a tick
SETTLE_TICKS = 20  # after a spawn: a full server drops the car from a height and its camera adapts
SPAWN_HEIGHT = 0.3  # m above the lane, so that nothing overlaps
VEHICLE = "vehicle.tesla.model3"
BLUEPRINTS: dict[CameraName, str] = {
    "depth": "sensor.camera.depth",
    "segmentation": "sensor.camera.semantic_segmentation",
}


@contextmanager
def connected(host: str, port: int) -> Iterator[carla.Client]:
    """A client of the server at an address.

    Raises:
        ServerError: nobody answers there, or somebody of another version.
    """
    try:
        client = carla.Client(host, port)
        client.set_timeout(CONNECT_TIMEOUT)
        theirs = client.get_server_version()
    except RuntimeError as error:
        raise ServerError(
            f"no CARLA server answers at {host}:{port}: start one there, or leave --carla out to use the embedded one"
        ) from error
    ours = client.get_client_version()
    if theirs != ours:
        raise ServerError(
            f"the server at {host}:{port} is CARLA {theirs}, this program's client is {ours}: "
            f"start a {ours} server, or leave --carla out to use the embedded one"
        )
    client.set_timeout(TIMEOUT)
    yield client


@contextmanager
def answered(doing: str) -> Iterator[None]:
    """Say in one sentence what the client's RuntimeError interrupted.

    Raises:
        ServerError: in place of the client's RuntimeError.
    """
    try:
        yield
    except RuntimeError as error:
        raise ServerError(f"the CARLA server stopped answering while {doing}: {error}") from error


def weather_named(name: str) -> carla.WeatherParameters:
    """CARLA's preset of a name such as ClearNoon.

    Raises:
        MapError: there is none of that name.
    """
    preset = getattr(carla.WeatherParameters, name, None)
    if not isinstance(preset, carla.WeatherParameters):
        raise MapError(f"there is no weather {name!r}; CARLA's presets are {', '.join(weather_names())}")
    return preset


def weather_names() -> list[str]:
    """The names of CARLA's presets."""
    return sorted(name for name in dir(carla.WeatherParameters) if name[0].isupper())


def map_name(world: carla.World) -> str:
    """The name of a world's map without its folders."""
    return str(world.get_map().name).rsplit("/", maxsplit=1)[-1]


class CarlaWorld:
    """A World; see `open_world`, which makes one and undoes it."""

    def __init__(
        self,
        world: carla.World,
        vehicle: carla.Vehicle,
        lane: Lane,
        camera: Camera,
        cameras: Sequence[CameraName] = ("center",),
    ) -> None:
        self.lane = lane
        self.camera = camera
        self.geometry = vehicle_geometry(vehicle)
        self._world = world
        self._vehicle = vehicle
        self._images: dict[CameraName, queue.SimpleQueue[carla.Image]] = {n: queue.SimpleQueue() for n in cameras}
        self._frame = 0
        self._s = (
            SEARCH_RADIUS  # where along the lane the car was last: it starts at the beginning, not behind the seam
        )
        self._truth: GroundTruth | None = None
        self.frame_timeout = FRAME_TIMEOUT
        self.server = ""
        """s; to be shortened where somebody watches"""

    def attach_cameras(self, undo: ExitStack) -> None:
        """Put the cameras on the car; `undo` takes them off again."""
        for name, images in self._images.items():
            _attach_camera(self._world, self._vehicle, name, self.camera.at_mount(name), images.put, undo)

    def observe(self) -> Observation:
        """The frame of the last tick.

        Raises:
            FrameError: its picture did not come in time.
            ServerError: the car is gone.
        """
        velocity = self._vehicle.get_velocity()
        return Observation(
            frame=self._frame,
            time=self._world.get_snapshot().timestamp.elapsed_seconds,
            image=self._image("center"),
            speed=math.hypot(velocity.x, velocity.y, velocity.z),
            others={name: self._image(name) for name in self._images if name != "center"},
        )

    def _image(self, name: CameraName) -> Image:
        while True:
            try:
                image = self._images[name].get(timeout=self.frame_timeout)
            except queue.Empty:
                raise self._missing(name) from None
            if image.frame == self._frame:
                bgra = np.frombuffer(image.raw_data, dtype=np.uint8).reshape(image.height, image.width, 4)
                return np.asarray(cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGB), dtype=np.uint8)

    def _missing(self, name: CameraName) -> ServerError:
        """Why a picture did not come."""
        with answered("being asked for a picture"):
            gone = self._world.get_snapshot().find(self._vehicle.id) is None or not self._vehicle.is_alive
        if gone:
            return ServerError("the car is gone from the server: another map was loaded under it, or it was removed")
        return FrameError(
            f"the {name} picture of frame {self._frame} did not come within {self.frame_timeout:g} s: "
            "is the server alive?"
        )

    def truth(self) -> GroundTruth:
        """Where the car is at the last tick."""
        if self._truth is None:
            pose = self._vehicle.get_transform()
            place, yaw = pose.location, math.radians(pose.rotation.yaw)
            on = self.lane.project(place.x, place.y, near=self._s)
            self._s = on.s
            self._truth = GroundTruth(
                x=place.x,
                y=place.y,
                z=place.z,
                yaw=yaw,
                lane_s=on.s,
                lane_width=on.width,
                offset=on.offset,
                heading_error=wrap_angle(yaw - on.direction),
            )
        return self._truth

    def apply(self, control: Control) -> None:
        """Hold a control for one tick.

        Raises:
            ServerError: the server stopped answering.
        """
        with answered("driving"):
            self._vehicle.apply_control(
                carla.VehicleControl(throttle=control.throttle, steer=control.steer, brake=control.brake)
            )
            self.tick()

    def change_weather(self, name: str) -> None:
        """Put up another of CARLA's presets; the next frame shows it, as a tick goes by with the last control held.

        Raises:
            MapError: there is none of that name.
            ServerError: the server stopped answering.
        """
        preset = weather_named(name)
        with answered("changing the weather"):
            self._world.set_weather(preset)
            self.tick()

    def tick(self) -> None:
        """Advance the world by one tick."""
        self._frame = self._world.tick(TIMEOUT)
        self._truth = None

    def recover(self) -> None:
        """Put the car on the middle of its lane where it left it, at the speed it had."""
        velocity = self._vehicle.get_velocity()
        self.place(self.truth().lane_s, math.hypot(velocity.x, velocity.y))

    def place(self, s: float, speed: float, offset: float = 0.0, heading_error: float = 0.0) -> None:
        """Put the car on its lane, `s` metres along and moving at `speed` m/s, `offset` metres right of the middle.

        Raises:
            ServerError: the server stopped answering.
        """
        x, y, z, direction = self.lane.at(s)
        x, y = x - offset * math.sin(direction), y + offset * math.cos(direction)
        direction += heading_error
        velocity = carla.Vector3D(x=speed * math.cos(direction), y=speed * math.sin(direction))
        with answered("putting the car back on its lane"):
            self._vehicle.apply_control(carla.VehicleControl())
            self._vehicle.set_transform(
                carla.Transform(carla.Location(x, y, z + 0.1), carla.Rotation(yaw=math.degrees(direction)))
            )
            self._vehicle.set_target_velocity(velocity)
            self._s = s  # not looked up again: a lane may cross itself, at another height too
            self.tick()

    def witness(self) -> AbstractContextManager[Witness]:
        """What CARLA's own sensors tell of collisions and crossed markings, while it is open."""
        return witness(self._world, self._vehicle)

    def settle(self) -> None:
        """Stand on the brake until car and camera have come to rest after a spawn."""
        for _ in range(SETTLE_TICKS):
            self.apply(Control(steer=0.0, throttle=0.0, brake=1.0))


def vehicle_geometry(vehicle: carla.Vehicle) -> VehicleGeometry:
    """Wheelbase, wheel angle, steering curve and width of a car.

    CARLA 0.9 gives wheel positions in centimetres of the world, so only distances between them mean anything.
    """
    physics = vehicle.get_physics_control()
    front, rear = physics.wheels[0].position, physics.wheels[2].position
    return VehicleGeometry(
        wheelbase=math.dist((front.x, front.y, front.z), (rear.x, rear.y, rear.z)) / 100.0,
        max_wheel_angle=math.radians(physics.wheels[0].max_steer_angle),
        steering_curve=tuple((point.x, point.y) for point in physics.steering_curve),
        width=2.0 * vehicle.bounding_box.extent.y,
    )


@contextmanager
def open_world(
    client: carla.Client,
    *,
    camera: Camera,
    weather: str,
    direction: Direction,
    map_wanted: str | None,
    start: int = 0,
    cameras: Sequence[CameraName] = ("center",),
) -> Iterator[CarlaWorld]:
    """A car with a camera on a lane of the server's map, in synchronous mode at 20 Hz; undone on leaving.

    Args:
        client: of a server.
        camera: what to see with.
        weather: one of CARLA's presets.
        direction: forward, or the opposite lane.
        map_wanted: loaded if the server has another map; None takes the map as it is.
        start: which of the map's spawn points the lane is taken from.
        cameras: which cameras the car carries; `camera` is the centre one.

    Raises:
        MapError: the map or weather is not there, or has no such lane.
        ServerError: the server stopped answering.
    """
    preset = weather_named(weather)
    with ExitStack() as undo:
        with answered("opening the map"):
            world = _world_with(client, map_wanted)
            lane = lane_of(world.get_map(), direction, start)
            _synchronous(world, undo)
            world.set_weather(preset)
            vehicle = _spawn(world, lane, undo)
            world.tick(TIMEOUT)
            driving = CarlaWorld(world, vehicle, lane, camera, cameras)
            driving.server = server_kind(client)
            driving.attach_cameras(undo)
        driving.settle()
        yield driving


def server_kind(client: carla.Client) -> str:
    """`embedded` or `full`; the embedded server names families of maps, such as `random:1`, as CARLA names none."""
    return "embedded" if any(":" in name for name in client.get_available_maps()) else "full"


def _world_with(client: carla.Client, wanted: str | None) -> carla.World:
    world = client.get_world()
    if wanted is None or map_name(world) == Path(wanted).stem:
        return world
    names = {name.rsplit("/", maxsplit=1)[-1] for name in client.get_available_maps()}
    if wanted not in names:
        raise MapError(f"the server has no map {wanted!r}; it has {', '.join(sorted(names))}")
    client.set_timeout(LOAD_TIMEOUT)
    try:
        return client.load_world(wanted)
    finally:
        client.set_timeout(TIMEOUT)


def _synchronous(world: carla.World, undo: ExitStack) -> None:
    before = world.get_settings()
    settings = world.get_settings()
    settings.synchronous_mode = True
    settings.fixed_delta_seconds = DT
    undo.callback(quietly, lambda: world.apply_settings(before))
    world.apply_settings(settings)


def _spawn(world: carla.World, lane: Lane, undo: ExitStack) -> carla.Vehicle:
    x, y, z, direction = lane.at(0.0)
    place = carla.Transform(carla.Location(x, y, z + SPAWN_HEIGHT), carla.Rotation(yaw=math.degrees(direction)))
    vehicle = world.try_spawn_actor(own_blueprint(world, VEHICLE), place)
    if not isinstance(vehicle, carla.Vehicle):
        raise ServerError(
            f"something stands where the car should start ({x:.0f}, {y:.0f}): "
            "a killed run may have left it there, restart the server"
        )
    undo.callback(quietly, vehicle.destroy)
    return vehicle


def _attach_camera(
    world: carla.World,
    vehicle: carla.Vehicle,
    name: CameraName,
    camera: Camera,
    take: Callable[[carla.Image], None],
    undo: ExitStack,
) -> None:
    size = {"image_size_x": str(camera.width), "image_size_y": str(camera.height), "fov": str(camera.fov)}
    place = carla.Transform(carla.Location(camera.x, camera.y, camera.z), carla.Rotation(pitch=camera.pitch))
    attach(world, vehicle, BLUEPRINTS.get(name, "sensor.camera.rgb"), take, undo, place, size)
