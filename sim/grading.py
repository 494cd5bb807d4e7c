"""Grading: fog, rain, wet roads, and the night with its headlights, worked out pixel by pixel from what is seen there.

Every pixel's depth and surface come from `sim.facets`. Fog, falling rain and the sky's reflection on a wet road are one
thing to the arithmetic: a veil of the horizon's colour, some of which hides the pixel.
"""

from __future__ import annotations

import zlib

import cv2
import numpy as np
import numpy.typing as npt

from sim.facets import Sight
from sim.geometry import Pose
from sim.light import Light
from sim.rays import Rays, axes

Bytes = npt.NDArray[np.uint8]
Map = npt.NDArray[np.float32]

FARTHEST = 2500.0  # [m]
NOTICED = 1e-4  # haze below this [1/m] is not worth the time
LAMP = (0.86, 0.95, 1.0)  # headlights, B, G, R
LAMP_REACH, LAMP_WIDE, LAMP_CUT = 21.0, 0.50, 0.035  # [m], tangents to the side and above the level
SHEEN, GRAZING = 0.85, 0.15  # of a wet road: the most it reflects, and the tangent at which that is down to a third
WHOLE = 220.0  # the byte that stands for 1: lamps add to what is left of the day
TILES = 8  # different patterns of rain and of noise
NOISE = 5.0  # of a picture taken at night, standard deviation of a byte


class Grading:
    """What a weather does to the pictures of one camera, after they are drawn in plain light.

    Args:
        light: the weather.
        rays: where its pixels look.
    """

    def __init__(self, light: Light, rays: Rays) -> None:
        self._light, self._rays = light, rays
        size = width, height = rays.right.size, rays.down.size
        veil = np.clip(light.horizon * 255, 0, 255)[::-1] + 14 * light.rain * light.night
        self._veil = np.empty((height, width, 4), np.uint8)
        self._veil[...] = (*veil.astype(np.uint8), 255)
        random = np.random.default_rng(20)
        drops = range(TILES if light.rain > 0 else 0)
        self._rain = [_streaks(random, size, light.rain) for _ in drops]
        self._noise = [_noise(random, size, light.night) for _ in range(TILES if light.night > 0 else 0)]
        self._cone = np.exp(-((rays.right / LAMP_WIDE) ** 2)) * light.night

    @staticmethod
    def needed(light: Light) -> bool:
        """Whether a weather shows in any way that has to be graded."""
        return light.haze > NOTICED or light.night > 0 or light.wet > 0.05 or light.rain > 0

    def graded(self, picture: Bytes, sight: Sight, pose: Pose) -> Bytes:
        """The picture (h, w, 4), BGRA as drawn from a pose, in this weather."""
        forward, right, down = axes(pose)[2]
        up = (forward + right * self._rays.right + down * self._rays.down).astype(np.float32)
        chance = zlib.crc32(np.array([pose.x, pose.y, pose.yaw]).tobytes())
        seen = self._seen(sight, np.maximum(up, 0))
        if self._rain:
            seen *= self._rain[chance % TILES]
        shares = [seen] * 3 if self._light.night <= 0 else self._lit(sight.inverse, up, seen)
        shown = cv2.multiply(picture, _bytes(*shares), scale=1 / WHOLE)
        shown = cv2.add(shown, cv2.multiply(self._veil, _bytes(1 - seen, 1 - seen, 1 - seen), scale=1 / WHOLE))
        if self._noise:
            brighter, darker = self._noise[(chance >> 8) % TILES]
            shown = cv2.subtract(cv2.add(shown, brighter), darker)
        shown[..., 3] = 255
        return np.asarray(shown, dtype=np.uint8)

    def _seen(self, sight: Sight, up: Map) -> Map:
        """How much of a pixel is left by fog, exp(-haze depth / (1 + falloff rise)), and by the sheen of a wet road."""
        light, inverse = self._light, sight.inverse
        fog = np.maximum(1 - light.clear * inverse, 0) / (np.maximum(inverse, 1 / FARTHEST) + light.falloff * up)
        seen = np.exp(-light.haze * fog)
        if light.wet > 0:
            seen *= 1 - SHEEN * light.wet * np.exp(-inverse * sight.height / GRAZING)
        return np.asarray(seen, dtype=np.float32)

    def _lit(self, inverse: Map, up: Map, seen: Map) -> list[Map]:
        """What night leaves of blue, green and red: the sky's own, else the sky's rest and our headlights on things."""
        light = self._light
        lamp = self._cone / (1 + (1 / (LAMP_REACH * np.maximum(inverse, 1e-4))) ** 2)
        lamp *= np.clip(1.5 - up / LAMP_CUT, 0.10, 1)
        rest = light.ground[::-1] * light.night + (1 - light.night)
        sky = inverse <= 0
        shares = []
        for own, tint in zip(rest.tolist(), LAMP, strict=True):
            lit = own + tint * lamp
            lit[sky] = 1.0
            shares.append(lit * seen)
        return shares


def _bytes(blue: Map, green: Map, red: Map) -> Bytes:
    """Shares [0, 255 / WHOLE] as the bytes of a picture (h, w, 4) whose alpha is 0."""
    channels = [cv2.convertScaleAbs(share, alpha=WHOLE) for share in (blue, green, red)]
    return np.asarray(cv2.merge((*channels, np.zeros_like(channels[0]))), dtype=np.uint8)


def _streaks(random: np.random.Generator, size: tuple[int, int], rain: float) -> Map:
    """How much falling drops leave of each pixel: slanted streaks, more and longer the harder it rains."""
    width, height = size
    layer = np.zeros((height, width), np.float32)
    scale = height / 160
    for _ in range(round(170 * rain * width / height / 2)):
        x, y = random.uniform(-0.05, 1.05) * width, random.uniform(-0.1, 1) * height
        length = scale * random.uniform(6, 22) * (0.5 + 0.5 * rain)
        end = x + length * random.uniform(-0.16, -0.04), y + length
        thick = max(1, round(scale * random.uniform(0.4, 1.2)))
        cv2.line(layer, (round(x), round(y)), (round(end[0]), round(end[1])), random.uniform(0.10, 0.34), thick)
    return np.asarray(1 - cv2.GaussianBlur(layer, (3, 3), 0), dtype=np.float32)


def _noise(random: np.random.Generator, size: tuple[int, int], night: float) -> tuple[Bytes, Bytes]:
    """What a sensor's noise adds to a picture and takes away, grey (h, w, 4)."""
    grains = np.rint(night * NOISE * random.standard_normal((size[1], size[0], 1))).astype(np.int16)
    brighter, darker = (np.clip(part, 0, 255).astype(np.uint8) for part in (grains, -grains))
    return np.repeat(brighter, 4, axis=2), np.repeat(darker, 4, axis=2)
