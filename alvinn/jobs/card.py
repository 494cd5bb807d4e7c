"""`card`: describes a model: card and layers in the terminal, weights and training curves as pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from rich.table import Table

from alvinn.console import CONSOLE, print_next
from alvinn.driving.types import Image, Observation
from alvinn.errors import AlvinnError, RecordingError, UsageError
from alvinn.evaluation.inventory import judge_laps
from alvinn.networks.encodings import Floats
from alvinn.networks.forward import select_chain
from alvinn.networks.inference import FEW, RANDOM, Card, read_card
from alvinn.networks.keras_file import StoredLayer, read_layers
from alvinn.recording import Recording
from alvinn.settings import Home
from alvinn.util.images import encode_png
from alvinn.visualization.features import draw_feature_maps, draw_filters
from alvinn.visualization.weights import draw_curves, draw_exams, draw_weights, find_hidden_weights

WEIGHTS, CURVES, FEATURES = "weights.png", "curves.png", "features.png"


@dataclass(frozen=True)
class ShowCard(Home):
    """Describe a model: card, network, hidden units, training curves."""

    model: tyro.conf.Positional[str] = ""
    """name or folder of the model"""

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done.
        """
        if not self.model:
            raise UsageError("card requires a model: alvinn card MODEL")
        folder = self.find_model(self.model)
        card = read_card(folder)
        CONSOLE.print(tabulate_card(card, folder.name, self._judge_last_laps()))
        layers = read_layers(folder / "network.keras")
        CONSOLE.print(_tabulate_layers(layers))
        for path in _write_drawings(
            self.model_folder(self.model),
            _make_drawings(folder, card, find_hidden_weights(layers)) | self._draw_features(card, layers),
        ):
            CONSOLE.print(f"drawn: {path}")
        print_next("laps", self.model, "--maps", "country,oval", "--both-directions", home=self.home)

    def _judge_last_laps(self) -> str:
        try:
            return judge_laps(self.model_folder(self.model) / "laps")
        except AlvinnError as error:
            return str(error)

    def _draw_features(self, card: Card, layers: Sequence[StoredLayer]) -> dict[str, Image]:
        """Filters, and feature maps on a left bend, a straight and a right bend of what the model learned from."""
        filters = draw_filters(layers)
        if filters is None:
            return {}
        drawn, chain = [filters], select_chain(layers, card.output.units)
        if chain[0].kernel.shape[2] == card.preprocessing.shape[2]:
            for title, observation in self._find_frames(card):
                maps = draw_feature_maps(chain, card.preprocessing.prepare(observation), title)
                drawn += [] if maps is None else [maps]
        return {FEATURES: np.vstack(drawn)}

    def _find_frames(self, card: Card) -> list[tuple[str, Observation]]:
        """The sharpest bend to either side and the straightest frame of the first recording that is still there."""
        for one in card.recordings:
            folder = self.recording_folder(str(one.get("name")))
            with suppress(RecordingError):  # it is gone, or what is left of it cannot be shown: another one may do
                recording = Recording(folder)
                rows = sorted(recording.kept_rows(), key=lambda row: row.curvature)
                if not rows or recording.session.camera != card.camera:
                    continue
                straight = min(rows, key=lambda row: abs(row.curvature))
                shown = {"a left bend": rows[0], "a straight": straight, "a right bend": rows[-1]}
                return [(title, recording.read_observation(row)) for title, row in shown.items()]
        return []


def tabulate_card(card: Card, name: str, verdict: str) -> Table:
    """Tabulate a card, with the verdict on the model's last laps."""
    grid = Table("", name, show_header=True)
    prepare = card.preprocessing
    size = f"{prepare.width}x{prepare.rows} {prepare.colours}"
    rows = {
        "network": f"{card.network}, answers by {type(card.output).__name__} with {card.output.units} units",
        "sees": f"{' and '.join(card.cameras)}: {size}, from {card.describe_camera()}",
        "drives": _describe_driving(card),
        "learned from": _describe_recordings(card.recordings) or card.describe_sources(),
        "settings": ", ".join(f"{key} {value}" for key, value in card.settings.items()),
        **(_describe_errors(card) if card.refined is None else _describe_refinement(card.refined, card.metrics)),
        **({} if card.judged is None else {"judged": card.judged}),
        "last laps": verdict,
        "seed": str(card.seed),
        "server": card.server,
        "made by": f"alvinn {card.version} {card.commit[:10]}".strip(),
    }
    for key, value in rows.items():
        grid.add_row(key, value)
    return grid


