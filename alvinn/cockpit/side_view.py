"""The ALVINN panel in the cockpit: which of its parts are shown, and when it is drawn anew."""

from __future__ import annotations

from collections.abc import Iterable

from alvinn.cockpit.wiring import DrawAlvinnPanel
from alvinn.controls.keys import PANEL_PARTS
from alvinn.driving.types import Image, Step
from alvinn.visualization.alvinn_panel import PARTS, Part

TICKS = 2  # from one drawing to the next: more often nobody sees it


class SideView:
    """What goes on in the network, beside the picture.

    Args:
        view: draws it; None: there is no network.
    """

    def __init__(self, view: DrawAlvinnPanel | None) -> None:
        self._view = view
        self._parts: set[Part] = set(PARTS)
        self._is_shown = True
        self._ticks = 0
        self._drawn: Image | None = None

    def toggle(self) -> None:
        """Show or hide it."""
        self._is_shown = not self._is_shown

    def handle(self, pressed: Iterable[str]) -> None:
        """Show or hide the parts whose keys were pressed."""
        self._parts ^= {PARTS[PANEL_PARTS.index(key)] for key in pressed if key in PANEL_PARTS}

    def draw(self, step: Step, driver: float | None) -> Image | None:
        """The panel at a tick, or as it was drawn a tick ago; None if it is hidden.

        Args:
            step: the tick.
            driver: curvature [1/m] of whoever drives in the network's place.
        """
        if self._view is None or not self._is_shown:
            return None
        if self._drawn is None or self._ticks % TICKS == 0:
            self._drawn = self._view(step, driver, self._parts)
        self._ticks += 1
        return self._drawn
