"""A model folder (`network.keras`, `network.tflite`, `card.json`, `history.csv`) and its network for driving.

Driving runs the LiteRT file and does not import TensorFlow. Nothing is unpickled.

A refined network (`alvinn refine`) answers two numbers after its units: what it adds to their curvature, and their mean
curvature. It takes them back at the next frame, with the speed; its caller keeps them (`Memory`), since the file
itself remembers nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from alvinn.console import CONSOLE
from alvinn.driving.types import Camera, CameraName, Image, Observation
from alvinn.errors import MAKE_AGAIN, CameraMismatchError, ModelError
from alvinn.networks import reconstruction
from alvinn.networks.encodings import Encoding, Floats, Hill1989, Scalar, Trust
from alvinn.networks.interface import describe
from alvinn.networks.memory import FORGOTTEN, REMEMBERED, UNKNOWN_SPEED, Memory
from alvinn.networks.preprocessing import Preprocessing
from alvinn.util.files import write_json
from alvinn.util.json_file import read_json
from alvinn.util.nearest import suggest
from alvinn.util.quiet import quiet

SCHEMA = 1
ON_THE_FLY = "on the fly"  # settings["learned"] of a network that watched somebody drive
RANDOM = "random weights"  # refined["from"] of a network that did not begin with a clone
BOLD, BOLD_REFINED = 1.6, 1.2  # times the highest speed that was learned, from where on models are known to fail
FEW = 6  # recordings that are named one by one
CHECKPOINT = "checkpoint.keras"  # exists while training is unfinished, see `training`


@dataclass(frozen=True, slots=True)
class Card:
    """`card.json`: what a model is, the input it expects and how it was trained."""

    network: str
    output: Encoding
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
    """cameras that the car must have"""
    irre: bool = False
    """also reconstructs its input, see `alvinn.networks.reconstruction`"""
    refined: dict[str, Any] | None = None
    """from which model, how and for which reward; None: not by reinforcement, see `alvinn.reinforcement`"""
    camera_known: bool = True
    """whether it was known how the camera of the recordings sat; if not, only its picture's size is right"""
    vehicle: dict[str, Any] | None = None
    """the car that was driven, see `VehicleGeometry`; None where there were several"""
    speeds: tuple[float, float] | None = None
    """lowest and highest speed [m/s] that it learned at"""
    rate: float | None = None
    """frames a second that it learned from"""
    exam: dict[str, Any] | None = None
    """the exam behind `metrics` (`alvinn.training.examples.examination`); None: one drawn for this model alone"""
    judged: str | None = None
    """what it did on circuits that were used for no choice, with the bound; None: nobody judged it so"""
    schema: int = SCHEMA

    @property
    def known_maps(self) -> set[str]:
        """The maps that it learned on, or was chosen on by a refinement's exams; empty if that is not known."""
        if self.settings.get("learned") == ON_THE_FLY:
            return {str(self.settings["map"])}
        refined = self.refined or {}
        learned_from = (*(one.get("maps", ()) for one in self.recordings), refined.get("maps", ()))
        return {str(name) for maps in (*learned_from, refined.get("exams", ())) for name in maps}

    @property
    def recording_names(self) -> list[str]:
        """The recordings that it learned from, as far as they have names."""
        return [str(one["name"]) for one in self.recordings if "name" in one]

    def describe_sources(self) -> str:
        """What it learned from, in a few words."""
        if self.settings.get("learned") == ON_THE_FLY:
            return f"watching {self.settings['watched']} on {self.settings['map']}"
        names = [str(one.get("name")) for one in self.recordings]
        return ", ".join(names) if len(names) <= FEW else f"{len(names)} recordings, {names[0]} to {names[-1]}"

    def describe_camera(self) -> str:
        """The camera that the network expects, in words."""
        if self.camera_known:
            return f"the camera {self.camera}"
        size = f"{self.camera.width}x{self.camera.height}"
        return f"a camera of {size} that is not known (an import); taken as {self.camera}"


