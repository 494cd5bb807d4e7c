"""How a network's output units say a curvature: as ALVINN's hill, or as one number."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from alvinn.hill import Floats, Hill, Trust

SCALE = 10.0  # a bend of 10 m radius is 1.0: numbers of the size that networks like


class Output(Protocol):
    """A code between curvature [1/m] and output units."""

    @property
    def units(self) -> int:
        """How many output units there are."""

    def encode(self, curvature: npt.ArrayLike) -> Floats:
        """Units, shape (n, units), for curvatures, shape (n,)."""

    def decode(self, activations: Floats) -> Floats:
        """Curvatures, shape (n,), of units, shape (n, units)."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One unit that holds the curvature, as PilotNet's (M. Bojarski et al., arXiv:1604.07316)."""

    scale: float = SCALE

    @property
    def units(self) -> int:
        """One."""
        return 1

    def encode(self, curvature: npt.ArrayLike) -> Floats:
        """Units, shape (n, 1), for curvatures [1/m], shape (n,)."""
        return np.asarray(curvature, dtype=np.float32)[..., None] * np.float32(self.scale)

    def decode(self, activations: Floats) -> Floats:
        """Curvatures [1/m], shape (n,), of units, shape (n, 1)."""
        return np.asarray(activations[..., 0] / self.scale, dtype=np.float32)


@dataclass(frozen=True)
class Hill1989:
    """ALVINN's first code: a hill over nine units, read as the most active one, and a unit for the road's intensity.

    D. Pomerleau, ALVINN: an autonomous land vehicle in a neural network, NIPS 1, 1989.
    """

    directions: int = 45
    span: float = 0.15
    """the outermost directions stand for -span and +span [1/m]"""

    @property
    def units(self) -> int:
        """The directions, and one that says whether the road is lighter than its surroundings."""
        return self.directions + 1

    def encode(self, curvature: npt.ArrayLike, intensity: npt.ArrayLike = 0.5) -> Floats:
        """Units, shape (n, units), for curvatures [1/m] and intensities (0 darker to 1 lighter), shape (n,)."""
        clipped = np.clip(np.asarray(curvature, dtype=np.float64), -self.span, self.span)
        middle = np.rint((clipped / self.span + 1.0) / 2.0 * (self.directions - 1)).astype(np.intp)
        away = np.abs(np.arange(self.directions) - middle[..., None])
        hills = np.asarray(NINE, dtype=np.float32)[np.minimum(away, len(NINE) - 1)]
        last = np.broadcast_to(np.asarray(intensity, dtype=np.float32), middle.shape)
        return np.concatenate([hills, last[..., None]], axis=-1)

    def decode(self, activations: Floats) -> Floats:
        """Curvatures [1/m], shape (n,), of units, shape (n, units)."""
        best = activations[..., :-1].argmax(axis=-1)
        return np.asarray((2.0 * best / (self.directions - 1) - 1.0) * self.span, dtype=np.float32)

    def trust(self, activations: Floats) -> Trust:
        """How far to trust one answer, activations of shape (units,): as the smooth hill, which is nearly the same."""
        return Hill(self.directions, self.span).trust(activations[:-1])


NINE = (1.0, 0.89, 0.61, 0.32, 0.1, 0.0)  # by the distance from the middle of the hill [units]; beyond, silence

Code = Hill | Scalar | Hill1989
"""Every code that there is."""

OUTPUTS: dict[str, type[Code]] = {"hill": Hill, "scalar": Scalar, "hill1989": Hill1989}


def described(output: Code) -> dict[str, Any]:
    """An output as a card holds it."""
    name = next(name for name, kind in OUTPUTS.items() if isinstance(output, kind))
    return {"kind": name, **asdict(output)}


def output_of(description: dict[str, Any]) -> Code:
    """The output that a card describes.

    Raises:
        KeyError, TypeError, ValueError: there is none such.
    """
    fields = dict(description)
    return OUTPUTS[fields.pop("kind")](**fields)
