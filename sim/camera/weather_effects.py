"""Grading: fog, rain, wet roads, and the night with its headlights, worked out pixel by pixel from what is seen there.

Every pixel's depth and surface come from `sim.camera.facet_pass`. Fog, falling rain and the sky's reflection on a wet
road are one thing to the arithmetic: a veil of the horizon's colour, some of which hides the pixel. None of it needs
the sharpness of the picture itself, so that in all but small pictures it is computed for two by two pixels and spread
smoothly.
"""

from __future__ import annotations

import zlib

import cv2
import numpy as np
import numpy.typing as npt

from sim.camera.facet_pass import Sight
from sim.geometry.poses import Pose
from sim.geometry.rays import Rays, camera_axes
from sim.graphics.light import Light

Bytes = npt.NDArray[np.uint8]
Map = npt.NDArray[np.float32]

FARTHEST = 2500.0  # [m]
NOTICED = 1e-4  # haze below this [1/m] is not worth the time
LAMP = (0.86, 0.95, 1.0)  # headlights, B, G, R
LAMP_REACH, LAMP_WIDE, LAMP_CUT = 21.0, 0.50, 0.035  # [m], tangents to the side and above the level
SHEEN, GRAZING = 0.85, 0.15  # of a wet road: the most it reflects, and the tangent at which that is down to a third
WHOLE = 220.0  # the byte that stands for 1: lamps add to what is left of the day
FINE = 96  # a picture with a shorter side is reckoned pixel by pixel [pixels]
AROUND = np.ones((3, 3), np.uint8)  # a pixel and its neighbours
TILES = 8  # different patterns of rain and of noise
NOISE = 5.0  # of a picture taken at night, standard deviation of a byte


def coarseness(size: tuple[int, int]) -> int:
    """How many pixels of a picture (width, height) share a sight in `Grading`: one of a small picture, else two."""
    return 2 if min(size) >= FINE and size[0] % 2 == size[1] % 2 == 0 else 1


