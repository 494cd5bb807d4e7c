from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import pytest

from tests.alvinn.jobs.cli import Shell


def test_a_card_is_shown_and_training_drawn(shell: Shell, model: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(model, tmp_path / "models" / "mine"))
    assert shell.run("card", "mine", "--home", str(tmp_path)).status == 0
    curves = cv2.imread(str(folder / "curves.png"))
    assert curves is not None
    assert curves.shape[0] == 3 * 220, "loss and two held-out errors"
    assert not (folder / "weights.png").exists(), "a convolutional network has no hidden units to show"


def test_without_a_model_it_says_what_it_wants(shell: Shell, tmp_path: Path) -> None:
    assert "card wants a model" in shell.refused("card")
    assert "has no card.json" in shell.refused("card", "ghost", "--home", str(tmp_path))


def test_a_network_that_is_lost_is_named(shell: Shell, model: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(model, tmp_path / "models" / "mine"))
    (folder / "network.keras").unlink()
    assert "network.keras cannot be opened" in shell.refused("card", "mine", "--home", str(tmp_path))


@pytest.mark.parametrize(("name", "hidden"), [("alvinn1991", 4), ("alvinn1989", 29)])
def test_the_weights_of_alvinns_hidden_units_are_read_as_they_are(name: str, hidden: int) -> None:
    import numpy as np

    from alvinn.driving.types import Camera
    from alvinn.networks import keras_models
    from alvinn.networks.architectures import ARCHITECTURES
    from alvinn.visualization import weights

    architecture = ARCHITECTURES[name]  # type: ignore[index] # one of the names
    shape, output = architecture.preprocessing(Camera()).shape, architecture.output("hill")
    built = keras_models.NETWORKS[name](shape, output)  # type: ignore[index]
    found = weights.hidden_weights(built)
    assert found is not None
    assert found[0].shape[0] == found[1].shape[0] == hidden
    assert found[1].shape[1] == output.units
    built.get_layer("hidden").kernel.assign(np.zeros_like(found[0].T))
    emptied = weights.hidden_weights(built)
    assert emptied is not None
    assert not emptied[0].any()
    assert weights.layers_of(built)[0][2] == (found[0].shape[1] + 1) * hidden
