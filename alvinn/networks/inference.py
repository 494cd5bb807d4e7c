"""A model folder: `network.keras`, `network.tflite`, `card.json`, `history.csv`; and the network at the wheel.

The driving side runs the LiteRT file alone, with no TensorFlow import. Nothing is loaded by pickle.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from alvinn.driving.types import Camera, CameraName, Image, Observation
from alvinn.errors import CameraMismatchError, ModelError
from alvinn.networks import reconstruction
from alvinn.networks.encodings import Code, Floats, Hill1989, Scalar, Trust
from alvinn.networks.preprocessing import UNTOLD, Preprocessing
from alvinn.util.files import write_json
from alvinn.util.json_file import read_json
from alvinn.util.quiet import quiet

SCHEMA = 1
CHECKPOINT = "checkpoint.keras"  # there while a training is unfinished, see `training`


@dataclass(frozen=True, slots=True)
class Card:
    """`card.json`: what a model is, what it expects and how it came about."""

    network: str
    output: Code
    camera: Camera
    preprocessing: Preprocessing
    seed: int
    settings: dict[str, Any]
    recordings: tuple[dict[str, Any], ...]
    server: str
    metrics: dict[str, float | None]
    version: str
    commit: str
    cameras: tuple[CameraName, ...] = ("center",)
    """that the car must carry"""
    irre: bool = False
    """after its answer it rebuilds its input, see `alvinn.networks.reconstruction`"""
    schema: int = SCHEMA


def write_card(folder: Path, card: Card) -> None:
    """Write `card.json` of a model folder."""
    write_json(folder / "card.json", msgspec.to_builtins(card))


def read_card(folder: Path) -> Card:
    """Read `card.json` of a model folder.

    Raises:
        ModelError: there is none, or it is damaged or of another schema.
    """
    path = folder / "card.json"
    if not path.is_file():
        raise ModelError(f"{folder} is not a model: it has no card.json (alvinn train makes models)")
    return read_json(path, Card, SCHEMA, ModelError)


def litert(path: Path) -> Any:
    """A LiteRT file ready to run, on one thread: the least time for one picture.

    Raises:
        ModelError: it is missing or damaged.
    """
    try:
        with quiet():
            interpreter = Interpreter(str(path), num_threads=1)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError, OSError) as error:
        raise ModelError(f"{path} cannot be opened: {error}") from error
    return interpreter


@dataclass(frozen=True, slots=True)
class Answer:
    """What a network says to one observation."""

    curvature: float
    """to drive [1/m]"""
    trust: Trust | None = None
    """how far to trust it; None where the output's code cannot tell"""
    intensity: float = UNTOLD
    """whether the road is lighter (1) or darker (0) than its surroundings, to be told with the next observation"""
    reliability: float | None = None
    """correlation between what was seen and what was rebuilt of it, -1 to 1; None where the network does not rebuild"""


class Network:
    """A trained network, opened for driving.

    Raises:
        ModelError: the folder is no model, or its files do not fit one another.
    """

    def __init__(self, folder: Path) -> None:
        self.card = read_card(folder)
        self._interpreter = interpreter = litert(folder / "network.tflite")
        (self._input,), (self._output,) = interpreter.get_input_details(), interpreter.get_output_details()
        self._check(folder)

    def _check(self, folder: Path) -> None:
        card = self.card
        wanted = (1, *card.preprocessing.shape)
        found = tuple(int(size) for size in self._input["shape"])
        if found != wanted:
            raise ModelError(f"the card of {folder} prepares pictures of shape {wanted}, its network wants {found}")
        units = card.output.units + (reconstruction.PIXELS if card.irre else 0)
        if int(self._output["shape"][-1]) != units:
            raise ModelError(f"the card of {folder} has {units} units, its network {self._output['shape'][-1]}")
        size = (card.preprocessing.frame_width, card.preprocessing.frame_height)
        if size != (card.camera.width, card.camera.height):
            raise CameraMismatchError(
                f"the card of {folder} names the camera {card.camera}, but prepares frames of {size[0]}x{size[1]}"
            )

    def require_camera(self, camera: Camera) -> None:
        """Check that frames come from the camera that the model was trained with.

        Raises:
            CameraMismatchError: they do not; the message says both.
        """
        if camera != self.card.camera:
            raise CameraMismatchError(
                f"the model was trained with the camera {self.card.camera}; the camera here is {camera}: "
                "leave --camera out to use the model's own"
            )

    def answer(self, observation: Observation, intensity: float = UNTOLD) -> Answer:
        """What to drive on seeing an observation, and how far to trust that.

        Args:
            observation: with the pictures of all cameras that the card names.
            intensity: what the last answer said of the road; only a network that feeds it back looks at it.

        Raises:
            CameraMismatchError: a picture is missing, or has another size.
        """
        output, seen = self.card.output, self.card.preprocessing.seen(observation, intensity)
        everything = self._run(seen)
        activations, rebuilt = everything[: output.units], everything[output.units :]
        return Answer(
            float(output.decode(activations[None])[0]),
            None if isinstance(output, Scalar) else output.trust(activations),
            float(activations[-1]) if isinstance(output, Hill1989) else UNTOLD,
            reconstruction.reliability(seen, rebuilt) if self.card.irre else None,
        )

    def units(self, observation: Observation, intensity: float = UNTOLD) -> Floats:
        """The output units, shape (units,), for an observation; see `answer`."""
        return self._run(self.card.preprocessing.seen(observation, intensity))[: self.card.output.units]

    def activations(self, frame: Image) -> Floats:
        """The output units, shape (units,), for a camera frame, shape (height, width, 3) RGB, if that is all it sees.

        Raises:
            CameraMismatchError: it has another size, or the network sees more.
        """
        return self._run(self.card.preprocessing(frame))[: self.card.output.units]

    def _run(self, seen: Image) -> Floats:
        self._interpreter.set_tensor(self._input["index"], seen[None].astype(np.float32))
        self._interpreter.invoke()
        return np.asarray(self._interpreter.get_tensor(self._output["index"])[0], dtype=np.float32)

    def curvature(self, frame: Image) -> float:
        """The path curvature [1/m] that the network wants to drive on seeing a camera frame."""
        return float(self.card.output.decode(self.activations(frame)[None])[0])
