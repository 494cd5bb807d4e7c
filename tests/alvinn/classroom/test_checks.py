from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from alvinn.classroom.checks import check_exercise
from alvinn.errors import AlvinnError
from alvinn.metrics.results import write_laps
from alvinn.networks.inference import read_card, write_card
from alvinn.recording import RecordingWriter
from alvinn.settings import SHIPPED, Home
from tests.alvinn import fakes
from tests.alvinn.judged import RUN


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A student's folder, in which nothing is done yet."""
    monkeypatch.chdir(tmp_path)
    return Home(home=tmp_path)


def add_model(home: Home, name: str, *, departures: int = 0, **changes: object) -> None:
    """A model of that name, judged on the circuits of the lessons."""
    folder = home.model_folder(name)
    shutil.copytree(home.find_model(SHIPPED), folder)
    write_card(folder, replace(read_card(folder), **changes))  # type: ignore[arg-type]
    rest = {"status": "done", "completed": True, "duration_s": 1.0, "offset_mean_m": 0.0, "offset_sd_m": 0.1}
    runs = [asdict(replace(RUN, map=name)) | rest for name in ("random:3", "random:5", "oval")]
    driven = [run | {"distance_m": 1000.0, "departures": departures} for run in runs]
    write_laps(folder / "laps", {}, driven, {"ci": {}})


def add_recording(home: Home, name: str, *, noise: float) -> None:
    with RecordingWriter(home.recording_folder(name), fakes.session()) as writer:
        for number in range(3):
            writer.add(fakes.step(number, disturbance=noise), lane="oval/forward", weather="ClearNoon")


def faults(home: Home, number: int) -> list[str]:
    return [finding.text for finding in check_exercise(number, home) if not finding.good]


@pytest.mark.parametrize("number", range(1, 8))
def test_an_exercise_that_was_not_begun_is_not_done_and_says_what_is_missing(home: Home, number: int) -> None:
    assert any("lesson" in text for text in faults(home, number))


def test_a_lesson_without_an_exercise_is_an_error_in_a_sentence(home: Home) -> None:
    with pytest.raises(AlvinnError, match="lesson 0 has no exercise"):
        check_exercise(0, home)


def test_the_network_of_1991_is_asked_for(home: Home) -> None:
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


def test_noise_and_views_must_do_no_harm(home: Home) -> None:
    add_recording(home, "lesson3", noise=0.01)
    add_model(home, "lesson2", departures=3)
    add_model(home, "lesson3", departures=1)
    assert faults(home, 3) == []
    shutil.rmtree(home.model_folder("lesson2"))
    add_model(home, "lesson2", departures=0)
    assert "departures a km: 0.0 in lesson 2, 1.0 now" in faults(home, 3)[0]


def test_a_recount_is_compared_to_a_millimetre(home: Home) -> None:
    log = home.home / "lesson6-expert" / "runs" / "one" / "log.csv"
    log.parent.mkdir(parents=True)
    log.write_text("time,offset\n0,0.1\n1,-0.3\n")
    answer = home.home / "lesson6.json"
    answer.write_text('{"offset_sd_m": 0.2, "offset_max_m": 0.3}')
    assert faults(home, 6) == []
    answer.write_text('{"offset_sd_m": 0.283, "offset_max_m": 0.3}')
    assert faults(home, 6) == ["offset_sd_m: you say 0.283; the log says 0.200"]
    answer.write_text('{"offset_sd_m": "wide"}')
    assert "not as the lesson shows it" in faults(home, 6)[0]


def test_a_film_and_a_refined_model_are_found(home: Home) -> None:
    add_model(home, "lesson3")
    (home.home / "lesson5.mp4").write_bytes(bytes(20_000))
    assert faults(home, 5) == []
    add_model(home, "lesson7", refined={"clone": "lesson3"})
    assert faults(home, 7) == []
