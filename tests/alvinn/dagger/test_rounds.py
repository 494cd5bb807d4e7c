"""The stages of a round, each with its work already on disk: nothing is driven or trained here."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast
from unittest import mock

import pytest

from alvinn.dagger.corrections import TakeOver
from alvinn.dagger.ledger import Rollout, RoundRecord, plan_rollouts, write_round
from alvinn.dagger.rounds import (
    _new_record,
    drive_round,
    judge_round,
    leave_out_surplus,
    recordings_until,
    train_round,
)
from alvinn.dagger.settings import RoundSettings
from alvinn.dagger.teachers import Student
from alvinn.driving.types import Decision
from alvinn.errors import AlvinnError, ModelError, RecordingError
from alvinn.networks.inference import CHECKPOINT, Network
from alvinn.recording import Recording
from alvinn.training.model_folder import begin_training, is_trained
from alvinn.training.run import TrainSettings
from tests.alvinn.fakes import step, write_recording


@pytest.fixture
def job(tmp_path: Path) -> RoundSettings:
    write_recording(tmp_path / "data" / "base", 3)
    return RoundSettings(home=tmp_path, name="mine", data=("base",), maps="oval", judge="", round_seconds=10.0)


def write_empty_round(job: RoundSettings, number: int, rollouts: list[Rollout]) -> None:
    write_recording(job.recording(number), 0)
    write_round(
        job.recording(number), RoundRecord(number, job.gate, job.expert, rollouts=tuple(rollouts), seconds=10.0)
    )


def test_a_round_driven_to_its_end_is_not_driven_again(job: RoundSettings, model: Path) -> None:
    shutil.copytree(model, job.model(0))
    write_empty_round(job, 1, plan_rollouts(job.circuits(), 1, job.round_seconds, job.seed))
    assert drive_round(job, 1).seconds == 10.0


def test_the_clone_comes_before_any_driving(job: RoundSettings) -> None:
    assert drive_round(job, 0) == RoundRecord(0, "drift", "scripted")


def test_a_round_without_corrections_keeps_the_network_before_it_without_its_laps(
    job: RoundSettings, model: Path
) -> None:
    shutil.copytree(model, job.model(0))
    (job.model(0) / "laps").mkdir()
    write_empty_round(job, 1, [])
    train_round(job, 1)
    assert is_trained(job.model(1))
    assert (job.model(1) / "network.keras").read_bytes() == (job.model(0) / "network.keras").read_bytes()
    assert not (job.model(1) / "laps").exists()


def test_a_copy_of_the_model_before_that_was_cut_short_is_made_again(
    job: RoundSettings, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copy_one_file(source: str, target: str) -> None:
        if Path(source).name == "network.tflite":
            raise KeyboardInterrupt
        shutil.copy2(source, target)

    shutil.copytree(model, job.model(0))
    write_empty_round(job, 1, [])
    with monkeypatch.context() as patch:
        patch.setattr("alvinn.dagger.rounds.shutil.copytree", partial(shutil.copytree, copy_function=copy_one_file))
        with pytest.raises(KeyboardInterrupt):
            train_round(job, 1)
    assert not is_trained(job.model(1))
    train_round(job, 1)
    assert (job.model(1) / "network.tflite").read_bytes() == (job.model(0) / "network.tflite").read_bytes()
    assert is_trained(job.model(1))


def test_rows_excluded_while_a_rounds_training_is_interrupted_train_it_anew(
    job: RoundSettings, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Training is a stand-in that begins as the real one does, to spare its seconds."""

    def train(job: TrainSettings, recordings: list[Recording], warm: Path | None, advice: str) -> None:
        assert advice == "the same command continues", "correct has no --resume"
        begin_training(Path(job.name), {}, recordings, warm, resume=job.resume)
        (Path(job.name) / CHECKPOINT).touch()
        if job.overwrite and is_news:
            raise KeyboardInterrupt
        shutil.copy(model / "card.json", job.name)
        (Path(job.name) / CHECKPOINT).unlink()

    monkeypatch.setattr("alvinn.dagger.rounds.train", train)
    shutil.copytree(model, job.model(0))
    write_recording(
        job.recording(1), 4, make=lambda n: replace(step(n), decision=Decision(0.01, "expert", correction=1))
    )
    is_news = True
    with pytest.raises(KeyboardInterrupt):
        train_round(job, 1)
    Recording(job.recording(1)).leave_out(0, 1)
    is_news = False
    train_round(job, 1)
    assert is_trained(job.model(1))
    assert "round 1 is trained anew, since its recordings were changed" in capsys.readouterr().out
    assert len(Recording(job.recording(1)).rows) == 4


