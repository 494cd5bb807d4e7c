"""Each command of a batch is answered on its own, and one that fails does not stop the others."""

from __future__ import annotations

from typing import Any

import pytest

from sim.geometry.poses import Pose
from sim.rpc.batch_commands import DESTROY, MAX_DEPTH, MAX_MESSAGE, TABLE
from sim.wire import messages
from tests.sim.rpc.context import CAMERA, CAR, ORIGIN, Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_each_command_of_a_batch_has_an_answer_of_its_own(desk: Desk) -> None:
    car = desk.world.spawn(messages.DESCRIPTION.unpack(CAR), Pose())
    answers = desk.call(
        "apply_batch",
        [
            [[2, [car.id, [1.0, 0.0, 0.0, False, False, False, 0]]]],
            [[2, [car.id, "control"]]],
            [[1, [777]]],
            [[21, [car.id, 0]]],
            "command",
            [[6, [car.id, [[9.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]]],
        ],
        False,
    )
    assert [answer[0][0] for answer in answers] == [1, 0, 0, 0, 0, 1]
    assert answers[0] == [[1, car.id]]
    assert "no actor 777" in answers[2][0][1][0]
    assert car.pose.x == 9.0
    assert desk.asked == []


def test_commands_that_follow_a_spawn_are_for_the_new_actor(desk: Desk) -> None:
    follow = [[2, [0, [1.0, 0.0, 0.0, False, False, False, 0]]]]
    (answer,) = desk.call("apply_batch", [[[0, [CAR, ORIGIN, [False], 176, "", [follow]]]]], True)
    assert desk.world.vehicle(answer[0][1]).control.throttle == 1.0
    assert desk.asked == ["tick"]


@pytest.mark.parametrize("attachment", [0, 1, 2, 176])
def test_a_batch_attaches_rigidly_whatever_the_attachment_byte_says(desk: Desk, attachment: int) -> None:
    car = desk.world.spawn(messages.DESCRIPTION.unpack(CAR), Pose(x=10.0))
    behind = [[-4.0, 0.0, 3.0], [0.0, 0.0, 0.0]]
    (answer,) = desk.call("apply_batch", [[[0, [CAMERA, behind, [True, car.id], attachment, "", []]]]], False)
    camera = desk.world.actors[answer[0][1]]
    assert camera.parent is car
    assert camera.pose == Pose(x=6.0, z=3.0)


FAILING = [
    [[2, [0, "control"]]],  # a value of the wrong type
    [[21, [0, 0]]],  # no such command
    [[3, []]],  # a payload that is too short
    [[0, [CAR, ORIGIN, [False], 0, "", []]]],  # a spawn where the new car stands
]


@pytest.mark.parametrize("failing", FAILING)
def test_a_spawn_whose_following_commands_fail_has_spawned_and_the_others_are_run(desk: Desk, failing: Any) -> None:
    go = [[2, [0, [1.0, 0.0, 0.0, False, False, False, 0]]]]
    (answer,) = desk.call("apply_batch", [[[0, [CAR, ORIGIN, [False], 0, "", [failing, go]]]]], False)
    succeeded, identity = answer[0]
    assert succeeded == 1
    assert desk.world.vehicle(identity).control.throttle == 1.0
    assert len(desk.world.actors) == 2


def test_a_new_actor_that_its_own_commands_destroyed_is_answered_with_its_id(desk: Desk) -> None:
    go = [[2, [0, [1.0, 0.0, 0.0, False, False, False, 0]]]]
    (answer,) = desk.call("apply_batch", [[[0, [CAR, ORIGIN, [False], 0, "", [[[DESTROY, [0]]], go]]]]], False)
    assert answer[0][0] == 1
    assert answer[0][1] not in desk.world.actors


def test_spawns_that_follow_on_spawns_end_somewhere(desk: Desk) -> None:
    nested: list[Any] = []
    for depth in range(3 * MAX_DEPTH):
        nested = [[[0, [CAR, [[20.0 * depth, 0.0, 0.0], [0.0, 0.0, 0.0]], [False], 0, "", nested]]]]
    assert desk.call("apply_batch", nested, False)[0][0][0] == 1
    assert len(desk.world.actors) == 1 + MAX_DEPTH + 1


def test_an_actor_is_destroyed_by_its_id(desk: Desk) -> None:
    car = desk.world.spawn(messages.DESCRIPTION.unpack(CAR), Pose())
    assert desk.call("apply_batch", [[[DESTROY, [car.id]]]], False) == [[[1, car.id]]]
    assert car.id not in desk.world.actors


def test_a_wrong_number_of_values_says_both_numbers(desk: Desk) -> None:
    ((answer,),) = desk.call("apply_batch", [[[6, [7]]]], False)
    assert answer == [0, ["command 6: 1 values came, expected 2"]]


def test_a_failure_is_told_in_a_sentence_of_bounded_length(desk: Desk) -> None:
    ((answer,),) = desk.call("apply_batch", [[[0, [[0, "x" * 5000, []], ORIGIN, [False], 0, "", []]]]], False)
    assert answer[0] == 0
    assert len(answer[1][0]) <= MAX_MESSAGE


@pytest.mark.parametrize("number", sorted(TABLE))
def test_a_command_refuses_values_of_the_wrong_type_without_raising(desk: Desk, number: int) -> None:
    payload: list[Any] = ["no id", *([object] * len(TABLE[number].arguments))]
    ((answer,),) = desk.call("apply_batch", [[[number, payload]]], False)
    assert answer[0] == 0
