"""Input, output and training settings of each network; the networks themselves are in `keras_models` (TensorFlow)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from alvinn.driving.types import Camera
from alvinn.networks.encodings import Encoding, Hill, Hill1989, Scalar
from alvinn.networks.preprocessing import Colours, Preprocessing

NetworkName = Literal["conv", "pilotnet", "alvinn1991", "alvinn1989"]
OutputName = Literal["hill", "scalar"]


@dataclass(frozen=True, slots=True)
class Architecture:
    """The input that a network was designed for, the units of its hill, and its recommended training settings."""

    width: int
    height: int
    colours: Colours
    units: int = 45
    range_rows: int = 0
    """rows of the range retina; 0 if there is none"""
    own_encoding: bool = False
    """always uses the output encoding of 1989"""
    light: bool = True
    """trained with photometric augmentation"""
    epochs: int = 22
    batch: int = 32
    learning_rate: float = 2e-3

    def preprocessing(self, camera: Camera) -> Preprocessing:
        """Preprocessing from a camera's frames to this network's input."""
        return Preprocessing.for_camera(camera, self.width, self.height, self.colours, self.range_rows)

    def output(self, name: OutputName) -> Encoding:
        """This network's output encoding."""
        if self.own_encoding:
            return Hill1989(self.units)
        return Hill(units=self.units) if name == "hill" else Scalar()


def require_own_encoding(network: NetworkName, output: OutputName) -> None:
    """See that no output is asked for that the network would not have.

    Raises:
        ValueError: one is; the command line reports that as wrong usage.
    """
    if ARCHITECTURES[network].own_encoding and output != "hill":
        raise ValueError(f"{network} has an output of its own, that of its paper: leave out --output {output}")


ARCHITECTURES: dict[NetworkName, Architecture] = {
    "conv": Architecture(width=128, height=40, colours="rgb"),
    "pilotnet": Architecture(width=200, height=66, colours="yuv", epochs=30, learning_rate=1e-3),
    "alvinn1991": Architecture(width=32, height=30, colours="blue", units=30, epochs=60, learning_rate=3e-3),
    "alvinn1989": Architecture(
        width=32,
        height=30,
        colours="blue",
        range_rows=8,
        own_encoding=True,
        light=False,
        epochs=60,
        learning_rate=1e-3,
    ),
}
"""By name; the papers are cited in `keras_models`."""
