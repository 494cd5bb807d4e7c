from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from alvinn.errors import AlvinnError, ModelError
from alvinn.online import run
from alvinn.online.process import Learned
from alvinn.online.run import keep_at_end, report
from alvinn.online.story import Attempt, Story
from alvinn.util.files import SCRATCH

FOLDER = Path("models/mine")


def story(**fields: object) -> Story:
    told = Story("conv", "human", "oval", "forward", "ClearNoon", 0)
    for name, value in fields.items():
        setattr(told, name, value)
    return told


def test_a_lap_is_told_with_the_seconds_of_watching(capsys: pytest.CaptureFixture[str]) -> None:
    report(FOLDER, story(outcome="drove a lap", passes=200, watched_s=40.0, first_unaided_lap_after_s=40.0))
    said = " ".join(capsys.readouterr().out.split())
    assert "after 40 s of watching the network drove a lap of oval without a departure" in said


@pytest.mark.parametrize(
    ("passes", "words"), [(0, "nothing was learned, and no model written"), (12, "what it learned is in models/mine")]
)
def test_a_driver_who_leaves_early_is_told_what_was_kept(
    passes: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    report(FOLDER, story(passes=passes, watched_s=5.0))
    said = " ".join(capsys.readouterr().out.split())
    assert "the driver left after 5 s of watching" in said
    assert words in said


def test_one_that_did_not_converge_is_a_failure_unless_another_drove(capsys: pytest.CaptureFixture[str]) -> None:
    told = story(outcome="did not converge", passes=9, watched_s=300.0, attempts=[Attempt(60.0, 0.01, driven_m=92.4)])
    with pytest.raises(AlvinnError, match=r"does not drive a lap \(best 92 m\); what it learned is in .*--fallback"):
        report(FOLDER, told)
    told.fallback = "shipped"
    report(FOLDER, told)
    assert "shipped drove in its place" in " ".join(capsys.readouterr().out.split())


def test_a_failure_says_what_failed_and_what_was_kept() -> None:
    with pytest.raises(AlvinnError, match=r"the loss of pass 9 is not a number.*what it learned is in"):
        report(FOLDER, story(outcome="failed", passes=8, failure="the loss of pass 9 is not a number"))


def test_an_earlier_model_stays_where_a_new_one_cannot_be_written(tmp_path: Path, model: Path) -> None:
    """The learner is a mock: a disk is full just when it writes."""
    folder = Path(shutil.copytree(model, tmp_path / "mine"))
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    class Learner:
        def poll(self, *, patient: bool) -> Learned:
            return Learned((), 12, 0.1, "")

        def save(self, where: Path) -> None:
            (where / "network.keras").touch()
            raise ModelError("No space left on device")

    setup = SimpleNamespace(folder=folder, learner=Learner(), story=story())
    with pytest.raises(ModelError, match="No space left"):
        run.keep(cast("Any", setup), cast("Any", object()))
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == files
    assert not list(folder.glob(f"{SCRATCH}*"))


@pytest.mark.parametrize("wanted", [True, False])
def test_what_was_learned_before_an_interruption_is_kept_if_it_is_wanted(
    wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[object] = []
    monkeypatch.setattr(run, "keep", lambda setup, _: kept.append(setup))
    anything = cast("Any", object())
    with pytest.raises(KeyboardInterrupt), keep_at_end(anything, anything, interrupted=wanted):
        raise KeyboardInterrupt
    assert len(kept) == wanted
