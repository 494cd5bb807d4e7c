"""The network that is being taught: it drives with the weights that it was given last."""

from __future__ import annotations

from collections.abc import Sequence

from alvinn.driving.protocols import Driver
from alvinn.driving.types import Decision, Image, Observation
from alvinn.networks.encodings import Floats, Hill
from alvinn.networks.forward import run_layers, select_chain
from alvinn.networks.keras_file import StoredLayer
from alvinn.networks.preprocessing import Preprocessing
from alvinn.visualization.insight import Insight

NAME = "network"


class StudentDriver:
    """A network whose weights change; without any it drives straight on.

    Args:
        preprocessing: makes its input of a frame.
        output: the encoding of its answer.
    """

    def __init__(self, preprocessing: Preprocessing, output: Hill) -> None:
        self.preprocessing, self.output = preprocessing, output
        self.chain: list[StoredLayer] = []
        self.seen: Image | None = None
        """its input at the last frame"""
        self.activations: list[Floats] = []
        """of each of its layers at the last frame"""
        self.answer: float | None = None
        """curvature for the last frame [1/m], its own or its substitute's, whoever drove; None without weights"""
        self._substitute: Driver | None = None

    def update(self, layers: Sequence[StoredLayer]) -> None:
        """Continue with other weights."""
        self.chain = select_chain(layers, self.output.units)

    def show(self, name: str) -> Insight:
        """What goes on in it at the last frame; once it has weights.

        Raises:
            ValueError: it has seen no frame yet.
        """
        if self.seen is None or self.answer is None:
            raise ValueError("there is nothing to show before the first frame")
        doubt = self.output.trust(self.activations[-1]).doubt
        colours = self.preprocessing.colours
        return Insight(name, self.seen, colours, self.chain, self.activations, self.output, self.answer, doubt)

    @property
    def is_replaced(self) -> bool:
        """Whether another driver answers in its place."""
        return self._substitute is not None

    def substitute(self, driver: Driver) -> None:
        """Have another driver answer in its place from now on."""
        self._substitute = driver

    def reset(self) -> None:
        """Do nothing: it has no memory; a substitute may have."""
        if self._substitute is not None:
            self._substitute.reset()

    def decide(self, observation: Observation) -> Decision:
        """Its curvature for a frame."""
        if self._substitute is not None:
            decision = self._substitute.decide(observation)
            self.answer = decision.curvature
            return decision
        self.seen = self.preprocessing(observation.image)
        if self.chain:
            self.activations = run_layers(self.chain, self.seen)
            self.answer = float(self.output.decode(self.activations[-1][None])[0])
        return Decision(self.answer or 0.0, who=NAME)
