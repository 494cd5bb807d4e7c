"""The renderer and its cameras: images of a track from any pose, in colour, depth or semantic labels.

The colour pass draws the scene in plain light. The facet pass follows where the depth or label of pixels is needed: for
depth and segmentation cameras, and for weather effects, that is, in all weathers but a clear, dry day. Both passes draw
the same triangles with the same pipe and agree to the pixel; for weather effects the facet pass has fewer pixels and
fewer triangles.
"""

from __future__ import annotations

import gc
from collections.abc import Generator, Sequence
from typing import Literal

import numpy as np
from panda3d import core

from sim.camera.facet_pass import FARTHEST, FacetPass, FloatImage, decode_ids
from sim.camera.weather_effects import WeatherEffects, choose_downsampling
from sim.episode.labels import Label
from sim.episode.sensors import CameraKind
from sim.episode.weather import WeatherParameters
from sim.geometry.poses import Pose
from sim.geometry.rays import Rays
from sim.graphics.canvas import Bytes, Canvas, collect_states, draw, make_pipe
from sim.graphics.light import Light
from sim.roads.track import Track
from sim.scene.bodies import VisibleActor
from sim.scene.scene import Scene
from sim.scene.sky import Sky

# Panda3D's cache takes two poses for one if they are almost equal, but files them by hashes that differ: what is drawn
# then depends on what was drawn before, and freeing them can fail (random:243 in reverse did after 1,100 images).
CONFIGURATION = """
    audio-library-name null
    transform-cache 0
"""


class Renderer:
    """Draws one track at a time for any number of cameras; for use from one thread.

    Args:
        pipe: "tiny" for the software pipe, "gl" for OpenGL.

    Raises:
        RuntimeError: the pipe is not available on this machine.
    """

    def __init__(self, pipe: Literal["tiny", "gl"] = "tiny") -> None:
        core.load_prc_file_data("", CONFIGURATION)
        self._pipe = make_pipe(pipe)
        self._weather = WeatherParameters()
        self._scenes = SharedScene(Light.from_weather(self._weather))

    def load(self, track: Track, seed: int) -> None:
        """Build the scene of a track in place of the one before; the same seed gives the same surroundings."""
        self.show(Scene(track, seed))

    def build_in_pieces(self, track: Track, seed: int) -> Generator[None, None, Scene]:
        """Build a scene to show later, with pauses of the caller's own between its pieces.

        The scene that is shown already is not built again: a large town takes ten seconds.
        """
        shown = self._scenes.scene
        if shown is not None and shown.track is track and shown.seed == seed:
            return shown
        return (yield from Scene.build_in_pieces(track, seed))

    def show(self, scene: Scene) -> None:
        """Show a scene in place of the one before."""
        self._scenes.set_scene(scene)

    @property
    def statistics(self) -> dict[str, int]:
        """The size of the scene; see `Scene.statistics`."""
        return self._scenes.statistics

    def set_weather(self, weather: WeatherParameters) -> None:
        """Change the weather in the images of all cameras."""
        if weather != self._weather:
            self._weather = weather
            self._scenes.light = Light.from_weather(weather)

    def place_actors(self, actors: Sequence[VisibleActor]) -> None:
        """Show these cars and props from now on, in place of those before."""
        self._scenes.place_actors(actors)

    def create_camera(self, width: int, height: int, fov: float, kind: CameraKind = "rgb") -> Camera:
        """Create a camera of `width` x `height` pixels with a horizontal field of view `fov` [rad].

        Raises:
            RuntimeError: Panda3D cannot make an image of this size.
        """
        return Camera(self._scenes, self._pipe, (width, height), fov, kind)


