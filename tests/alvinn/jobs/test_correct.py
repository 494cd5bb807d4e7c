from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alvinn.errors import ModelError
from alvinn.jobs.apprentice import Apprentice
from alvinn.jobs.correct import Correct, _settings, correct
from alvinn.jobs.stages import Rounds, learn
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

    def interrupted(job: Rounds, number: int) -> None:
        if number:
            raise KeyboardInterrupt
        learn(job, number)

    monkeypatch.setattr("alvinn.jobs.correct.learn", interrupted)
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

    monkeypatch.undo()
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
    settings = _settings(Correct(name="mine", data=("base",), seed=1))
    content = {"schema": 1, "settings": settings, "rounds": [], "ended": ""}
    (tmp_path / "models" / "mine" / "rounds.json").write_text(json.dumps(content), encoding="utf-8")
    said = shell.refused("correct", "mine", "--data", "base", "--seed", "2", "--home", str(tmp_path))
    assert "was begun with seed 1 (now 2): choose another name" in said


@pytest.mark.parametrize("arguments", [(), ("m",)])
def test_without_name_or_data_it_says_what_it_wants(shell: Shell, arguments: tuple[str, ...]) -> None:
    assert "correct wants a name and recordings" in shell.refused("correct", *arguments)


def test_members_of_an_ensemble_lie_beside_the_rounds_model_which_is_the_first_of_them() -> None:
    job = Correct(name="mine", members=2)
    assert [job.member(1, which) for which in (0, 1)] == [job.model(1), job.model(1) / "member-1"]


@pytest.mark.long
def test_live_the_next_round_is_driven_while_the_last_one_is_learned_and_an_ensemble_says_where_it_doubts(
    shell: Shell, server: Address, tmp_path: Path
) -> None:
    carla = ("--carla", f"{server[0]}:{server[1]}", "--home", str(tmp_path))
    small = ("--camera.width", "64", "--camera.height", "32")
    assert shell.run("record", "base", "--map", "oval", "--seconds", "6", *carla, *small).status == 0
    few = ("--rounds", "2", "--round-seconds", "4", "--epochs", "1", "--more-epochs", "1", "--judge", "")
    words = ("correct", "mine", "--data", "base", "--maps", "oval", "--live", "--gate", "doubt", "--members", "2")
    assert shell.run(*words, *few, *carla).status == 0
    told = json.loads((tmp_path / "models" / "mine" / "rounds.json").read_text(encoding="utf-8"))
    assert [entry["round"] for entry in told["rounds"]] == [0, 1, 2]
    assert all(entry["setting"] > 0.0 for entry in told["rounds"][1:]), "the threshold"
    for number in (1, 2):
        model = tmp_path / "models" / "mine" / f"round-00{number}"
        names = [recording["name"] for recording in read_card(model / "member-1").recordings]
        assert names[0] == "base"
        assert Network(model).card.camera == Network(model / "member-1").card.camera
        rows = Recording(tmp_path / "data" / "mine" / f"round-00{number}").rows
        assert all(row.why.startswith(f"round {number}, doubt: ") for row in rows)
    assert not list((tmp_path / "models" / "mine").glob("*.error"))


@pytest.mark.long
def test_what_goes_wrong_in_learning_is_said_though_it_happens_in_a_process_of_its_own(tmp_path: Path) -> None:
    job = Correct(home=tmp_path, name="mine", data=("ghost",))
    with Apprentice(job, 0) as apprentice, pytest.raises(ModelError, match=r"round 0 was not learned: .*ghost"):
        apprentice.wait()
