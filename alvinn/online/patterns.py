"""Training patterns on the fly: each frame from many places, and a buffer whose mean steering is kept straight.

D. Pomerleau, Efficient Training of Artificial Neural Networks for Autonomous Navigation, Neural Computation 3(1), 1991:
a network that learns from the latest frames alone forgets bends on a straight road, and one that has never seen the
road from beside it cannot come back. So every frame is also shown shifted and turned, with the steering that leads
back; and 200 patterns are kept, whose mean steering is held straight by the choice of which makes room for a new one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from alvinn.driving.steering import lookahead
from alvinn.driving.types import Camera, Image
from alvinn.networks.preprocessing import Preprocessing
from alvinn.training.examples.batches import correct_label
from alvinn.training.examples.views import ACROSS, TURN, View, Views, predict_arc_goals

Floats = npt.NDArray[np.float64]

BUFFER = 200  # patterns
VIEWS = 14  # of a frame, beside the frame itself
CHOICE = 10  # the pattern that makes room is drawn from this many that do it best


class PatternBuffer:
    """Patterns to learn from, whose mean steering stays near straight on.

    Args:
        shape: of a network input, (height, width, channels).
        rng: draws which of the patterns that would do makes room.
        size: patterns at most.
    """

    def __init__(self, shape: tuple[int, int, int], rng: np.random.Generator, size: int = BUFFER) -> None:
        if size < 1:
            raise ValueError(f"a buffer must hold at least 1 pattern, not {size}")
        self._images = np.empty((size, *shape), dtype=np.uint8)
        self._curvature = np.zeros(size)
        self._rng = rng
        self._used = 0

    def __len__(self) -> int:
        return self._used

    @property
    def images(self) -> Image:
        """Network inputs, shape (n, height, width, channels)."""
        return self._images[: self._used]

    @property
    def curvature(self) -> Floats:
        """Labels, shape (n,) [1/m]."""
        return self._curvature[: self._used]

    def add(self, image: Image, curvature: float) -> None:
        """Keep a pattern; in a full buffer it takes the place of one without which the mean is straighter.

        Raises:
            ValueError: the label is not a number.
        """
        if not np.isfinite(curvature):
            raise ValueError(f"a label must be a number, not {curvature}")
        slot = self._used if self._used < len(self._curvature) else self._find_room(curvature)
        self._images[slot], self._curvature[slot] = image, curvature
        self._used = max(self._used, slot + 1)

    def _find_room(self, curvature: float) -> int:
        """Which pattern makes room: drawn from the few that leave the mean straightest, so that none stays forever."""
        after = np.abs(self._curvature.sum() + curvature - self._curvature)
        few = min(CHOICE, len(after))
        return int(self._rng.choice(np.argpartition(after, few - 1)[:few]))


class ViewsOfFrame:
    """A frame as seen from where it was taken and from beside the lane, with the steering that leads back.

    The label of a view is corrected towards where the car would be if the driver held the present steering.

    Args:
        camera: that takes the frames.
        preprocessing: makes network inputs of them.
        rng: draws the views.
    """

    def __init__(self, camera: Camera, preprocessing: Preprocessing, rng: np.random.Generator) -> None:
        self._preprocessing, self._rng = preprocessing, rng
        self._views = Views(camera, preprocessing)

    def patterns(self, frame: Image, curvature: float, speed: float) -> list[tuple[Image, float]]:
        """Network inputs with their labels [1/m]: the frame itself first, then its views.

        Args:
            frame: the camera's picture, shape (height, width, 3).
            curvature: that the driver steers [1/m].
            speed: of the car [m/s].
        """
        real = self._preprocessing.crop_and_resize(frame)
        goal = predict_arc_goals(np.array([curvature]), np.array([lookahead(speed)]))[0].tolist()
        found = [(self._preprocessing.convert_colours(real), curvature)]
        for _ in range(VIEWS):
            view = View(self._rng.uniform(-ACROSS, ACROSS), self._rng.uniform(-TURN, TURN))
            image = self._preprocessing.convert_colours(self._views.warp(real, view))
            found.append((image, correct_label(curvature, goal, view)))
        return found
