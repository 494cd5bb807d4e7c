"""The camera: pictures of a track from any pose, drawn by Panda3D off screen.

Panda3D's software pipe `p3tinydisplay` needs neither a GPU nor a display and draws the same picture on every machine;
`gl` uses OpenGL. Everything happens in the calling thread: a picture is drawn when it is asked for, then read.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from panda3d import core

from sim import scene
from sim.geometry import Pose, matrix
from sim.track import Track

NEEDS = {
    "tiny": "software pipe p3tinydisplay, which on Linux wants libX11 (Debian, Ubuntu: apt-get install libx11-6),",
    "gl": "OpenGL pipe, which wants a graphics card and a display,",
}
LEVELS_FOCAL = 160.0  # the focal length [pixels] that the levels of detail are made for
NEAR, FAR = 0.15, 450.0  # what is nearer or farther is not drawn [m]
SWAP = np.array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], dtype=float)  # CARLA's x, y to Panda3D's y, x


class Renderer:
    """Draws one track at a time for any number of cameras. Use it from one thread.

    Args:
        pipe: "tiny" for the software pipe, "gl" for OpenGL.

    Raises:
        RuntimeError: the pipe cannot be had on this machine.
    """

    def __init__(self, pipe: Literal["tiny", "gl"] = "tiny") -> None:
        core.load_prc_file_data("", "audio-library-name null")
        self._pipe = _pipe(pipe)
        self._engine = core.GraphicsEngine.get_global_ptr()
        self._root = core.NodePath("world")

    def load(self, track: Track, seed: int) -> None:
        """Make the track's scene, the same for the same seed, in place of the one before."""
        self._root.find_all_matches("scene").detach()
        scene.build(track, seed).reparent_to(self._root)

    def camera(self, width: int, height: int, fov_radians: float) -> Camera:
        """A camera of `width` x `height` pixels whose picture is `fov_radians` wide."""
        return Camera(self._engine, self._pipe, self._root, (width, height), fov_radians)


class Camera:
    """A pinhole camera with square pixels, its principal point in the picture's middle; made by `Renderer.camera`."""

    NOTHING = (1.0, 0.0, 1.0, 1.0)  # the colour of a pixel that nothing covers: there should be none

    def __init__(
        self,
        engine: core.GraphicsEngine,
        pipe: core.GraphicsPipe,
        root: core.NodePath,
        size: tuple[int, int],
        fov: float,
    ) -> None:
        self._engine, self._root, self._size = engine, root, size
        self._buffer = _buffer(engine, pipe, size)
        self._buffer.set_active(False)
        self._buffer.set_clear_color(self.NOTHING)
        self._picture = core.Texture("picture")
        self._buffer.add_render_texture(self._picture, core.GraphicsOutput.RTM_copy_ram)
        lens = _lens(size, fov, snaps=pipe.get_interface_name() == "TinyPanda")
        eye = core.Camera("camera", lens)
        eye.set_lod_scale(LEVELS_FOCAL / lens.get_focal_length())
        self._node = root.attach_new_node(eye)
        self._buffer.make_display_region().set_camera(self._node)

    def render(self, pose: Pose) -> bytes:
        """The picture from a world pose: height x width x BGRA bytes, the top row first, alpha 255."""
        self._node.set_mat(core.LMatrix4f(*(SWAP @ matrix(pose) @ SWAP).T.ravel()))
        sky = self._root.find("scene/sky")
        if not sky.is_empty():
            sky.set_pos(pose.y, pose.x, pose.z)
        self._buffer.set_active(True)
        self._engine.render_frame()
        self._buffer.set_active(False)
        core.TransformState.garbage_collect()
        core.RenderState.garbage_collect()
        width, height = self._size
        rows = np.frombuffer(self._picture.get_ram_image(), np.uint8).reshape(height, width, 4)
        picture = rows[::-1].copy()
        picture[..., 3] = 255
        return picture.tobytes()

    def close(self) -> None:
        """Give the buffer back; the camera cannot be used after that."""
        self._engine.remove_window(self._buffer)
        self._node.remove_node()


def _lens(size: tuple[int, int], fov: float, *, snaps: bool) -> core.PerspectiveLens:
    """A lens measured in pixels.

    The software pipe `snaps` corners to whole pixels, half a pixel too low on a plane half a pixel too small: on
    average a quarter of a pixel off in the middle, which the film makes up for.
    """
    short, shift = (0.5, 0.25) if snaps else (0.0, 0.0)
    lens = core.PerspectiveLens()
    lens.set_film_size(size[0] - short, size[1] - short)
    lens.set_film_offset(-shift, shift)
    lens.set_focal_length(size[0] / 2 / math.tan(fov / 2))
    lens.set_near_far(NEAR, FAR)
    return lens


def _pipe(kind: Literal["tiny", "gl"]) -> core.GraphicsPipe:
    selection = core.GraphicsPipeSelection.get_global_ptr()
    if kind == "tiny":
        made = selection.make_pipe("TinyOffscreenGraphicsPipe", "p3tinydisplay")
    else:
        made = selection.make_module_pipe("pandagl")
    if made is None or not made.is_valid():
        raise RuntimeError(f"Panda3D cannot draw here: its {NEEDS[kind]} did not load")
    return made


def _buffer(engine: core.GraphicsEngine, pipe: core.GraphicsPipe, size: tuple[int, int]) -> core.GraphicsOutput:
    bits = core.FrameBufferProperties()
    bits.set_rgba_bits(8, 8, 8, 8)
    bits.set_depth_bits(24)
    made = engine.make_output(
        pipe, "camera", 0, bits, core.WindowProperties.size(*size), core.GraphicsPipe.BF_refuse_window
    )
    if made is None:
        raise RuntimeError(f"Panda3D cannot make a picture of {size[0]}x{size[1]} pixels")
    return made
