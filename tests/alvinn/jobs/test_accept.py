from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from alvinn.dagger.ledger import Entry, Ledger
from alvinn.jobs.accept import GLANCE, UNSEEN, Accept
from alvinn.jobs.correct import Correct
from alvinn.metrics.referee import Result
from alvinn.settings import split_names
from alvinn.visualization.shift_tables import read_corrections
from tests.alvinn.jobs.cli import Shell
from tests.alvinn.judged import RUN, judged

CALM, LOST = judged([0.0, 0.1] * 450), judged([0.0] * 20 + [1.0] + [0.0] * 20)  # a lap, and the beginning of one
DRIVEN = Entry(
    round=0,
    seconds=60.0,
    corrections=7,
    frames=300,
    switches=14,
    setting=None,
    laps=0,
    faultless=0,
    departures=0,
    km=0.0,
    tests=7,
    still_needs_help=2,
)


@pytest.fixture
def corrected(monkeypatch: pytest.MonkeyPatch) -> list[Correct]:
    """The corrections that are asked for; nothing is driven or trained."""
    asked: list[Correct] = []

    def correct(job: Correct) -> Ledger:
        asked.append(job)
        return Ledger({}, tuple(replace(DRIVEN, round=number) for number in range(job.rounds + 1)))

    monkeypatch.setattr("alvinn.jobs.accept.measure_reference", lambda: "1f")
    monkeypatch.setattr("alvinn.jobs.accept.record_plain_driving", lambda home, name, *_: home / "data" / name)
    monkeypatch.setattr("alvinn.jobs.accept.correct", correct)
    return asked


def lap(monkeypatch: pytest.MonkeyPatch, lost: str) -> list[tuple[str, tuple[str, ...]]]:
    """Have every clone depart, and everybody on a circuit; returns who is lapped on what."""
    lapped = []

    def drive(_: Accept, model: Path, maps: tuple[str, ...]) -> list[Result]:
        lapped.append((f"{model.parent.name}/{model.name}", maps))
        return [replace(LOST if maps == GLANCE or name == lost else CALM, run=replace(RUN, map=name)) for name in maps]

    monkeypatch.setattr(Accept, "_lap", drive)
    return lapped


def test_each_seed_is_judged_on_unseen_circuits_after_its_last_round_for_the_page_of_shift(
    shell: Shell, tmp_path: Path, corrected: list[Correct], monkeypatch: pytest.MonkeyPatch
) -> None:
    lapped = lap(monkeypatch, lost="")
    said = shell.run("accept", "--home", str(tmp_path), "--seed", "3", "--seeds", "2")
    assert (said.status, said.err) == (0, "")
    assert lapped == [
        (f"seed-{seed}/{model}", maps)
        for seed in (3, 4)
        for model, maps in (("round-000", GLANCE), ("round-003", UNSEEN))
    ]
    assert [(job.name, job.data, job.seed, job.gate, job.views, job.judge) for job in corrected] == [
        (f"seed-{seed}", (f"plain-{seed}",), seed, "drift", "off", "") for seed in (3, 4)
    ]
    assert not {name for job in corrected for name in split_names(job.maps, "")} & set(UNSEEN)

    told = json.loads((tmp_path / "corrections.json").read_text(encoding="utf-8"))
    assert (told["digest"], told["circuits"]) == ("1f", list(UNSEEN))
    km = LOST.trace.progress[-1] / 1000.0
    first = told["seeds"][0]
    assert (first["seed"], first["clone_departures"], first["clone_km"]) == (3, 2, pytest.approx(2 * km, abs=5e-3))
    assert (first["laps"], first["faultless"], first["departures"], first["failed"]) == (20, 20, 0, [])
    assert first["largest_offset_m"] == 0.1
    assert (first["corrections"], first["frames"]) == ([7] * 3, [300] * 3)
    assert first["still_needs_help"] == ["2 of 7"] * 3
    page = read_corrections(tmp_path / "corrections.json", named=True)
    assert page is not None
    assert [row[0] for row in page.table.rows] == ["3", "4"]


def test_a_lap_with_a_departure_ends_with_status_1_after_all_is_written(
    shell: Shell, tmp_path: Path, corrected: list[Correct], monkeypatch: pytest.MonkeyPatch
) -> None:
    lap(monkeypatch, lost=UNSEEN[7])
    assert "2 of 40 laps" in shell.refused("accept", "--home", str(tmp_path), "--seeds", "2")
    told = json.loads((tmp_path / "corrections.json").read_text(encoding="utf-8"))
    assert [one["failed"] for one in told["seeds"]] == [[f"{UNSEEN[7]} forward"]] * 2


def test_what_another_program_drew_is_not_mixed(
    shell: Shell, tmp_path: Path, corrected: list[Correct], monkeypatch: pytest.MonkeyPatch
) -> None:
    lap(monkeypatch, lost="")
    words = ("accept", "--home", str(tmp_path), "--seeds", "1")
    assert shell.run(*words).status == 0
    assert shell.run(*words).status == 0, "the same program resumes"
    monkeypatch.setattr("alvinn.jobs.accept.measure_reference", lambda: "2e")
    assert "was begun with reference 1f (now 2e): choose another --home" in shell.refused(*words)


@pytest.mark.parametrize("words", [("--seeds", "0"), ("--jobs", "0"), ("--seed", "-1")], ids=" ".join)
def test_wrong_usage_ends_with_status_2(shell: Shell, words: tuple[str, ...]) -> None:
    assert shell.run("accept", *words).status == 2


def test_its_defaults_are_those_that_earlier_runs_were_begun_with() -> None:
    assert (Accept.home, Accept.seeds, Accept.seed, Accept.jobs) == (Path("models/corrections"), 5, 0, 2)
    assert list(UNSEEN) == [f"random:{number}" for number in range(400, 420)]


def test_figures_of_another_program_are_not_replaced(shell: Shell, tmp_path: Path, corrected: list[Correct]) -> None:
    theirs = tmp_path / "corrections.json"
    theirs.write_text("{}", encoding="utf-8")
    said = shell.refused("accept", "--home", str(tmp_path))
    assert "holds corrections.json but no begun.json, so it is not ours to replace: choose another --home" in said
    assert theirs.read_text(encoding="utf-8") == "{}"
    assert not corrected
