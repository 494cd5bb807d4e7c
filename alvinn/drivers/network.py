"""The network at the wheel: pixels in, curvature out."""

from __future__ import annotations

import math

from alvinn.driving.types import Decision, Observation
from alvinn.errors import ModelError
from alvinn.networks.inference import Network
from alvinn.networks.preprocessing import UNTOLD


class NetworkDriver:
    """Drives what a trained network answers to each frame.

    All that it remembers is what the network last said of the road's intensity, for a network that feeds it back.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._intensity = UNTOLD

    def reset(self) -> None:
        """Forget how light the road was."""
        self._intensity = UNTOLD

    def decide(self, observation: Observation) -> Decision:
        """The network's curvature for this frame.

        Raises:
            ModelError: it is no number.
        """
        curvature = self._curvature(observation)
        if not math.isfinite(curvature):
            raise ModelError(f"the network answered {curvature} to frame {observation.frame}: its weights are damaged")
        return Decision(curvature=curvature, who="network")

    def _curvature(self, observation: Observation) -> float:
        if not self._network.card.preprocessing.range_rows:  # half the work: nothing but the curvature is wanted
            return self._network.curvature(observation.image)
        answer = self._network.answer(observation, self._intensity)
        self._intensity = answer.intensity
        return answer.curvature
