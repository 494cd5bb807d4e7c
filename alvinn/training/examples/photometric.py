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

Floats = npt.NDArray[np.float64]
Corners = npt.NDArray[np.int32]
"""Shape (4, 2): column and row of each corner."""


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
    """Photometric augmentation of batches, each picture in a light of its own.

    Args:
        shape: (height, width, 3) of the pictures.
        rng: draws the noise.
        limits: of the augmentation.
    """

    def __init__(self, shape: tuple[int, int, int], rng: np.random.Generator, limits: LightRange | None = None) -> None:
        self._limits = limits or LightRange()
        noise = rng.normal(0.0, self._limits.noise, (NOISE_PICTURES, *shape)).astype(np.int16)
        # lighter and darker grains apart: bytes are added and subtracted several times faster than signed numbers
        self._lighter, self._darker = (np.clip(part, 0, 255).astype(np.uint8) for part in (noise, -noise))
        below_horizon = (np.arange(shape[0], dtype=np.float32) + 0.5) / shape[0]
        self._distance = NEAREST_ROW / below_horizon

    def __call__(self, images: Image, rng: np.random.Generator) -> Image:
        """Pictures, shape (n, height, width, 3) RGB uint8, augmented as `rng` draws."""
        limits, count = self._limits, len(images)
        curves, mixing = self._draw_curves(rng, count), self._draw_mixing(rng, count)
        shadows, hazes = self._draw_shadows(rng, images.shape), self._draw_hazes(rng, count)
        blurred, grain = rng.random(count) < limits.blur, rng.integers(NOISE_PICTURES, size=count)
        found = np.empty_like(images)
        for number, (image, lit) in enumerate(zip(images, found, strict=True)):
            cv2.transform(cv2.LUT(image, curves[number]), mixing[number], lit)
            if (shadow := shadows[number]) is not None:
                _shade(lit, *shadow)
            if (haze := hazes[number]) is not None:
                _add_haze(lit, *haze)
            if blurred[number]:
                cv2.blur(lit, (3, 3), lit)
            cv2.add(lit, self._lighter[grain[number]], lit)
            cv2.subtract(lit, self._darker[grain[number]], lit)
        return found

    def _draw_curves(self, rng: np.random.Generator, count: int) -> npt.NDArray[np.uint8]:
        """Lookup tables of the channels, shape (count, 256, 1, 3)."""
        limits = self._limits
        tint = rng.uniform(1.0 - limits.tint, 1.0 + limits.tint, (count, 1, 3)).astype(np.float32)
        gamma, contrast, brightness = (
            rng.uniform(*span, (count, 1)).astype(np.float32)
            for span in (limits.gamma, limits.contrast, (-limits.brightness, limits.brightness))
        )
        level = (255.0 * (LEVELS / 255.0) ** gamma - 128.0) * contrast + 128.0 + brightness
        return np.clip(level[:, :, None] * tint, 0.0, 255.0).astype(np.uint8)[:, :, None]

    def _draw_mixing(self, rng: np.random.Generator, count: int) -> Floats:
        """Matrices that scale the saturation, shape (count, 3, 3)."""
        saturation = rng.uniform(*self._limits.saturation, (count, 1, 1))
        return np.asarray(saturation * np.eye(3) + (1.0 - saturation) * GREY)

    def _draw_shadows(self, rng: np.random.Generator, shape: tuple[int, ...]) -> list[tuple[Corners, float] | None]:
        """For each picture, where a shadow band lies and the share of light that it leaves; None without one."""
        count, height, width = shape[:3]
        shadowed = rng.random(count) < self._limits.shadow
        left = rng.uniform(*self._limits.shadow_depth, count)
        ends = np.sort(rng.uniform(-0.3, 1.3, (count, 2, 2)) * width)  # at the top and at the bottom, left to right
        corners = np.empty((count, 4, 2), dtype=np.int32)
        corners[:, :, 0], corners[:, :, 1] = ends.reshape(count, 4)[:, [0, 1, 3, 2]], (0, 0, height, height)
        return [(corners[n], float(left[n])) if shadowed[n] else None for n in range(count)]

    def _draw_hazes(self, rng: np.random.Generator, count: int) -> list[tuple[Floats, Floats] | None]:
        """For each picture, the share of contrast that haze leaves of each row and the colour of the air; or None.

        The contrast falls with the distance of the road in each row (Koschmieder's law).
        """
        nearest, farthest = self._limits.sight
        hazy = rng.random(count) < self._limits.haze
        sight = nearest * (farthest / nearest) ** rng.random(count)
        air = rng.uniform(60.0, 220.0, (count, 1)) * rng.uniform(0.8, 1.1, (count, 3))
        left = np.exp(-self._distance / sight[:, None])
        return [(left[n], air[n]) if hazy[n] else None for n in range(count)]


def _shade(image: Image, corners: Corners, left: float) -> None:
    """Darken a band between two lines across the picture, in place."""
    mask = np.zeros(image.shape[:2], dtype=np.uint8)
    cv2.fillConvexPoly(mask, corners, 255)
    cv2.copyTo(cv2.convertScaleAbs(image, alpha=left), mask, image)


def _add_haze(image: Image, left: Floats, air: Floats) -> None:
    """Mix the rows of a picture with the colour of the air, in place."""
    share = np.rint(256.0 * left).astype(np.uint16)[:, None]
    flat = image.reshape(len(image), -1)
    veil = np.tile(np.rint(air).astype(np.uint16), image.shape[1]) * (256 - share)
    np.right_shift(flat * share + veil, 8, out=flat, casting="unsafe")
