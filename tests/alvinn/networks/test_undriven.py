from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alvinn.driving.types import Observation, Step
from alvinn.networks.inference import Answer, Network
from alvinn.networks.memory import FORGOTTEN, UNKNOWN_SPEED, Memory
from alvinn.networks.undriven import SETTLED, RecordedAnswers, answer_view
from alvinn.recording import Recording
from alvinn.settings import SHIPPED, Home
from tests.alvinn.fakes import step, write_recording


class Counting:
    """Answers how many frames it has seen since it forgot, and notes each."""

    def __init__(self, *, remembers: bool = True) -> None:
        self.remembers = remembers
        self.seen: list[Observation] = []

    def answer(self, observation: Observation, memory: Memory = FORGOTTEN) -> Answer:
        self.seen.append(observation)
        count = memory.intensity - FORGOTTEN.intensity + 1.0
        return Answer(count, memory=Memory(FORGOTTEN.intensity + count), told=memory)


def asked(network: Any, recording: Recording, *indices: int) -> list[float]:
    answers = RecordedAnswers(network, recording)
    return [answers.answer(index, recording.read_observation(recording.rows[index])).curvature for index in indices]


def test_a_network_that_is_fed_its_answers_answers_as_if_it_had_driven_there(tmp_path: Path) -> None:
    write_recording(tmp_path, 30)
    told = asked(Counting(), Recording(tmp_path), 0, 1, 2, 25, 26, 4)
    assert told == [1.0, 2.0, 3.0, 11.0, 12.0, 5.0], "after a jump it first answers ten rows before"


def test_the_rows_between_are_driven_too_and_a_new_segment_is_a_start(tmp_path: Path) -> None:
    write_recording(tmp_path, 20)
    write_recording(tmp_path, 20, append=True)
    assert asked(Counting(), Recording(tmp_path), 0, 4, 8, 12, 24, 28) == [1.0, 5.0, 9.0, 13.0, 5.0, 9.0]


def test_whoever_asks_again_is_told_the_same_at_no_cost(tmp_path: Path) -> None:
    write_recording(tmp_path, 30)
    network = Counting()
    assert asked(network, Recording(tmp_path), 3, 3, 20, 3) == [4.0, 4.0, 11.0, 4.0]
    assert len(network.seen) == 4 + 11
    network = Counting(remembers=False)
    asked(network, Recording(tmp_path), 3, 20, 3)
    assert len(network.seen) == 2, "nothing leads to an answer that depends on the picture alone"


def test_a_speed_that_nobody_knows_is_no_reason_to_answer_nothing(tmp_path: Path) -> None:
    def unknown(number: int) -> Step:
        one = step(number)
        return replace(one, observation=replace(one.observation, speed=float("nan")))

    write_recording(tmp_path, 12, make=unknown)
    network = Counting()
    asked(network, Recording(tmp_path), 11)
    assert {seen.speed for seen in network.seen} == {UNKNOWN_SPEED}


def test_a_refined_networks_answer_to_a_view_has_settled() -> None:
    network = Network(Home().find_model(SHIPPED))
    for number in range(5):
        seen = step(number, camera=network.card.camera).observation
        settled = answer_view(network, seen)
        assert network.answer(seen, settled.memory).curvature == pytest.approx(settled.curvature, abs=5e-4)
        assert settled.curvature != network.answer(seen).curvature


def test_a_view_is_shown_once_to_a_network_that_does_not_remember() -> None:
    shown: Any
    for shown, times in ((Counting(), SETTLED), (Counting(remembers=False), 1)):
        answer_view(shown, step().observation)
        assert len(shown.seen) == times
