from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alvinn.jobs import correct as rounds_of
from alvinn.jobs.correct import Correct, correct
from alvinn.model import Network, read_card
from alvinn.recording import Recording
from tests.alvinn.fakes import write_recording
from tests.alvinn.jobs.cli import Shell
from tests.conftest import Address


def where(recording: Recording) -> list[tuple[float, ...]]:
    """What a round did, without the server's clock."""
    return [(row.curvature, row.steer, row.offset, row.heading_error, row.correction) for row in recording.rows]


def test_the_rounds_lead_from_a_clone_to_a_network_that_learned_from_corrections(
    shell: Shell, server: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One test, as each job costs seconds: a round, interrupted between its driving and its training, then resumed."""
    carla = ("--carla", f"{server[0]}:{server[1]}", "--home", str(tmp_path))
    small = ("--camera.width", "64", "--camera.height", "32")
    assert shell.run("record", "base", "--map", "oval", "--seconds", "6", *carla, *small).status == 0
    job = Correct(
        home=tmp_path,
        carla=f"{server[0]}:{server[1]}",
        name="mine",
        data=("base",),
        rounds=1,
        round_seconds=5.0,
        maps="oval",
        judge="",
        views="off",
        epochs=1,
        more_epochs=1,
    )
    learn = rounds_of._learn

    def interrupted(job: Correct, number: int) -> None:
        if number:
            raise KeyboardInterrupt
        learn(job, number)

    monkeypatch.setattr(rounds_of, "_learn", interrupted)
    with pytest.raises(KeyboardInterrupt):
        correct(job)
    corrections = Recording(tmp_path / "data" / "mine" / "round-001")
    assert corrections.rows, "a network that saw six seconds of road once drifts"
    assert {row.who for row in corrections.rows} == {"expert"}
    assert all(row.correction and row.why.startswith("round 1, drift: ") for row in corrections.rows)
    driven: dict[str, Any] = json.loads((corrections.folder / "round.json").read_text(encoding="utf-8"))
    assert driven["seconds"] == pytest.approx(5.0, abs=0.2)
    assert driven["frames"] == len(corrections.rows)
    assert {leg["direction"] for leg in driven["legs"]} == {"forward", "reverse"}

    monkeypatch.setattr(rounds_of, "_learn", learn)
    ledger = correct(job)
    assert where(Recording(corrections.folder)) == where(corrections), "what was driven is not driven again"
    clone, taught = (tmp_path / "models" / "mine" / f"round-00{number}" for number in (0, 1))
    assert [recording["name"] for recording in read_card(clone).recordings] == ["base"]
    assert [recording["name"] for recording in read_card(taught).recordings] == ["base", "round-001"]
    assert read_card(taught).settings["warm_start"] == "round-000"
    assert Network(taught).card.camera == Recording(corrections.folder).session.camera
    told = json.loads((tmp_path / "models" / "mine" / "rounds.json").read_text(encoding="utf-8"))
    assert [entry["round"] for entry in told["rounds"]] == [0, 1]
    assert told["rounds"][1]["tests"] == len(driven["take_overs"])
    assert told["ended"] == ledger.ended == "all 1 rounds are driven"
    assert correct(job) == ledger, "there is nothing left to do"


def test_circuits_that_are_judged_on_are_never_corrected_on(shell: Shell) -> None:
    with pytest.raises(ValueError, match="random:7: laps are judged on circuits that no correction was made on"):
        Correct(name="mine", maps="random:1, random:7", judge="random:7")
    assert shell.run("correct", "mine", "--maps", "random:1,random:7", "--judge", "random:7").status == 2


def test_rounds_that_were_begun_in_another_way_are_not_gone_on_with(shell: Shell, tmp_path: Path) -> None:
    write_recording(tmp_path / "data" / "base", 3)
    (tmp_path / "models" / "mine").mkdir(parents=True)
    settings = rounds_of._settings(Correct(name="mine", data=("base",), seed=1))
    content = {"schema": 1, "settings": settings, "rounds": [], "ended": ""}
    (tmp_path / "models" / "mine" / "rounds.json").write_text(json.dumps(content), encoding="utf-8")
    said = shell.refused("correct", "mine", "--data", "base", "--seed", "2", "--home", str(tmp_path))
    assert "was begun with seed 1 (now 2): choose another name" in said


@pytest.mark.parametrize("arguments", [(), ("m",)])
def test_without_name_or_data_it_says_what_it_wants(shell: Shell, arguments: tuple[str, ...]) -> None:
    assert "correct wants a name and recordings" in shell.refused("correct", *arguments)