def test_a_round_trains_on_the_first_recordings_and_on_all_corrections_so_far(job: RoundSettings) -> None:
    write_recording(job.recording(1), 4)
    write_empty_round(job, 2, [])
    write_recording(job.recording(3), 5)
    assert [recording.folder.name for recording in recordings_until(job, 2)] == ["base", "round-001"]
    assert [recording.folder.name for recording in recordings_until(job, 3)] == ["base", "round-001", "round-003"]


def test_a_missing_first_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="ghost"):
        recordings_until(RoundSettings(home=tmp_path, name="mine", data=("ghost",)), 0)


def test_without_laps_and_take_overs_a_round_is_judged_by_its_driving_alone(job: RoundSettings) -> None:
    driven = RoundRecord(1, "drift", "scripted", seconds=10.0, corrections=3, discarded=1, frames=20, switches=6)
    entry = judge_round(job, 1, driven)
    assert (entry.round, entry.seconds, entry.corrections, entry.frames, entry.switches) == (1, 10.0, 2, 20, 6)
    assert (entry.laps, entry.tests, entry.still_needs_help) == (0, 0, 0)


@pytest.mark.parametrize("leaves", [True, False])
def test_a_short_rollout_is_an_error_only_if_the_person_left_and_not_where_the_lane_ends(
    job: RoundSettings, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], leaves: bool
) -> None:
    shutil.copytree(model, job.model(0))
    job.recording(1).mkdir(parents=True)
    teacher = mock.Mock(has_left=lambda: leaves)

    def drive(_job: object, rollout: Rollout, driven: RoundRecord, *_: object) -> RoundRecord:
        return driven.add_rollout(rollout, RoundRecord(1, "human", "human", seconds=2.0))

    monkeypatch.setattr("alvinn.dagger.rounds._open_teacher", lambda _: nullcontext(teacher))
    monkeypatch.setattr("alvinn.dagger.rounds.drive_rollout", drive)
    if leaves:
        with pytest.raises(AlvinnError, match="round 1 was ended after 1 of 2 rollouts"):
            drive_round(job, 1)
    else:
        assert drive_round(job, 1).seconds == 4.0
        assert "oval/forward: 2 of 5 s, as its lane ends there" in capsys.readouterr().out


def test_a_network_without_a_measure_of_doubt_is_refused_before_its_round_is_driven(
    job: RoundSettings, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The toy network's measure of doubt is taken away by hand, as training one without costs seconds."""
    shutil.copytree(model, job.model(0))
    monkeypatch.setattr("alvinn.dagger.rounds.make_doubt", lambda _network, _by: lambda _seen: None)
    doubting = RoundSettings(home=job.home, name="mine", data=("base",), maps="oval", judge="", gate="doubt")
    with pytest.raises(ModelError, match="has no measure of doubt: use --output hill or --members 3"):
        drive_round(doubting, 1)


def doubting_round(job: RoundSettings, why: str, network_doubts: list[float]) -> RoundRecord:
    """The record of a second round whose first had one take-over, at a doubt of 0.9."""
    taken = TakeOver(1, why, "oval", "forward", "ClearNoon", 0.0, 0.0, 0.0, 8.0, 2.0, doubt=0.9)
    write_recording(job.recording(1), 0)
    write_round(job.recording(1), RoundRecord(1, "doubt", job.expert, take_overs=(taken,)))
    doubts = iter(network_doubts)
    student = Student(cast("Network", None), lambda _: next(doubts))
    return _new_record(replace(job, gate="doubt"), 2, student)


def test_a_doubt_gates_own_take_overs_do_not_raise_its_threshold(job: RoundSettings) -> None:
    record = doubting_round(job, "round 1, doubt: 0.900", [0.1])
    assert record.setting == pytest.approx(0.1)
    assert record.setting_from == "a budget of 20% of the frames learned from"


def test_a_persons_take_overs_set_the_threshold_of_a_doubt_gate(job: RoundSettings) -> None:
    record = doubting_round(job, "round 1, human: took the wheel", [])
    assert record.setting == pytest.approx(0.9)
    assert record.setting_from == "a person's take-overs"


def test_what_a_rollout_wrote_before_it_was_cut_short_is_left_out(job: RoundSettings) -> None:
    folder = job.recording(1)
    leave_out_surplus(folder, 0)
    assert not folder.exists(), "nothing was begun"
    write_recording(folder, 30)
    for rows, kept in ((None, 30), (30, 30), (20, 20)):
        leave_out_surplus(folder, rows)
        assert int(Recording(folder).kept_mask().sum()) == kept
    write_recording(folder, 10, append=True)  # the rollout, driven again
    assert Recording(folder).kept_mask().tolist() == [True] * 20 + [False] * 10 + [True] * 10
