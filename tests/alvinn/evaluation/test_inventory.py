from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from alvinn.evaluation.inventory import find_models, find_recordings, judge_laps
from alvinn.metrics.results import write_laps
from alvinn.settings import Home
from tests.alvinn.fakes import write_recording
from tests.alvinn.judged import HEAD, judged, sum_up


def test_recordings_are_listed_by_the_names_that_data_accepts(tmp_path: Path) -> None:
    home = Home(home=tmp_path)
    write_recording(home.recording_folder("mine"), 3)
    round_folder = tmp_path / "data" / "better" / "round-001"
    write_recording(round_folder, 3)
    found = {one.name: one for one in find_recordings(home)}
    assert set(found) == {"mine", str(round_folder)}
    assert {home.recording_folder(name) for name in found} == {one.folder for one in found.values()}
    assert found["mine"].quality.startswith("only 0 s")
    assert found["mine"].size > 0


def test_a_damaged_recording_or_model_is_listed_with_what_is_wrong(tmp_path: Path) -> None:
    for room, file in (("data", "session.json"), ("models", "card.json")):
        (tmp_path / room / "torn").mkdir(parents=True)
        (tmp_path / room / "torn" / file).write_text("{", encoding="utf-8")
    (recording,) = find_recordings(Home(home=tmp_path))
    assert "session.json" in recording.quality
    torn, _shipped = find_models(Home(home=tmp_path))
    assert "card.json" in torn.verdict


def test_models_are_listed_with_what_they_learned_from_and_the_shipped_one_is_among_them(tmp_path: Path) -> None:
    home = Home(home=tmp_path)
    shutil.copytree(home.find_model("shipped"), home.model_folder("mine"))
    mine, shipped = find_models(home)
    assert (mine.name, shipped.name) == ("mine", "shipped")
    assert mine.network == shipped.network == "conv"
    assert mine.learned_from
    assert shipped.verdict == "not judged"


def test_laps_that_were_never_driven_are_not_judged(tmp_path: Path) -> None:
    assert judge_laps(tmp_path) == "not judged"


def test_many_recordings_that_a_model_learned_from_are_told_in_a_few_words(tmp_path: Path) -> None:
    *_, shipped = find_models(Home(home=tmp_path))
    assert shipped.learned_from == "60 recordings, circuit-140-60 to circuit-199-60"


def test_a_run_that_needed_help_has_not_passed_as_its_own_verdict_says(tmp_path: Path) -> None:
    good = judged([0.0] * 800)
    stood_still = replace(good, interventions=1)
    runs = [result.as_json() for result in (good, stood_still)]
    write_laps(tmp_path, HEAD, runs, sum_up(good, stood_still))
    assert judge_laps(tmp_path) == "FAILED: 1 of 2 runs"


def test_an_export_is_no_recording(tmp_path: Path) -> None:
    write_recording(tmp_path / "data" / "mine", 3)
    (tmp_path / "data" / "mine-udacity").mkdir()
    shutil.copy(tmp_path / "data" / "mine" / "session.json", tmp_path / "data" / "mine-udacity")
    assert [one.name for one in find_recordings(Home(home=tmp_path))] == ["mine"]
