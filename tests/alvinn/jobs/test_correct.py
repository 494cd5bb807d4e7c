from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from alvinn.cli import main
from alvinn.dagger.ledger import Ledger, RoundRecord, plan_rollouts, write_ledger, write_round
from alvinn.dagger.rounds import train_round
from alvinn.dagger.settings import RoundSettings
from alvinn.errors import AlvinnError, BusyError, MixedError, ResultsError, TakenError
from alvinn.evaluation.settings import LapSettings
from alvinn.jobs.correct import Correct, _settings, correct
from alvinn.metrics.results import read_laps
from alvinn.networks.inference import Network, read_card
from alvinn.recording import Recording
from alvinn.util.locks import locked
from tests.alvinn.cockpit.desktop import desktop
from tests.alvinn.cockpit.person import Person
from tests.alvinn.fakes import SMALL, write_recording
from tests.alvinn.jobs.cli import Shell
from tests.conftest import Address


def where(recording: Recording) -> list[tuple[float, ...]]:
    """What a round did, without the server's clock."""
    return [(row.curvature, row.steer, row.offset, row.heading_error, row.correction) for row in recording.rows]


def relabel(recording: Path, curvature: float) -> None:
    """Give every frame of a recording the same curvature [1/m]."""
    log = recording / "drive.csv"
    with log.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with log.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | {"curvature": curvature} for row in rows)


