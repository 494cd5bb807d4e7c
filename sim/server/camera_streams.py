"""Camera streams: renders the world's cameras and packs their images as messages; lidars and radars too.

A camera is created in the renderer when its stream is first listened to, and closed when its actor is destroyed. Every
image is rendered from the pose in its header.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Generator, Iterator, Sequence
from functools import lru_cache
from typing import Any, Protocol

from sim.episode.actors import Actor, Vehicle
from sim.episode.blueprints import Description
from sim.episode.sensors import CameraKind, CameraSensor, RangeSensor, Sensor
from sim.episode.weather import WeatherParameters
from sim.episode.world import World
from sim.geometry.poses import Pose
from sim.roads.track import Track
from sim.scene.bodies import Colour, VisibleActor
from sim.server import range_streams
from sim.server.instances import number_instances
from sim.server.ray_caster import RayCaster, RenderCamera
from sim.wire import sensor_data, streaming
from sim.wire.sensor_data import SensorType


class Renderer(Protocol):
    """The renderer of a scene: `sim.camera.renderer.Renderer`."""

    def load(self, track: Track, seed: int) -> None:
        """Build the scene of a track and show it."""

    def build_in_pieces(self, track: Track, seed: int) -> Generator[None, None, Any]:
        """Build the scene of a track piece by piece; the generator returns what `show` takes."""

    def show(self, scene: Any) -> None:
        """Show a scene built by `build_in_pieces`."""

    def set_weather(self, weather: WeatherParameters) -> None:
        """Change the weather."""

    def place_actors(self, actors: Sequence[VisibleActor]) -> None:
        """Replace the visible cars and props by these."""

    def create_camera(self, width: int, height: int, fov: float, kind: CameraKind) -> RenderCamera:
        """Create a camera with a horizontal field of view `fov` [rad]."""


HEADLIGHTS = 0x2 | 0x4  # CARLA's low beam and high beam, which light alike here
STREAM_TYPES: dict[CameraKind, SensorType] = {
    "rgb": SensorType.RGB,
    "depth": SensorType.DEPTH,
    "semantic_segmentation": SensorType.SEMANTIC_SEGMENTATION,
}
"""CARLA's sensor type of a stream, by what is drawn for it."""


