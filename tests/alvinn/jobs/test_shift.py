from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from alvinn.errors import BusyError, MixedError, TakenError
from alvinn.jobs.correct import Correct
from alvinn.jobs.shift import TAUGHT, Shift
from alvinn.metrics.referee import Result
from alvinn.recording import Recording
from tests.alvinn.fakes import write_recording
from tests.alvinn.jobs.cli import Shell
from tests.alvinn.judged import judged

CALM, LOST = [0.0] * 40, [0.0] * 20 + [1.0] + [0.0] * 20


def test_every_way_of_teaching_begins_with_the_seeds_own_clone_and_has_its_line_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is driven or trained here: what those leave is written by hand."""
    began: list[tuple[str, str]] = []

    def corrected(job: Correct) -> None:
        if not job.model(0).exists():
            job.model(0).mkdir(parents=True)
            (job.model(0) / "card.json").write_text(f"the clone of {job.name}", encoding="utf-8")
        began.append((job.name, (job.model(0) / "card.json").read_text(encoding="utf-8")))
        write_recording(job.recording(1), 4, append=True)

    def lapped(job: Shift, model: Path, seed: int) -> list[Result]:
        return [judged(CALM if model.parent.name.startswith("drift") and model.name == "round-001" else LOST)]

    monkeypatch.setattr("alvinn.jobs.shift.correct", corrected)
    monkeypatch.setattr(Shift, "_judge", lapped)
    for seed in (0, 1):
        write_recording(tmp_path / "data" / f"plain-{seed}", 6)
    proof = tmp_path / "corrections.json"
    entry = {"seed": 0, "clone_departures": 4, "clone_km": 2.5, "corrections": [9, 5, 1], "faultless": 40, "laps": 40}
    entry |= {"km": 47.1, "departures": 0, "largest_offset_m": 0.21, "failed": []}
    proof.write_text(json.dumps({"circuits": ["random:301"], "seeds": [entry]}), encoding="utf-8")

    Shift(out=tmp_path, seeds=2, rounds=1, proof=proof).run()
    assert dict(began) == {f"{gate}-{seed}": f"the clone of plain-{seed}" for gate in TAUGHT for seed in (0, 1)}
    written = json.loads((tmp_path / "shift.json").read_text(encoding="utf-8"))
    told = written["departures_per_km"]
    spread = float(np.std(judged(LOST).trace.offset))
    assert written["offset_sd_m"]["DAgger, drift"] == [pytest.approx([spread] * 2), [0.0] * 2], "by round and seed"
    assert set(written["labels"]) == set(TAUGHT.values())
    assert set(told) == set(TAUGHT.values())
    km = judged(LOST).trace.progress[-1] / 1000.0
    assert [one["middle"] for one in told["more plain driving"]] == pytest.approx([1.0 / km] * 2)
    assert [one["middle"] for one in told["DAgger, drift"]] == pytest.approx([1.0 / km, 0.0])
    assert [one["departures"] for one in told["DAgger, drift"]] == [[1, 1], [0, 0]], "by seed"
    page = (tmp_path / "shift.html").read_text(encoding="utf-8")
    assert "departed 4 times in 2.5 km" in page
    assert all(name in page for name in TAUGHT.values())


def begin_study(out: Path) -> None:
    """What a study leaves that was begun and measured nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Shift, "_measure", lambda _: None)
        Shift(out=out).run()


