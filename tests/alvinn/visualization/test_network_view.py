from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alvinn.driving.types import Image
from alvinn.networks.encodings import Hill
from alvinn.networks.inference import Network
from alvinn.visualization.network_view import NetworkView, draw_output_units
from alvinn.visualization.overlay import CALM, INK, draw_overlay
from tests.alvinn.fakes import CAMERA, step

STEP = step(3, camera=CAMERA)


def test_without_a_network_it_is_the_cameras_picture_alone() -> None:
    assert np.array_equal(NetworkView("oval")(STEP), draw_overlay(STEP, "oval"))


def test_the_networks_view_stands_above_the_picture_and_both_sides_are_even(model: Path) -> None:
    network = Network(model)
    looked: list[Image] = []

    def look(frame: Image) -> Image:
        looked.append(frame)
        return np.full_like(frame, 7)

    plain, deep = NetworkView("oval", network)(STEP), NetworkView("oval", network, look)(STEP)
    below = draw_overlay(STEP, "oval")
    for picture in (plain, deep):
        assert picture.shape[0] % 2 == picture.shape[1] % 2 == 0
        assert np.array_equal(picture[-below.shape[0] :], below)
    assert np.array_equal(looked[0], STEP.observation.image)
    strip = deep[: len(deep) - len(below)]
    assert np.mean(strip[40:, 220:420] == 7) > 0.9, "the saliency map is shown in the middle"
    retina = network.card.preprocessing(STEP.observation.image)
    assert strip[40:, 4:200].mean() == pytest.approx(retina.mean(), abs=12.0)


def test_the_bars_are_the_output_units_and_the_line_is_where_their_hill_is(model: Path) -> None:
    network, hill = Network(model), Hill()
    for curvature in (-0.1, 0.05):
        image = draw_output_units(network, hill.encode(np.array([curvature]))[0], (100, 450))
        bars = np.all(image == CALM, axis=2)
        line = np.all(image == INK, axis=2).any(axis=0)
        column = (curvature / hill.span + 1.0) / 2.0 * 449
        assert np.flatnonzero(line).mean() == pytest.approx(column, abs=2.0)
        assert bars.sum(axis=0).argmax() == pytest.approx(column, abs=10.0)


@pytest.mark.parametrize("colours", ["yuv", "blue"])
def test_a_retina_of_other_colours_is_shown_as_colours_again(model: Path, tmp_path: Path, colours: str) -> None:
    network = Network(Path(shutil.copytree(model, tmp_path / "model")))
    prepare = replace(network.card.preprocessing, colours=colours)  # type: ignore[arg-type]
    network.card = replace(network.card, preprocessing=prepare)
    shown = NetworkView._show_retina(network, STEP.observation.image)
    assert shown.shape == (prepare.height, prepare.width, 3)
    if colours == "yuv":
        assert np.abs(shown.astype(int) - prepare.crop_and_resize(STEP.observation.image)).mean() < 4.0
