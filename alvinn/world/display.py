"""The picture for a person: drawn at their window's own size, or as large as this machine draws at 20 Hz.

It comes from a second camera in the place of the centre one. Networks and recordings never see it: their frame stays
what the card or the recording says.
"""

from __future__ import annotations

import math
import queue
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import carla
import cv2
import numpy as np

from alvinn.driving.types import Camera, Control, Image
from alvinn.errors import FrameError
from alvinn.world.carla_world import DT, CarlaWorld

TRIES = 3  # sizes that are tried
SMALLER = 0.8  # at most, from one size that is tried to the next
WORTH = 1.25  # times the width of the network's frame: less is no sharper to see
WARM_TICKS, TIMED_TICKS = 3, 8
SHARE = 0.7  # of a tick, that simulation and both pictures may take: the rest is for the window and the network
MISSING = 1.0  # s, after which a picture counts as missing while sizes are tried
PATIENCE = 0.5  # of a tick, for which a picture is waited for; after that the last one stands
STANDING = Control(steer=0.0, throttle=0.0, brake=1.0)


class Display:
    """A camera for a person; `open_display` makes one.

    Args:
        camera: of its pictures.
    """

    def __init__(self, camera: Camera) -> None:
        self.camera = camera
        self._images: queue.SimpleQueue[carla.Image] = queue.SimpleQueue()
        self._last: carla.Image | None = None

    @property
    def take(self) -> Callable[[carla.Image], None]:
        """Takes the pictures as they come, on the client's threads."""
        return self._images.put

    def wait_for(self, frame: int, seconds: float) -> bool:
        """Whether the picture of a frame came within some seconds."""
        end = time.monotonic() + seconds
        while self._last is None or self._last.frame < frame:
            try:
                self._last = self._images.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                return False
        return True

    def picture(self, frame: int) -> Image | None:
        """The picture of a frame, or the last one before if it is late; None: there is none yet."""
        self.wait_for(frame, PATIENCE * DT)
        if self._last is None:
            return None
        bgra = np.frombuffer(self._last.raw_data, dtype=np.uint8).reshape(self.camera.height, self.camera.width, 4)
        return np.asarray(cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGB), dtype=np.uint8)


def scale_camera(camera: Camera, scale: float) -> Camera:
    """The camera with larger pictures of the same view."""
    return replace(camera, width=round(scale * camera.width), height=round(scale * camera.height))


@contextmanager
def open_display(
    world: CarlaWorld, room: tuple[int, int], clock: Callable[[], float] = time.perf_counter
) -> Iterator[Display | None]:
    """The largest picture that is drawn in time, measured with the car standing; None: none but the network's frame.

    As where a world is opened, its current frame is still to be observed.

    Args:
        world: whose car stands.
        room: width and height for the picture [pixels].
        clock: tells the time [s].
    """
    found: Display | None = None
    scale = min(room[0] / world.camera.width, room[1] / world.camera.height)
    with ExitStack() as stack:
        for _ in range(TRIES):
            if found is not None or scale < WORTH:
                break
            with ExitStack() as undo:
                display = Display(scale_camera(world.camera, scale))
                world.attach_extra_camera(display.camera, display.take, undo)
                seconds = measure_tick(world, display, clock)
                if seconds <= SHARE * DT:
                    stack.enter_context(undo.pop_all())
                    found = display
            # about as long as there are pixels; where none came, how long is unknown
            scale *= min(SMALLER, math.sqrt(SHARE * DT / seconds)) if math.isfinite(seconds) else SMALLER
            world.apply(STANDING)  # the measurement has observed its last frame
        yield found


def measure_tick(world: CarlaWorld, display: Display, clock: Callable[[], float]) -> float:
    """Median time [s] of a tick with the network's frame and the person's picture; infinite where one is missing."""
    times = []
    try:
        for number in range(WARM_TICKS + TIMED_TICKS):
            began = clock()
            world.apply(STANDING)
            frame = world.observe().frame
            is_warm = number >= WARM_TICKS  # before, a full server may not send yet
            if not display.wait_for(frame, MISSING) and is_warm:
                return math.inf
            times += [clock() - began] if is_warm else []
    except FrameError:
        return math.inf
    return statistics.median(times)
