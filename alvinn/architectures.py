"""What each network wants to see and how it answers; the networks themselves are in `network` (TensorFlow)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from alvinn.driving import Camera
from alvinn.hill import Hill
from alvinn.outputs import Scalar
from alvinn.vision import Colours, Preprocessing

NetworkName = Literal["conv", "pilotnet", "alvinn1991"]
OutputName = Literal["hill", "scalar"]


@dataclass(frozen=True, slots=True)
class Architecture:
    """The input that a network was designed for, how many units its hill has, and how it likes to be trained."""

    width: int
    height: int
    colours: Colours
    units: int = 45
    epochs: int = 22
    batch: int = 32
    learning_rate: float = 2e-3

    def preprocessing(self, camera: Camera) -> Preprocessing:
        """How a camera's frames become this network's input."""
        return Preprocessing.of(camera, self.width, self.height, self.colours)

    def output(self, name: OutputName) -> Hill | Scalar:
        """How this network answers."""
        return Hill(units=self.units) if name == "hill" else Scalar()


ARCHITECTURES: dict[NetworkName, Architecture] = {
    "conv": Architecture(width=128, height=40, colours="rgb"),
    "pilotnet": Architecture(width=200, height=66, colours="yuv"),
    "alvinn1991": Architecture(width=32, height=30, colours="blue", units=30),
}
"""By name; sources stand with the networks."""
