"""Canvases: what Panda3D draws on, off screen.

Panda3D's software pipe `p3tinydisplay` needs neither a GPU nor a display and draws the same picture on every machine;
`gl` uses OpenGL. Everything happens in the calling thread: a picture is drawn when it is asked for, then read.
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

NEEDS = {
    "tiny": "software pipe p3tinydisplay, which on Linux wants libX11 (Debian, Ubuntu: apt-get install libx11-6),",
    "gl": "OpenGL pipe, which wants a graphics card and a display,",
}
LEVELS_FOCAL = 160.0  # the focal length [pixels] that the levels of detail are made for
NEAR, FAR = 0.15, 450.0  # what is nearer or farther is not drawn [m]
SWAP = np.array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], dtype=float)  # CARLA's x, y to Panda3D's y, x
SWEEP_EVERY = 16  # pictures between two sweeps of Panda3D's caches, which nobody else does without its task manager

_drawings = count(1)


class Canvas:
    """A picture to be drawn of what hangs below a node, on black.

    Args:
        pipe: what draws.
        root: the node.
        size: width and height [pixels].
        fov: how wide it is [rad].
        coarseness: how many pixels of the picture that it serves one of its own stands for; it shows the same things.

    Raises:
        RuntimeError: Panda3D cannot make a picture of this size.
    """

    def __init__(
        self, pipe: core.GraphicsPipe, root: core.NodePath, size: tuple[int, int], fov: float, coarseness: int = 1
    ) -> None:
        self._size = size
        self.buffer = _buffer(pipe, size)
        self.buffer.set_active(False)
        self.clear_to((0.0, 0.0, 0.0))
        self._texture = core.Texture("picture")
        self.buffer.add_render_texture(self._texture, core.GraphicsOutput.RTM_copy_ram)
        lens = _lens(size, fov, snaps=pipe.get_interface_name() == "TinyPanda")
        eye = core.Camera("camera", lens)
        eye.set_lod_scale(LEVELS_FOCAL / (coarseness * lens.get_focal_length()))
        self.eye = root.attach_new_node(eye)
        self.buffer.make_display_region().set_camera(self.eye)

    def clear_to(self, colour: Iterable[float]) -> None:
        """Begin pictures from now on with a colour, (3,) in [0, 1]."""
        self.buffer.set_clear_color((*colour, 0.0))

    def picture(self) -> Bytes:
        """What was drawn last: (height, width, 4) B, G, R and 255, the top row first."""
        width, height = self._size
        rows = np.frombuffer(self._texture.get_ram_image(), "<u4").reshape(height, width)
        return (rows[::-1] | np.uint32(0xFF000000)).view(np.uint8).reshape(height, width, 4)

    def close(self) -> None:
        """Give the buffer back; the canvas cannot be used after that."""
        core.GraphicsEngine.get_global_ptr().remove_window(self.buffer)
        self.eye.remove_node()


def draw(canvases: Iterable[Canvas], pose: Pose) -> None:
    """Draw some canvases as a camera at a pose sees them."""
    at = placed(pose)
    chosen = list(canvases)
    for canvas in chosen:
        canvas.eye.set_mat(at)
        canvas.buffer.set_active(True)
    core.GraphicsEngine.get_global_ptr().render_frame()
    for canvas in chosen:
        canvas.buffer.set_active(False)
    if next(_drawings) % SWEEP_EVERY == 0:
        core.TransformState.garbage_collect()
        core.RenderState.garbage_collect()


def placed(pose: Pose) -> core.LMatrix4f:
    """A pose as Panda3D's matrix."""
    return core.LMatrix4f(*(SWAP @ matrix(pose) @ SWAP).T.ravel())


def pipe_of(kind: Literal["tiny", "gl"]) -> core.GraphicsPipe:
    """The pipe of a kind.

    Raises:
        RuntimeError: it cannot be had on this machine.
    """
    selection = core.GraphicsPipeSelection.get_global_ptr()
    if kind == "tiny":
        made = selection.make_pipe("TinyOffscreenGraphicsPipe", "p3tinydisplay")
    else:
        made = selection.make_module_pipe("pandagl")
    if made is None or not made.is_valid():
        raise RuntimeError(f"Panda3D cannot draw here: its {NEEDS[kind]} did not load")
    return made


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


def _buffer(pipe: core.GraphicsPipe, size: tuple[int, int]) -> core.GraphicsOutput:
    bits = core.FrameBufferProperties()
    bits.set_rgba_bits(8, 8, 8, 8)
    bits.set_depth_bits(24)
    wanted = core.WindowProperties.size(*size)
    engine = core.GraphicsEngine.get_global_ptr()
    made = engine.make_output(pipe, "camera", 0, bits, wanted, core.GraphicsPipe.BF_refuse_window)
    if made is None:
        raise RuntimeError(f"Panda3D cannot make a picture of {size[0]}x{size[1]} pixels")
    return made
