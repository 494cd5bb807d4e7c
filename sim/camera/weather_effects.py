"""Weather effects: fog, rain, wet roads, night and headlights, computed per pixel from depth and surface.

Depth and surface come from `sim.camera.facet_pass`. Fog, falling rain and the reflection of the sky on a wet road are
treated alike, as a veil of the horizon's colour over a fraction of each pixel. None of it needs the image's full
resolution, so in all but small images it is computed for two by two pixels and interpolated.
"""

from __future__ import annotations

import zlib

import cv2
import numpy as np
import numpy.typing as npt

from sim.camera.facet_pass import FloatImage, GeometryBuffer
from sim.geometry.poses import Pose
from sim.geometry.rays import Rays, camera_axes
from sim.graphics.light import Light

Bytes = npt.NDArray[np.uint8]

FARTHEST = 2500.0  # [m]
LEAST_EXTINCTION = 1e-4  # below this, fog is invisible [1/m]
HEADLIGHTS = (0.86, 0.95, 1.0)  # B, G, R
REACH, HALF_WIDTH, CUT_OFF = 21.0, 0.50, 0.035  # of the headlights: [m]; tangents of angles to the side and upwards
REFLECTANCE, GRAZING = 0.85, 0.15  # of a wet road: maximum, and tangent of the grazing angle at which it is 1/e of that
UNIT = 220.0  # the byte that represents an illumination of 1; headlights may add to daylight
FULL_RESOLUTION = 96  # images with a shorter side are computed at full resolution [pixels]
NEIGHBOURHOOD = np.ones((3, 3), np.uint8)
PATTERNS = 8  # number of different patterns of rain and of noise
NOISE = 5.0  # standard deviation of a byte at night


def choose_downsampling(size: tuple[int, int]) -> int:
    """Return the downsampling of weather effects for an image (width, height): 2, or 1 if it is small."""
    return 2 if min(size) >= FULL_RESOLUTION and size[0] % 2 == size[1] % 2 == 0 else 1


