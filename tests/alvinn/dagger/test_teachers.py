"""Teachers: which gate a round has, and what a person's keys do to their corrections."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from alvinn.controls.devices import Keyboard
from alvinn.dagger.corrections import Corrections
from alvinn.dagger.ledger import Rollout, RoundRecord
from alvinn.dagger.teachers import CorrectionsRecorder, ExpertTeacher, HumanTeacher, RolloutContext, Student
from alvinn.driving.types import Step
from tests.alvinn.fakes import CAR, PaperWorld, circle, step

ROLLOUT = Rollout("oval", "forward", 0.5, 5.0)


class World(PaperWorld):
    geometry = CAR


def context(gate: str, setting: float | None = None) -> RolloutContext:
    world: Any = World(circle(50.0))
    network: Any = None  # gates ask for its doubt only
    kept = Corrections("oval", "forward", "ClearNoon")
    driven = RoundRecord(1, gate, "scripted", setting=setting)
    return RolloutContext(ROLLOUT, driven, Student(network, lambda _: 0.7), world, kept, seed=3)


@pytest.mark.parametrize(
    ("gate", "setting", "asks"),
    [
        ("plain", None, "plain"),
        ("noise", None, "noise"),
        ("always", 1.0, "always: beta 1.00"),
        ("always", 0.0, ""),
        ("doubt", 0.5, "doubt: 0.700"),
        ("doubt", 0.9, ""),
        ("drift", None, ""),
    ],
)
def test_each_round_has_the_gate_of_its_record(gate: str, setting: float | None, asks: str) -> None:
    one = context(gate, setting)
    assert one.gate(np.random.default_rng(0)).request(step(0).observation) == asks


def test_a_person_who_teaches_is_asked_at_twice_the_drift_at_which_the_expert_is() -> None:
    expert = context("drift")
    person = replace(expert, so_far=replace(expert.so_far, teacher="human"))
    world: Any = expert.world
    asked = []
    for offset in (0.3, 0.6):
        world._place(0.0, offset)
        asked += [bool(one.gate(one.rng()).request(step(0).observation)) for one in (expert, person)]
    assert asked == [True, False, True, True]


def test_random_numbers_depend_on_seed_round_and_rollout_alone() -> None:
    one = context("always", 0.5)
    second = replace(one, so_far=replace(one.so_far, rollouts=(ROLLOUT,)))
    drawn = [each.rng().random() for each in (one, context("drift"), second, replace(one, seed=4))]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) == 3


def test_the_scripted_expert_drives_at_the_pace_of_the_simulator_with_nobody_watching() -> None:
    world, teacher = PaperWorld(circle(50.0)), ExpertTeacher()
    assert teacher.pace(world) is world
    assert list(teacher.observers()) == []


def test_a_person_has_no_cockpit_before_the_first_rollout() -> None:
    unused: Any = None
    with pytest.raises(RuntimeError, match="begin_rollout"):
        HumanTeacher(unused, Keyboard(0.05)).observers()


def test_a_round_knows_what_its_teacher_steers_with() -> None:
    unused: Any = None
    assert (HumanTeacher(unused, Keyboard(0.05)).device, ExpertTeacher().device) == ("keyboard", "")


def corrected(number: int, correction: int) -> Step:
    one = step(number)
    return replace(one, decision=replace(one.decision, correction=correction))


def test_a_persons_keys_discard_and_restore_corrections_and_the_display_says_so() -> None:
    kept = Corrections("oval", "forward", "ClearNoon")
    recorder = CorrectionsRecorder(kept)
    assert recorder.discard(0.0) == "there is nothing to exclude"
    assert (recorder.state().running, recorder.state().note) == (False, "no correction")
    for number in range(3):
        kept.see(corrected(number, 1))
    assert (recorder.state().running, recorder.state().frames) == (True, 3)
    assert recorder.discard(0.0) == "correction 1 is excluded (U undoes this)"
    assert recorder.state().frames == 0
    assert recorder.take_back() == "correction 1 is no longer excluded"
    assert recorder.take_back() == "there is no exclusion to undo"
    assert recorder.state().frames == 3
