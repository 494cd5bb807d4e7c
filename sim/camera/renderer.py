"""The cameras: pictures of a track from any pose, in colour, in depth, or in what things are.

The plain picture is drawn first; a second drawing of facets' numbers follows where somebody needs to know what each
pixel shows and how far away it is: the depth and the segmentation camera, and every weather but a clear, dry day.
Both drawings are of the same triangles by the same pipe, so they agree to the pixel; for a weather the second one has
fewer pixels and fewer triangles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from panda3d import core

from sim.camera.facet_pass import FARTHEST, Facets, Map, numbers_of
from sim.camera.weather_effects import Grading, coarseness
from sim.episode.labels import Label
from sim.episode.sensors import CameraKind
from sim.episode.weather import WeatherParameters
from sim.geometry.poses import Pose
from sim.geometry.rays import Rays
from sim.graphics.canvas import Bytes, Canvas, draw, make_pipe
from sim.graphics.light import Light
from sim.roads.track import Track
from sim.scene.bodies import Thing
from sim.scene.scene import Scene
from sim.scene.sky import Sky


class Renderer:
    """Draws one track at a time for any number of cameras. Use it from one thread.

    Args:
        pipe: "tiny" for the software pipe, "gl" for OpenGL.

    Raises:
        RuntimeError: the pipe cannot be had on this machine.
    """

    def __init__(self, pipe: Literal["tiny", "gl"] = "tiny") -> None:
        core.load_prc_file_data("", "audio-library-name null")
        self._pipe = make_pipe(pipe)
        self._stage = Stage(Light.from_weather(WeatherParameters()))

    def load(self, track: Track, seed: int) -> None:
        """Make the track's scene, the same for the same seed, in place of the one before."""
        self._stage.show(Scene(track, seed))

    @property
    def figures(self) -> dict[str, int]:
        """How much the scene holds, by name; see `Scene.figures`."""
        return self._stage.figures

    def set_weather(self, weather: WeatherParameters) -> None:
        """Change the weather in every camera's pictures."""
        self._stage.light_up(Light.from_weather(weather))

    def place(self, things: Sequence[Thing]) -> None:
        """Show these cars and props in pictures from now on, and none that were there before."""
        self._stage.place(things)

    def camera(self, width: int, height: int, fov_radians: float, kind: CameraKind = "rgb") -> Camera:
        """A camera of `width` x `height` pixels whose picture is `fov_radians` wide."""
        return Camera(self._stage, self._pipe, (width, height), fov_radians, kind)


class Stage:
    """What all cameras look at: a scene in some light, and, once somebody asks, its facets.

    Attributes:
        light: the light that `plain` is shown in.
        plain: the node above the scene.
        numbered: the nodes above the scene's facets: in full, and rough.
    """

    def __init__(self, light: Light) -> None:
        self.light = light
        self.plain = core.NodePath("plain")
        self.numbered = {rough: core.NodePath("rough" if rough else "numbered") for rough in (False, True)}
        self._scene: Scene | None = None
        self._facets: dict[bool, Facets] = {}
        self._things: Sequence[Thing] = ()
        self._bodies: list[tuple[core.NodePath, Pose]] = []  # of the things

    def show(self, scene: Scene) -> None:
        """Show another scene."""
        if self._scene is not None:
            self._scene.root.remove_node()
        for facets in self._facets.values():
            facets.root.remove_node()
        self._scene, self._facets = scene, {}
        self._things, self._bodies = (), []
        scene.show(self.light)
        scene.root.reparent_to(self.plain)

    @property
    def figures(self) -> dict[str, int]:
        """How much the scene holds, by name."""
        return {} if self._scene is None else self._scene.figures

    def light_up(self, light: Light) -> None:
        """Change the light."""
        self.light = light
        if self._scene is not None:
            self._scene.show(light)

    def facets(self, *, rough: bool) -> Facets:
        """The scene's facets, hung below `numbered`."""
        if rough not in self._facets:
            if self._scene is None:
                raise RuntimeError("a camera was asked for a picture before a track was loaded")
            made = self._facets[rough] = Facets(self._scene.root, self._scene.plain, rough=rough)
            made.root.reparent_to(self.numbered[rough])
            made.place(self._bodies)
        return self._facets[rough]

    def place(self, things: Sequence[Thing]) -> None:
        """Show these things, and none that were there before."""
        if self._scene is None or things == self._things:
            return
        self._things, self._bodies = things, self._scene.place(things)
        for facets in self._facets.values():
            facets.place(self._bodies)

    def follow(self, pose: Pose) -> None:
        """Bring the sky to a camera."""
        if self._scene is not None:
            self._scene.sky.set_pos(pose.y, pose.x, pose.z)


