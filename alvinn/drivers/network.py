"""The network as a driver: pixels in, curvature out."""

from __future__ import annotations

import math

from alvinn.driving.types import Decision, Observation
from alvinn.errors import MAKE_AGAIN, ModelError
from alvinn.networks.inference import Network, StatefulNetwork


class NetworkDriver:
    """Drives the answer of a trained network to each frame.

    Its only state is the last answer, for a network that feeds it back.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._stateful = StatefulNetwork(network)

    def reset(self) -> None:
        """Forget the last answers."""
        self._stateful.reset()

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
        if not self._network.remembers:  # half the work: only the curvature is needed
            return self._network.curvature(observation.image)
        return self._stateful.answer(observation).curvature
