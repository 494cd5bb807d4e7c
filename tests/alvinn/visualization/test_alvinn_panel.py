from __future__ import annotations

import numpy as np
import pytest

from alvinn.driving.types import Camera, Image
from alvinn.networks.architectures import ARCHITECTURES, NetworkName
from alvinn.networks.forward import run_layers
from alvinn.networks.keras_file import StoredLayer
from alvinn.visualization.alvinn_panel import (
    BLUE,
    HEAD,
    INK,
    PARTS,
    SIZE,
    AlvinnPanel,
    Part,
)
from alvinn.visualization.insight import Insight
from alvinn.visualization.track_map import NIGHT, TrackMap, sample_lane
from tests.alvinn.fakes import circle

TRACK = TrackMap(sample_lane(circle(30.0)))


def layers(name: NetworkName) -> list[StoredLayer]:
    """Some weights for a network's shapes, without Keras."""
    rng = np.random.default_rng(0)
    height, width, channels = ARCHITECTURES[name].preprocessing(Camera()).shape
    units = ARCHITECTURES[name].output("hill").units

    def layer(shape: tuple[int, ...], kind: str, activation: str, stride: int = 1) -> StoredLayer:
        kernel = rng.normal(0.0, 0.3, shape).astype(np.float32)
        bias = np.zeros(shape[-1], dtype=np.float32)
        return StoredLayer(kind.lower(), kind, (kernel, bias), activation, stride)

    if name == "conv":
        first, second = layer((8, 8, channels, 24), "Conv2D", "relu", 4), layer((3, 3, 24, 32), "Conv2D", "relu", 2)
        return [first, second, layer((4 * 15 * 32, units), "Dense", "sigmoid")]
    hidden, inputs = (4, height * width) if name == "alvinn1991" else (29, 1217)
    return [layer((inputs, hidden), "Dense", "tanh"), layer((hidden, units), "Dense", "sigmoid")]


def insight(name: NetworkName, doubt: float | None = 0.1) -> Insight:
    architecture = ARCHITECTURES[name]
    preprocessing, output, chain = architecture.preprocessing(Camera()), architecture.output("hill"), layers(name)
    seen = np.random.default_rng(1).integers(0, 256, preprocessing.shape, dtype=np.uint8)
    activations = run_layers(chain, seen)
    curvature = float(output.decode(activations[-1][None])[0])
    return Insight(name, seen, preprocessing.colours, chain, activations, output, curvature, doubt)


def count(picture: Image, colour: tuple[int, int, int]) -> int:
    return int((picture == colour).all(axis=2).sum())


@pytest.mark.parametrize("name", ["conv", "alvinn1991", "alvinn1989"])
def test_every_part_is_drawn_and_can_be_left_out(name: NetworkName) -> None:
    panel, shown = AlvinnPanel(TRACK), insight(name)
    whole = panel.draw(shown, 0.05, (30.0, 0.0))
    assert whole.shape == (SIZE[1], SIZE[0], 3)
    there = [part for part in PARTS if part != "saliency" or name == "conv"]
    for part in PARTS:
        without = panel.draw(shown, 0.05, (30.0, 0.0), [other for other in PARTS if other != part])
        assert np.array_equal(without, whole) == (part not in there)
        alone = panel.draw(shown, 0.05, (30.0, 0.0), [part])
        assert (alone[HEAD:] != NIGHT).any() == (part in there)


def test_the_drivers_steer_is_a_second_mark_in_blue_at_its_place() -> None:
    panel, shown = AlvinnPanel(TRACK), insight("alvinn1991", doubt=None)
    only: list[Part] = ["output"]
    without, right = panel.draw(shown, None, None, only), panel.draw(shown, 0.1, None, only)
    assert count(without, BLUE) == 0
    columns = np.flatnonzero((right == BLUE).all(axis=2).any(axis=0))
    assert columns.mean() / SIZE[0] == pytest.approx((0.1 / 0.15 + 1.0) / 2.0, abs=0.02)
    assert count(without, INK) > 0


def test_without_a_track_or_a_place_there_is_no_map() -> None:
    shown = insight("alvinn1991")
    only: list[Part] = ["map"]
    for track, place in ((None, (30.0, 0.0)), (TrackMap(np.empty((0, 2))), (30.0, 0.0)), (TRACK, None)):
        assert (AlvinnPanel(track).draw(shown, None, place, only)[HEAD:] == NIGHT).all()


def test_new_weights_are_drawn_anew() -> None:
    panel, shown = AlvinnPanel(TRACK), insight("alvinn1991")
    first = panel.draw(shown, parts=["hidden"])
    other = Insight(
        shown.name,
        shown.seen,
        shown.colours,
        layers("alvinn1991")[::-1][::-1],
        shown.activations,
        shown.output,
        shown.curvature,
        shown.doubt,
    )
    other.chain[0].weights[0][:] *= -1.0
    assert not np.array_equal(panel.draw(other, parts=["hidden"]), first)
