"""What the ALVINN panel costs a drive in a window: `python -m tests.bench.cockpit MODEL... [--seconds S] [--home DIR]`.

Each model drives the first map that it learned on at 20 Hz, in a real window on an X server that nobody sees, first
without the panel and then with it. Late ticks are counted by the drive itself; a drawing of the panel is the network's
insides computed and painted, every second tick.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as the command line does, before numpy is there

import numpy as np

from alvinn.cockpit import live_drive
from alvinn.cockpit.display.panel import Page, Panel
from alvinn.cockpit.display.window import Window
from alvinn.cockpit.live_drive import LiveDrive, drive_live
from alvinn.networks.inference import Network
from alvinn.settings import SHIPPED, Driving, Home
from tests.alvinn.cockpit.desktop import desktop


@dataclass(frozen=True)
class Report:
    """A drive in a window."""

    network: str
    map: str
    panel: bool
    ticks: int
    late_ticks: int
    cpu_share: float
    """of one core, for the drive and its window in this process"""
    panel_ms: tuple[float, float, float] | None
    """median, 99th percentile and largest of the computing time of a drawing"""


class Watcher(Window):
    """A window that remembers the last panel and how many there were."""

    last: Panel | None = None
    ticks = 0

    def show(self, what: Panel | Page) -> None:
        """Draw it."""
        super().show(what)
        if isinstance(what, Panel):
            self.last, self.ticks = what, self.ticks + 1


def drive(network: Network, seconds: float, *, panel: bool) -> Report:
    """Drive with or without the panel."""
    costs: list[float] = []
    make_view = live_drive._make_view
    map_name = min(network.card.known_maps, default="country")

    def make(*given: Any) -> Callable[..., Any] | None:
        view = make_view(*given)

        def draw(*tick: Any) -> Any:
            began = time.thread_time()
            picture = view(*tick) if view is not None else None
            costs.append(1000.0 * (time.thread_time() - began))
            return picture

        return draw if panel else None

    job = LiveDrive(
        Driving(map=map_name),
        network.card.camera,
        network,
        device="keyboard",
        seconds=seconds,
        cameras=network.card.cameras,
    )
    with desktop(), patch.object(live_drive, "_make_view", make), Watcher("alvinn") as opened:
        window = cast("Watcher", opened)
        began = time.process_time()
        drive_live(job, window)
        share = (time.process_time() - began) / seconds
    late = window.last.late if window.last is not None else None
    spread = tuple(np.round(np.percentile(costs, (50.0, 99.0, 100.0)), 1).tolist()) if costs else None
    return Report(network.card.network, map_name, panel, window.ticks, late or 0, round(share, 3), spread)


def main() -> None:
    """Drive with each model, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=[SHIPPED])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--home", type=Path, default=Path())
    arguments = parser.parse_args()
    for name in arguments.models:
        network = Network(Home(home=arguments.home).find_model(name))
        for panel in (False, True):
            print(json.dumps(asdict(drive(network, arguments.seconds, panel=panel))), flush=True)


if __name__ == "__main__":
    main()
