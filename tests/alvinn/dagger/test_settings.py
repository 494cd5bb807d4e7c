"""Settings of the rounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alvinn.dagger.settings import RoundSettings


def test_circuits_for_evaluation_are_never_corrected_on() -> None:
    with pytest.raises(ValueError, match="random:7: --judge must name other circuits than --maps"):
        RoundSettings(name="mine", maps="random:1, random:7", judge="random:7")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"gate": "human"}, "--gate human requires a person: add --expert human"),
        ({"expert": "human", "gate": "noise"}, "a human teacher has human, drift, doubt"),
        ({"expert": "human", "headless": True}, "leave out --headless"),
        ({"members": 2, "doubt_by": "irre"}, "leave out --doubt-by irre"),
        ({"gate": "doubt", "output": "scalar"}, "--output scalar has no measure of doubt"),
        ({"network": "alvinn1989", "output": "scalar"}, "alvinn1989 has an output of its own"),
        ({"rounds": 0}, "--rounds"),
        ({"round_seconds": 0.0}, "--round-seconds"),
    ],
)
def test_settings_that_exclude_each_other_are_refused(flags: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RoundSettings(name="mine", **flags)


def test_a_name_that_is_a_path_is_refused_since_models_and_recordings_would_share_its_folder() -> None:
    with pytest.raises(ValueError, match="NAME is no path, unlike runs/mine: give mine, and --home"):
        RoundSettings(name="runs/mine")


def test_a_network_whose_doubt_is_measured_otherwise_may_answer_with_a_number() -> None:
    flags: dict[str, Any]
    for flags in ({"members": 3}, {"doubt_by": "irre"}):
        assert RoundSettings(name="mine", gate="doubt", output="scalar", **flags).gate == "doubt"


def test_members_of_an_ensemble_lie_in_the_folder_of_the_rounds_model_which_is_the_first_of_them() -> None:
    job = RoundSettings(home=Path("home"), name="mine", members=2)
    assert job.model(1) == Path("home/models/mine/round-001")
    assert [job.member(1, which) for which in (0, 1)] == [job.model(1), job.model(1) / "member-1"]
    assert job.recording(2) == Path("home/data/mine/round-002")
