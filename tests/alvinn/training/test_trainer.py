from __future__ import annotations

import os
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from alvinn.errors import ModelError
from alvinn.networks.encodings import Hill
from alvinn.training.examples.batches import Batches, BatchSettings
from alvinn.training.held_out import Errors, measure_errors
from alvinn.training.history import TIE, EpochResult, read_history, write_history
from tests.alvinn.disk import files_no_larger_than
from tests.alvinn.fixtures import toy_dataset
from tests.platforms import posix

if TYPE_CHECKING:
    from alvinn.training import trainer

HILL = Hill(units=15)


def test_the_same_seed_gives_the_same_network_and_another_seed_another(tmp_path: Path) -> None:
    from alvinn.training import trainer

    dataset = toy_dataset(32)
    weights = []
    for seed in (1, 1, 2):
        network = trainer.train(dataset, HILL, trainer.Settings(epochs=2, batch=8, seed=seed), tmp_path).network
        weights.append(np.concatenate([weight.ravel() for weight in network.get_weights()]))
    assert np.array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


def test_it_learns_a_toy_task_and_tells_of_every_epoch(tmp_path: Path) -> None:
    from alvinn.training import trainer

    dataset = toy_dataset(160)
    told: list[EpochResult] = []
    settings = trainer.Settings(epochs=8, batch=16, views=False, light=False)
    trained = trainer.train(dataset, HILL, settings, tmp_path, told.append)
    assert [progress.epoch for progress in told] == list(range(1, 9))
    assert not (tmp_path / "logs").exists(), "TensorBoard is off by default"
    assert told == trained.history == read_history(tmp_path / "history.csv")
    labels, plan = dataset.examples.curvature, BatchSettings(batch=16)
    guess = float(np.abs(labels[dataset.held_out] - labels[dataset.training].mean()).mean())
    assert trained.best is not None
    assert trained.best.held_out.plain is not None
    assert trained.best.held_out.plain < 0.35 * guess
    assert (
        measure_errors(trained.network, Batches(dataset, plan).examination(), HILL, dataset.examples.steer)
        == trained.best.held_out
    )


def test_the_best_epoch_is_kept_and_training_stops_when_it_gets_no_better(tmp_path: Path) -> None:
    from alvinn.training import trainer

    dataset = toy_dataset(64)
    settings = trainer.Settings(epochs=40, batch=16, learning_rate=0.5, patience=2, views=False, light=False)
    trained = trainer.train(dataset, HILL, settings, tmp_path)
    found = [progress.held_out.plain for progress in trained.history if progress.held_out.plain is not None]
    assert len(found) < 40
    assert trained.best is not None
    assert trained.best.held_out.plain is not None
    assert trained.best.held_out.plain <= TIE * min(found)
    assert min(found[trained.best.epoch :]) > TIE * min(found[: trained.best.epoch])
    assert len(trained.history) - trained.best.epoch == 2


def test_nothing_held_out_trains_to_the_end_and_claims_no_error(tmp_path: Path) -> None:
    from alvinn.training import trainer

    dataset = replace(toy_dataset(32), held_out=np.array([], dtype=np.intp))
    trained = trainer.train(dataset, HILL, trainer.Settings(epochs=2, batch=8), tmp_path)
    assert [progress.held_out for progress in trained.history] == [Errors(), Errors()]
    assert trained.best == trained.history[-1]


@posix
def test_ctrl_c_keeps_the_best_so_far_and_what_is_resumed_goes_on_from_there(tmp_path: Path) -> None:
    from alvinn.training import trainer

    dataset = toy_dataset(64)
    settings = trainer.Settings(epochs=4, batch=16, views=False)

    def interrupt(progress: EpochResult) -> None:
        if progress.epoch == 2:
            os.kill(os.getpid(), signal.SIGINT)

    trained = trainer.train(dataset, HILL, settings, tmp_path, interrupt)
    assert trained.interrupted
    assert len(trained.history) == 2
    trainer.export(trained, tmp_path)
    assert (tmp_path / "network.tflite").is_file()

    resumed = trainer.train(dataset, HILL, settings, tmp_path, resume=True)
    assert [progress.epoch for progress in resumed.history] == [1, 2, 3, 4]
    assert resumed.history[:2] == trained.history
    whole = trainer.train(dataset, HILL, settings, tmp_path / "whole")
    assert [progress.loss for progress in resumed.history] == pytest.approx(
        [progress.loss for progress in whole.history], rel=1e-3
    ), "an interruption changes nothing"

    (tmp_path / "checkpoint.keras").unlink()
    with pytest.raises(ModelError, match="no interrupted training to resume"):
        trainer.train(dataset, HILL, settings, tmp_path, resume=True)


