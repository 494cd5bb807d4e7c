"""A moment of the stage: one tick with all that the page shows of it, encoded once for everybody."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import cv2
import numpy as np

from alvinn.classroom.messages import pack
from alvinn.drivers.network import NetworkDriver
from alvinn.driving.departure import departure_margin
from alvinn.driving.types import GroundTruth, Image, Observation, Step
from alvinn.networks.doubt import measure_doubt
from alvinn.networks.encodings import Hill1989, Scalar
from alvinn.networks.inference import Answer, Network
from alvinn.networks.memory import Memory
from alvinn.util.images import encode_jpeg

PICTURE_QUALITY, RETINA_QUALITY = 75, 90


@dataclass(frozen=True)
class Thought:
    """What a network makes of a picture."""

    retina: Image
    """its input, shape (height, width, 3) RGB"""
    curvature: float
    """1/m, right positive"""
    units: list[float]
    """activations of the output units that stand for a curvature; empty for a single number"""
    span: float
    """the outermost units stand for -span and +span [1/m]"""
    doubt: float | None
    """0 to 1; None where the output has no measure of it"""
    told: Memory | None = None
    """what the network was told of its last answers; None where that is not known"""

    def as_json(self) -> dict[str, Any]:
        """All that the page shows beside the retina."""
        return {"curvature": self.curvature, "units": self.units, "span": self.span, "doubt": self.doubt}


def think(network: Network, seen: Observation, answer: Answer) -> Thought:
    """What led a network to its answer to a picture.

    Raises:
        CameraMismatchError: the picture has another size, or a camera is missing.
    """
    output = network.card.output
    units = [] if isinstance(output, Scalar) else network.units(seen, answer.told).tolist()
    return Thought(
        retina=draw_retina(network, seen),
        curvature=answer.curvature,
        units=units[: output.directions] if isinstance(output, Hill1989) else units,
        span=0.15 if isinstance(output, Scalar) else output.span,
        doubt=measure_doubt(answer, "hill"),
        told=answer.told,
    )


def follow(driver: NetworkDriver, seen: Observation) -> Thought:
    """What a network makes of the picture that it decided on last, whoever drives."""
    return think(driver.network, seen, driver.recall(seen))


def draw_retina(network: Network, seen: Observation) -> Image:
    """The network's input as a picture, shape (height, width, 3) RGB."""
    preprocessing = network.card.preprocessing
    retina = preprocessing.prepare(seen)
    if preprocessing.colours == "yuv":
        return np.asarray(cv2.cvtColor(retina, cv2.COLOR_YUV2RGB), dtype=np.uint8)
    return np.repeat(retina, 3, axis=2) if preprocessing.colours == "blue" else retina


@dataclass(frozen=True)
class Moment:
    """One tick of the stage."""

    number: int
    """counts up from 0 at the start of the class"""
    observation: Observation
    who: str
    steer: float
    curvature: float
    """as driven [1/m]"""
    truth: GroundTruth | None
    """None where a recording does not know it"""
    expert: float | None
    """what the expert would do, or did [1/m]"""
    thought: Thought | None
    """None without a network"""
    car_width: float | None = None
    """m; None where a recording does not know it"""
    note: str = ""
    """what happens, such as a take-over"""
    kind: str = field(default="moment")

    @classmethod
    def of_step(
        cls,
        number: int,
        step: Step,
        expert: float,
        thought: Thought | None,
        car_width: float,
        note: str,
        kind: str = "moment",
    ) -> Moment:
        """The moment of a tick that is driven, with what the expert would do [1/m]."""
        return cls(
            number=number,
            observation=step.observation,
            who=step.decision.who,
            steer=step.control.steer,
            curvature=step.decision.curvature + step.decision.disturbance,
            truth=step.truth,
            expert=expert,
            thought=thought,
            car_width=car_width,
            note=note,
            kind=kind,
        )

    @cached_property
    def picture(self) -> bytes:
        """The camera's picture as JPEG."""
        return encode_jpeg(self.observation.image, PICTURE_QUALITY)

    @cached_property
    def packed(self) -> bytes:
        """The message for the page."""
        seen, truth = self.observation, self.truth
        values: dict[str, Any] = {
            "number": self.number,
            "time": seen.time,
            "speed": seen.speed,
            "who": self.who,
            "steer": self.steer,
            "curvature": self.curvature,
            "expert": self.expert,
            "note": self.note,
            "network": None if self.thought is None else self.thought.as_json(),
        }
        if truth is not None and math.isfinite(truth.offset):
            values |= {"x": truth.x, "y": truth.y, "yaw": truth.yaw, "offset": truth.offset}
            values |= {"heading": truth.heading_error, "width": truth.lane_width}
            if self.car_width is not None:
                values["margin"] = departure_margin(truth.lane_width, self.car_width)
        pictures = [self.picture] if self.thought is None else [self.picture, _encode(self.thought.retina)]
        return pack(self.kind, values, *pictures)


def _encode(retina: Image) -> bytes:
    return encode_jpeg(retina, RETINA_QUALITY)