def test_a_page_has_as_many_seeds_of_every_method_and_none_fewer_than_it_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is driven or trained here. Written after each step: by method, how many seeds the figures are of."""
    written: list[list[int]] = []
    monkeypatch.setattr(Shift, "_teach", lambda *_: [[judged(LOST)]])
    monkeypatch.setattr(Shift, "_is_finished", lambda self, gate, seed: seed == 0)
    monkeypatch.setattr(Shift, "_write_page", lambda self, found, _: written.append([len(s) for s in found.values()]))
    Shift(out=tmp_path, seeds=2).run()
    assert written[0] == [1] * len(TAUGHT), "seed 0 was finished already"
    assert written[-2:] == [[2] * len(TAUGHT)] * 2
    assert {len(set(seeds)) for seeds in written} == {1}
    written.clear()
    Shift(out=tmp_path, seed=5, seeds=1).run()
    assert [len(methods) for methods in written] == [*range(1, len(TAUGHT) + 1), len(TAUGHT)]


def test_processes_share_the_seeds_of_a_folder_but_no_seed_and_none_is_removed_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taught(job: Shift, gate: str, seed: int) -> list[list[Result]]:
        if seed == 0 and gate == "plain":
            monkeypatch.setattr(Shift, "_teach", lambda *_: [[judged(LOST)]])
            Shift(out=tmp_path, seed=1, seeds=1).run()
            with pytest.raises(BusyError, match="is being measured"):
                Shift(out=tmp_path, seeds=1).run()
            with pytest.raises(BusyError, match="is being measured"):
                Shift(out=tmp_path, seed=1, seeds=1, overwrite=True).run()
        return [[judged(LOST)]]

    monkeypatch.setattr(Shift, "_teach", taught)
    monkeypatch.setattr(Shift, "_write_page", lambda *_: None)
    Shift(out=tmp_path, seeds=1).run()
    assert sorted(path.name for path in (tmp_path / "seeds").iterdir()) == ["0", "1"]


def test_a_proof_that_is_none_is_found_before_anything_is_driven(shell: Shell, tmp_path: Path) -> None:
    out = ("--out", str(tmp_path / "out"))
    assert "there is no missing.json" in shell.refused("shift", *out, "--proof", "missing.json")
    other = tmp_path / "other.json"
    for text in ("{}", "[1]", "not JSON"):
        other.write_text(text, encoding="utf-8")
        assert "no file that `alvinn accept` writes" in shell.refused("shift", *out, "--proof", str(other))
    assert not (tmp_path / "out").exists()


def test_the_page_alone_is_made_of_the_seeds_that_are_finished(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("shift", "--out", str(tmp_path), "--rounds", "1", "--page-only")
    assert "no study was begun" in shell.refused(*words)
    assert not list(tmp_path.iterdir())
    begin_study(tmp_path)
    assert "no seed is finished" in shell.refused(*words)
    assert "was begun with seconds 120.0 (now 60.0)" in shell.refused(*words, "--seconds", "60")
    monkeypatch.setattr(Shift, "_is_finished", lambda self, gate, seed: seed in {0, 2})
    monkeypatch.setattr(Shift, "_judge", lambda *_: [judged(LOST)])
    write_recording(tmp_path / "data" / "plain-0", 6)
    driven = Recording(tmp_path / "data" / "plain-0")
    monkeypatch.setattr("alvinn.jobs.shift.recordings_until", lambda *_: [driven])
    monkeypatch.setattr("alvinn.jobs.shift.drive_laps", lambda *_: pytest.fail("driven again"))
    assert shell.run(*words).status == 0
    page = (tmp_path / "shift.html").read_text(encoding="utf-8")
    assert "1 seed." in page, "seed 2 is finished, but seed 1 before it is not"
    assert '<p class="verdict">' in page
    told = json.loads((tmp_path / "shift.json").read_text(encoding="utf-8"))
    assert told["settings"]["seeds"] == 1, "of which the figures are, not those that were asked for"


def test_circuits_that_are_judged_on_are_never_taught_on(shell: Shell) -> None:
    assert shell.run("shift", "--maps", "oval,random:7", "--judge", "random:7").status == 2


@pytest.mark.parametrize("flag", ["--maps", "--judge"])
def test_a_study_without_circuits_to_teach_or_to_judge_on_is_wrong_usage(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, flag: str
) -> None:
    """It would take place on the road where the clones learned."""
    monkeypatch.setattr(Shift, "run", lambda _: pytest.fail("it was begun"))
    for nothing in ("", " ,"):
        assert f"{flag} names nothing: name at least one" in shell.misused("shift", flag, nothing)


def test_what_was_begun_with_other_settings_is_not_mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shift, "_measure", lambda _: None)
    Shift(out=tmp_path).run()
    Shift(out=tmp_path, seeds=9, rounds=4).run()
    with pytest.raises(MixedError, match=r"was begun with seconds 120.0 \(now 60\): choose another --out"):
        Shift(out=tmp_path, seconds=60).run()
    for model in ("clone-0", "mine"):
        (tmp_path / "models" / model).mkdir(parents=True)
    Shift(out=tmp_path, seconds=60, overwrite=True).run()
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["mine"]


@pytest.mark.parametrize("overwrite", [True, False])
def test_what_no_study_made_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, overwrite: bool
) -> None:
    monkeypatch.setattr(Shift, "_measure", lambda _: None)
    mine = tmp_path / "models" / "drift-0"
    mine.mkdir(parents=True)
    Shift(out=tmp_path, overwrite=overwrite).run()
    assert mine.is_dir()
    (tmp_path / "begun.json").unlink()
    (tmp_path / "shift.html").write_text("mine", encoding="utf-8")
    with pytest.raises(TakenError, match=r"holds shift\.html but no begun\.json"):
        Shift(out=tmp_path, overwrite=overwrite).run()
    assert (tmp_path / "shift.html").read_text(encoding="utf-8") == "mine"


@pytest.mark.long
def test_the_page_is_made_by_one_command_and_made_again_without_driving(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = ("--seeds", "1", "--rounds", "1", "--round-seconds", "4", "--seconds", "20", "--epochs", "1")
    words = ("shift", "--out", str(tmp_path), *small, "--maps", "oval", "--judge", "random:211", "--km", "0.02")
    assert shell.run(*words).status == 0
    first = (tmp_path / "shift.json").read_bytes()

    def forbidden(*_: object) -> None:
        raise AssertionError("driven again")

    monkeypatch.setattr("alvinn.dagger.rounds.drive_rollout", forbidden)
    monkeypatch.setattr("alvinn.evaluation.runs.drive_run", forbidden)
    assert shell.run(*words).status == 0
    assert (tmp_path / "shift.json").read_bytes() == first
