"""Drawing primitives: text that fits, boxes, gauges. Lengths are hundredths of the window's height (units)."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
import pygame

from alvinn.driving.types import Image

Colour = tuple[int, int, int]
Corner = Literal["topleft", "midtop", "topright", "midleft", "center", "midright", "bottomleft", "midbottom"]

NIGHT, SLATE, DIM, INK = (14, 18, 24), (40, 48, 58), (138, 150, 163), (240, 244, 248)
BLUE, ORANGE, RED, GREEN = (86, 180, 233), (230, 159, 0), (235, 70, 60), (0, 190, 140)  # after M. Okabe and K. Ito
FONT_SCALE = 1.35  # a font's nominal height over the apparent height of its letters
WHEEL_TURN = 450.0  # degrees: angle of the drawn wheel at steer 1.0


@lru_cache(64)
def _font(pixels: int) -> pygame.font.Font:
    return pygame.font.Font(None, max(10, pixels))


def forget_fonts() -> None:
    """Empty the font cache; call it before `pygame.quit`, which invalidates all fonts."""
    _font.cache_clear()


class Brush:
    """Draws on one surface.

    Args:
        surface: of the window, or one to draw off screen.
    """

    def __init__(self, surface: pygame.Surface) -> None:
        self.surface = surface
        self.width, self.height = surface.get_size()
        self.unit = min(self.height, self.width * 0.7) / 100.0

    def px(self, units: float) -> int:
        """A length in pixels."""
        return round(units * self.unit)

    def text(
        self,
        words: str,
        place: tuple[float, float],
        units: float,
        colour: Colour = INK,
        *,
        corner: Corner = "topleft",
        room: float | None = None,
    ) -> pygame.Rect:
        """Write a line `units` high, or smaller to fit into `room` pixels of width; returns its rectangle."""
        pixels = self.px(units * FONT_SCALE)
        wide = _font(pixels).size(words)[0]
        if room is not None and wide > room > 0:
            pixels = int(pixels * room / wide)
        written = _font(pixels).render(words, True, colour)
        where = written.get_rect(**{corner: (round(place[0]), round(place[1]))})
        self.surface.blit(written, where)
        return where

    def label(
        self,
        words: str,
        place: tuple[float, float],
        units: float,
        colour: Colour = INK,
        *,
        corner: Corner = "topleft",
        room: float,
    ) -> pygame.Rect:
        """Write a line on a dark box at most `room` pixels wide; returns the box."""
        pad = self.px(units * 0.35)
        wide, high = _font(self.px(units * FONT_SCALE)).size(words)
        box = pygame.Rect(0, 0, round(min(wide + 3 * pad, room)), high + pad)
        setattr(box, corner, (round(place[0]), round(place[1])))
        self.veil(box, NIGHT, 190)
        self.text(words, box.center, units, colour, corner="center", room=box.width - 2 * pad)
        return box

    def veil(self, area: pygame.Rect, colour: Colour = NIGHT, alpha: int = 200) -> None:
        """Lay a half-transparent colour over an area."""
        cover = pygame.Surface(area.size, pygame.SRCALPHA)
        cover.fill((*colour, alpha))
        self.surface.blit(cover, area)

    def picture(self, image: Image, area: pygame.Rect) -> pygame.Rect:
        """Draw an image as large as fits into an area; returns its rectangle."""
        height, width = image.shape[:2]
        scale = min(area.width / width, area.height / height)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        large = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
        # resized by OpenCV: SDL's own smooth scaling takes ten times as long
        drawn = pygame.image.frombuffer(large.tobytes(), size, "RGB")
        where = drawn.get_rect(center=area.center)
        self.surface.blit(drawn, where)
        return where

    def wheel(self, centre: tuple[int, int], radius: int, steer: float, colour: Colour) -> None:
        """Draw a steering wheel turned by a steer in [-1, 1]."""
        thick = max(2, radius // 8)
        pygame.draw.circle(self.surface, colour, centre, radius, thick)
        for spoke in (90.0, 180.0, 0.0):
            self._spoke(centre, radius, spoke + steer * WHEEL_TURN, colour, thick)
        pygame.draw.circle(self.surface, colour, centre, radius // 4)
        self._spoke(centre, radius, -90.0 + steer * WHEEL_TURN, ORANGE, thick, inner=0.86)

    def _spoke(
        self,
        centre: tuple[int, int],
        radius: int,
        degrees: float,
        colour: Colour,
        thick: int,
        *,
        inner: float = 0.0,
    ) -> None:
        ends = [
            (
                centre[0] + share * radius * math.cos(math.radians(degrees)),
                centre[1] + share * radius * math.sin(math.radians(degrees)),
            )
            for share in (inner, 0.98)
        ]
        pygame.draw.line(self.surface, colour, ends[0], ends[1], thick)

    def mark_steer(self, centre: tuple[int, int], radius: int, steer: float, colour: Colour) -> None:
        """Mark where the top of the wheel would be for another steer."""
        self._spoke(centre, round(radius * 1.25), -90.0 + steer * WHEEL_TURN, colour, max(2, radius // 8), inner=0.84)

    def gauge(self, area: pygame.Rect, share: float, colour: Colour) -> None:
        """Draw a horizontal scale with its centre marked and a dot at a share in [-1, 1]."""
        middle, row = area.center
        half = area.width / 2.0
        pygame.draw.line(self.surface, DIM, (area.left, row), (area.right, row), self.px(0.5) or 1)
        for x in (area.left, middle, area.right):
            pygame.draw.line(self.surface, DIM, (x, area.top), (x, area.bottom), self.px(0.5) or 1)
        place = middle + max(-1.0, min(1.0, share)) * half
        pygame.draw.circle(self.surface, colour, (place, row), max(3, area.height * 0.55))

    def trace(self, area: pygame.Rect, values: tuple[float, ...], span: float, colour: Colour) -> None:
        """Draw a line of values in [-span, span], the newest at the right edge; positive is up."""
        row = area.centery
        pygame.draw.line(self.surface, SLATE, (area.left, row), (area.right, row), 1)
        if len(values) < 2 or span <= 0:
            return
        step = area.width / (len(values) - 1)
        points = [
            (area.left + index * step, row - max(-1.0, min(1.0, value / span)) * area.height / 2.0)
            for index, value in enumerate(values)
        ]
        pygame.draw.lines(self.surface, colour, closed=False, points=points, width=max(1, self.px(0.5)))