class Camera:
    """A pinhole camera with square pixels, its principal point in the picture's middle; made by `Renderer.camera`."""

    def __init__(
        self, stage: Stage, pipe: core.GraphicsPipe, size: tuple[int, int], fov: float, kind: CameraKind
    ) -> None:
        coarse = coarseness(size) if kind == "rgb" else 1
        numbered = size[0] // coarse, size[1] // coarse
        self._stage, self._kind, self._size = stage, kind, size
        self._rays = Rays.from_fov(numbered, fov)
        self._plain = Canvas(pipe, stage.plain, size, fov)
        self._numbers = Canvas(pipe, stage.numbered[kind == "rgb"], numbered, fov, coarse)
        self._light: Light | None = None
        self._grading: Grading | None = None

    def render(self, pose: Pose) -> bytes:
        """The picture from a world pose: height x width x BGRA bytes, the top row first, alpha 255."""
        self._regrade(self._stage.light)
        if self._kind == "rgb" and self._grading is None:
            self._stage.follow(pose)
            draw([self._plain], pose)
            return self._plain.read().tobytes()
        facets = self._stage.facets(rough=self._kind == "rgb")
        self._numbers.set_background(facets.void)
        self._stage.follow(pose)
        draw([self._numbers] if self._kind != "rgb" else [self._plain, self._numbers], pose)
        numbers = numbers_of(self._numbers.read())
        sight = facets.sight(numbers, self._rays, pose)
        if self._kind == "semantic_segmentation":
            return _tagged(np.where(sight.inverse > 0, facets.labels[numbers], np.uint8(Label.SKY))).tobytes()
        if self._grading is None or self._kind == "depth":
            return _measured(sight.inverse).tobytes()
        return self._grading.graded(self._plain.read(), sight, pose).tobytes()

    def _regrade(self, light: Light) -> None:
        if light is not self._light:
            self._light = light
            self._plain.set_background(Sky.below(light))
            self._grading = Grading(light, self._rays, self._size) if Grading.needed(light) else None

    def close(self) -> None:
        """Give the buffers back; the camera cannot be used after that."""
        self._plain.close()
        self._numbers.close()


def _tagged(labels: Bytes) -> Bytes:
    """CARLA's raw segmentation picture: the tag in red, nothing in green and blue."""
    picture = np.zeros((*labels.shape, 4), np.uint8)
    picture[..., 2], picture[..., 3] = labels, 255
    return picture


def _measured(inverse: Map) -> Bytes:
    """CARLA's raw depth picture: R + 256 G + 65536 B of 2^24 - 1, which is 1000 m."""
    depth = np.where(inverse > 0, 1 / np.maximum(inverse, 1 / FARTHEST), FARTHEST).astype(np.float64)
    steps = np.rint(np.clip(depth / FARTHEST, 0, 1) * ((1 << 24) - 1)).astype(np.uint32)
    picture = np.empty((*inverse.shape, 4), np.uint8)
    picture[..., 2], picture[..., 1], picture[..., 0], picture[..., 3] = steps, steps >> 8, steps >> 16, 255
    return picture
