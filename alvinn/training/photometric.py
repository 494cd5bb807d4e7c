"""Photometric augmentation: changes of light, weather and camera that leave the road's geometry as it is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from alvinn.driving.types import Image

GREY = np.array([0.299, 0.587, 0.114])  # of red, green and blue (ITU-R BT.601)
LEVELS = np.arange(256, dtype=np.float32)
NEAREST_ROW = 3.0  # m, about: distance of the road in a picture's last row
NOISE_PICTURES = 16  # made once; one of them is drawn for each picture


@dataclass(frozen=True, slots=True)
class LightRange:
    """Limits of the augmentation."""

    contrast: tuple[float, float] = (0.6, 1.4)
    """factor around mid-grey"""
    brightness: float = 45.0
    """offset in either direction, of 255"""
    gamma: tuple[float, float] = (0.7, 1.4)
    tint: float = 0.12
    """relative gain of each channel, so that the road has no fixed hue"""
    saturation: tuple[float, float] = (0.0, 1.3)
    """0 is grey: yellow paint counts as white"""
    shadow: float = 0.4
    """probability of a shadow band across the picture"""
    shadow_depth: tuple[float, float] = (0.4, 0.8)
    """share of the light that a shadow leaves"""
    haze: float = 0.3
    """probability of dust, rain or fog"""
    sight: tuple[float, float] = (6.0, 60.0)
    """distance [m] after which haze leaves 1/e of the contrast"""
    blur: float = 0.25
    """probability of defocus"""
    noise: float = 5.0
    """standard deviation of the noise, of 255"""


class LightAugmentation:
    """Photometric augmentation for pictures of one size.

    Args:
        shape: (height, width, 3) of the pictures.
        rng: draws the noise.
        limits: of the augmentation.
    """

    def __init__(self, shape: tuple[int, int, int], rng: np.random.Generator, limits: LightRange | None = None) -> None:
        self._limits = limits or LightRange()
        self._noise = rng.normal(0.0, self._limits.noise, (NOISE_PICTURES, *shape)).astype(np.int16)
        below_horizon = (np.arange(shape[0], dtype=np.float32) + 0.5) / shape[0]
        self._distance = (NEAREST_ROW / below_horizon)[:, None, None]

    def __call__(self, image: Image, rng: np.random.Generator) -> Image:
        """A picture, shape (height, width, 3) RGB uint8, augmented as `rng` draws."""
        limits = self._limits
        lit: Image = np.asarray(cv2.LUT(image, self._draw_curves(rng)), dtype=np.uint8)
        lit = _saturate(lit, rng.uniform(*limits.saturation))
        if rng.random() < limits.shadow:
            _shade(lit, rng, rng.uniform(*limits.shadow_depth))
        if rng.random() < limits.haze:
            lit = self._add_haze(lit, rng)
        if rng.random() < limits.blur:
            lit = np.asarray(cv2.blur(lit, (3, 3)), dtype=np.uint8)
        grain = self._noise[rng.integers(NOISE_PICTURES)]
        return np.asarray(cv2.add(lit, grain, dtype=cv2.CV_8U), dtype=np.uint8)

    def _add_haze(self, image: Image, rng: np.random.Generator) -> Image:
        """Attenuate contrast with the distance of the road in each row (Koschmieder's law)."""
        nearest, farthest = self._limits.sight
        left = np.exp(-self._distance / (nearest * (farthest / nearest) ** rng.random())).astype(np.float32)
        air = rng.uniform(60.0, 220.0) * rng.uniform(0.8, 1.1, 3).astype(np.float32)
        return np.asarray(np.clip(air + left * (image - air), 0.0, 255.0), dtype=np.uint8)

    def _draw_curves(self, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
        """Lookup tables of the channels, shape (256, 1, 3)."""
        limits = self._limits
        tint = rng.uniform(1.0 - limits.tint, 1.0 + limits.tint, 3)
        gamma, contrast = rng.uniform(*limits.gamma), rng.uniform(*limits.contrast)
        level = 255.0 * (LEVELS / 255.0) ** gamma
        level = (level - 128.0) * contrast + 128.0 + rng.uniform(-limits.brightness, limits.brightness)
        return np.clip(level[:, None, None] * tint, 0.0, 255.0).astype(np.uint8)


def _saturate(image: Image, saturation: float) -> Image:
    """Scale the saturation of a picture."""
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
