"""Stand-ins for what the server's own rooms do not need: a plain instead of a map, numbers instead of pictures."""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterable, Sequence

from sim.dynamics.single_track import Ground
from sim.episode.sensors import CameraKind, CameraSensor
from sim.episode.weather import WeatherParameters
from sim.geometry.boxes import Box
from sim.geometry.poses import Pose
from sim.roads.track import Track
from sim.scene.bodies import VisibleActor


class Plain(Track):
    """Level ground at a height, with three places to start from."""

    def __init__(self, name: str = "plain", height: float = 0.0) -> None:
        # Track's own constructor parses a map; this one has none.
        self.name = name
        self.opendrive = f"<OpenDRIVE>{name}</OpenDRIVE>"
        self.spawn_points = (Pose(), Pose(x=50.0), Pose(x=100.0, yaw=1.0))
        self.height = height

    def ground(self, _x: float, _y: float, _z: float, _yaw: float = 0.0) -> Ground:
        return Ground(z=self.height)

    def solids_near(self, _x: float, _y: float) -> Iterable[Box]:
        return ()


class NumberCamera:
    """A camera whose every pixel tells where it stood."""

    def __init__(self, renderer: Numbers, width: int, height: int) -> None:
        self.renderer, self.size, self.closed = renderer, (width, height), False

    def render(self, pose: Pose, *, headlights: bool) -> bytes:
        assert not self.closed
        self.renderer.headlights.append(headlights)
        self.renderer.drawn += 1
        return struct.pack("<f", pose.x) * (self.size[0] * self.size[1])

    def close(self) -> None:
        self.closed = True


class Numbers:
    """A renderer that draws numbers and counts what it drew."""

    def __init__(self) -> None:
        self.drawn = 0
        self.headlights: list[bool] = []
        self.loaded: list[str] = []
        self.kinds: list[CameraKind] = []
        self.weathers: list[WeatherParameters] = []
        self.cameras: list[NumberCamera] = []
        self.actors: list[VisibleActor] = []

    def load(self, track: Track, seed: int) -> None:
        self.show(track.name)

    def build_in_pieces(self, track: Track, seed: int) -> Generator[None, None, str]:
        for _ in range(3):
            yield
        if track.name == "flat":
            raise ZeroDivisionError("planted")
        return track.name

    def show(self, scene: str) -> None:
        self.loaded.append(scene)

    def set_weather(self, weather: WeatherParameters) -> None:
        self.weathers.append(weather)

    def place_actors(self, actors: Sequence[VisibleActor]) -> None:
        self.actors = list(actors)

    def create_camera(self, width: int, height: int, fov: float, kind: CameraKind) -> NumberCamera:
        self.kinds.append(kind)
        self.cameras.append(NumberCamera(self, width, height))
        return self.cameras[-1]


def is_camera(actor: object) -> CameraSensor:
    """The actor, seen as the camera that it is."""
    assert isinstance(actor, CameraSensor)
    return actor
