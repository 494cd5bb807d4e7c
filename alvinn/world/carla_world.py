"""CARLA as a World: one car with its cameras, in synchronous mode, through the genuine client.

The same code drives an embedded and a full server, so it uses only what both support: frames are matched by id with a
deadline and older ones dropped, the car settles for some ticks after a spawn, every camera attribute is set. Sensors,
car and synchronous mode are undone on every way out.
"""

from __future__ import annotations

import math
import queue
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field

import carla
import cv2
import numpy as np

from alvinn.driving.lane import SEARCH_RADIUS, Lane, wrap_angle
from alvinn.driving.steering import VehicleGeometry
from alvinn.driving.types import Camera, CameraName, Control, GroundTruth, Image, Observation
from alvinn.errors import FrameError, ServerError
from alvinn.world import connection
from alvinn.world.connection import explain_errors, find_weather, server_kind
from alvinn.world.sensors import EventCounter, attach, count_events

DT = 0.05  # s: 20 Hz
FRAME_TIMEOUT = 10.0  # s: for a tick's image from a camera
SETTLE_TICKS = 20  # after a spawn: a full server drops the car from a height and its camera adapts
FIRST_TICKS = 3  # after which a new camera of a full server surely sends
ADAPTATION = 2.0  # s: the exposure of a full server's cameras follows a change of light slowly
PLACE_HEIGHT = 0.1  # m above the lane, so that no wheel is in the ground
DUSK = 5.0  # degrees of the sun's altitude, below which the headlights are on
HEADLIGHTS = carla.VehicleLightState(carla.VehicleLightState.Position | carla.VehicleLightState.LowBeam)
# A picture as networks learn it: CARLA's automatic exposure, no blur, no flare and no distortion of lenses.
PHOTOGRAPHY = {
    "sensor_tick": "0.0",
    "exposure_mode": "histogram",
    "exposure_compensation": "0.0",
    "gamma": "2.2",
    "motion_blur_intensity": "0.0",
    "lens_flare_intensity": "0.0",
    "lens_circle_multiplier": "0.0",
    "lens_k": "-1.0",
    "lens_kcube": "0.0",
    "chromatic_aberration_intensity": "0.0",
}
BLUEPRINTS: dict[CameraName, str] = {
    "depth": "sensor.camera.depth",
    "segmentation": "sensor.camera.semantic_segmentation",
}


