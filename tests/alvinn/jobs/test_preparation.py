from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alvinn.classroom.activities.contenders import DAGGER, NOISY, PLAIN, PLAIN_RECORDING, VIEWS, find_contenders
from alvinn.dagger.ledger import Ledger, read_ledger, write_ledger
from alvinn.errors import AlvinnError
from alvinn.jobs import preparation
from alvinn.jobs.correct import Correct
from alvinn.jobs.preparation import prepare
from alvinn.jobs.record import Record
from alvinn.recording import Recording
from alvinn.settings import SHIPPED, Home
from alvinn.training.run import TrainSettings
from tests.alvinn import fakes


class Work:
    """Takes the place of recording, training and DAgger: writes what they leave, and notes what it was asked for."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.asked: list[Record | TrainSettings | Correct] = []
        self.fails_at = ""

    def names(self) -> list[str]:
        return [f"{type(job).__name__} {job.name}" for job in self.asked]

    def _note(self, job: Record | TrainSettings | Correct) -> None:
        self.asked.append(job)
        if job.name == self.fails_at:
            raise AlvinnError("no space is left")

    def record(self, job: Record) -> None:
        self._note(job)
        folder = job.recording_folder(job.name)
        shutil.rmtree(folder, ignore_errors=True)
        fakes.write_recording(folder, 20, camera=fakes.CAMERA)

    def train(self, job: TrainSettings, recordings: list[Any], advice: str) -> None:
        assert advice == "the same command trains it anew"
        self._note(job)
        assert [one.folder.name for one in recordings] == list(job.data)
        shutil.copytree(job.find_model(SHIPPED), job.model_folder(job.name))

    def correct(self, job: Correct) -> None:
        self._note(job)
        folder = job.model_folder(job.name)
        for number in range(job.rounds + 1):
            shutil.copytree(job.find_model(SHIPPED), folder / f"round-{number:03d}")
        write_ledger(folder / "rounds.json", replace(Ledger({}), ended="all rounds are driven"))


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    work = Work(Home(home=tmp_path))
    monkeypatch.setattr("alvinn.jobs.record.record", work.record)
    for name in ("train", "correct"):
        monkeypatch.setattr(preparation, name, getattr(work, name))
    return work


def test_the_three_networks_are_made_of_a_minute_each_as_the_lessons_tell(
    work: Work, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(Home(home=tmp_path), "country", "random:7", 3)
    plain, noisy, views, dagger = work.asked
    assert (views.name, dagger.name) == (VIEWS, DAGGER)
    for name in (PLAIN_RECORDING, NOISY):
        assert Recording(tmp_path / "data" / name).rows
    assert isinstance(plain, Record)
    assert isinstance(noisy, Record)
    assert (plain.noise, noisy.noise, plain.map, plain.seconds) == (False, True, "country", preparation.SECONDS)
    assert isinstance(dagger, Correct)
    assert (dagger.data, dagger.views, dagger.maps) == ((PLAIN_RECORDING,), "off", "random:7")
    assert {job.seed for job in work.asked} == {3}
    assert [one.name for one in find_contenders(Home(home=tmp_path))] == [PLAIN, VIEWS, DAGGER]
    said = " ".join(capsys.readouterr().out.split())
    for step in ("recording class-plain: ", "recording class-noise: ", "training class-views: ", "DAgger: "):
        assert f"{step}" in said
    assert "everything is there, after " in said


def test_what_is_there_is_not_made_again(work: Work, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        prepare(Home(home=tmp_path), "country", "random:7", 0)
    assert len(work.asked) == 4
    assert capsys.readouterr().out.count("there already") == 4


@pytest.mark.parametrize("other", [("oval", "random:7", 0), ("country", "random:8", 0), ("country", "random:7", 1)])
def test_networks_of_other_settings_are_not_taken_for_those_asked_for(
    work: Work, tmp_path: Path, other: tuple[str, str, int]
) -> None:
    prepare(Home(home=tmp_path), "country", "random:7", 0)
    with pytest.raises(AlvinnError, match="was begun with"):
        prepare(Home(home=tmp_path), *other)
    assert len(work.asked) == 4


def test_an_interrupted_preparation_goes_on_where_it_stopped(work: Work, tmp_path: Path) -> None:
    work.fails_at = VIEWS
    with pytest.raises(AlvinnError, match="no space is left"):
        prepare(Home(home=tmp_path), "country", "random:7", 0)
    work.fails_at = ""
    prepare(Home(home=tmp_path), "country", "random:7", 0)
    done = [f"Record {PLAIN_RECORDING}-unfinished", f"Record {NOISY}-unfinished", f"TrainSettings {VIEWS}"]
    assert work.names() == [*done, f"TrainSettings {VIEWS}", f"Correct {DAGGER}"]


def test_a_recording_that_was_cut_short_is_made_again(work: Work, tmp_path: Path) -> None:
    work.fails_at = f"{NOISY}-unfinished"
    fakes.write_recording(tmp_path / "data" / work.fails_at, 3)
    with pytest.raises(AlvinnError, match="no space is left"):
        prepare(Home(home=tmp_path), "country", "random:7", 0)
    assert not (tmp_path / "data" / NOISY).exists()
    work.fails_at = ""
    prepare(Home(home=tmp_path), "country", "random:7", 0)
    assert len(Recording(tmp_path / "data" / NOISY).rows) == 20


@pytest.mark.long
def test_the_networks_are_recorded_trained_and_corrected_for_real(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A third of everything, so that it takes a minute and not five."""
    for name, less in (("SECONDS", 20.0), ("EPOCHS", 2), ("ROUNDS", 1), ("ROUND_SECONDS", 10.0)):
        monkeypatch.setattr(preparation, name, less)
    prepare(Home(home=tmp_path), "country", "random:7", 0)
    assert [one.name for one in find_contenders(Home(home=tmp_path))] == [PLAIN, VIEWS, DAGGER]
    ledger = read_ledger(Home(home=tmp_path).model_folder(DAGGER) / "rounds.json")
    assert ledger is not None
    assert ledger.ended