def test_a_loss_that_is_no_number_is_an_error(tmp_path: Path) -> None:
    from alvinn.networks.encodings import Scalar
    from alvinn.training import trainer

    settings = trainer.Settings(epochs=3, batch=8, learning_rate=1e30, views=False, light=False)
    with pytest.raises(ModelError, match=r"loss of epoch \d is (nan|inf)"):
        trainer.train(toy_dataset(32), Scalar(), settings, tmp_path)


def test_every_batch_is_told_live_and_tensorboard_what_history_csv_holds(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util

    from alvinn.training import trainer

    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "earlier").touch()
    told: list[tuple[float, float]] = []
    settings = trainer.Settings(epochs=2, batch=8, views=False)
    trained = trainer.train(
        toy_dataset(32), HILL, settings, tmp_path, on_batch=lambda done, loss: told.append((done, loss)), board=True
    )
    assert [done for done, _ in told] == pytest.approx([1 / 3, 2 / 3, 1, 4 / 3, 5 / 3, 2])
    losses = [progress.loss for progress in trained.history]
    assert [told[2][1], told[5][1]] == pytest.approx(losses)

    assert {path.name for path in (tmp_path / "logs").iterdir()} == {"train", "validation"}, (
        "an earlier model's is gone"
    )
    curves: dict[str, list[float]] = {}
    for folder in ("train", "validation"):
        events = EventAccumulator(str(tmp_path / "logs" / folder)).Reload()
        for name in events.Tags()["tensors"]:
            curves[name] = [float(tensor_util.make_ndarray(event.tensor_proto)) for event in events.Tensors(name)]
    assert curves["epoch_loss"] == pytest.approx(losses)
    assert curves["epoch_curvature_mae"] == pytest.approx([progress.held_out.mae for progress in trained.history])
    assert curves["epoch_relative_error"] == pytest.approx([progress.held_out.relative for progress in trained.history])


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[EpochResult]]:
    """Two of four epochs of a toy task: the folder, not to be written to, and the history."""
    from alvinn.training import trainer

    def interrupt(progress: EpochResult) -> None:
        if progress.epoch == 2:
            raise KeyboardInterrupt

    folder = tmp_path_factory.mktemp("interrupted")
    trained = trainer.train(toy_dataset(32), HILL, short(), folder, interrupt)
    assert trained.interrupted
    return folder, trained.history


def short() -> trainer.Settings:
    from alvinn.training import trainer

    return trainer.Settings(epochs=4, batch=16, views=False)


@pytest.mark.parametrize(
    "torn",
    ["checkpoint.keras", *(pytest.param(name, marks=pytest.mark.long) for name in ("network.keras", "history.csv"))],
)
def test_a_torn_state_is_told_and_the_training_begins_anew(
    interrupted: tuple[Path, list[EpochResult]], tmp_path: Path, capsys: pytest.CaptureFixture[str], torn: str
) -> None:
    from alvinn.training import trainer

    shutil.copytree(interrupted[0], tmp_path, dirs_exist_ok=True)
    data = (tmp_path / torn).read_bytes()
    (tmp_path / torn).write_bytes(data[: len(data) // 4])
    resumed = trainer.train(toy_dataset(32), HILL, short(), tmp_path, resume=True)
    assert [progress.epoch for progress in resumed.history] == [1, 2, 3, 4]
    assert "the training starts from the beginning" in " ".join(capsys.readouterr().out.split())


def test_an_epoch_whose_state_was_not_written_any_more_is_trained_again(
    interrupted: tuple[Path, list[EpochResult]], tmp_path: Path
) -> None:
    from alvinn.training import trainer

    folder, history = interrupted
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    write_history(tmp_path / "history.csv", [*history, replace(history[-1], epoch=3)])
    resumed = trainer.train(toy_dataset(32), HILL, short(), tmp_path, resume=True)
    assert [progress.epoch for progress in resumed.history] == [1, 2, 3, 4]
    assert resumed.history[:2] == history
    assert resumed.history[2] != replace(history[-1], epoch=3)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of this kind")
def test_a_full_disk_leaves_the_states_of_the_epoch_before_and_no_scratch_file(
    interrupted: tuple[Path, list[EpochResult]], tmp_path: Path
) -> None:
    from alvinn.training import trainer

    shutil.copytree(interrupted[0], tmp_path, dirs_exist_ok=True)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with (
        files_no_larger_than(len(before["checkpoint.keras"]) // 2),
        pytest.raises(OSError, match=r"errno = 27|too large"),
    ):
        trainer.train(toy_dataset(32), HILL, short(), tmp_path, resume=True)
    assert {path.name for path in tmp_path.iterdir()} == set(before)
    assert (tmp_path / "checkpoint.keras").read_bytes() == before["checkpoint.keras"]