class CarlaWorld:
    """A World; `spawning.spawn_car` makes one and undoes it."""

    def __init__(
        self,
        client: carla.Client,
        vehicle: carla.Vehicle,
        lane: Lane,
        camera: Camera,
        cameras: Sequence[CameraName] = ("center",),
    ) -> None:
        self.client = client
        self.vehicle = vehicle
        self.lane = lane
        self.camera = camera
        self.geometry = read_geometry(vehicle)
        self.server = server_kind(client)
        """embedded or full"""
        self._world = client.get_world()
        self._images: dict[CameraName, queue.SimpleQueue[carla.Image]] = {n: queue.SimpleQueue() for n in cameras}
        self._mounted: list[_MountedCamera] = []
        self._frame = 0
        self.tick_guard: Callable[[], AbstractContextManager[None]] = nullcontext
        """entered around each tick"""
        self._s = 0.0 if lane.lead_in else SEARCH_RADIUS  # so that the first search begins at 0, not before the seam
        self._truth: GroundTruth | None = None
        self.frame_timeout = FRAME_TIMEOUT
        """s; to be shortened where somebody watches"""

    def attach_cameras(self, undo: ExitStack) -> None:
        """Put the cameras on the car; `undo` removes them."""
        for name, images in self._images.items():
            self._mount(name, self.camera.at_mount(name), images.put, undo)

    def attach_extra_camera(self, camera: Camera, take: Callable[[carla.Image], None], undo: ExitStack) -> None:
        """Put one more colour camera on the car, whose pictures are not observed; `undo` removes it."""
        with explain_errors("attaching a camera"):
            self._mount("center", camera, take, undo)

    def _mount(self, name: CameraName, camera: Camera, take: Callable[[carla.Image], None], undo: ExitStack) -> None:
        mounted = _MountedCamera(self._world, self.vehicle, name, camera, take)
        self._mounted.append(mounted)
        undo.callback(self._mounted.remove, mounted)
        undo.callback(mounted.detach)
        mounted.attach()

    @property
    def adaptation(self) -> float:
        """Seconds after a change of weather, in which pictures are too dark or too bright to be learned from."""
        return ADAPTATION if self.server == "full" else 0.0

    def observe(self) -> Observation:
        """The frame of the last tick.

        Raises:
            FrameError: a camera's image did not arrive in time.
            ServerError: the car is gone.
        """
        velocity = self.vehicle.get_velocity()
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
        """Why an image did not arrive."""
        with explain_errors("waiting for an image"):
            gone = self._world.get_snapshot().find(self.vehicle.id) is None or not self.vehicle.is_alive
        if gone:
            return ServerError("the car is gone from the server: another map was loaded, or another client removed it")
        return FrameError(
            f"the {name} camera's image of frame {self._frame} did not arrive within {self.frame_timeout:g} s: "
            "check that the server still runs"
        )

    def truth(self) -> GroundTruth:
        """Where the car is at the last tick."""
        if self._truth is None:
            pose = self.vehicle.get_transform()
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
        """Apply a control for one tick.

        Raises:
            ServerError: the server stopped answering.
        """
        with explain_errors("driving"):
            self.vehicle.apply_control(
                carla.VehicleControl(throttle=control.throttle, steer=control.steer, brake=control.brake)
            )
            self.tick()

    def control(self) -> Control:
        """The control that was in force during the last tick, whoever gave it."""
        control = self.vehicle.get_control()
        return Control(steer=control.steer, throttle=control.throttle, brake=control.brake)

    def change_weather(self, name: str) -> None:
        """Switch to another of CARLA's presets and tick, holding the last control; the next frame shows it.

        Drops and dust stay on the lenses of a full server's cameras for as long as these live, so they are replaced.

        Raises:
            MapError: CARLA has no preset of that name.
            ServerError: the server stopped answering.
        """
        preset = find_weather(name)
        with explain_errors("changing the weather"):
            leaves_traces = self.server == "full" and _is_on_lenses(self._world.get_weather())
            self._world.set_weather(preset)
            self.switch_headlights(preset)
            if leaves_traces:
                for mounted in self._mounted:
                    mounted.detach()
                    mounted.attach()
                for _ in range(FIRST_TICKS):
                    self.tick()
            self.tick()

    def switch_headlights(self, weather: carla.WeatherParameters) -> None:
        """Switch the headlights on in the dark, off in daylight: no server does it by itself."""
        dark = weather.sun_altitude_angle < DUSK
        self.vehicle.set_light_state(HEADLIGHTS if dark else carla.VehicleLightState.NONE)

    def tick(self) -> None:
        """Advance the world by one tick."""
        with self.tick_guard():
            self._frame = self._world.tick(connection.TIMEOUT)
        self._truth = None

    def recover(self) -> None:
        """Put the car back on the centre of its lane, where it left it and at the speed it had."""
        velocity = self.vehicle.get_velocity()
        self.place(self.truth().lane_s, math.hypot(velocity.x, velocity.y))

    def place(self, s: float, speed: float, offset: float = 0.0, heading_error: float = 0.0) -> None:
        """Put the car on its lane and tick once.

        Args:
            s: distance along the lane [m].
            speed: along the car's heading [m/s].
            offset: right of the lane's centre [m].
            heading_error: relative to the lane's direction [rad].

        Raises:
            ServerError: the server stopped answering.
        """
        x, y, z, direction = self.lane.at(s)
        x, y = x - offset * math.sin(direction), y + offset * math.cos(direction)
        direction += heading_error
        velocity = carla.Vector3D(speed * math.cos(direction), speed * math.sin(direction), speed * self.lane.slope(s))
        with explain_errors("putting the car back on its lane"):
            self.vehicle.apply_control(carla.VehicleControl())
            self.vehicle.set_transform(stand_on_lane(self.lane, s, carla.Location(x, y, z + PLACE_HEIGHT), direction))
            self.vehicle.set_target_velocity(velocity)
            self.vehicle.set_target_angular_velocity(carla.Vector3D())
            self._s = s  # known, so not searched for: a lane may cross itself, at another height too
            self.tick()

    def count_events(self) -> AbstractContextManager[EventCounter]:
        """Count collisions and lane invasions by CARLA's own sensors, until the context ends."""
        return count_events(self._world, self.vehicle)

    def settle(self) -> None:
        """Brake until car and camera exposure have settled after a spawn."""
        for _ in range(SETTLE_TICKS):
            self.apply(Control(steer=0.0, throttle=0.0, brake=1.0))


def stand_on_lane(lane: Lane, s: float, place: carla.Location, yaw: float) -> carla.Transform:
    """A car's pose [yaw in rad] at a place beside or above the lane, pitched as the lane is at s."""
    pitch = math.degrees(math.atan(lane.slope(s)))
    return carla.Transform(place, carla.Rotation(pitch=pitch, yaw=math.degrees(yaw)))


def read_geometry(vehicle: carla.Vehicle) -> VehicleGeometry:
    """Wheelbase, wheel angle, steering curve and width of a car.

    CARLA 0.9 reports wheel positions in world coordinates [cm], so only distances between them are used.
    """
    physics = vehicle.get_physics_control()
    front, rear = physics.wheels[0].position, physics.wheels[2].position
    return VehicleGeometry(
        wheelbase=math.dist((front.x, front.y, front.z), (rear.x, rear.y, rear.z)) / 100.0,
        max_wheel_angle=math.radians(physics.wheels[0].max_steer_angle),
        steering_curve=tuple((point.x, point.y) for point in physics.steering_curve),
        width=2.0 * vehicle.bounding_box.extent.y,
    )


def _is_on_lenses(weather: carla.WeatherParameters) -> bool:
    """Whether CARLA shows a weather's rain or dust on the lenses, too."""
    return bool(weather.precipitation > 0.0 or weather.dust_storm > 0.0)


@dataclass(eq=False)
class _MountedCamera:
    """A camera on a car, which can be replaced by a new one of the same kind."""

    world: carla.World
    vehicle: carla.Vehicle
    name: CameraName
    camera: Camera
    take: Callable[[carla.Image], None]
    _undo: ExitStack = field(default_factory=ExitStack)

    def attach(self) -> None:
        one = self.camera
        size = {"image_size_x": str(one.width), "image_size_y": str(one.height), "fov": str(one.fov)}
        place = carla.Transform(carla.Location(one.x, one.y, one.z), carla.Rotation(pitch=one.pitch))
        kind = BLUEPRINTS.get(self.name, "sensor.camera.rgb")
        attach(self.world, self.vehicle, kind, self.take, self._undo, place, PHOTOGRAPHY | size)

    def detach(self) -> None:
        self._undo.close()
