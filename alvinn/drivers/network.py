"""The network as a driver: pixels in, curvature out."""

from __future__ import annotations

import math

from alvinn.driving.types import Decision, Observation
from alvinn.errors import MAKE_AGAIN, ModelError
from alvinn.networks.inference import Answer, Network, StatefulNetwork


class NetworkDriver:
    """Drives the answer of a trained network to each frame.

    Its only state is the last answer, for a network that feeds it back.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._stateful = StatefulNetwork(network)
        self.reset()

    def reset(self) -> None:
        """Forget the last answers."""
        self._stateful.reset()
        self.answer: Answer | None = None
        """the last, in full; None of a network that does not remember: it answers the same whenever it is asked"""

    def recall(self, observation: Observation) -> Answer:
        """The answer in full to the observation that was decided on last, for those who show what is driven.

        Asked anew without what it was told, a refined network would answer what it does not drive.
        """
        return self.answer or self.network.answer(observation)

    def decide(self, observation: Observation) -> Decision:
        """The network's curvature for this frame.

        Raises:
            ModelError: it is not finite.
        """
        curvature = self._curvature(observation)
        if not math.isfinite(curvature):
            raise ModelError(
                f"the network answered {curvature} to frame {observation.frame}: its weights are damaged; {MAKE_AGAIN}"
            )
        return Decision(curvature=curvature, who="network")

    def _curvature(self, observation: Observation) -> float:
        if not self.network.remembers:  # half the work: only the curvature is needed
            return self.network.curvature(observation.image)
        self.answer = self._stateful.answer(observation)
        return self.answer.curvature
