from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from alvinn.errors import BusyError, MixedError, RecordingError, ResultsError, TakenError
from alvinn.evaluation.laps import drive_laps, judge_baselines, require_room
from alvinn.evaluation.runs import RunSpec, drive_run
from alvinn.evaluation.settings import LapSettings
from alvinn.metrics.referee import Result
from alvinn.settings import CameraFlags
from alvinn.util.locks import locked
from tests.alvinn.fakes import write_recording
from tests.alvinn.judged import judged

TINY = CameraFlags(width=64, height=32)


def left(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "laps.json").read_text(encoding="utf-8"))
    return content


def test_ctrl_c_lists_every_run_as_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("alvinn.evaluation.runs.drive_run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        drive_laps(LapSettings(driver="expert", maps="oval,country", out=tmp_path), None)
    assert [run["status"] for run in left(tmp_path)["runs"]] == ["interrupted"] * 2


WALL_CLOCK = {"realtime_factor", "latency_ms_p50", "latency_ms_p99"}


def figures(folder: Path) -> list[dict[str, Any]]:
    """The runs of a `laps.json` without what no two drives have in common."""
    return [{key: value for key, value in run.items() if key not in WALL_CLOCK} for run in left(folder)["runs"]]


def logs(folder: Path) -> dict[str, list[str]]:
    """Every tick of every run, but for the server's clock, which runs before the car is there."""
    return {
        path.parent.name: [line.partition(",")[2] for line in path.read_text(encoding="utf-8").splitlines()]
        for path in folder.glob("runs/*/log.csv")
    }


def test_ctrl_c_keeps_what_is_finished_resume_drives_the_rest_and_two_at_a_time_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One test, as each run costs a server's start."""
    job = LapSettings(driver="expert", map="oval", both_directions=True, km=0.02, camera=TINY, out=tmp_path / "one")
    driven = []

    def once(spec: RunSpec, *rest: Any) -> Result:
        driven.append(spec.run.direction)
        if len(driven) == 2:
            raise KeyboardInterrupt
        return drive_run(spec, *rest)

    monkeypatch.setattr("alvinn.evaluation.runs.drive_run", once)
    with pytest.raises(KeyboardInterrupt):
        drive_laps(job, None)
    assert [run["status"] for run in left(tmp_path / "one")["runs"]] == ["done", "interrupted"]
    before = left(tmp_path / "one")["runs"][0]

    results = drive_laps(replace(job, resume=True), None)
    assert driven == ["forward", "reverse", "reverse"]
    assert [result.status for result in results] == ["done", "done"]
    assert left(tmp_path / "one")["runs"][0] == before, "what was kept is what was measured, to the last digit"
    with pytest.raises(MixedError, match=r"laps.json was begun with speed 8.0 \(now 6.0\): choose another --out"):
        drive_laps(replace(job, resume=True, speed=6.0), None)
    with pytest.raises(ResultsError, match=r"holds finished runs \(2\): add --resume .*, --overwrite .* another --out"):
        drive_laps(job, None)
    with pytest.raises(ResultsError, match=r"holds what is not asked for now, 1 run \(oval reverse in ClearNoon\)"):
        drive_laps(replace(job, resume=True, both_directions=False), None)
    assert left(tmp_path / "one")["runs"][0] == before

    drive_laps(replace(job, jobs=2, out=tmp_path / "two"), None)
    assert figures(tmp_path / "two") == figures(tmp_path / "one")
    assert logs(tmp_path / "two") == logs(tmp_path / "one")
    assert len(logs(tmp_path / "two")) == 2
    assert figures(tmp_path / "two")[0]["collisions"] == 0


def test_expert_and_recording_stand_beside_the_driver_in_one_report(tmp_path: Path) -> None:
    """The driver is played by the expert as well: what is beside it is what counts."""
    write_recording(tmp_path / "data" / "lesson", 50)
    job = LapSettings(
        driver="expert", map="oval", km=0.01, camera=TINY, out=tmp_path / "out", home=tmp_path, recording="lesson"
    )
    assert [who for who, _ in judge_baselines(job)] == ["expert in lesson, pushed by disturbances"]
    drive_laps(job, None, judge_baselines(job))
    (beside,) = left(tmp_path / "out")["baselines"]
    assert beside["summary"]["offset_sd_m"] == 0.0
    assert "All are judged by the same rule" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    (clip,) = (tmp_path / "out").glob("runs/*/worst.mp4")
    assert clip.stat().st_size > 0


def test_a_recording_that_cannot_be_judged_is_told_before_the_expert_drives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drive(*_: object) -> NoReturn:
        raise AssertionError("it was driven")

    monkeypatch.setattr("alvinn.evaluation.laps.drive_laps", drive)
    write_recording(tmp_path / "data" / "import", 5)
    table = tmp_path / "data" / "import" / "drive.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("oval/forward", ""), encoding="utf-8")
    job = LapSettings(model="m", with_expert=True, recording="import", home=tmp_path)
    with pytest.raises(RecordingError, match="it cannot be judged"):
        judge_baselines(job)


def test_where_the_expert_cannot_drive_a_run_the_model_is_still_driven(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torn = tmp_path / "torn.xodr"
    torn.write_text("<OpenDRIVE", encoding="utf-8")
    job = LapSettings(
        model="m",
        maps=f"oval,{torn}",
        km=0.01,
        camera=TINY,
        other_camera=True,
        out=tmp_path / "out",
        with_expert=True,
    )
    ((who, driven),) = judge_baselines(job)
    assert (who, [result.run.map for result in driven]) == ("expert", ["oval"])
    assert "1 of 2 runs could not be driven" in capsys.readouterr().out.replace("\n", " ")


def test_an_expert_that_was_driven_with_other_settings_is_refused_not_shown_beside_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alvinn.evaluation.runs.drive_run", lambda spec, *_: judged([0.1] * 20, spec.run))
    job = LapSettings(model="m", map="oval", with_expert=True, films=False, out=tmp_path / "out")
    judge_baselines(job)  # and Ctrl-C before the model's first run was done
    for look in (lambda job: require_room(job, None), judge_baselines):  # before anything is driven, and later
        with pytest.raises(ResultsError, match=r"expert.laps.json holds finished runs \(1\): add --resume"):
            look(job)
        with pytest.raises(MixedError, match=r"expert.laps.json was begun with speed 8.0 \(now 12.0\)"):
            look(replace(job, speed=12.0, resume=True))
    assert [who for who, _ in judge_baselines(replace(job, resume=True))] == ["expert"]
    with locked(tmp_path / "out" / "expert", "written"), pytest.raises(BusyError, match="by another process"):
        judge_baselines(replace(job, resume=True))
    (tmp_path / "out" / "expert" / "laps.json").unlink()
    with pytest.raises(TakenError, match=r"holds .* but no laps\.json"):
        judge_baselines(replace(job, overwrite=True))
