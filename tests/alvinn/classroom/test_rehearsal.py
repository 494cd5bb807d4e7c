from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alvinn.classroom import rehearsal
from alvinn.classroom.activities.contenders import DAGGER, VIEWS
from alvinn.classroom.rehearsal import EPOCH, estimate_seconds, measure_epoch, rehearse
from alvinn.errors import ServerError
from alvinn.settings import SHIPPED, Driving
from tests.alvinn.classroom.people import open_class


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "measure_speed", lambda *_: 12.0)


@pytest.mark.usefixtures("fast")
def test_a_ready_machine_is_told_so_with_the_time_of_each_lesson(tmp_path: Path) -> None:
    shipped = Driving(home=tmp_path).find_model(SHIPPED)
    for folder in (VIEWS, f"{DAGGER}/round-000", f"{DAGGER}/round-001"):
        shutil.copytree(shipped, tmp_path / "models" / folder)
    results = list(rehearse(Driving(home=tmp_path), 0))
    texts = "\n".join(result.text for result in results)
    assert "12 times as fast" in texts
    assert "are trained" in texts
    assert [f"lesson {number}, " in texts for number in range(1, 8)] == [True] * 7


@pytest.mark.usefixtures("fast")
def test_what_is_missing_is_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "find_network_addresses", list)
    with open_class() as (_, address):
        found = list(rehearse(Driving(home=tmp_path), int(address.rpartition(":")[2])))
    bad = "\n".join(result.text for result in found if not result.good)
    assert "--port" in bad
    assert "a phone's hot spot" in bad
    assert "alvinn classroom --prepare" in bad


def test_a_machine_on_which_nothing_drives_is_told_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> float:
        raise ServerError("the embedded server did not start")

    monkeypatch.setattr(rehearsal, "measure_speed", fail)
    assert list(rehearse(Driving(home=tmp_path), 0))[-1].text.endswith("the embedded server did not start")


def test_an_exercise_takes_longer_on_a_slower_machine() -> None:
    record = ["alvinn", "record", "x", "--seconds", "60"]
    train = ["alvinn", "train", "x", "--data", "x", "--epochs", "20"]
    laps = ["alvinn", "laps", "x", "--maps", "a,b"]
    assert estimate_seconds(record, 1.0, 1.0) - estimate_seconds(record, 2.0, 1.0) == 30.0
    assert estimate_seconds(train, 1.0, 3.0) - estimate_seconds(train, 1.0, 1.0) == 40.0
    assert estimate_seconds(laps, 1.0, 1.0) > estimate_seconds(record, 1.0, 1.0)
    small = [*train, "--network", "alvinn1991"]
    assert estimate_seconds(small, 1.0, 3.0) - estimate_seconds(small, 1.0, 1.0) == pytest.approx(8.0)


def test_rounds_are_driven_learned_from_and_judged_both_ways() -> None:
    rounds = ["alvinn", "correct", "x", "--data", "y", "--rounds", "2"]
    judged = estimate_seconds([*rounds, "--judge", "a,b"], 1.0, 0.0) - estimate_seconds([*rounds, "--judge="], 1.0, 0.0)
    assert judged == 3 * 2 * 2 * rehearsal.LAP
    maps = estimate_seconds([*rounds, "--maps", "a,b,c"], 1.0, 0.0) - estimate_seconds(rounds, 1.0, 0.0)
    assert maps == 0.0, "a round takes its seconds, wherever it is driven"
    fewer = estimate_seconds(rounds, 1.0, 1.0) - estimate_seconds([*rounds, "--epochs", "20"], 1.0, 1.0)
    assert fewer == 10.0


def test_an_epoch_is_that_of_this_machine_once_one_was_trained(tmp_path: Path) -> None:
    settings = Driving(home=tmp_path)
    assert measure_epoch(settings) == EPOCH
    shutil.copytree(settings.find_model(SHIPPED), settings.model_folder(VIEWS))
    assert measure_epoch(settings) == pytest.approx(44.5 / 22, rel=0.3)
