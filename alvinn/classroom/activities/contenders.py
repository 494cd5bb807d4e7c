"""The networks that a class compares, and the states that each was trained on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from alvinn.driving.types import Camera, CameraName
from alvinn.errors import AlvinnError
from alvinn.networks.inference import Network
from alvinn.recording import Recording
from alvinn.settings import SHIPPED, Home
from alvinn.training.examples.attempts import Use, select_used
from alvinn.training.examples.views import ACROSS, TURN
from alvinn.training.model_folder import is_trained

PLAIN, VIEWS, DAGGER = "class-plain", "class-views", "class-dagger"
"""Names on the page; the plain clone is round 0 of DAGGER, stored with it."""
PLAIN_RECORDING, NOISY = "class-plain", "class-noise"
TITLES = {
    PLAIN: "plain clone",
    VIEWS: "noise and views",
    DAGGER: "after DAgger",
    SHIPPED: "shipped",
}
REACH = (2.5, 25.0)  # m, degrees: limits of the plane of offset and heading error to either side
CELLS = (50, 40)


@dataclass(frozen=True)
class Contender:
    """A network of the class."""

    name: str
    network: Network
    folder: Path
    recordings: tuple[Path, ...]
    """what it learned from, as far as it is still there"""

    @property
    def title(self) -> str:
        """Its name on the page."""
        return TITLES.get(self.name, self.name)

    @property
    def cameras(self) -> tuple[Camera, tuple[CameraName, ...]]:
        """The camera that it expects, and the names of all that the car must have."""
        return self.network.card.camera, self.network.card.cameras

    def as_json(self) -> dict[str, Any]:
        """What the page is told of it: the plane's cells with training frames, as (column, row, share of the most)."""
        views = self.network.card.settings.get("views") in {True, "on"}
        return {
            "name": self.name,
            "title": self.title,
            "cells": count_states(self.recordings, self.network.card.settings.get("use", "corrections")),
            "views": [ACROSS, math.degrees(TURN)] if views else None,
        }


def find_contenders(home: Home, more: str | None = None) -> list[Contender]:
    """The three networks of `classroom --prepare`, as far as they are there, and the one named `more`.

    Without any, the shipped one, so that there is something to push.

    Raises:
        ModelError: `more` is not a model.
    """
    rounds = [folder for folder in sorted(home.model_folder(DAGGER).glob("round-*")) if is_trained(folder)]
    found = {PLAIN: rounds[0]} if rounds else {}
    if is_trained(home.model_folder(VIEWS)):
        found[VIEWS] = home.model_folder(VIEWS)
    if len(rounds) > 1:
        found[DAGGER] = rounds[-1]
    if more is not None or not found:
        found[more or SHIPPED] = home.find_model(more or SHIPPED)
    return [_open(name, folder, home) for name, folder in found.items()]


def select_asked(home: Home, contenders: Sequence[Contender], on_stage: str | None) -> Contender:
    """The network that guests paint for and that sits their exam: the one they watch, else the last that is compared.

    Args:
        home: where models are stored.
        contenders: the networks that are compared.
        on_stage: name of the network that drives or answers on stage; None: there is none.

    Raises:
        ModelError: the one on stage is not a model.
    """
    if on_stage is None:
        return contenders[-1]
    found = [one for one in contenders if one.name == on_stage]
    return found[0] if found else _open(on_stage, home.find_model(on_stage), home)


def _open(name: str, folder: Path, home: Home) -> Contender:
    network = Network(folder)
    known = [home.recording_folder(str(one.get("name", ""))) for one in network.card.recordings]
    if name == DAGGER:
        known += sorted(home.recording_folder(DAGGER).glob("round-*"))
    return Contender(
        name, network, folder, tuple(dict.fromkeys(path for path in known if (path / "session.json").is_file()))
    )


def count_states(recordings: tuple[Path, ...], use: Use = "corrections") -> list[list[float]]:
    """Cells of the plane with frames: column (offset), row (heading error), frames relative to the fullest cell.

    Args:
        recordings: what a network learned from.
        use: which frames of attempts with corrections it learned from.
    """
    offsets, headings = [], []
    for path in recordings:
        try:
            rows = [row for used in select_used([Recording(path)], use) for row in used.kept_rows()]
        except AlvinnError:
            continue  # another program has it, or took it away: the page shows the others
        offsets += [row.offset for row in rows]
        headings += [math.degrees(row.heading_error) for row in rows]
    pairs = np.array([offsets, headings], dtype=np.float64)
    pairs = pairs[:, np.isfinite(pairs).all(axis=0)]
    edges = [np.linspace(-reach, reach, cells + 1) for reach, cells in zip(REACH, CELLS, strict=True)]
    counts = np.histogram2d(pairs[0], pairs[1], bins=edges)[0]
    most = max(1.0, float(counts.max()))
    return [[int(i), int(j), round(float(counts[i, j]) / most, 3)] for i, j in np.argwhere(counts > 0)]
