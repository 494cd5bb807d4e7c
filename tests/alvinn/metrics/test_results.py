from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alvinn.errors import ResultsError
from alvinn.jobs.compare import ROWS
from alvinn.metrics.referee import unfinished_result
from alvinn.metrics.results import load_run, read_laps, run_folder, save_run, write_laps
from tests.alvinn.judged import HEAD, RUN, judged, sum_up


def test_a_kept_run_comes_back_to_the_last_digit(tmp_path: Path) -> None:
    result = replace(judged([0.1, 1.0 / 3.0, 0.9, 0.0]), collisions=2)
    save_run(tmp_path, result)
    assert load_run(tmp_path, RUN) == result


def test_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    others = [replace(RUN, seed=1), replace(RUN, start=1), replace(RUN, weather="WetNoon")]
    folders = {run_folder(tmp_path, run) for run in [RUN, replace(RUN, direction="reverse"), *others]}
    assert len(folders) == 5
    assert ":" not in run_folder(tmp_path, replace(RUN, map="random:7")).name


@pytest.mark.parametrize("damage", [b"", b"no gzip", None])
def test_a_run_that_was_not_kept_or_is_damaged_is_none(tmp_path: Path, damage: bytes | None) -> None:
    save_run(tmp_path, judged([0.0]))
    path = run_folder(tmp_path, RUN) / "run.json.gz"
    if damage is None:
        path.write_bytes(path.read_bytes()[:-20])
    else:
        path.write_bytes(damage)
    assert load_run(tmp_path, RUN) is None
    assert load_run(tmp_path / "elsewhere", RUN) is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "damaged"),
        ("[]", "damaged"),
        ("{}", "damaged"),
        ('{"schema": 2}', "has schema 2, this program reads 1"),
        ('{"schema": 1, "runs": [{}], "summary": {"ci": {}}}', "damaged"),
        ('{"schema": 1, "runs": [], "summary": {}}', "damaged"),
    ],
)
def test_laps_that_are_damaged_are_refused_in_a_sentence(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "laps.json").write_text(text, encoding="utf-8")
    with pytest.raises(ResultsError, match=complaint):
        read_laps(tmp_path)


NEEDED = (
    *(("model",), ("settings",), ("runs", 0, "interventions"), ("summary", "ci")),
    *(("summary", key) for key, *_ in ROWS),
)


@pytest.mark.parametrize("needed", NEEDED, ids=str)
@pytest.mark.parametrize("damage", [None, ["mine"]], ids=["missing", "of another kind"])
def test_a_laps_json_that_lacks_what_resume_compare_or_list_read_is_refused_in_a_sentence(
    tmp_path: Path, needed: tuple[Any, ...], damage: object
) -> None:
    result = judged([0.0, 0.1] * 20)
    write_laps(tmp_path, HEAD, [result.as_json()], sum_up(result))
    laps = read_laps(tmp_path)
    *where, key = needed
    part: Any = laps
    for step in where:
        part = part[step]
    del part[key]
    if damage is not None:
        part[key] = damage
    (tmp_path / "laps.json").write_text(json.dumps(laps), encoding="utf-8")
    with pytest.raises(ResultsError, match=r"laps\.json is damaged: .*; restore it from a copy, or drive"):
        read_laps(tmp_path)


def test_laps_of_a_run_that_was_not_driven_are_read(tmp_path: Path) -> None:
    failed = unfinished_result(RUN, "failed", "no server")
    write_laps(tmp_path, HEAD, [failed.as_json()], sum_up(failed))
    assert read_laps(tmp_path)["summary"]["offset_sd_m"] is None


def test_laps_are_read_from_the_file_or_its_folder_and_missing_ones_are_refused(tmp_path: Path) -> None:
    write_laps(tmp_path, HEAD, [judged([0.0, 0.1]).as_json()], sum_up(judged([0.0, 0.1])))
    assert read_laps(tmp_path) == read_laps(tmp_path / "laps.json")
    assert json.loads((tmp_path / "laps.json").read_text(encoding="utf-8"))["model"] == HEAD["model"]
    with pytest.raises(ResultsError, match="alvinn laps writes it"):
        read_laps(tmp_path / "nothing.json")
