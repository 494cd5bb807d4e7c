from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from alvinn.errors import AlvinnError, MixedError
from tests.laps import exam
from tests.laps.cells import Figures
from tests.laps.exam import Exam, describe


def test_each_turn_deals_every_circuit_once_and_the_next_in_another_weather() -> None:
    weathers: list[dict[str, str]] = [{}, {}]
    for name, maps in Exam(turns=2).deal().items():
        turn, weather = name.split("-")
        for circuit in maps:
            assert circuit not in weathers[int(turn)]
            weathers[int(turn)][circuit] = weather
    assert weathers[0].keys() == weathers[1].keys() == {f"random:{number}" for number in range(400, 500)}
    assert all(weathers[0][circuit] != weathers[1][circuit] for circuit in weathers[0])
    assert max(Counter(weathers[0].values()).values()) - min(Counter(weathers[0].values()).values()) <= 1


def test_as_many_turns_as_weathers_drive_every_circuit_in_every_weather() -> None:
    dealt = Exam(turns=3, circuits=4, weathers="ClearNoon,DustStorm,ClearNight").deal()
    driven = [(circuit, name.split("-")[1]) for name, maps in dealt.items() for circuit in maps]
    assert len(driven) == len(set(driven)) == 12


def test_more_turns_go_on_from_the_cells_of_fewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []

    def judge(*_: object, weathers: str, **__: object) -> Figures:
        judged.append(weathers)
        return {"runs": []}

    monkeypatch.setattr(exam, "judge", judge)
    monkeypatch.setattr(exam, "measure_reference", lambda: "program")
    for turns in (2, 4):
        Exam(turns=turns, weathers="ClearNoon,DustStorm", out=tmp_path).run()
        assert len(judged) == 2 * turns
    with pytest.raises(MixedError, match=r"km none \(now 0.5\): choose another --out"):
        Exam(turns=2, weathers="ClearNoon,DustStorm", km=0.5, out=tmp_path).run()


def test_the_sentence_pools_all_runs_and_tells_the_bound() -> None:
    run = {"map": "random:400", "direction": "forward", "weather": "ClearNoon", "departures": 0, "distance_m": 1000.0}
    felt = {"offset_mean_m": 0.02, "offset_sd_m": 0.03, "offset_max_m": 0.1, "jerk_rms_mps3": 0.3, "ticks": 100}
    other = {"map": "random:401", "offset_mean_m": -0.02, "offset_max_m": 0.2, "jerk_rms_mps3": 0.4, "departures": 1}
    runs = [run | felt, run | felt | other]
    said = describe([{"runs": runs[:1]}, {"runs": runs[1:]}])
    assert said.startswith("2 runs on 2 circuits in 1 weather, 2.0 km: 1 departure (95%: fewer than 237 per 100 km)")
    assert ": random:401 forward ClearNoon; offset sd 0.0361 m, mean +0.0000 m, largest 0.20 m" in said
    assert said.endswith("lateral jerk 0.354 m/s3 rms")
    assert describe([]) == "nothing has been driven yet"


def test_a_weather_that_does_not_exist_is_refused() -> None:
    with pytest.raises((AlvinnError, ValueError), match="DustStorms"):
        Exam(weathers="ClearNoon,DustStorms")


def test_only_circuits_that_chose_nothing_are_told_in_a_card() -> None:
    with pytest.raises(AlvinnError, match="--tell is for random:400 to 499 alone"):
        Exam(first=240, circuits=28, tell=True)
    Exam(first=400, circuits=20, tell=True)
