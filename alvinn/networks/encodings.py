"""How a network's output units encode a curvature: as ALVINN's hill, or as one number.

A model's card holds its encoding as an object whose `kind` tells which of the classes here it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

VARIANCE_TERM = 10.0  # the 10 of exp(-(i - d)^2 / 10)
TINY = 1e-12  # a parabola that does not bend has its peak anywhere
FINENESS = 10  # candidate positions per unit when fitting, refined by a parabola
SCALE = 10.0  # a bend of 10 m radius is 1.0: targets of order one
NINE = (1.0, 0.89, 0.61, 0.32, 0.1, 0.0)  # activation by distance from the centre of the hill [units]


@dataclass(frozen=True, slots=True)
class Trust:
    """Confidence in a decoded hill: a network in doubt answers with a broad hill, a ragged one, or several."""

    fit: float
    """cosine between the activations and the best-fit hill: 1 for a clean hill, 0 without activation"""
    spread: float
    """standard deviation of the activation about its mean [1/m]; a clean hill of 45 units has 0.0152"""
    second: float
    """height of the second hill, once the best is subtracted, relative to the best: 1 at a fork"""

    @property
    def doubt(self) -> float:
        """Scalar doubt in [0, 1]: 0 for one clean hill, towards 1 for noise, no activation or a fork."""
        return 1.0 - self.fit * (1.0 - self.second)


class Hill(msgspec.Struct, frozen=True, dict=True, tag_field="kind", tag="hill"):
    """Gaussian over the output units, centred on the curvature: ALVINN's distributed output."""

    units: int = 45
    span: float = 0.15
    """the outermost units stand for -span and +span [1/m]"""

    def __post_init__(self) -> None:
        if self.units < 3 or self.span <= 0:
            raise ValueError(f"a hill requires at least 3 units and a span above 0, not {self.units} and {self.span}")

    @property
    def spacing(self) -> float:
        """Curvature from one unit to the next [1/m]."""
        return 2.0 * self.span / (self.units - 1)

    def encode(self, curvature: npt.ArrayLike) -> Floats:
        """Activations, shape (..., units), for curvatures [1/m], shape (...), clipped to the span."""
        clipped = np.clip(np.asarray(curvature, dtype=np.float64), -self.span, self.span)
        position = (clipped + self.span) / self.spacing
        return self._hills(position).astype(np.float32)

    def decode(self, activations: Floats) -> Floats:
        """Curvatures [1/m], shape (n,), of activations, shape (n, units): the peak of the best-fit hill.

        Each row is fitted with a hill of free height at every tenth of a unit; the least squares fit is the candidate
        with the largest normalised correlation, refined by a parabola through its neighbours. Without any
        activation the answer is straight on; it is NaN where an activation is NaN.
        """
        fit = activations @ self._templates.T
        rows = np.arange(len(fit))
        best = np.minimum(np.maximum(fit.argmax(axis=1), 1), fit.shape[1] - 2)
        left, middle, right = fit[rows, best - 1], fit[rows, best], fit[rows, best + 1]
        bend = np.minimum(left - 2.0 * middle + right, -TINY)
        shift = np.minimum(np.maximum(0.5 * (left - right) / bend, -1.0), 1.0)
        position = np.where(middle <= 0.0, (self.units - 1) / 2.0, (best + shift) / FINENESS)
        curvature: Floats = (position * self.spacing - self.span).astype(np.float32)
        return curvature

    def decode_one(self, activations: Floats) -> float:
        """As `decode`, for one answer, activations of shape (units,): a fifth of the time."""
        fit = activations @ self._templates.T
        best = min(max(int(fit.argmax()), 1), len(fit) - 2)
        left, middle, right = (float(height) for height in fit[best - 1 : best + 2])
        if middle <= 0.0:
            return 0.0
        shift = 0.5 * (left - right) / min(left - 2.0 * middle + right, -TINY)
        return (best + min(max(shift, -1.0), 1.0)) / FINENESS * self.spacing - self.span

    def trust(self, activations: Floats) -> Trust:
        """Confidence in one answer, activations of shape (units,)."""
        heights = self._templates @ activations
        best = int(heights.argmax())
        height, size = float(heights[best]), float(np.linalg.norm(activations))
        if height <= TINY:
            return Trust(fit=0.0, spread=0.0, second=0.0)
        rest = self._templates @ (activations - height * self._templates[best])
        weight = np.maximum(activations, 0.0).astype(np.float64)
        weight /= weight.sum()
        place = np.arange(self.units) * self.spacing
        return Trust(
            fit=min(1.0, height / size),
            spread=math.sqrt(float(weight @ (place - weight @ place) ** 2)),
            second=min(1.0, max(0.0, float(rest.max())) / height),
        )

    def _hills(self, position: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.asarray(np.exp(-((np.arange(self.units) - position[..., None]) ** 2) / VARIANCE_TERM))

    @cached_property
    def _templates(self) -> Floats:
        positions = np.arange((self.units - 1) * FINENESS + 1) / FINENESS
        hills = self._hills(positions)
        return np.asarray(hills / np.linalg.norm(hills, axis=1, keepdims=True), dtype=np.float32)


class Scalar(msgspec.Struct, frozen=True, tag_field="kind", tag="scalar"):
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

    def decode_one(self, activations: Floats) -> float:
        """As `decode`, for one answer, activations of shape (units,)."""
        return float(activations[0]) / self.scale


class Hill1989(msgspec.Struct, frozen=True, tag_field="kind", tag="hill1989"):
    """ALVINN's first output: a hill nine units wide, decoded as the most active unit, and a unit for road intensity.

    D. Pomerleau, ALVINN: an autonomous land vehicle in a neural network, NIPS 1, 1989.
    """

    directions: int = 45
    span: float = 0.15
    """the outermost directions stand for -span and +span [1/m]"""

    @property
    def units(self) -> int:
        """The direction units, and one for whether the road is lighter than its surroundings."""
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
        """Curvatures [1/m], shape (n,), of units, shape (n, units); NaN where a unit is NaN."""
        best = activations[..., :-1].argmax(axis=-1)
        curvature = (2.0 * best / (self.directions - 1) - 1.0) * self.span
        return np.where(np.isnan(activations).any(axis=-1), np.nan, curvature).astype(np.float32)

    def decode_one(self, activations: Floats) -> float:
        """As `decode`, for one answer, activations of shape (units,)."""
        return float(self.decode(activations[None])[0])

    def trust(self, activations: Floats) -> Trust:
        """Confidence in one answer, activations of shape (units,): computed with `Hill`, which is nearly the same."""
        return Hill(self.directions, self.span).trust(activations[:-1])


Encoding = Hill | Scalar | Hill1989
"""Any of the encodings."""
