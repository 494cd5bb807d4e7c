"""Panels drawn without a window, for films."""

from __future__ import annotations

import numpy as np
import pygame

from alvinn.cockpit.display.drawing import draw_panel
from alvinn.cockpit.display.panel import Panel
from alvinn.driving.types import Image


def render_panel(panel: Panel, size: tuple[int, int]) -> Image:
    """Draw a panel as an image, shape (height, width, 3) RGB.

    Args:
        panel: what to draw.
        size: width and height [pixels].
    """
    if not pygame.font.get_init():
        pygame.font.init()
    surface = pygame.Surface(size, depth=32)
    draw_panel(surface, panel)
    pixels = np.frombuffer(pygame.image.tobytes(surface, "RGB"), dtype=np.uint8)
    return pixels.reshape(size[1], size[0], 3)