class Grading:
    """What a weather does to the pictures of one camera, after they are drawn in plain light.

    Args:
        light: the weather.
        rays: where the pixels of its sights look.
        size: width and height of its pictures [pixels], a multiple of the sights'.
    """

    def __init__(self, light: Light, rays: Rays, size: tuple[int, int]) -> None:
        self._light, self._rays, self._size = light, rays, size
        veil = np.clip(light.horizon[::-1] * 255 + 14 * light.rain * light.night, 0, 255)
        hidden = np.arange(255, -1, -1)[:, None] / 255 * veil  # (256, 3), by the byte that is left of a pixel
        self._veils = np.column_stack((np.rint(hidden).astype(np.uint8), np.full(256, 255, np.uint8))).view(np.uint32)
        self._no_alpha = np.zeros((size[1], size[0]), np.uint8)
        random = np.random.default_rng(20)
        drops = range(TILES if light.rain > 0 else 0)
        self._rain = [_streaks(random, size, light.rain) for _ in drops]
        self._noise = [_noise(random, size, light.night) for _ in range(TILES if light.night > 0 else 0)]
        self._cone = (np.exp(-((rays.right / LAMP_WIDE) ** 2)) * light.night).astype(np.float32)

    @staticmethod
    def needed(light: Light) -> bool:
        """Whether a weather shows in any way that has to be graded."""
        return light.extinction > NOTICED or light.night > 0 or light.wetness > 0.05 or light.rain > 0

    def graded(self, picture: Bytes, sight: Sight, pose: Pose) -> Bytes:
        """The picture (h, w, 4), BGRA as drawn from a pose, in this weather."""
        forward, right, down = camera_axes(pose)[2].astype(np.float32)
        up = forward + right * self._rays.right + down * self._rays.down
        seen = self._seen(sight, np.maximum(up, 0))
        chance = zlib.crc32(np.array([pose.x, pose.y, pose.yaw]).tobytes())
        drops = self._rain[chance % TILES] if self._rain else None
        if self._light.night > 0:
            lit = cv2.merge((*self._spread(self._lit(sight.inverse, up), WHOLE), self._no_alpha))
            picture = np.asarray(cv2.multiply(picture, lit, scale=1 / WHOLE), dtype=np.uint8)
        (left,) = self._spread([seen], 255.0)
        if drops is not None:
            left = np.asarray(cv2.multiply(left, drops, scale=1 / 255), dtype=np.uint8)
        shown = cv2.multiply(picture, cv2.merge((left, left, left, self._no_alpha)), scale=1 / 255)
        shown = cv2.add(shown, np.take(self._veils, left, mode="clip").view(np.uint8).reshape(shown.shape))
        if self._noise:
            brighter, darker = self._noise[(chance >> 8) % TILES]
            shown = cv2.subtract(cv2.add(shown, brighter), darker)
        return np.asarray(shown, dtype=np.uint8)

    def _spread(self, shares: list[Map], whole: float) -> list[Bytes]:
        """Shares of what is drawn as bytes of which `whole` stands for 1, as large as the picture."""
        scaled = (cv2.resize(cv2.convertScaleAbs(share, alpha=whole), self._size) for share in shares)
        return [np.asarray(share, dtype=np.uint8) for share in scaled]

    def _seen(self, sight: Sight, up: Map) -> Map:
        """How much of a pixel is left by fog, exp(-haze depth / (1 + falloff rise)), and by the sheen of a wet road."""
        light, inverse = self._light, sight.inverse
        fog = np.maximum(1 - light.fog_distance * inverse, 0) / (
            np.maximum(inverse, 1 / FARTHEST) + light.fog_falloff * up
        )
        seen = cv2.exp(-light.extinction * fog)
        if light.wetness > 0:
            seen *= 1 - SHEEN * light.wetness * cv2.exp(-inverse * sight.height / GRAZING)
        return np.asarray(seen, dtype=np.float32)

    def _lit(self, inverse: Map, up: Map) -> list[Map]:
        """What night leaves of blue, green and red: the sky's own, else the sky's rest and our headlights on things."""
        light = self._light
        lamp = self._cone / (1 + (1 / (LAMP_REACH * np.maximum(inverse, 1e-4))) ** 2)
        lamp *= np.clip(1.5 - up / LAMP_CUT, 0.10, 1)
        rest = light.ground[::-1] * light.night + (1 - light.night)
        # Sights may be coarse, and what is drawn for a night is as bright as day: a pixel half sky and half tree
        # would shine.
        sky = cv2.erode((inverse <= 0).astype(np.uint8), AROUND) > 0
        shares = []
        for own, tint in zip(rest.tolist(), LAMP, strict=True):
            lit = np.float32(own) + np.float32(tint) * lamp
            lit[sky] = 1.0
            shares.append(lit)
        return shares


def _streaks(random: np.random.Generator, size: tuple[int, int], rain: float) -> Bytes:
    """What falling drops leave of each pixel, bytes (h, w): slanted streaks, more and longer the harder it rains."""
    width, height = size
    layer = np.zeros((height, width), np.float32)
    scale = height / 160
    for _ in range(round(170 * rain * width / height / 2)):
        x, y = random.uniform(-0.05, 1.05) * width, random.uniform(-0.1, 1) * height
        length = scale * random.uniform(6, 22) * (0.5 + 0.5 * rain)
        end = x + length * random.uniform(-0.16, -0.04), y + length
        thick = max(1, round(scale * random.uniform(0.4, 1.2)))
        cv2.line(layer, (round(x), round(y)), (round(end[0]), round(end[1])), random.uniform(0.10, 0.34), thick)
    return np.rint(255 * (1 - cv2.GaussianBlur(layer, (3, 3), 0))).astype(np.uint8)


def _noise(random: np.random.Generator, size: tuple[int, int], night: float) -> tuple[Bytes, Bytes]:
    """What a sensor's noise adds to a picture and takes away, grey (h, w, 4) with no alpha."""
    grains = np.rint(night * NOISE * random.standard_normal((size[1], size[0], 1))).astype(np.int16)
    grey = grains * np.array([1, 1, 1, 0], np.int16)
    return np.clip(grey, 0, 255).astype(np.uint8), np.clip(-grey, 0, 255).astype(np.uint8)
