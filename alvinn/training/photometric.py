"""What the light may do to a picture without changing where the road goes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from alvinn.driving.types import Image

GREY = np.array([0.299, 0.587, 0.114])  # of red, green and blue (ITU-R BT.601)
LEVELS = np.arange(256, dtype=np.float32)
NEAREST_ROW = 3.0  # m, about: how far away the road is that a picture's last row shows
NOISE_PICTURES = 16  # drawn once; which of them is added, and how shifted, is drawn for every picture


@dataclass(frozen=True, slots=True)
class LightRange:
    """How far the light may go."""

    contrast: tuple[float, float] = (0.6, 1.4)
    """around the middle grey"""
    brightness: float = 45.0
    """added or taken, of 255"""
    gamma: tuple[float, float] = (0.7, 1.4)
    tint: float = 0.12
    """each colour's own share, so that no single hue is the road"""
    saturation: tuple[float, float] = (0.0, 1.3)
    """0 is grey: yellow paint is as good as white"""
    shadow: float = 0.4
    """chance of a shadow band across the picture"""
    shadow_depth: tuple[float, float] = (0.4, 0.8)
    """what a shadow leaves of the light"""
    haze: float = 0.3
    """chance of dust, rain or fog between the camera and the road"""
    sight: tuple[float, float] = (6.0, 60.0)
    """after so many metres haze leaves 37 % of a contrast"""
    blur: float = 0.25
    """chance of a picture out of focus"""
    noise: float = 5.0
    """standard deviation of the grain, of 255"""


class Light:
    """Shows pictures of one size under other lights.

    Args:
        shape: (height, width, 3) of the pictures.
        rng: draws the grain.
        limits: how far to go.
    """

    def __init__(self, shape: tuple[int, int, int], rng: np.random.Generator, limits: LightRange | None = None) -> None:
        self._limits = limits or LightRange()
        self._noise = rng.normal(0.0, self._limits.noise, (NOISE_PICTURES, *shape)).astype(np.int16)
        below_horizon = (np.arange(shape[0], dtype=np.float32) + 0.5) / shape[0]
        self._distance = (NEAREST_ROW / below_horizon)[:, None, None]

    def __call__(self, image: Image, rng: np.random.Generator) -> Image:
        """The picture, shape (height, width, 3) RGB uint8, under a light that `rng` draws."""
        limits = self._limits
        lit: Image = np.asarray(cv2.LUT(image, self._curves(rng)), dtype=np.uint8)
        lit = _saturated(lit, rng.uniform(*limits.saturation))
        if rng.random() < limits.shadow:
            _shade(lit, rng, rng.uniform(*limits.shadow_depth))
        if rng.random() < limits.haze:
            lit = self._hazy(lit, rng)
        if rng.random() < limits.blur:
            lit = np.asarray(cv2.blur(lit, (3, 3)), dtype=np.uint8)
        grain = self._noise[rng.integers(NOISE_PICTURES)]
        return np.asarray(cv2.add(lit, grain, dtype=cv2.CV_8U), dtype=np.uint8)

    def _hazy(self, image: Image, rng: np.random.Generator) -> Image:
        """What the air leaves of a picture: the less, the farther away the road is that a row shows (Koschmieder)."""
        nearest, farthest = self._limits.sight
        left = np.exp(-self._distance / (nearest * (farthest / nearest) ** rng.random())).astype(np.float32)
        air = rng.uniform(60.0, 220.0) * rng.uniform(0.8, 1.1, 3).astype(np.float32)
        return np.asarray(np.clip(air + left * (image - air), 0.0, 255.0), dtype=np.uint8)

    def _curves(self, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
        """A lookup table for each colour, shape (256, 1, 3)."""
        limits = self._limits
        tint = rng.uniform(1.0 - limits.tint, 1.0 + limits.tint, 3)
        gamma, contrast = rng.uniform(*limits.gamma), rng.uniform(*limits.contrast)
        level = 255.0 * (LEVELS / 255.0) ** gamma
        level = (level - 128.0) * contrast + 128.0 + rng.uniform(-limits.brightness, limits.brightness)
        return np.clip(level[:, None, None] * tint, 0.0, 255.0).astype(np.uint8)


def _saturated(image: Image, saturation: float) -> Image:
    """The picture with its colours stronger or weaker."""
    mixing = saturation * np.eye(3) + (1.0 - saturation) * GREY
    return np.asarray(cv2.transform(image, mixing), dtype=np.uint8)


def _shade(image: Image, rng: np.random.Generator, left: float) -> None:
    """Darken a band between two lines across the picture, in place."""
    height, width = image.shape[:2]
    top, bottom = np.sort(rng.uniform(-0.3, 1.3, 2) * width), np.sort(rng.uniform(-0.3, 1.3, 2) * width)
    corners = np.array([(top[0], 0), (top[1], 0), (bottom[1], height), (bottom[0], height)], dtype=np.int32)
    mask = np.zeros((height, width), dtype=np.uint8)
    cv2.fillConvexPoly(mask, corners, 255)
    cv2.copyTo(cv2.convertScaleAbs(image, alpha=left), mask, image)