class SharedScene:
    """The scene that all cameras share, with its facet passes, which are built when first needed.

    Attributes:
        light: the light of the scene; it is painted when next it is seen.
        scene: the one that is shown, None before the first.
        root: the node above the scene, for the colour pass.
        facet_roots: the nodes above the facet passes: the full one at False, the coarse one at True.
    """

    def __init__(self, light: Light) -> None:
        self.light = light
        self.root = core.NodePath("colour")
        self.facet_roots = {coarse: core.NodePath("coarse" if coarse else "full") for coarse in (False, True)}
        self.scene: Scene | None = None
        self._passes: dict[bool, FacetPass] = {}
        self._actors: Sequence[VisibleActor] = ()
        self._bodies: list[tuple[core.NodePath, Pose]] = []  # nodes and poses of the actors
        self._painted: Light | None = None

    def set_scene(self, scene: Scene) -> None:
        """Show another scene, without actors, in the current light."""
        before = self.scene
        if before is scene:
            self.place_actors(())
            return
        for facet_pass in self._passes.values():
            facet_pass.root.remove_node()
        self.scene, self._passes, self._painted = scene, {}, None
        self._actors, self._bodies = (), []
        if before is not None:
            before.root.remove_node()
            del before
            gc.collect()  # a scene holds rings of references, 3 MB and more
            collect_states()
        scene.root.reparent_to(self.root)

    @property
    def statistics(self) -> dict[str, int]:
        """The size of the scene; empty before the first."""
        return {} if self.scene is None else self.scene.statistics

    def paint(self) -> None:
        """Show the scene in the present light."""
        if self.scene is not None and self._painted is not self.light:
            self._painted = self.light
            self.scene.set_light(self.light)

    def get_facet_pass(self, *, coarse: bool) -> FacetPass:
        """Return the full or the coarse facet pass, built if it does not exist yet.

        Raises:
            RuntimeError: no track has been loaded, or it has too many facets.
        """
        if coarse not in self._passes:
            if self.scene is None:
                raise RuntimeError("a camera cannot render before a track is loaded")
            created = FacetPass(self.scene.root, self.scene.level_height, coarse=coarse)
            created.root.reparent_to(self.facet_roots[coarse])
            created.place_bodies(self._bodies)
            self._passes[coarse] = created
        return self._passes[coarse]

    def place_actors(self, actors: Sequence[VisibleActor]) -> None:
        """Show these actors in place of those before."""
        if self.scene is None or actors == self._actors:
            return
        self._actors, self._bodies = actors, self.scene.place_actors(actors)
        for facet_pass in self._passes.values():
            facet_pass.place_bodies(self._bodies)

    def centre_sky(self, pose: Pose) -> None:
        """Move the sky to a camera's pose."""
        if self.scene is not None:
            self.scene.sky.set_pos(pose.y, pose.x, pose.z)


class Camera:
    """A pinhole camera with square pixels and a central principal point; made by `Renderer.create_camera`."""

    def __init__(
        self, scenes: SharedScene, pipe: core.GraphicsPipe, size: tuple[int, int], fov: float, kind: CameraKind
    ) -> None:
        downsampling = choose_downsampling(size) if kind == "rgb" else 1
        facets_size = size[0] // downsampling, size[1] // downsampling
        self._scenes, self._kind, self._size = scenes, kind, size
        self._rays = Rays.from_fov(facets_size, fov)
        self._colour = Canvas(pipe, scenes.root, size, fov)
        self._facets = Canvas(pipe, scenes.facet_roots[kind == "rgb"], facets_size, fov, downsampling)
        self._light: Light | None = None
        self._effects: WeatherEffects | None = None

    def render(self, pose: Pose, *, headlights: bool = True) -> bytes:
        """Render the image from a pose in the world: height x width x BGRA bytes, top row first, alpha 255.

        Args:
            pose: the camera's.
            headlights: whether the car that carries it has them on, which matters at night.

        Raises:
            RuntimeError: no track has been loaded, or it has too many facets.
        """
        self._set_light(self._scenes.light)
        self._scenes.paint()
        if self._kind == "rgb" and self._effects is None:
            self._scenes.centre_sky(pose)
            draw([self._colour], pose)
            return self._colour.read().tobytes()
        facet_pass = self._scenes.get_facet_pass(coarse=self._kind == "rgb")
        self._facets.set_background(facet_pass.background)
        self._scenes.centre_sky(pose)
        draw([self._facets] if self._kind != "rgb" else [self._colour, self._facets], pose)
        ids = decode_ids(self._facets.read())
        geometry = facet_pass.compute_geometry(ids, self._rays, pose)
        if self._kind == "semantic_segmentation":
            labels = np.where(geometry.inverse_depth > 0, facet_pass.labels[ids], np.uint8(Label.SKY))
            return _encode_labels(labels).tobytes()
        if self._effects is None or self._kind == "depth":
            return _encode_depth(geometry.inverse_depth).tobytes()
        return self._effects.apply(self._colour.read(), geometry, pose, headlights=headlights).tobytes()

    def _set_light(self, light: Light) -> None:
        if light is not self._light:
            self._light = light
            self._colour.set_background(Sky.compute_background(light))
            needed = WeatherEffects.is_needed(light)
            self._effects = WeatherEffects(light, self._rays, self._size) if needed else None

    def close(self) -> None:
        """Release the buffers; the camera cannot be used afterwards."""
        self._colour.close()
        self._facets.close()


def _encode_labels(labels: Bytes) -> Bytes:
    """CARLA's raw segmentation image: the tag in red, 0 in green and blue."""
    image = np.zeros((*labels.shape, 4), np.uint8)
    image[..., 2], image[..., 3] = labels, 255
    return image


def _encode_depth(inverse_depth: FloatImage) -> Bytes:
    """CARLA's raw depth image: R + 256 G + 65536 B, where 2^24 - 1 is 1000 m."""
    depth = np.where(inverse_depth > 0, 1 / np.maximum(inverse_depth, 1 / FARTHEST), FARTHEST).astype(np.float64)
    steps = np.rint(np.clip(depth / FARTHEST, 0, 1) * ((1 << 24) - 1)).astype(np.uint32)
    image = np.empty((*inverse_depth.shape, 4), np.uint8)
    image[..., 2], image[..., 1], image[..., 0], image[..., 3] = steps, steps >> 8, steps >> 16, 255
    return image
