from __future__ import annotations

import numpy as np

from alvinn.cockpit.display.offscreen import render_panel
from alvinn.cockpit.display.panel import Panel, Timeline
from tests.alvinn.fakes import picture


def test_a_panel_is_painted_without_a_window() -> None:
    panel = Panel(image=picture(3), title="oval", speed=8.0, steer=0.1)
    seen = render_panel(panel, (480, 320))
    assert seen.shape == (320, 480, 3)
    assert seen.dtype == np.uint8
    assert np.array_equal(render_panel(panel, (480, 320)), seen)
    other = Panel(image=picture(3), title="oval", speed=8.0, steer=0.1, timeline=Timeline(0.5))
    assert not np.array_equal(render_panel(other, (480, 320)), seen)
