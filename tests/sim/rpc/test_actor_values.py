from __future__ import annotations

from sim.episode.blueprints import RGB_CAMERA, VEHICLE, Description
from sim.episode.catalogue import LANE_INVASION
from sim.episode.world import World
from sim.geometry.boxes import Box
from sim.geometry.poses import Pose
from sim.rpc.actor_values import describe, describe_scenery
from tests.sim.fakes import Plain


def test_an_actor_tells_its_parent_its_box_its_tag_and_its_stream() -> None:
    world = World(Plain())
    car = world.spawn(Description(0, VEHICLE), Pose())
    camera = world.spawn(Description(0, RGB_CAMERA), Pose(), car.id)
    told = describe(car, 2001)
    assert (told[0], told[1], told[2][1], told[4], told[5]) == (car.id, 0, VEHICLE, b"\x0e", b"")
    assert told[3][1] == [2.396, 1.082, 0.72]
    seen = describe(camera, 2001)
    assert seen[1] == car.id
    assert seen[5][4:6] == (2001).to_bytes(2, "little")


def test_a_sensor_without_a_stream_has_no_token() -> None:
    assert describe(World(Plain()).spawn(Description(0, LANE_INVASION), Pose()), 2001)[5] == b""


def test_scenery_is_an_actor_of_number_nought_with_a_size_that_a_client_can_hold() -> None:
    told = describe_scenery(Box(1.0, 2.0, 0.5, 3.0, 0.2, kind="static.guardrail"))
    assert (told[0], told[2][1]) == (0, "static.guardrail")
    assert told[3][1] == [3.0, 0.2, 50.0]
