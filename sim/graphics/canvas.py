"""Off-screen canvases that Panda3D draws on.

Panda3D's software pipe `p3tinydisplay` needs neither a GPU nor a display and draws the same image on every machine;
`gl` uses OpenGL. Everything runs in the calling thread: an image is drawn on request, then read.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import count
from typing import Literal

import numpy as np
import numpy.typing as npt
from panda3d import core

from sim.geometry.poses import Pose, matrix

Bytes = npt.NDArray[np.uint8]

REQUIREMENTS = {
    "tiny": "software pipe p3tinydisplay, which on Linux needs libX11 (Debian, Ubuntu: apt-get install libx11-6),",
    "gl": "OpenGL pipe, which needs a graphics card and a display,",
}
LOD_FOCAL_LENGTH = 160.0  # the focal length for which the distances of the levels of detail are chosen [pixels]
NEAR, FAR = 0.15, 450.0  # distances of the clipping planes [m]
SWAP = np.array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], dtype=float)  # CARLA's x, y to Panda3D's y, x
COLLECT_EVERY = 16  # images between two collections of Panda3D's cache, which only its task manager would do otherwise

_images = count(1)


class Canvas:
    """An image of what is attached below a node, on a black background.

    Args:
        pipe: the graphics pipe that draws it.
        root: the node.
        size: width and height [pixels].
        fov: horizontal field of view [rad].
        downsampling: how many times smaller it is than the image it accompanies; levels of detail are chosen as there.

    Raises:
        RuntimeError: Panda3D cannot make an image of this size.
    """

    def __init__(
        self, pipe: core.GraphicsPipe, root: core.NodePath, size: tuple[int, int], fov: float, downsampling: int = 1
    ) -> None:
        self._size = size
        self._is_software = pipe.get_interface_name() == "TinyPanda"
        self.buffer = _make_buffer(pipe, size, is_resizeable=self._is_software)
        self.buffer.set_active(False)
        self.set_background((0.0, 0.0, 0.0))
        self._texture = core.Texture("image")
        self.buffer.add_render_texture(self._texture, core.GraphicsOutput.RTM_copy_ram)
        lens = _make_lens(size, fov, snaps=self._is_software)
        camera = core.Camera("camera", lens)
        camera.set_lod_scale(LOD_FOCAL_LENGTH / (downsampling * lens.get_focal_length()))
        self.camera = root.attach_new_node(camera)
        self.buffer.make_display_region().set_camera(self.camera)

    def set_background(self, colour: Iterable[float]) -> None:
        """Set the background of all later images to a colour, (3,) in [0, 1]."""
        self.buffer.set_clear_color((*colour, 0.0))

    def read(self) -> Bytes:
        """Return the image drawn last: (height, width, 4), B, G, R and 255, top row first."""
        width, height = self._size
        rows = np.frombuffer(self._texture.get_ram_image(), "<u4").reshape(height, width)
        image = rows[::-1].copy()
        image |= np.uint32(0xFF000000)
        return image.view(np.uint8).reshape(height, width, 4)

    def close(self) -> None:
        """Release the buffer; the canvas cannot be used afterwards.

        The software pipe keeps a removed buffer's memory, so it is shrunk first, in a last frame.
        """
        engine = core.GraphicsEngine.get_global_ptr()
        self.camera.remove_node()
        if self._is_software:
            self.buffer.set_size(1, 1)
            self.buffer.set_active(True)
            engine.render_frame()
        engine.remove_window(self.buffer)


def draw(canvases: Iterable[Canvas], pose: Pose) -> None:
    """Draw these canvases as a camera at `pose` sees them."""
    camera_matrix = to_panda_matrix(pose)
    chosen = list(canvases)
    for canvas in chosen:
        canvas.camera.set_mat(camera_matrix)
        canvas.buffer.set_active(True)
    core.GraphicsEngine.get_global_ptr().render_frame()
    for canvas in chosen:
        canvas.buffer.set_active(False)
    if next(_images) % COLLECT_EVERY == 0:
        collect_states()


def collect_states() -> None:
    """Free the states that no node uses any more."""
    core.RenderState.garbage_collect()


def to_panda_matrix(pose: Pose) -> core.LMatrix4f:
    """Return a pose as Panda3D's matrix, in Panda3D's axes."""
    return core.LMatrix4f(*(SWAP @ matrix(pose) @ SWAP).T.ravel())


def make_pipe(kind: Literal["tiny", "gl"]) -> core.GraphicsPipe:
    """Load a graphics pipe: "tiny" is the software pipe, "gl" OpenGL.

    Raises:
        RuntimeError: it is not available on this machine.
    """
    selection = core.GraphicsPipeSelection.get_global_ptr()
    if kind == "tiny":
        pipe = selection.make_pipe("TinyOffscreenGraphicsPipe", "p3tinydisplay")
    else:
        pipe = selection.make_module_pipe("pandagl")
    if pipe is None or not pipe.is_valid():
        raise RuntimeError(f"Panda3D cannot draw here: its {REQUIREMENTS[kind]} did not load")
    return pipe


def _make_lens(size: tuple[int, int], fov: float, *, snaps: bool) -> core.PerspectiveLens:
    """A lens measured in pixels.

    The software pipe snaps vertices to whole pixels, half a pixel too low on a plane half a pixel too small: an average
    error of a quarter of a pixel at the centre, for which the film's size and offset compensate.
    """
    shrink, shift = (0.5, 0.25) if snaps else (0.0, 0.0)
    lens = core.PerspectiveLens()
    lens.set_film_size(size[0] - shrink, size[1] - shrink)
    lens.set_film_offset(-shift, shift)
    lens.set_focal_length(size[0] / 2 / math.tan(fov / 2))
    lens.set_near_far(NEAR, FAR)
    return lens


def _make_buffer(pipe: core.GraphicsPipe, size: tuple[int, int], *, is_resizeable: bool) -> core.GraphicsOutput:
    properties = core.FrameBufferProperties()
    properties.set_rgba_bits(8, 8, 8, 8)
    properties.set_depth_bits(24)
    window = core.WindowProperties.size(*size)
    engine = core.GraphicsEngine.get_global_ptr()
    flags = core.GraphicsPipe.BF_refuse_window | (core.GraphicsPipe.BF_resizeable if is_resizeable else 0)
    buffer = engine.make_output(pipe, "camera", 0, properties, window, flags)
    if buffer is None:
        raise RuntimeError(f"Panda3D cannot make an image of {size[0]}x{size[1]} pixels")
    return buffer