class CameraStreams:
    """The open cameras of an episode.

    Args:
        renderer: of the scene.
        seed: of the scenery, for every map that is loaded.
    """

    def __init__(self, renderer: Renderer, seed: int) -> None:
        self._renderer = renderer
        self._seed = seed
        self._cameras: dict[tuple[int, CameraKind], RenderCamera] = {}
        self._broken: set[int] = set()  # ids are never reused, so none is ever removed
        self._weather: WeatherParameters | None = None
        self._visible: list[tuple[Actor, VisibleActor]] = []
        self._caster = RayCaster(renderer.create_camera)

    def begin(self, track: Track) -> None:
        """Close every camera, then build and show the scene of a track."""
        self.close()
        self._renderer.load(track, self._seed)
        self._weather = None

    def build_in_pieces(self, track: Track) -> Generator[None, None, Any]:
        """Build the scene of a track piece by piece, so that the caller can do other work in between."""
        return self._renderer.build_in_pieces(track, self._seed)

    def begin_with(self, scene: Any) -> None:
        """Close every camera and show a scene built by `build_in_pieces`."""
        self.close()
        self._renderer.show(scene)
        self._weather = None

    def close(self) -> None:
        """Close every camera."""
        self._caster.close()
        while self._cameras:
            self._cameras.popitem()[1].close()

    def render(self, world: World, wanted: set[int]) -> Iterator[tuple[int, bytes]]:
        """Render this frame's images: (stream, message) of each due camera whose stream is listened to."""
        self._close_cameras_of_the_dead(world)
        cameras = [] if world.settings.no_rendering_mode else world.cameras()
        casters = [sensor for sensor in world.sensors() if isinstance(sensor, RangeSensor)]
        if casters or not world.settings.no_rendering_mode:
            self._update_weather(world.weather)
            self._visible = [(one, _to_visible(one)) for one in world.actors.values() if one.footprint is not None]
        seeing: list[CameraSensor | RangeSensor] = [*cameras, *casters]
        due = [
            sensor
            for sensor in seeing
            if sensor.stream in wanted and sensor.is_due(world.timestamp.seconds, world.settings.step)
        ]
        for sensor in due:
            message = self._attempt(world, sensor)
            if message is not None:
                yield sensor.stream, message

    def _attempt(self, world: World, sensor: CameraSensor | RangeSensor) -> bytes | None:
        """A message, or None from a sensor that has failed once: it must not stop the clock or the other sensors."""
        if sensor.id in self._broken:
            return None
        try:
            others = [(actor, visible) for actor, visible in self._visible if not _is_within(sensor, actor)]
            self._renderer.place_actors([visible for _, visible in others])
            if isinstance(sensor, CameraSensor):
                return self._render_camera(world, sensor, [actor for actor, _ in others])
            return self._cast_rays(world, sensor, [actor for actor, _ in others])
        except Exception as error:  # noqa: BLE001 - no failure of the renderer may end the server
            self._broken.add(sensor.id)
            print(f"sim: {_name(sensor)} cannot draw and stays dark: {error!r}", file=sys.stderr)
            return None

    def _cast_rays(self, world: World, sensor: RangeSensor, others: Sequence[Actor]) -> bytes:
        kind, payload = range_streams.measure(sensor, self._caster, world.timestamp, world.settings.step, others)
        return streaming.frame_message(sensor_data.pack_header(kind, world.timestamp, sensor.pose), payload)

    def _render_camera(self, world: World, camera: CameraSensor, others: Sequence[Actor]) -> bytes:
        lens, pose, kind = camera.lens, camera.pose, STREAM_TYPES[camera.kind]
        pixels = self._draw(camera, camera.kind, pose)
        if camera.instances:
            pixels = number_instances(pixels, self._draw(camera, "depth", pose), lens, pose, others)
            kind = SensorType.INSTANCE_SEGMENTATION
        head = sensor_data.pack_header(kind, world.timestamp, pose)
        return streaming.frame_message(head, *sensor_data.pack_image(lens.width, lens.height, lens.fov, pixels))

    def _draw(self, camera: CameraSensor, kind: CameraKind, pose: Pose) -> bytes:
        lens, key = camera.lens, (camera.id, kind)
        if key not in self._cameras:
            self._cameras[key] = self._renderer.create_camera(lens.width, lens.height, lens.fov, kind)
        return self._cameras[key].render(pose, headlights=_has_headlights(camera))

    def _close_cameras_of_the_dead(self, world: World) -> None:
        for key in [key for key in self._cameras if key[0] not in world.actors]:
            self._cameras.pop(key).close()

    def _update_weather(self, weather: WeatherParameters) -> None:
        if weather is not self._weather:
            self._weather = weather  # first, so that a weather that fails is tried once only
            self._renderer.set_weather(weather)


def _name(sensor: CameraSensor | RangeSensor) -> str:
    """A sensor as messages call it."""
    if isinstance(sensor, CameraSensor):
        return f"camera {sensor.id} ({sensor.lens.width}x{sensor.lens.height})"
    return f"{sensor.description.id} {sensor.id}"


def _has_headlights(camera: CameraSensor) -> bool:
    """Whether the car that carries a camera has its headlights on; a camera on its own has none."""
    carrier = camera.carrier
    return isinstance(carrier, Vehicle) and bool(carrier.lights & HEADLIGHTS)


def _to_visible(actor: Actor) -> VisibleActor:
    """An actor in the renderer's form."""
    return VisibleActor(actor.id, actor.description.id, _colour(actor.description), actor.pose)


@lru_cache(maxsize=64)
def _colour(description: Description) -> Colour:
    """The colour in a description, "r,g,b"; grey if it has none or an invalid one."""
    parts = description.text("color").split(",")
    numbers = [int(part) / 255 for part in parts if re.fullmatch(r"\s*\d{1,3}\s*", part) and int(part) <= 255]
    red, green, blue = numbers if len(numbers) == 3 else (0.5, 0.5, 0.5)
    return red, green, blue


def _is_within(camera: Sensor, actor: Actor) -> bool:
    """Whether a sensor is inside the box of the actor it is attached to, which is then not drawn."""
    if camera.parent is not actor:
        return False
    (centre, half), relative_pose = actor.box, camera.relative_pose
    apart = (
        abs(relative_pose.x - centre.x) - half.x,
        abs(relative_pose.y - centre.y) - half.y,
        abs(relative_pose.z - centre.z) - half.z,
    )
    return max(apart) <= 0.0