def write_card(folder: Path, card: Card) -> None:
    """Write `card.json` of a model folder, with what others need to drive with its network alone."""
    interface = describe(card.preprocessing, card.output, refined=card.refined is not None)
    write_json(folder / "card.json", msgspec.to_builtins(card) | {"interface": interface})


def read_card(folder: Path) -> Card:
    """Read `card.json` of a model folder.

    Raises:
        ModelError: it is missing, damaged or of another schema.
    """
    path = folder / "card.json"
    if not path.is_file():
        beside = sorted({"shipped", *(card.parent.name for card in folder.parent.glob("*/card.json"))})
        raise ModelError(f"{folder} is not a model, it has no card.json: {suggest(folder.name, beside)}")
    return read_json(path, Card, SCHEMA, ModelError, MAKE_AGAIN)


def warn_before_driving(card: Card, speed: float) -> None:
    """Say, before a model drives, what it did not learn: how the car's camera sits, or to drive as fast [m/s].

    Networks see no speed. Clones tolerated half as much again as they learned, a refined one did not: docs/results.md.
    """
    if not card.camera_known:
        CONSOLE.print(f"WARNING: the model learned from {card.describe_camera()}: it may see this road otherwise")
    how, bold, fastest = "learned", BOLD, card.speeds[1] if card.speeds is not None else math.inf
    if card.refined is not None:
        how, bold, fastest = "was refined", BOLD_REFINED, card.refined.get("speed", fastest)
    if speed > bold * fastest:
        CONSOLE.print(
            f"WARNING: the model {how} at up to {fastest:.1f} m/s: at {speed:g} m/s expect it to leave its lane"
        )


def open_litert(path: Path) -> Any:
    """Open a LiteRT file to run on one thread, which is fastest for a batch of one.

    Raises:
        ModelError: it is missing or damaged.
    """
    try:
        with quiet():
            interpreter = Interpreter(str(path), num_threads=1)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError, OSError) as error:
        raise ModelError(f"{path} cannot be opened: {error}; {MAKE_AGAIN}") from error
    return interpreter


@dataclass(frozen=True, slots=True)
class Answer:
    """A network's answer to one observation."""

    curvature: float
    """to drive [1/m], right positive"""
    trust: Trust | None = None
    """confidence in it; None if the output encoding has no measure"""
    memory: Memory = FORGOTTEN
    """to be told with the next observation"""
    reliability: float | None = None
    """correlation between input and reconstruction, -1 to 1; None if the network does not reconstruct"""
    told: Memory = FORGOTTEN
    """what it was told with this observation"""


