from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from alvinn import __version__
from alvinn.errors import MixedError, ResultsError, TakenError
from alvinn.evaluation.earlier import MADE, load_earlier
from alvinn.evaluation.laps import _describe_sweep
from alvinn.jobs.laps import Laps
from alvinn.metrics.referee import Result, Run, unfinished_result
from alvinn.metrics.results import save_run, write_laps
from alvinn.util.replaced import ASIDE, Replaced
from tests.alvinn.judged import RUN, judged, sum_up

HEAD: dict[str, Any] = {"model": "mine", "settings": {"speed": 8.0, "version": "1", "maps": {}}}
OTHER = Run(map="country", direction="forward", weather="ClearNoon", seed=0, start=0)


def leave(folder: Path, *results: Result) -> None:
    """Results in a folder, as a sweep leaves them."""
    for result in results:
        save_run(folder, result)
    write_laps(folder, HEAD, [result.as_json() for result in results], sum_up(*results))


def test_an_empty_folder_has_nothing_to_lose(tmp_path: Path) -> None:
    assert load_earlier(tmp_path, [RUN], HEAD, resume=False) == {}


def test_finished_runs_are_kept_replaced_or_refused_as_was_said(tmp_path: Path) -> None:
    done = judged([0.1] * 5)
    leave(tmp_path, done)
    with pytest.raises(ResultsError, match=r"finished runs \(1\): add --resume .* --overwrite .* another --out"):
        load_earlier(tmp_path, [RUN], HEAD, resume=False)
    assert load_earlier(tmp_path, [RUN, OTHER], HEAD, resume=True) == {RUN: done}
    assert load_earlier(tmp_path, [RUN], HEAD, resume=False, replaced=Replaced(tmp_path, MADE)) == {}
    assert [path.name for path in tmp_path.iterdir()] == [ASIDE], "what was derived goes with it"


def test_damaged_results_are_replaced_as_their_error_says(tmp_path: Path) -> None:
    leave(tmp_path, judged([0.1] * 5))
    (tmp_path / "laps.json").write_text("{", encoding="utf-8")
    with pytest.raises(
        ResultsError, match=r"is damaged: .*; restore it from a copy, or drive the laps again with --over"
    ):
        load_earlier(tmp_path, [RUN], HEAD, resume=True)
    assert load_earlier(tmp_path, [RUN], HEAD, resume=False, replaced=Replaced(tmp_path, MADE)) == {}


def test_runs_that_failed_or_were_interrupted_are_nothing_to_lose(tmp_path: Path) -> None:
    leave(tmp_path, unfinished_result(RUN, "failed", "no server"), unfinished_result(OTHER, "interrupted"))
    assert load_earlier(tmp_path, [RUN], HEAD, resume=False) == {}


def test_finished_runs_that_are_not_asked_for_any_more_are_not_dropped(tmp_path: Path) -> None:
    leave(tmp_path, judged([0.1] * 5), judged([0.1] * 5, OTHER))
    with pytest.raises(ResultsError, match=r"holds what is not asked for now, 1 run \(oval forward in ClearNoon\)"):
        load_earlier(tmp_path, [OTHER], HEAD, resume=True)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"speed": 6.0}, r"speed 8.0 \(now 6.0\)"),
        ({"version": "2"}, r"version 1 \(now 2\)"),
        ({"maps": {"a.xodr": "0"}}, r"maps a.xodr none \(now 0\)"),
    ],
)
def test_other_settings_another_version_and_other_maps_are_refused_and_named(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    leave(tmp_path, judged([0.1] * 5))
    now = HEAD | {"settings": HEAD["settings"] | changed}
    with pytest.raises(MixedError, match=f"was begun with {said}: choose another --out"):
        load_earlier(tmp_path, [RUN], now, resume=True)


def test_a_sweep_says_its_version_and_what_its_map_files_hold(tmp_path: Path) -> None:
    path = tmp_path / "mine.xodr"
    path.write_text("one", encoding="utf-8")
    job = Laps(driver="expert", maps=f"oval,{path}")
    before = _describe_sweep(job, None)["settings"]
    assert before["version"] == __version__
    assert list(before["maps"]) == [str(path)]
    path.write_text("another", encoding="utf-8")
    assert _describe_sweep(job, None)["settings"]["maps"] != before["maps"]
    shutil.rmtree(tmp_path)


def known(model: str, **settings: Any) -> dict[str, Any]:
    return {"model": model, "settings": HEAD["settings"] | {"network_sha256": "a", "carla": "here:2000"} | settings}


def test_a_network_is_known_by_its_contents_wherever_it_lies(tmp_path: Path) -> None:
    done = judged([0.1] * 5)
    save_run(tmp_path, done)
    write_laps(tmp_path, known("/old/home/models/mine"), [done.as_json()], sum_up(done))
    assert load_earlier(tmp_path, [RUN], known("mine"), resume=True) == {RUN: done}
    with pytest.raises(MixedError, match=r"network_sha256 a \(now b\)"):
        load_earlier(tmp_path, [RUN], known("mine", network_sha256="b"), resume=True)


def test_laps_of_longer_work_go_on_at_another_server_and_what_differs_is_mended_there(tmp_path: Path) -> None:
    """`correct --overwrite` would remove every round, and it has no --out."""
    done = judged([0.1] * 5)
    save_run(tmp_path, done)
    write_laps(tmp_path, known("mine"), [done.as_json()], sum_up(done))
    moved = known("mine", carla="here:3000")
    assert load_earlier(tmp_path, [RUN], moved, resume=True, is_part=True) == {RUN: done}
    with pytest.raises(MixedError, match="carla"):
        load_earlier(tmp_path, [RUN], moved, resume=True)
    with pytest.raises(MixedError, match=f"remove {tmp_path}, and it is driven anew"):
        load_earlier(tmp_path, [RUN], known("mine", version="2"), resume=True, is_part=True)


@pytest.mark.parametrize("overwrite", [True, False])
def test_what_no_sweep_made_is_not_replaced(tmp_path: Path, *, overwrite: bool) -> None:
    replaced = Replaced(tmp_path, MADE) if overwrite else None
    (tmp_path / "runs").mkdir()
    with pytest.raises(TakenError, match=r"holds runs but no laps\.json, so it is not ours to replace"):
        load_earlier(tmp_path, [RUN], HEAD, resume=False, replaced=replaced)
    assert (tmp_path / "runs").is_dir()
