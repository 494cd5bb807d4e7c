"""The network at the wheel: pixels in, curvature out."""

from __future__ import annotations

import math

from alvinn.driving import Decision, Observation
from alvinn.errors import ModelError
from alvinn.model import Network


class NetworkDriver:
    """Drives what a trained network answers to each frame."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def reset(self) -> None:
        """Nothing to forget: every frame is judged by itself."""

    def decide(self, observation: Observation) -> Decision:
        """The network's curvature for this frame.

        Raises:
            ModelError: it is no number.
        """
        curvature = self._network.curvature(observation.image)
        if not math.isfinite(curvature):
            raise ModelError(f"the network answered {curvature} to frame {observation.frame}: its weights are damaged")
        return Decision(curvature=curvature, who="network")
