from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alvinn.errors import MixedError, ModelError
from alvinn.networks.inference import CHECKPOINT
from alvinn.recording import Recording
from alvinn.training.model_folder import (
    BEGUN,
    REFINEMENT,
    begin_training,
    clear_earlier,
    end_training,
    is_trained,
    is_unfinished,
    require_room,
)
from tests.alvinn.fakes import write_recording


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    write_recording(tmp_path / "data", 3)
    return Recording(tmp_path / "data")


@pytest.fixture
def trained(tmp_path: Path, model: Path) -> Path:
    return Path(shutil.copytree(model, tmp_path / "trained"))


@pytest.fixture
def unfinished(tmp_path: Path, recording: Recording) -> Path:
    folder = tmp_path / "unfinished"
    begin_training(folder, {"seed": 1}, [recording], None, resume=False)
    (folder / CHECKPOINT).touch()
    return folder


def test_a_model_is_trained_once_its_card_is_there_and_its_checkpoint_is_gone(tmp_path: Path, trained: Path) -> None:
    assert not is_trained(tmp_path)
    assert is_trained(trained)
    (trained / CHECKPOINT).touch()
    assert not is_trained(trained), "its training was interrupted"


def test_a_finished_training_leaves_no_state_behind(unfinished: Path) -> None:
    assert is_unfinished(unfinished)
    end_training(unfinished)
    assert not is_unfinished(unfinished)
    assert not list(unfinished.glob(f"{BEGUN}*"))


def test_a_training_that_was_begun_is_gone_on_with_or_replaced_only_if_that_is_said(
    trained: Path, unfinished: Path, tmp_path: Path
) -> None:
    require_room(tmp_path / "new", resume=False, overwrite=False)
    with pytest.raises(ModelError, match=r"holds a model already: .* --overwrite .*--resume"):
        require_room(trained, resume=False, overwrite=False)
    with pytest.raises(ModelError, match=r"holds an interrupted training: add --resume .* --overwrite"):
        require_room(unfinished, resume=False, overwrite=False)
    with pytest.raises(ModelError, match="no interrupted training to resume"):
        require_room(trained, resume=True, overwrite=False)
    require_room(trained, resume=False, overwrite=True)
    require_room(unfinished, resume=True, overwrite=False)


def test_a_refinement_is_replaced_only_if_that_is_said_and_then_leaves_nothing(
    tmp_path: Path, recording: Recording
) -> None:
    folder = tmp_path / "refined"
    folder.mkdir()
    for name in REFINEMENT:
        (folder / name).touch()
    with pytest.raises(ModelError, match=r"holds an interrupted refinement: choose another name, or add --overwrite"):
        require_room(folder, resume=False, overwrite=False)
    require_room(folder, resume=False, overwrite=True)
    begin_training(folder, {}, [recording], None, resume=False)
    clear_earlier(folder)
    assert [path.name for path in folder.iterdir()] == [BEGUN]


def test_other_settings_other_data_and_another_first_network_are_refused_and_named(
    unfinished: Path, recording: Recording, trained: Path
) -> None:
    begin_training(unfinished, {"seed": 1}, [recording], None, resume=True)
    with pytest.raises(MixedError, match=r"was begun with seed 1 \(now 2\): resume it with the same"):
        begin_training(unfinished, {"seed": 2}, [recording], None, resume=True)
    with pytest.raises(MixedError, match=r"warm_start none \(now [0-9a-f]{8}\)"):
        begin_training(unfinished, {"seed": 1}, [recording], trained, resume=True)
    recording.leave_out(0, 0)
    with pytest.raises(MixedError, match=r"recordings 1 data [0-9a-f]{8} \(now [0-9a-f]{8}\)"):
        begin_training(unfinished, {"seed": 1}, [recording], None, resume=True)


def test_a_training_on_two_rounds_of_the_same_number_is_not_resumed_when_one_of_them_changed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_recording(tmp_path / name / "round-001", 3)
    rounds = [Recording(tmp_path / name / "round-001") for name in ("a", "b")]
    begin_training(tmp_path / "m", {}, rounds, None, resume=False)
    rounds[0].leave_out(0, 0)
    with pytest.raises(MixedError, match=r"recordings 1 round-001 [0-9a-f]{8} \(now [0-9a-f]{8}\)"):
        begin_training(tmp_path / "m", {}, rounds, None, resume=True)
    with pytest.raises(MixedError, match=r"recordings 2 round-001 [0-9a-f]{8} \(now none\)"):
        begin_training(tmp_path / "m", {}, [Recording(tmp_path / "a" / "round-001")], None, resume=True)


def test_a_model_is_not_trained_into_the_folder_of_a_recording(recording: Recording) -> None:
    for flags in ({}, {"overwrite": True}, {"resume": True}):
        with pytest.raises(ModelError, match="holds a recording: choose another name for the model, such as data"):
            require_room(recording.folder, **{"resume": False, "overwrite": False, **flags})


def test_what_was_derived_from_a_model_goes_with_it(trained: Path, recording: Recording) -> None:
    for name in ("visual.tflite", "weights.png", "notes.txt", ".alvinn-00.keras"):
        (trained / name).touch()
    for name in ("laps", "logs", "member-1"):
        (trained / name).mkdir()
    begin_training(trained, {}, [recording], None, resume=False)
    for name in (CHECKPOINT, "history.csv", "network.keras"):  # of the first epoch
        (trained / name).touch()
    clear_earlier(trained)
    left = {BEGUN, CHECKPOINT, "history.csv", "network.keras", "logs", "notes.txt", "member-1"}
    assert {path.name for path in trained.iterdir()} == left


def test_laps_of_another_model_in_the_folder_are_not_removed_unless_that_is_said(tmp_path: Path) -> None:
    """`laps shipped` leaves its results in models/shipped, where there is no model of the user's."""
    (tmp_path / "shipped" / "laps").mkdir(parents=True)
    (tmp_path / "shipped" / "laps" / "laps.json").touch()
    with pytest.raises(ModelError, match="holds the laps of another model"):
        require_room(tmp_path / "shipped", resume=False, overwrite=False)
    require_room(tmp_path / "shipped", resume=False, overwrite=True)


def test_a_folder_that_holds_files_of_the_same_names_and_no_model_is_not_emptied_unless_that_is_said(
    tmp_path: Path,
) -> None:
    (thesis := tmp_path / "thesis").mkdir()
    (thesis / "history.csv").write_text("of rome", encoding="utf-8")
    (thesis / "logs").mkdir()
    with pytest.raises(
        ModelError, match=r"holds history\.csv, logs but no card\.json, so it is not a model's to replace"
    ):
        require_room(thesis, resume=False, overwrite=False)
    require_room(thesis, resume=False, overwrite=True)


def test_a_training_that_was_killed_in_its_first_epoch_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / BEGUN).write_text("{}", encoding="utf-8")
    require_room(tmp_path, resume=False, overwrite=False)
