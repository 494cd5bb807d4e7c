"""A network's drive for films: the camera's picture above the map, and the ALVINN panel beside them."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from alvinn.driving.types import Image, Observation, Step
from alvinn.visualization.alvinn_panel import PARTS, SIZE, AlvinnPanel
from alvinn.visualization.insight import Insight
from alvinn.visualization.overlay import draw_overlay
from alvinn.visualization.track_map import NIGHT, TrackMap

WIDTH = 640  # pixels of the camera's picture
BESIDE = [part for part in PARTS if part != "map"]


class NetworkView:
    """Draws ticks with what goes on in the network.

    Args:
        title: written on every picture.
        look: what goes on in the network at an observation; None for the camera's picture alone.
        track: the map below the camera's picture; None: there is none.
        expert: what the expert would steer at a tick [1/m], marked beside the network's answer; None: no mark.
        every: ticks from one drawing of the panel to the next.
    """

    def __init__(
        self,
        title: str,
        look: Callable[[Observation], Insight] | None = None,
        track: TrackMap | None = None,
        expert: Callable[[Step], float] | None = None,
        every: int = 1,
    ) -> None:
        self._title, self._look, self._track, self._expert = title, look, track, expert
        self._panel = AlvinnPanel(None)
        self._every, self._ticks = every, 0
        self._drawn: Image | None = None

    def __call__(self, step: Step) -> Image:
        """Draw a tick, shape (height, width, 3) RGB, height and width even."""
        picture = draw_overlay(step, self._title)
        if self._look is None:
            return picture
        whole: Image = np.full((SIZE[1], WIDTH + SIZE[0], 3), NIGHT, dtype=np.uint8)
        height = min(SIZE[1], round(picture.shape[0] * WIDTH / picture.shape[1]))
        whole[:height, :WIDTH] = cv2.resize(picture, (WIDTH, height), interpolation=cv2.INTER_AREA)
        if self._track and height < SIZE[1]:
            self._track.draw(whole[height:, :WIDTH], (step.truth.x, step.truth.y))
        if self._drawn is None or self._ticks % self._every == 0:
            mark = None if self._expert is None else self._expert(step)
            self._drawn = self._panel.draw(self._look(step.observation), mark, None, BESIDE)
        self._ticks += 1
        whole[:, WIDTH:] = self._drawn
        return whole
