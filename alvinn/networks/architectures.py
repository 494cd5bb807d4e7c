"""What each network wants to see and how it answers; the networks themselves are in `network` (TensorFlow)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from alvinn.driving.types import Camera
from alvinn.networks.encodings import Code, Hill, Hill1989, Scalar
from alvinn.networks.preprocessing import Colours, Preprocessing

NetworkName = Literal["conv", "pilotnet", "alvinn1991", "alvinn1989"]
OutputName = Literal["hill", "scalar"]


@dataclass(frozen=True, slots=True)
class Architecture:
    """The input that a network was designed for, how many units its hill has, and how it likes to be trained."""

    width: int
    height: int
    colours: Colours
    units: int = 45
    range_rows: int = 0
    """of its range retina, if it has one"""
    own_code: bool = False
    """answers in the code of 1989, whatever is asked for"""
    light: bool = True
    """learns better when shown frames under other lights too"""
    epochs: int = 22
    batch: int = 32
    learning_rate: float = 2e-3

    def preprocessing(self, camera: Camera) -> Preprocessing:
        """How a camera's frames become this network's input."""
        return Preprocessing.of(camera, self.width, self.height, self.colours, self.range_rows)

    def output(self, name: OutputName) -> Code:
        """How this network answers."""
        if self.own_code:
            return Hill1989(self.units)
        return Hill(units=self.units) if name == "hill" else Scalar()


ARCHITECTURES: dict[NetworkName, Architecture] = {
    "conv": Architecture(width=128, height=40, colours="rgb"),
    "pilotnet": Architecture(width=200, height=66, colours="yuv", epochs=30, learning_rate=1e-3),
    "alvinn1991": Architecture(width=32, height=30, colours="blue", units=30, epochs=60, learning_rate=3e-3),
    "alvinn1989": Architecture(
        width=32,
        height=30,
        colours="blue",
        range_rows=8,
        own_code=True,
        light=False,
        epochs=60,
        learning_rate=1e-3,
    ),
}
"""By name; sources stand with the networks."""