class Network:
    """A trained network, opened for driving.

    Raises:
        ModelError: the folder is not a model, or its files are inconsistent.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.card = read_card(folder)
        self._interpreter = interpreter = open_litert(folder / "network.tflite")
        inputs, (self._output,) = interpreter.get_input_details(), interpreter.get_output_details()
        self._input, *self._told = sorted(inputs, key=lambda one: -len(one["shape"]))
        self._check(folder)

    def _check(self, folder: Path) -> None:
        card = self.card
        if difference := self._find_difference():
            raise ModelError(f"the card of {folder} {difference}; {MAKE_AGAIN}")
        size = (card.preprocessing.frame_width, card.preprocessing.frame_height)
        if size != (card.camera.width, card.camera.height):
            raise CameraMismatchError(
                f"the card of {folder} names the camera {card.camera}, but prepares frames of {size[0]}x{size[1]}"
            )

    def _find_difference(self) -> str:
        """How the card and the network differ; empty if they agree."""
        card, wanted = self.card, (1, *self.card.preprocessing.shape)
        found = tuple(int(size) for size in self._input["shape"])
        if found != wanted:
            return f"prepares pictures of shape {wanted}, its network expects {found}"
        if [tuple(one["shape"]) for one in self._told] != ([(1, REMEMBERED)] if card.refined else []):
            return "and its network do not agree on whether it was refined"
        units = card.output.units + (reconstruction.PIXELS if card.irre else 0) + (2 if card.refined else 0)
        answers = int(self._output["shape"][-1])
        return "" if answers == units else f"has {units} units, its network {answers}"

    def require_camera(self, camera: Camera, mend: str = "leave --camera out to use the model's own") -> None:
        """Require the camera that the model was trained with.

        Args:
            camera: that there is.
            mend: end of the error's sentence: what to do, if the model's own is known.

        Raises:
            CameraMismatchError: it is another one; the message shows both.
        """
        if camera == self.card.camera:
            return
        mend = mend if self.card.camera_known else "train with --camera"
        raise CameraMismatchError(
            f"the model was trained with {self.card.describe_camera()}; the camera here is {camera}: {mend}"
        )

    @property
    def remembers(self) -> bool:
        """Whether its last answers are fed back to it."""
        return self.card.refined is not None or self.card.preprocessing.range_rows > 0

    def answer(self, observation: Observation, memory: Memory = FORGOTTEN) -> Answer:
        """Answer an observation.

        Args:
            observation: with the pictures of all cameras that the card names.
            memory: of the last answer; only a network that `remembers` looks at it.

        Raises:
            CameraMismatchError: a picture is missing, or has another size.
        """
        card, seen = self.card, self.card.preprocessing.prepare(observation, memory.intensity)
        everything = self._run(seen, memory, observation.speed)
        activations, rest = everything[: card.output.units], everything[card.output.units :]
        after = memory.after(float(rest[-2]), float(rest[-1])) if card.refined else memory
        return Answer(
            self._decode(everything),
            None if isinstance(card.output, Scalar) else card.output.trust(activations),
            replace(after, intensity=float(activations[-1])) if isinstance(card.output, Hill1989) else after,
            reconstruction.measure_reliability(seen, rest[: reconstruction.PIXELS]) if card.irre else None,
            memory,
        )

    def units(self, observation: Observation, memory: Memory = FORGOTTEN) -> Floats:
        """Activations of the output units, shape (units,), for an observation; see `answer`."""
        seen = self.card.preprocessing.prepare(observation, memory.intensity)
        return self._run(seen, memory, observation.speed)[: self.card.output.units]

    def activations(self, frame: Image) -> Floats:
        """Activations of the output units, shape (units,), for a camera frame, shape (height, width, 3) RGB.

        Raises:
            CameraMismatchError: it has another size, or the network needs more cameras.
        """
        return self._run(self.card.preprocessing(frame))[: self.card.output.units]

    def _run(self, seen: Image, memory: Memory = FORGOTTEN, speed: float = UNKNOWN_SPEED) -> Floats:
        self._interpreter.set_tensor(self._input["index"], seen[None].astype(np.float32))
        for one in self._told:
            self._interpreter.set_tensor(one["index"], memory.as_input(speed)[None])
        self._interpreter.invoke()
        return np.asarray(self._interpreter.get_tensor(self._output["index"])[0], dtype=np.float32)

    def _decode(self, everything: Floats) -> float:
        decoded = self.card.output.decode_one(everything[: self.card.output.units])
        return decoded + float(everything[-2]) if self.card.refined else decoded

    def curvature(self, frame: Image) -> float:
        """The path curvature [1/m] that the network wants to drive on seeing a camera frame, and that alone."""
        return self._decode(self._run(self.card.preprocessing(frame)))


class StatefulNetwork:
    """A network in use: its last answer is fed back to it with the next observation, where it `remembers`."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.reset()

    def reset(self) -> None:
        """Forget the last answers, as at a start."""
        self._memory = FORGOTTEN

    @property
    def memory(self) -> Memory:
        """What is fed back with the next observation."""
        return self._memory

    def answer(self, observation: Observation) -> Answer:
        """Answer the observation that follows the last one; see `Network.answer`."""
        answer = self._network.answer(observation, self._memory)
        self._memory = answer.memory
        return answer