@pytest.fixture(scope="module")
def clone(server: Address, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the recording `base` and a clone of it in models/mine/round-000; to be copied, not written to."""
    home = tmp_path_factory.mktemp("clone")
    small = ("--camera.width", "64", "--camera.height", "32")
    where = ("--carla", f"{server[0]}:{server[1]}", "--home", str(home))
    assert main(["record", "base", "--map", "oval", "--seconds", "6", *where, *small]) == 0
    train_round(Correct(home=home, name="mine", data=("base",), views="off", epochs=1), 0)
    return home


@pytest.fixture
def home(clone: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(clone, tmp_path / "home"))


def test_the_rounds_lead_from_a_clone_to_a_network_that_learned_from_corrections(
    server: Address, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One test, as each job costs seconds: a round, interrupted between its driving and its training, then resumed."""
    job = Correct(
        home=home,
        carla=f"{server[0]}:{server[1]}",
        name="mine",
        data=("base",),
        rounds=1,
        round_seconds=5.0,
        maps="oval",
        start=1,
        judge="",
        views="off",
        epochs=1,
        more_epochs=1,
    )

    def interrupted(job: RoundSettings, number: int) -> None:
        if number:
            raise KeyboardInterrupt
        train_round(job, number)

    monkeypatch.setattr("alvinn.jobs.correct.train_round", interrupted)
    with pytest.raises(KeyboardInterrupt):
        correct(job)
    attempts = Recording(home / "data" / "mine" / "round-001")
    corrections = [row for row in attempts.rows if row.correction]
    assert corrections, "a network that saw six seconds of road once drifts"
    assert {row.who for row in corrections} == {"expert"}
    assert all(row.why.startswith("round 1, drift: ") for row in corrections)
    own = [row for row in attempts.rows if not row.correction]
    assert {(row.who, row.why) for row in own} == {("network", "")}
    assert {row.outcome for row in own} <= {"faultless", "corrected", "departed"}
    driven: dict[str, Any] = json.loads((attempts.folder / "round.json").read_text(encoding="utf-8"))
    assert driven["seconds"] == pytest.approx(5.0, abs=0.2)
    assert len(attempts.rows) * 0.05 == pytest.approx(driven["seconds"])
    assert driven["frames"] == len(corrections)
    assert {rollout["direction"] for rollout in driven["legs"]} == {"forward", "reverse"}
    assert {row.lane for row in attempts.rows} == {"oval@1/forward", "oval@1/reverse"}
    assert {one["start"] for one in (*driven["legs"], *driven["take_overs"])} == {1}

    monkeypatch.undo()
    ledger = correct(job)
    assert where(Recording(attempts.folder)) == where(attempts), "what was driven is not driven again"
    clone, taught = (home / "models" / "mine" / f"round-00{number}" for number in (0, 1))
    assert [recording["name"] for recording in read_card(clone).recordings] == ["base"]
    assert [recording["name"] for recording in read_card(taught).recordings] == ["base", "round-001"]
    assert read_card(taught).settings["warm_start"] == "round-000"
    assert read_card(taught).recordings[1]["rows"] == len(corrections), "the network's own frames are no labels"
    assert Network(taught).card.camera == attempts.session.camera
    told = json.loads((home / "models" / "mine" / "rounds.json").read_text(encoding="utf-8"))
    assert [entry["round"] for entry in told["rounds"]] == [0, 1]
    assert told["rounds"][1]["tests"] == len(driven["take_overs"])
    assert told["ended"] == ledger.ended == "all 1 rounds are driven"
    assert correct(job) == ledger, "there is nothing left to do"


def test_circuits_that_are_judged_on_are_never_corrected_on(shell: Shell) -> None:
    assert shell.run("correct", "mine", "--maps", "random:1,random:7", "--judge", "random:7").status == 2


def test_a_starting_point_that_a_map_does_not_have_is_told_before_a_network_is_trained(
    shell: Shell, tmp_path: Path
) -> None:
    write_recording(tmp_path / "data" / "base", 3)
    rounds = ("correct", "mine", "--data", "base", "--home", str(tmp_path), "--maps", "oval", "--judge", "")
    assert "the map oval has starting points 0 to" in shell.refused(*rounds, "--starts", "999")
    assert not (tmp_path / "models").exists()
    assert "--start must be 0 or more" in shell.misused(*rounds, "--start", "-1")


def test_rounds_that_were_begun_in_another_way_are_not_gone_on_with(shell: Shell, tmp_path: Path) -> None:
    write_recording(tmp_path / "data" / "base", 3)
    (tmp_path / "models" / "mine").mkdir(parents=True)
    settings = _settings(Correct(name="mine", data=("base",), seed=1))
    content = {"schema": 1, "settings": settings, "rounds": [], "ended": ""}
    (tmp_path / "models" / "mine" / "rounds.json").write_text(json.dumps(content), encoding="utf-8")
    said = shell.refused("correct", "mine", "--data", "base", "--seed", "2", "--home", str(tmp_path))
    assert "was begun with seed 1 (now 2): choose another name, or add --overwrite" in said


def test_rounds_that_were_killed_before_the_first_was_judged_are_not_gone_on_with_in_another_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(job: RoundSettings, number: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("alvinn.jobs.correct.train_round", killed)
    write_recording(tmp_path / "data" / "base", 3)
    job = Correct(home=tmp_path, name="mine", data=("base",))
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            correct(job)
    with pytest.raises(MixedError, match=r"seed 0 \(now 2\), views on \(now off\), epochs 30 \(now 3\)"):
        correct(replace(job, seed=2, epochs=3, views="off"))
    write_recording(tmp_path / "data" / "base", 1, append=True)
    with pytest.raises(MixedError, match=r"recordings base [0-9a-f]{8} \(now [0-9a-f]{8}\)"):
        correct(job)
    for folder in (tmp_path / "data" / "mine" / "round-001", tmp_path / "models" / "mine" / "round-000"):
        folder.mkdir(parents=True)
    (tmp_path / "models" / "mine" / "rounds.json").write_text("{", encoding="utf-8")
    with pytest.raises(ResultsError, match=r"is damaged: .*begin anew with correct --overwrite"):
        correct(job)
    with pytest.raises(KeyboardInterrupt):
        correct(replace(job, overwrite=True))
    assert not list(tmp_path.glob("*/mine/round-*"))
    with locked(tmp_path / "models" / "mine", "corrected"), pytest.raises(BusyError, match="is being corrected"):
        correct(job)


def test_rounds_of_which_nobody_knows_how_they_were_made_are_not_taken_for_those_asked_for(tmp_path: Path) -> None:
    """As where somebody removed models/mine and left data/mine."""
    write_recording(tmp_path / "data" / "base", 3)
    write_recording(tmp_path / "data" / "mine" / "round-001", 3)
    with pytest.raises(
        TakenError, match=r"round-001 is there, but no .*rounds\.json .*: choose another name, or add --ov"
    ):
        correct(Correct(home=tmp_path, name="mine", data=("base",)))
    assert not (tmp_path / "models" / "mine" / "rounds.json").exists()


def test_recordings_that_cannot_be_learned_from_are_told_before_rounds_are_removed(tmp_path: Path) -> None:
    write_recording(tmp_path / "data" / "base", 3)
    write_recording(tmp_path / "data" / "other", 3, camera=replace(SMALL, fov=60.0))
    write_recording(tmp_path / "data" / "mine" / "round-001", 3)
    for overwrite in (True, False):
        with pytest.raises(AlvinnError, match="a network has one camera"):
            correct(Correct(home=tmp_path, name="mine", data=("base", "other"), overwrite=overwrite))
    assert (tmp_path / "data" / "mine" / "round-001" / "drive.csv").exists()
    assert not (tmp_path / "models" / "mine" / "rounds.json").exists()


@pytest.mark.parametrize("arguments", [(), ("m",)])
def test_without_name_or_data_it_says_what_it_wants(shell: Shell, arguments: tuple[str, ...]) -> None:
    assert "correct requires a name and recordings" in shell.misused("correct", *arguments)


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    """Hands at the keyboard of a real screen, and a config folder of their own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with desktop() as screen:
        yield Person(screen)


def test_a_person_corrects_by_real_keys_and_what_they_drove_becomes_the_next_rounds_lesson(
    shell: Shell, server: Address, home: Path, person: Person
) -> None:
    def script() -> None:
        person.reads("round 1, oval forward: ready?")
        person.screen.press("Return")
        person.sees(lambda panel: panel.who == "network", "the network at the wheel")
        person.drives(0.5)
        person.screen.press("space")
        person.sees(lambda panel: panel.who == "you", "the wheel in their hands")
        person.holds("Left", lambda panel: (panel.steer or 0.0) < -0.05, "the wheel turned left")
        person.drives(0.5)
        person.screen.press("space")
        person.sees(lambda panel: panel.who == "network", "the network at the wheel again")
        person.reads("round 1, oval reverse: ready?")
        person.screen.press("Return")
        person.sees(lambda panel: "reverse" in panel.title and panel.who == "network", "the second rollout")
        person.screen.press("space")
        person.sees(lambda panel: panel.who == "you", "the wheel in their hands")
        person.drives(0.6)
        person.screen.press("BackSpace")
        person.sees(lambda panel: "is excluded" in " ".join(panel.notes), "the excluded fumble")
        person.sees(lambda panel: (panel.time or 0.0) > 5.5, "the end of the rollout")

    words = ("correct", "mine", "--data", "base", "--expert", "human", "--alias", "Eva", "--device", "keyboard")
    where = ("--carla", f"{server[0]}:{server[1]}", "--home", str(home), "--maps", "oval", "--judge", "")
    few = ("--gate", "human", "--rounds", "1", "--round-seconds", "12", "--epochs", "1", "--more-epochs", "1")
    with person.acting(script):
        said = shell.run(*words, *few, *where, "--views", "off")
    assert said.status == 0, said.err
    recording = Recording(home / "data" / "mine" / "round-001")
    rows = [row for row in recording.rows if row.correction]
    assert recording.session.driver == "Eva"
    assert {row.who for row in recording.rows} == {"human", "network"}
    assert {(row.who, row.why) for row in rows} == {("human", "round 1, human: took the wheel")}
    assert all(row.disturbance == 0.0 for row in rows), "nobody else had a share of the wheel"
    assert min(row.steer for row in rows) < -0.05
    driven: dict[str, Any] = json.loads((recording.folder / "round.json").read_text(encoding="utf-8"))
    fumbled = {int(n) for panel in person.panels for n in re.findall(r"correction (\d+) is excluded", str(panel.notes))}
    kept = {row.correction for row in rows}
    assert len(fumbled) == 1
    assert kept
    assert not kept & fumbled
    assert driven["discarded"] == driven["corrections"] - len(kept)
    assert driven["frames"] == len(rows)
    place = driven["take_overs"][0]
    assert (place["map"], place["direction"], place["why"]) == ("oval", "forward", "round 1, human: took the wheel")
    taught = read_card(home / "models" / "mine" / "round-001")
    assert [one["name"] for one in taught.recordings] == ["base", "round-001"]


@pytest.mark.long  # the same in a drive is in test_drive.py
def test_a_person_whom_the_gate_asks_in_vain_is_counted_down_and_the_car_is_braked_until_they_take_the_wheel(
    shell: Shell, server: Address, home: Path, person: Person
) -> None:
    """The clone learns from labels that all lead off the road, so that it drifts for certain and does not come back."""

    def script() -> None:
        person.reads("round 1, oval forward: ready?")
        person.screen.press("Return")
        person.sees(lambda panel: panel.alarm is not None and panel.alarm.seconds is not None, "the alarm")
        person.sees(lambda panel: panel.alarm is not None and "CAR BRAKES" in panel.alarm.words, "the braking")
        person.sees(lambda panel: (panel.speed or 0.0) < 0.1, "the car standing")
        person.screen.press("space")
        person.sees(lambda panel: panel.who == "you" and panel.alarm is None, "the wheel in their hands")
        person.sees(lambda panel: (panel.speed or 0.0) > 0.5, "the car driving on")

    words = ("correct", "mine", "--data", "base", "--expert", "human", "--gate", "drift", "--device", "keyboard")
    where = ("--carla", f"{server[0]}:{server[1]}", "--home", str(home), "--maps", "oval", "--judge", "")
    few = ("--rounds", "1", "--round-seconds", "240", "--epochs", "10", "--more-epochs", "1", "--views", "off")
    shutil.rmtree(home / "models")
    relabel(home / "data" / "base", curvature=-0.015)
    with person.acting(script):
        said = shell.refused(*words, *few, *where)
    assert "round 1 was ended after 1 of 2 rollouts" in said
    alarms = [panel.alarm for panel in person.panels if panel.alarm is not None]
    assert any("Space: take the wheel (drift: " in alarm.words for alarm in alarms), "who asks, and why"
    waits = [alarm.seconds for alarm in alarms if alarm.seconds is not None]
    assert waits[0] > 2.5
    assert min(waits) < 0.2, "it was counted down to the end before the car was braked"
    rows = Recording(home / "data" / "mine" / "round-001").rows
    assert {(row.who, row.why) for row in rows if row.correction} == {("human", "round 1, human: took the wheel")}


def test_rounds_end_as_soon_as_all_laps_pass_on_circuits_that_were_not_corrected_on(
    server: Address, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Laps are cut to a hundred metres; the second round's network is the shipped one, so that its laps pass."""
    monkeypatch.setattr("alvinn.dagger.rounds.LapSettings", partial(LapSettings, km=0.1, films=False))
    job = Correct(
        home=home,
        carla=f"{server[0]}:{server[1]}",
        name="mine",
        data=("base",),
        rounds=3,
        maps="country",
        judge="oval",
        views="off",
        epochs=1,
    )
    begun = _settings(job) | {"recordings": {"base": Recording(job.recording_folder("base")).digest()}}
    write_ledger(job.model_folder("mine") / "rounds.json", Ledger(begun))
    shutil.copytree(job.find_model("shipped"), job.model(1))
    for number in (1, 2):  # driven already, with nothing to correct
        rollouts = plan_rollouts(job.circuits(), number, job.round_seconds, job.seed)
        job.recording(number).mkdir(parents=True)
        write_round(
            job.recording(number), RoundRecord(number, job.gate, job.expert, rollouts=tuple(rollouts), seconds=60.0)
        )
    ledger = correct(job)
    clone, taught = ledger.entries
    assert (clone.laps, clone.faultless < 2, clone.departures > 0) == (2, True, True)
    assert (taught.round, taught.laps, taught.faultless, taught.departures) == (1, 2, 2, 0)
    assert ledger.ended.startswith("stopped early: after round 1 all 2 laps on oval passed without a departure.")
    runs = read_laps(job.model(1) / "laps")["runs"]
    assert [(run["map"], run["direction"]) for run in runs] == [("oval", "forward"), ("oval", "reverse")]
    assert correct(job) == ledger, "no third round is driven"


def test_overwrite_does_not_remove_the_rounds_that_data_names(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "mine" / "round-001"
    for one in (tmp_path / "data" / "base", folder):
        write_recording(one, 3)
    with pytest.raises(
        TakenError, match=r"--overwrite removes the rounds of mine, and --data names .*round-001 of them"
    ):
        correct(Correct(home=tmp_path, name="mine", data=("base", str(folder)), overwrite=True))
    assert len(Recording(folder).rows) == 3


@pytest.mark.parametrize(
    "flags", [("--gate", "human"), ("--expert", "human", "--gate", "always"), ("--expert", "human", "--headless")]
)
def test_a_persons_gate_wants_a_person_and_a_person_one_of_theirs_and_a_window(
    shell: Shell, flags: tuple[str, ...]
) -> None:
    assert shell.misused("correct", "mine", "--data", "base", *flags)


def test_a_person_who_cannot_be_shown_anything_is_told_before_a_network_is_trained_or_removed(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    write_recording(tmp_path / "data" / "base", 3)
    earlier = tmp_path / "models" / "mine" / "round-000"
    earlier.mkdir(parents=True)
    correct = ("correct", "mine", "--data", "base", "--expert", "human", "--overwrite", "--home", str(tmp_path))
    assert "no window can be opened here" in shell.refused(*correct)
    assert list(earlier.parent.iterdir()) == [earlier]


@pytest.mark.long
def test_live_the_next_round_is_driven_while_the_last_one_is_learned_and_an_ensemble_says_where_it_doubts(
    shell: Shell, server: Address, home: Path
) -> None:
    where = ("--carla", f"{server[0]}:{server[1]}", "--home", str(home), "--maps", "oval", "--judge", "")
    few = ("--rounds", "2", "--round-seconds", "4", "--epochs", "1", "--more-epochs", "1", "--members", "2")
    assert shell.run("correct", "mine", "--data", "base", "--live", "--gate", "doubt", *few, *where).status == 0
    told = json.loads((home / "models" / "mine" / "rounds.json").read_text(encoding="utf-8"))
    assert [entry["round"] for entry in told["rounds"]] == [0, 1, 2]
    assert all(entry["setting"] > 0.0 for entry in told["rounds"][1:]), "the threshold"
    for number in (1, 2):
        model = home / "models" / "mine" / f"round-00{number}"
        assert read_card(model / "member-1").recordings[0]["name"] == "base"
        assert Network(model).card.camera == Network(model / "member-1").card.camera
        rows = Recording(home / "data" / "mine" / f"round-00{number}").rows
        assert all(row.why.startswith(f"round {number}, doubt: ") for row in rows if row.correction)
    assert not list((home / "models" / "mine").glob("*.error"))
