from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from alvinn.classroom.checks import check_exercise
from alvinn.dagger.ledger import Entry, Ledger, write_ledger
from alvinn.errors import AlvinnError
from alvinn.metrics.results import read_laps, write_laps
from alvinn.networks.inference import read_card, write_card
from alvinn.recording import RecordingWriter
from alvinn.settings import SHIPPED, Home
from tests.alvinn import fakes
from tests.alvinn.judged import HEAD, RUN, judged, sum_up


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A student's folder, in which nothing is done yet."""
    monkeypatch.chdir(tmp_path)
    return Home(home=tmp_path)


def add_model(home: Home, name: str, *, departures: int = 0, **changes: object) -> None:
    """A clone of that name, judged on the circuits of the lessons."""
    folder = home.home / "models" / name
    shutil.copytree(home.find_model(SHIPPED), folder)
    clone = replace(read_card(folder), refined=None, metrics={"held_out_mae": 0.01})
    write_card(folder, replace(clone, **changes))  # type: ignore[arg-type]
    rest = {"status": "done", "completed": True, "duration_s": 1.0, "offset_mean_m": 0.0, "offset_sd_m": 0.1}
    runs = [asdict(replace(RUN, map=name)) | rest for name in ("random:3", "random:5", "oval")]
    driven = [run | {"distance_m": 1000.0, "departures": departures, "interventions": departures} for run in runs]
    write_laps(folder / "laps", HEAD, driven, sum_up(judged([0.1] * 5)))


def add_recording(home: Home, name: str, *, noise: float) -> None:
    with RecordingWriter(home.recording_folder(name), fakes.session()) as writer:
        for number in range(3):
            writer.add(fakes.step(number, disturbance=noise), lane="oval/forward", weather="ClearNoon")


def make_entry(number: int, corrections: int) -> Entry:
    """A round of 60 s, after which nothing was judged."""
    return Entry(
        round=number,
        seconds=60.0,
        corrections=corrections,
        frames=600,
        switches=corrections,
        setting=None,
        laps=0,
        faultless=0,
        departures=0,
        km=0.0,
        tests=0,
        still_needs_help=0,
    )


def faults(home: Home, number: int) -> list[str]:
    return [result.text for result in check_exercise(number, home) if not result.good]


FIRST = {
    1: "data/lesson1 is not there yet: alvinn record lesson1 --seconds 60 --noise",
    2: "data/lesson2 is not there yet: alvinn record lesson2 --seconds 60",
    3: "data/lesson3 is not there yet: alvinn record lesson3 --seconds 60 --noise",
    4: "models/lesson4 is not there yet: alvinn correct lesson4 --data lesson2 --views off --epochs 20 --rounds 2",
    5: "lesson5.mp4 is not there yet: alvinn replay lesson3 --model lesson3 --out lesson5.mp4",
    6: "lesson6-expert/laps.json is not there yet: alvinn laps --driver expert --maps random:11 --out lesson6-expert",
    7: "models/lesson7 is not there yet: alvinn refine lesson7 --model lesson3",
}


@pytest.mark.parametrize("number", range(1, 8))
def test_an_exercise_that_was_not_begun_says_what_to_type_first(home: Home, number: int) -> None:
    (fault,) = faults(Home(), number)
    assert fault.startswith(FIRST[number])


def test_an_exercise_that_was_begun_says_what_to_type_next(home: Home) -> None:
    add_recording(home, "lesson2", noise=0.0)
    assert "models/lesson2 is not there yet: alvinn train lesson2" in faults(Home(), 2)[0]
    add_model(home, "lesson2")
    (home.model_folder("lesson2") / "laps" / "laps.json").unlink()
    assert "laps.json is not there yet: alvinn laps lesson2 --maps random:3,random:5" in faults(Home(), 2)[0]


def test_a_lesson_without_an_exercise_is_an_error_in_a_sentence(home: Home) -> None:
    with pytest.raises(AlvinnError, match="lesson 0 has no exercise"):
        check_exercise(0, home)


def test_the_network_of_1991_is_asked_for(home: Home) -> None:
    add_recording(home, "lesson1", noise=0.01)
    add_model(home, "lesson1", network="alvinn1991")
    assert faults(home, 1) == []
    shutil.rmtree(home.model_folder("lesson1"))
    add_model(home, "lesson1")
    assert "alvinn1991 was asked for" in faults(home, 1)[0]