def _describe_recordings(recordings: Sequence[Mapping[str, Any]]) -> str:
    if len(recordings) <= FEW:
        return ", ".join(f"{one.get('name')} ({one.get('rows')} frames)" for one in recordings)
    frames = sum(int(one.get("rows", 0)) for one in recordings)
    first, last = recordings[0].get("name"), recordings[-1].get("name")
    return f"{len(recordings)} recordings, {first} to {last} ({frames} frames)"


def _describe_driving(card: Card) -> str:
    speeds = "unknown" if card.speeds is None else f"{card.speeds[0]:.1f} to {card.speeds[1]:.1f} m/s"
    rate = "unknown" if card.rate is None else f"{card.rate:g} frames a second"
    refined = f", refined at {card.refined['speed']:g} m/s" if card.refined and "speed" in card.refined else ""
    return f"curvature [1/m], right positive; learned at {speeds}{refined}, {rate}"


def _describe_errors(card: Card) -> dict[str, str]:
    return {"offline": _format_values(card.metrics), "exam": _describe_exam(card)}


def _describe_refinement(refined: Mapping[str, Any], metrics: Mapping[str, float | None]) -> dict[str, str]:
    """How a model was refined, and its best exam; older cards have no speed, and its clone's errors beside the exam."""
    start = refined["from"]
    below = ", which stay in all layers below the actor," if start == RANDOM else ""
    speed = f" at {refined['speed']:g} m/s" if "speed" in refined else ""
    reward = ", ".join(f"{term} {weight:g}" for term, weight in refined["reward"].items())
    driven = {key.removeprefix("exam_"): value for key, value in metrics.items() if key.startswith("exam_")}
    return {
        "refined": f"from {start}{below} in {refined['minutes']} simulated minutes{speed}; reward: {reward}",
        "driven exam": _format_values(driven),
    }


def _describe_exam(card: Card) -> str:
    if card.exam is None:
        return "drawn for this model alone: its errors do not compare with those of other models"
    exam = card.exam
    digest = str(exam["sha256"])[:10]
    return (
        f"version {exam['version']}: {exam['rows']} held-out frames as taken and from {exam['views']} views, {digest}"
    )


def _format_values(values: Mapping[str, float | None]) -> str:
    return ", ".join(f"{key} {_format_value(value)}" for key, value in values.items())


def _format_value(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _tabulate_layers(layers: Sequence[StoredLayer]) -> Table:
    grid = Table("layer", "kind", "kernel", "weights")
    for layer in layers:
        grid.add_row(layer.name, layer.kind, " x ".join(map(str, layer.kernel.shape)), f"{layer.count:,}")
    grid.add_row("all", "", "", f"{sum(layer.count for layer in layers):,}")
    return grid


def _make_drawings(folder: Path, card: Card, hidden: tuple[Floats, Floats] | None) -> dict[str, Image]:
    """Make the pictures of a model, by file name."""
    drawings: dict[str, Image] = {}
    curves = draw_curves(folder / "history.csv") if card.refined is None else draw_exams(folder / "refinement.csv")
    if curves is not None:
        drawings[CURVES] = curves
    if hidden is not None:
        drawings[WEIGHTS] = draw_weights(*hidden, card.preprocessing.shape[:2])
    return drawings


def _write_drawings(folder: Path, drawings: Mapping[str, Image]) -> Iterator[Path]:
    """Write the pictures; yields each file written."""
    for name, image in drawings.items():
        path = folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode_png(image))
        except OSError as error:
            raise AlvinnError(f"{path} could not be written: {error.strerror}") from error
        yield path