class WeatherEffects:
    """Applies the effects of one weather to the images of one camera, which are drawn in plain light.

    Args:
        light: the light of the weather.
        rays: the rays of the pixels of the geometry buffers.
        size: width and height of the images [pixels], a multiple of the geometry buffers'.
    """

    def __init__(self, light: Light, rays: Rays, size: tuple[int, int]) -> None:
        self._light, self._rays, self._size = light, rays, size
        veil = np.clip(light.horizon[::-1] * 255 + 14 * light.rain * light.night, 0, 255)
        hidden = np.arange(255, -1, -1)[:, None] / 255 * veil  # (256, 3), by transmittance
        self._veils = np.column_stack((np.rint(hidden).astype(np.uint8), np.full(256, 255, np.uint8))).view(np.uint32)
        self._no_alpha = np.zeros((size[1], size[0]), np.uint8)
        random = np.random.default_rng(20)
        patterns = range(PATTERNS)
        self._rain = [_make_rain(random, size, light.rain) for _ in patterns] if light.rain > 0 else []
        self._noise = [_make_noise(random, size, light.night) for _ in patterns] if light.night > 0 else []
        self._beam = (np.exp(-((rays.right / HALF_WIDTH) ** 2)) * light.night).astype(np.float32)

    @staticmethod
    def is_needed(light: Light) -> bool:
        """Return whether a light has any effect to apply."""
        return light.extinction > LEAST_EXTINCTION or light.night > 0 or light.wetness > 0.05 or light.rain > 0

    def apply(self, image: Bytes, geometry: GeometryBuffer, pose: Pose, *, headlights: bool = True) -> Bytes:
        """Return an image (h, w, 4), BGRA as the colour pass drew it from `pose`, in this weather.

        At night the headlights of the car that carries the camera light the road, unless they are off.
        """
        forward, right, down = camera_axes(pose)[2].astype(np.float32)
        up = forward + right * self._rays.right + down * self._rays.down
        transmittance = self._compute_transmittance(geometry, np.maximum(up, 0))
        pattern = zlib.crc32(np.array([pose.x, pose.y, pose.yaw]).tobytes())
        rain = self._rain[pattern % PATTERNS] if self._rain else None
        if self._light.night > 0:
            illumination = self._compute_illumination(geometry.inverse_depth, up, headlights=headlights)
            factors = cv2.merge((*self._upsample(illumination, UNIT), self._no_alpha))
            image = np.asarray(cv2.multiply(image, factors, scale=1 / UNIT), dtype=np.uint8)
        (left,) = self._upsample([transmittance], 255.0)
        if rain is not None:
            left = np.asarray(cv2.multiply(left, rain, scale=1 / 255), dtype=np.uint8)
        result = cv2.multiply(image, cv2.merge((left, left, left, self._no_alpha)), scale=1 / 255)
        result = cv2.add(result, np.take(self._veils, left, mode="clip").view(np.uint8).reshape(result.shape))
        if self._noise:
            brighter, darker = self._noise[(pattern >> 8) % PATTERNS]
            result = cv2.subtract(cv2.add(result, brighter), darker)
        return np.asarray(result, dtype=np.uint8)

    def _upsample(self, factors: list[FloatImage], unit: float) -> list[Bytes]:
        """Factors as bytes in which `unit` represents 1, resized to the image."""
        resized = (cv2.resize(cv2.convertScaleAbs(factor, alpha=unit), self._size) for factor in factors)
        return [np.asarray(factor, dtype=np.uint8) for factor in resized]

    def _compute_transmittance(self, geometry: GeometryBuffer, up: FloatImage) -> FloatImage:
        """What fog, exp(-extinction depth / (1 + falloff rise)), and the reflection on a wet road leave of a pixel."""
        light, inverse = self._light, geometry.inverse_depth
        fog = np.maximum(1 - light.fog_distance * inverse, 0) / (
            np.maximum(inverse, 1 / FARTHEST) + light.fog_falloff * up
        )
        transmittance = cv2.exp(-light.extinction * fog)
        if light.wetness > 0:
            transmittance *= 1 - REFLECTANCE * light.wetness * cv2.exp(-inverse * geometry.height / GRAZING)
        return np.asarray(transmittance, dtype=np.float32)

    def _compute_illumination(self, inverse: FloatImage, up: FloatImage, *, headlights: bool) -> list[FloatImage]:
        """Factors at night on blue, green and red: 1 for the sky; elsewhere skylight plus the car's own headlights."""
        light = self._light
        beam = self._beam * np.float32(headlights) / (1 + (1 / (REACH * np.maximum(inverse, 1e-4))) ** 2)
        beam *= np.clip(1.5 - up / CUT_OFF, 0.10, 1)
        skylight = light.ground[::-1] * light.night + (1 - light.night)
        # The geometry may be downsampled, and the colour pass draws night as bright as day: a pixel half sky and half
        # tree would shine.
        sky = cv2.erode((inverse <= 0).astype(np.uint8), NEIGHBOURHOOD) > 0
        factors = []
        for own, tint in zip(skylight.tolist(), HEADLIGHTS, strict=True):
            lit = np.float32(own) + np.float32(tint) * beam
            lit[sky] = 1.0
            factors.append(lit)
        return factors


def _make_rain(random: np.random.Generator, size: tuple[int, int], rain: float) -> Bytes:
    """Transmittance of falling rain, bytes (h, w): slanted streaks, more and longer ones in heavier rain."""
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


def _make_noise(random: np.random.Generator, size: tuple[int, int], night: float) -> tuple[Bytes, Bytes]:
    """Sensor noise, its positive and negative part: grey bytes (h, w, 4), alpha 0."""
    grains = np.rint(night * NOISE * random.standard_normal((size[1], size[0], 1))).astype(np.int16)
    grey = grains * np.array([1, 1, 1, 0], np.int16)
    return np.clip(grey, 0, 255).astype(np.uint8), np.clip(-grey, 0, 255).astype(np.uint8)
