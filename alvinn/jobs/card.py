"""`card`: what a model is. Its card and layers in the terminal; learned weights and training curves as pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import tyro
from rich.table import Table

from alvinn.console import CONSOLE
from alvinn.driving.types import Image
from alvinn.errors import AlvinnError
from alvinn.networks.encodings import Floats
from alvinn.networks.inference import Card, read_card
from alvinn.settings import Home
from alvinn.util.quiet import quiet
from alvinn.visualization.weights import curves_drawn, weights_drawn

WEIGHTS, CURVES = "weights.png", "curves.png"


@dataclass(frozen=True)
class ShowCard(Home):
    """Show what a model is: card, network, hidden units, training curves."""

    model: tyro.conf.Positional[str] = ""
    """which one"""

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done.
        """
        if not self.model:
            raise AlvinnError("card wants a model: alvinn card MODEL")
        folder = self.model_folder(self.model)
        card = read_card(folder)
        CONSOLE.print(facts(card, folder.name))
        with quiet():
            from alvinn.visualization import weights  # TensorFlow takes seconds: only when it is needed

            network = weights.opened(folder)
        CONSOLE.print(_layers(weights.layers_of(network)))
        for path in _pictures(folder, card, weights.hidden_weights(network)):
            CONSOLE.print(f"drawn: {path}")


def facts(card: Card, name: str) -> Table:
    """The card as a table."""
    grid = Table("", name, show_header=True)
    prepare = card.preprocessing
    rows = {
        "network": f"{card.network}, answers by {type(card.output).__name__} with {card.output.units} units",
        "sees": f"{' and '.join(card.cameras)}: {prepare.width}x{prepare.rows} {prepare.colours}, from {card.camera}",
        "learned from": ", ".join(f"{r.get('name')} ({r.get('rows')} frames)" for r in card.recordings),
        "settings": ", ".join(f"{key} {value}" for key, value in card.settings.items()),
        "offline": ", ".join(f"{key} {_figure(value)}" for key, value in card.metrics.items()),
        "seed": str(card.seed),
        "server": card.server,
        "made by": f"alvinn {card.version} {card.commit[:10]}".strip(),
    }
    for key, value in rows.items():
        grid.add_row(key, value)
    return grid


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _layers(layers: list[tuple[str, str, int]]) -> Table:
    grid = Table("layer", "answers", "weights")
    for name, shape, weights in layers:
        grid.add_row(name, shape, f"{weights:,}")
    grid.add_row("all", "", f"{sum(weights for _, _, weights in layers):,}")
    return grid


def _pictures(folder: Path, card: Card, hidden: tuple[Floats, Floats] | None) -> list[Path]:
    """Draw what there is to draw, into the model's folder."""
    drawn: list[tuple[str, Image]] = []
    if (curves := curves_drawn(folder / "history.csv")) is not None:
        drawn.append((CURVES, curves))
    if hidden is not None:
        drawn.append((WEIGHTS, weights_drawn(*hidden, card.preprocessing.shape[:2])))
    for name, image in drawn:
        cv2.imwrite(str(folder / name), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return [folder / name for name, _ in drawn]
