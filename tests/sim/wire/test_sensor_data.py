from __future__ import annotations

import math
import struct

import numpy as np
import pytest

from sim.dynamics.single_track import VehicleControl
from sim.episode.snapshot import ActorState, Snapshot, Timestamp, VehicleState
from sim.geometry.poses import Pose, Vector
from sim.wire.errors import OurError
from sim.wire.sensor_data import (
    LARGEST_SINGLE,
    SensorType,
    pack_collision,
    pack_episode_state,
    pack_gnss,
    pack_header,
    pack_image,
    pack_imu,
    pack_lidar,
    pack_radar,
    pack_semantic_lidar,
)


def test_a_header_is_48_bytes_with_degrees() -> None:
    data = pack_header(SensorType.RGB, Timestamp(9, 0.5), Pose(1.0, 2.0, 3.0, pitch=0.0, yaw=math.pi / 2, roll=math.pi))
    assert data == bytes.fromhex(
        "0d00000000000000 0900000000000000 000000000000e03f"  # kind, frame, seconds
        "0000803f 00000040 00004040"  # x, y, z
        "00000000 0000b442 00003443"  # pitch 0, yaw 90, roll 180
    )


def test_an_image_is_its_size_its_angle_and_its_pixels() -> None:
    head, pixels = pack_image(2, 1, math.pi / 2, b"BGRAbgra")
    assert head == bytes.fromhex("02000000 01000000 0000b442")
    assert pixels == b"BGRAbgra"


def test_pixels_that_do_not_fill_the_image_never_reach_the_client() -> None:
    with pytest.raises(OurError, match="7 bytes of pixels, expected 2 x 1 x 4"):
        pack_image(2, 1, 1.0, bytes(7))


def test_a_position_is_three_doubles() -> None:
    assert pack_gnss(1.0, -2.0, 0.5) == bytes.fromhex("93 cb3ff0000000000000 cbc000000000000000 cb3fe0000000000000")


def test_an_inertial_reading_is_two_vectors_and_a_compass() -> None:
    one, two = "cb3ff0000000000000", "cb4000000000000000"
    expected = bytes.fromhex(f"93 93{one}{two}{one} 93{two}{one}{two} {one}")
    assert pack_imu(Vector(1.0, 2.0, 1.0), Vector(2.0, 1.0, 2.0), 1.0) == expected


def test_a_collision_is_two_actors_and_an_impulse() -> None:
    actor = [7, 0, [1, "x", []], [[0.0] * 3, [0.0] * 3, [0.0] * 3, 7], b"\x0e", b""]
    packed = bytes.fromhex("96 07 00 93 01 a178 90 94") + 3 * (b"\x93" + 3 * (b"\xcb" + bytes(8))) + b"\x07"
    packed += bytes.fromhex("c4010e c400")
    zero, one = "cb0000000000000000", "cb3ff0000000000000"
    expected = b"\x93" + packed + packed + bytes.fromhex(f"93 {one}{zero}{zero}")
    assert pack_collision(actor, actor, Vector(1.0, 0.0, 0.0)) == expected


def test_an_episode_state_is_a_head_of_36_bytes_after_the_header() -> None:
    data = pack_episode_state(Snapshot(5, Timestamp(9, 0.5), 0.25, ()), 2.0)
    assert data[:8].hex() == "1100000000000000"
    assert data[48:] == bytes.fromhex("0500000000000000 0000000000000040 0000803e 000000000000000000000000 00000000")


def test_a_vehicle_is_119_bytes_in_the_episode_state() -> None:
    control = VehicleControl(
        throttle=1.0, steer=-1.0, brake=0.5, hand_brake=True, reverse=False, manual_gear_shift=True, gear=2
    )
    car = ActorState(
        7,
        Pose(1.0, 2.0, 3.0, 0.0, math.pi / 2, 0.0),
        Vector(4.0, 0.0, 0.0),
        Vector(0.0, 0.0, math.pi),
        Vector(0.0, 8.0, 0.0),
        VehicleState(control, gear=2, speed_limit=30.0),
    )
    data = pack_episode_state(Snapshot(5, Timestamp(9, 0.5), 0.25, (car,)), 2.0)[84:]
    assert len(data) == 119
    assert data[:5] == bytes.fromhex("07000000 01")
    assert struct.unpack_from("<15f", data, 5) == (1, 2, 3, 0, 90, 0, 4, 0, 0, 0, 0, 180, 0, 8, 0)
    assert data[65:] == bytes.fromhex(
        "0000803f 000080bf 0000003f 01 00 01 02000000 0000f041"  # control, gear, speed limit
        "02 00 00000000 00"  # green, as there is no traffic light, and no failure
    ) + bytes(24)


def test_a_speed_limit_of_forty_digits_does_not_silence_the_episode_state() -> None:
    car = ActorState(7, Pose(), vehicle=VehicleState(VehicleControl(), gear=1, speed_limit=float(40 * "9")))
    data = pack_episode_state(Snapshot(5, Timestamp(9, 0.5), 0.25, (car,)), 2.0)[84:]
    assert struct.unpack_from("<f", data, 65 + 19) == (pytest.approx(LARGEST_SINGLE),)


def test_numbers_beyond_single_precision_are_its_largest_wherever_they_stand() -> None:
    vast = Vector(1e300, -1e300, 1e300)
    control = VehicleControl(throttle=1e300, steer=-1e300, brake=1e300)
    car = ActorState(7, Pose(*[1e300] * 6), vast, vast, vast, VehicleState(control, gear=1, speed_limit=1e300))
    data = pack_episode_state(Snapshot(5, Timestamp(9, 0.5), 0.25, (car,)), 2.0)[84:]
    numbers = *struct.unpack_from("<15f", data, 5), *struct.unpack_from("<3f", data, 65)
    assert [abs(number) for number in numbers] == pytest.approx([LARGEST_SINGLE] * 18)


def test_what_is_no_vehicle_has_zeros_for_the_rest() -> None:
    data = pack_episode_state(Snapshot(5, Timestamp(9, 0.5), 0.25, (ActorState(1, Pose()),)), 2.0)[84:]
    assert data == bytes.fromhex("0100000001") + bytes(114)


def test_a_lidar_is_its_angle_the_points_of_each_channel_and_the_points() -> None:
    payload = pack_lidar(1.0, np.array([0, 1]), np.array([(1.0, -2.0, 0.5, 1.0)]))
    assert payload == bytes.fromhex("0000803f 02000000 00000000 01000000 0000803f 000000c0 0000003f 0000803f")


def test_a_point_of_a_semantic_lidar_has_a_cosine_an_actor_and_a_tag() -> None:
    points = np.array([(1.0, -2.0, 0.5)])
    payload = pack_semantic_lidar(1.0, np.array([1]), points, np.array([0.5]), np.array([7]), np.array([14]))
    head, point = "0000803f 01000000 01000000", "0000803f 000000c0 0000003f 0000003f 07000000 0e000000"
    assert payload == bytes.fromhex(f"{head} {point}")


def test_a_detection_of_a_radar_is_four_floats() -> None:
    assert pack_radar(np.array([(1.0, -2.0, 0.5, 1.0)])) == bytes.fromhex("0000803f 000000c0 0000003f 0000803f")
