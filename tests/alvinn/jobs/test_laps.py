from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alvinn.jobs.laps import Laps, drive_laps
from alvinn.model import read_card, write_card
from tests.alvinn.jobs.cli import Shell


def left(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "laps.json").read_text(encoding="utf-8"))
    return content


def test_every_run_asked_for_is_made_once() -> None:
    job = Laps(maps="oval, country", both_directions=True, weathers="ClearNoon,WetNoon", seeds=2, seed=5)
    runs = list(job.runs())
    assert len(set(runs)) == len(runs) == 2 * 2 * 2 * 2
    assert {run.seed for run in runs} == {5, 6}
    assert {run.map for run in runs} == {"oval", "country"}


@pytest.mark.parametrize("empty", [None, "", ","])
def test_without_maps_the_one_map_is_driven(empty: str | None) -> None:
    assert [run.map for run in Laps(map="oval", maps=empty).runs()] == ["oval"]


def test_a_model_folder_that_is_missing_is_refused(shell: Shell, tmp_path: Path) -> None:
    said = shell.refused("laps", "--model", "ghost", "--home", str(tmp_path))
    assert "ghost is not a model" in said


def test_without_a_model_it_says_what_it_wants(shell: Shell) -> None:
    assert "laps wants --model M" in shell.refused("laps")


def test_a_camera_that_the_model_was_not_made_for_is_refused_and_both_are_said(shell: Shell, model: Path) -> None:
    said = shell.refused("laps", "--model", str(model), "--camera.width", "640")
    assert "320x160" in said
    assert "640x160" in said


def test_a_camera_that_is_none_is_refused(shell: Shell, model: Path) -> None:
    assert "no picture" in shell.refused("laps", "--model", str(model), "--camera.width", "0")


def test_a_card_that_was_tampered_with_is_refused(shell: Shell, model: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(model, tmp_path / "models" / "mine"))
    card = read_card(folder)
    write_card(folder, replace(card, camera=replace(card.camera, width=640)))
    said = shell.refused("laps", "--model", "mine", "--home", str(tmp_path))
    assert "640x160" in said
    assert "320x160" in said


def test_a_run_that_cannot_be_driven_is_listed_as_failed_and_those_after_it_too(shell: Shell, tmp_path: Path) -> None:
    said = shell.refused("laps", "--driver", "expert", "--maps", "nowhere,oval", "--out", str(tmp_path))
    assert "no map called 'nowhere'" in said
    runs = left(tmp_path)["runs"]
    assert [(run["map"], run["status"]) for run in runs] == [("nowhere", "failed"), ("oval", "interrupted")]


def test_ctrl_c_lists_every_run_as_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("alvinn.jobs.laps._drive_run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        drive_laps(Laps(driver="expert", maps="oval,country", out=tmp_path), None)
    assert [run["status"] for run in left(tmp_path)["runs"]] == ["interrupted"] * 2


def test_a_run_is_driven_judged_and_left_on_disk(
    shell: Shell, tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that learned nothing of roads drives for some simulated seconds, until it is given up."""
    monkeypatch.setattr("alvinn.referee.PATIENCE", 0.05)
    monkeypatch.setattr("alvinn.referee.PATIENCE_SECONDS", 4.0)
    monkeypatch.setattr("alvinn.jobs.laps.FILM_SECONDS", 1.0)
    said = shell.refused("laps", "--model", str(model), "--map", "oval", "--out", str(tmp_path))
    assert said == "1 of 1 runs were not driven to their end"
    told = left(tmp_path)
    assert told["schema"] == 1
    (run,) = told["runs"]
    assert (run["map"], run["direction"], run["status"], run["completed"]) == ("oval", "forward", "done", False)
    assert run["latency_ms_p50"] > 0.0
    assert told["summary"]["departures"] == run["departures"]
    assert {path.name for path in tmp_path.iterdir()} >= {"laps.json", "offset.html", "lap.mp4", "runs"}
    (log,) = tmp_path.glob("runs/*/log.csv")
    with log.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert float(rows[-1]["time"]) - float(rows[0]["time"]) == pytest.approx(run["duration_s"], abs=1e-3)
    assert max(abs(float(row["offset"])) for row in rows) == pytest.approx(run["offset_max_m"], abs=1e-5)
