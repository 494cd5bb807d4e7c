"""What goes on in a network at one frame: its input, its hidden units, its output units, and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from alvinn.driving.types import Image, Observation
from alvinn.errors import ModelError
from alvinn.networks.encodings import Encoding, Floats
from alvinn.networks.forward import run_layers, select_chain
from alvinn.networks.inference import Answer, Network
from alvinn.networks.keras_file import StoredLayer, read_layers
from alvinn.networks.preprocessing import Colours
from alvinn.visualization.saliency import trace_saliency


@dataclass(frozen=True)
class Insight:
    """A network at one frame."""

    name: str
    """of the model"""
    seen: Image
    """its input, shape (height, width, channels)"""
    colours: Colours
    """of the input"""
    chain: Sequence[StoredLayer]
    """its layers, from the input to the output units; empty where they are not known"""
    activations: Sequence[Floats]
    """of each of these layers, the output units last"""
    output: Encoding
    curvature: float
    """its answer [1/m]"""
    doubt: float | None = None
    """0 to 1; None where the output encoding has no measure"""

    @property
    def saliency(self) -> Floats | None:
        """Of each pixel of the input, 0 to 1 (VisualBackProp); None where the network has no convolutions."""
        return trace_saliency(self.chain, self.activations, self.seen.shape)


class NetworkInspector:
    """Looks into a model's network, frame by frame.

    Args:
        network: of the model.
        name: shown as the model's name.
    """

    def __init__(self, network: Network, name: str) -> None:
        self._network, self._name = network, name
        self._chain = read_chain(network)

    def look(self, observation: Observation, answer: Answer) -> Insight:
        """What goes on at an observation; its answer is known, since not every observation is looked at."""
        card = self._network.card
        seen = card.preprocessing.prepare(observation, answer.told.intensity)
        return Insight(
            self._name,
            seen,
            card.preprocessing.colours,
            self._chain,
            run_layers(self._chain, seen) or [self._network.units(observation, answer.told)],
            card.output,
            answer.curvature,
            None if answer.trust is None else answer.trust.doubt,
        )

    def follow(self, recall: Callable[[Observation], Answer]) -> Callable[[Observation], Insight]:
        """A function that looks at an observation with the answer that `recall` has to it: the one that was driven."""
        return lambda observation: self.look(observation, recall(observation))


def read_chain(network: Network) -> list[StoredLayer]:
    """The layers of a model's network; none where `network.keras` is missing or of another make: it drives without."""
    try:
        return select_chain(read_layers(network.folder / "network.keras"), network.card.output.units)
    except (ModelError, ValueError):
        return []
