"""How a network's output units say a curvature: as ALVINN's hill, or as one number."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from alvinn.hill import Floats, Hill

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


OUTPUTS: dict[str, type[Hill | Scalar]] = {"hill": Hill, "scalar": Scalar}


def described(output: Hill | Scalar) -> dict[str, Any]:
    """An output as a card holds it."""
    name = next(name for name, kind in OUTPUTS.items() if isinstance(output, kind))
    return {"kind": name, **asdict(output)}


def output_of(description: dict[str, Any]) -> Hill | Scalar:
    """The output that a card describes.

    Raises:
        KeyError, TypeError, ValueError: there is none such.
    """
    fields = dict(description)
    return OUTPUTS[fields.pop("kind")](**fields)
