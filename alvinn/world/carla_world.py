"""CARLA as a World: one car with its cameras, in synchronous mode, through the genuine client.

The same code drives an embedded and a full server, so it uses only what both support: frames are matched by id with a
deadline and older ones dropped, the car settles for some ticks after a spawn, every camera attribute is set. Sensors,
car and synchronous mode are undone on every way out.
"""

from __future__ import annotations

import math
import queue
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack

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
        self._frame = 0
        self._s = SEARCH_RADIUS  # last place along the lane; so the first search starts at 0, not before the seam
        self._truth: GroundTruth | None = None
        self.frame_timeout = FRAME_TIMEOUT
        """s; to be shortened where somebody watches"""

    def attach_cameras(self, undo: ExitStack) -> None:
        """Put the cameras on the car; `undo` removes them."""
        for name, images in self._images.items():
            _attach(self._world, self.vehicle, name, self.camera.at_mount(name), images.put, undo)

    def attach_extra_camera(self, camera: Camera, take: Callable[[carla.Image], None], undo: ExitStack) -> None:
        """Put one more colour camera on the car, whose pictures are not observed; `undo` removes it."""
        with explain_errors("attaching a camera"):
            _attach(self._world, self.vehicle, "center", camera, take, undo)

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
        """Switch to another of CARLA's presets and tick once, holding the last control; the next frame shows it.

        Raises:
            MapError: CARLA has no preset of that name.
            ServerError: the server stopped answering.
        """
        preset = find_weather(name)
        with explain_errors("changing the weather"):
            self._world.set_weather(preset)
            self.switch_headlights(preset)
            self.tick()

    def switch_headlights(self, weather: carla.WeatherParameters) -> None:
        """Switch the headlights on in the dark, off in daylight: no server does it by itself."""
        dark = weather.sun_altitude_angle < DUSK
        self.vehicle.set_light_state(HEADLIGHTS if dark else carla.VehicleLightState.NONE)

    def tick(self) -> None:
        """Advance the world by one tick."""
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
        velocity = carla.Vector3D(x=speed * math.cos(direction), y=speed * math.sin(direction))
        with explain_errors("putting the car back on its lane"):
            self.vehicle.apply_control(carla.VehicleControl())
            self.vehicle.set_transform(
                carla.Transform(carla.Location(x, y, z + 0.1), carla.Rotation(yaw=math.degrees(direction)))
            )
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


def _attach(
    world: carla.World,
    vehicle: carla.Vehicle,
    name: CameraName,
    camera: Camera,
    take: Callable[[carla.Image], None],
    undo: ExitStack,
) -> None:
    size = {"image_size_x": str(camera.width), "image_size_y": str(camera.height), "fov": str(camera.fov)}
    place = carla.Transform(carla.Location(camera.x, camera.y, camera.z), carla.Rotation(pitch=camera.pitch))
    attach(world, vehicle, BLUEPRINTS.get(name, "sensor.camera.rgb"), take, undo, place, PHOTOGRAPHY | size)
