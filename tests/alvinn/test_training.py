from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from alvinn.hill import Hill
from tests.alvinn.fixtures import KERAS_COPIES, toy_dataset

HILL = Hill(units=15)


def test_the_same_seed_gives_the_same_network_and_another_seed_another() -> None:
    from alvinn import training

    dataset = toy_dataset(32)
    weights = []
    for seed in (1, 1, 2):
        settings = training.Settings(epochs=1, batch=8, seed=seed)
        network = training.train(dataset, HILL, settings, lambda _: None).network
        weights.append(np.concatenate([weight.ravel() for weight in network.get_weights()]))
    assert np.array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


@pytest.mark.filterwarnings(KERAS_COPIES)
def test_it_learns_a_toy_task_and_tells_of_every_epoch(tmp_path: Path) -> None:
    from alvinn import training

    dataset = toy_dataset(160)
    told: list[training.Progress] = []
    trained = training.train(dataset, HILL, training.Settings(epochs=8, batch=16), told.append)
    assert [progress.epoch for progress in told] == list(range(1, 9))
    assert tuple(told) == trained.history
    guess = float(np.abs(dataset.held_out.curvature - dataset.training.curvature.mean()).mean())
    assert trained.held_out_mae is not None
    assert trained.held_out_mae < 0.35 * guess
    assert trained.training_mae < 0.35 * guess

    training.save(trained, tmp_path / "models" / "toy")
    with (tmp_path / "models" / "toy" / "history.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["loss"]) for row in rows] == [progress.loss for progress in told]
