"""What a network is told of its last answers; the file itself remembers nothing, its caller keeps them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alvinn.networks.encodings import Floats
from alvinn.networks.preprocessing import UNKNOWN_INTENSITY


@dataclass(frozen=True, slots=True)
class Memory:
    """Last answers that are fed back to a network; most networks use none."""

    intensity: float = UNKNOWN_INTENSITY
    """whether the road was lighter (1) or darker (0) than its surroundings"""
    residuals: tuple[float, float] = (0.0, 0.0)
    """last two corrections of a refined network to its clone's curvature, newest first [1/m]"""
    curvatures: tuple[float, float] = (0.0, 0.0)
    """last two curvatures of its clone, newest first [1/m]"""

    def after(self, residual: float, curvature: float) -> Memory:
        """The memory after an answer of a refined network."""
        return Memory(self.intensity, (residual, self.residuals[0]), (curvature, self.curvatures[0]))

    def as_input(self, speed: float) -> Floats:
        """The memory as input of a refined network, shape (REMEMBERED,)."""
        return np.array([speed, *self.residuals, *self.curvatures], dtype=np.float32)


FORGOTTEN = Memory()
REMEMBERED = 5  # numbers of a refined network's second input: speed and last answers
UNKNOWN_SPEED = 8.0  # m/s: assumed by a refined network if only a picture is given