def test_a_clone_learns_from_plain_driving_without_views_and_its_departures_are_told(home: Home) -> None:
    add_recording(home, "lesson2", noise=0.0)
    plain = {**read_card(home.find_model(SHIPPED)).settings, "views": False}
    add_model(home, "lesson2", departures=3, settings=plain)
    assert faults(home, 2) == []
    assert "departs 3.0 times a km, in 2.0 km" in check_exercise(2, home)[-1].text
    shutil.rmtree(home.model_folder("lesson2"))
    add_model(home, "lesson2")
    assert faults(home, 2) == ["train it with --views off"]
    assert "it was lucky" in check_exercise(2, home)[-1].text


@pytest.mark.parametrize(
    ("before", "after", "is_done"), [(3, 1, True), (3, 0, True), (0, 0, True), (2, 2, False), (0, 1, False)]
)
def test_noise_and_views_must_help_where_the_clone_fails(home: Home, before: int, after: int, is_done: bool) -> None:
    add_recording(home, "lesson3", noise=0.01)
    add_model(home, "lesson2", departures=before)
    add_model(home, "lesson3", departures=after)
    found = faults(home, 3)
    assert (found == []) == is_done
    assert is_done or f"{before}.0 in lesson 2, {after}.0 now, in 2.0 km: they should have become fewer" in found[0]


@pytest.mark.parametrize(("before", "after", "is_done"), [(3, 1, True), (0, 0, True), (2, 2, False)])
def test_rounds_must_help_where_the_clone_fails(home: Home, before: int, after: int, is_done: bool) -> None:
    add_model(home, "lesson2", departures=before)
    add_model(home, "lesson4/round-002", departures=after)
    ledger = home.home / "models" / "lesson4" / "rounds.json"
    write_ledger(ledger, Ledger({}, (make_entry(0, 0),)))
    assert faults(home, 4) == ["models/lesson4 has rounds to come: type the same command again, it resumes"]
    write_ledger(ledger, Ledger({}, (make_entry(0, 0), make_entry(2, 40)), ended="all rounds are driven"))
    found = faults(home, 4)
    assert (found == []) == is_done
    assert is_done or "they should have become fewer" in found[0]


def test_networks_are_compared_on_the_same_circuits(home: Home) -> None:
    add_recording(home, "lesson3", noise=0.01)
    add_model(home, "lesson2", departures=3)
    add_model(home, "lesson3")
    laps = read_laps(home.model_folder("lesson2") / "laps" / "laps.json")
    write_laps(home.model_folder("lesson2") / "laps", HEAD, [laps["runs"][0]], laps["summary"])
    assert "lesson2 was not judged on both circuits: alvinn laps" in faults(home, 3)[0]


def test_a_recount_is_compared_to_a_millimetre(home: Home) -> None:
    log = home.home / "lesson6-expert" / "runs" / "one" / "log.csv"
    log.parent.mkdir(parents=True)
    log.write_text("time,offset\n0,0.1\n1,-0.3\n")
    (home.home / "lesson6-expert" / "laps.json").touch()
    assert faults(home, 6) == ["lesson6.json is not in this folder yet: write it as the lesson shows"]
    answer = home.home / "lesson6.json"
    answer.write_text('{"offset_sd_m": 0.2, "offset_max_m": 0.3}')
    assert faults(home, 6) == []
    answer.write_text('{"offset_sd_m": 0.283, "offset_max_m": 0.3}')
    assert faults(home, 6) == ["offset_sd_m: you say 0.283; the log says 0.200"]
    answer.write_text('{"offset_sd_m": "wide"}')
    assert "not as the lesson shows it" in faults(home, 6)[0]
    answer.write_text('{"offset_sd_m": 0.2, "offset_max_m": 0.3}')
    log.unlink()
    assert "has no finished run" in faults(home, 6)[0]


def test_a_film_and_a_refined_model_are_found(home: Home) -> None:
    add_model(home, "lesson3")
    (home.home / "lesson5.mp4").write_bytes(bytes(20_000))
    assert faults(home, 5) == []
    add_model(home, "lesson7")
    assert faults(home, 7) == ["models/lesson7 was not refined"]
    shutil.rmtree(home.model_folder("lesson7"))
    add_model(home, "lesson7", refined={"clone": "lesson3"})
    assert faults(home, 7) == []
