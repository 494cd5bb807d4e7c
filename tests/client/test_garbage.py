"""Garbage at both ports: whatever comes, the server stays up and small, and another client is not disturbed.

Messages are drawn from what the genuine client sends, then cut, lengthened, mixed and overwritten; some are never
finished, some never read. A seed repeats a run.
"""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import time
from collections.abc import Callable, Iterator

import msgpack
import psutil
import pytest

from tests.client.conftest import Eye, connected, spawn_car, synchronous
from tests.conftest import Address, running_server

METHODS = (
    *("version", "get_episode_info", "get_map_data", "get_actor_definitions", "spawn_actor", "destroy_actor"),
    *("spawn_actor_with_parent", "set_actor_transform", "apply_control_to_vehicle", "apply_physics_control"),
    *("get_physics_control", "apply_batch", "get_sensor_token", "set_weather_parameters", "get_actors_by_id"),
    *("copy_opendrive_to_file", "set_actor_target_velocity", "add_actor_impulse", "no_such_method"),
)
NEVER = {"set_episode_settings", "tick_cue", "load_new_episode"}  # these are everybody's clock and map
PATIENCE = 10.0  # seconds
assert not NEVER & set(METHODS)


def anything(dice: random.Random, depth: int = 0) -> object:
    """A value that msgpack can hold, often of a shape that a method might take."""
    kind = dice.randrange(10 if depth < 4 else 7)
    plain: list[object] = [
        None,
        dice.random() < 0.5,
        dice.choice((0, 1, -1, 2**31, 2**32, 2**63, dice.randrange(1000))),
        dice.choice((0.0, 1.5, -1e9, 1e300, float("nan"), float("inf"))),
        dice.choice(("", "vehicle.tesla.model3", "sensor.camera.rgb", "\x00" * 50, "x" * dice.randrange(3000))),
        bytes(dice.randrange(200)),
        [[dice.uniform(-1e3, 1e3) for _ in range(3)], [0.0, 0.0, 0.0]],
    ]
    if kind < len(plain):
        return plain[kind]
    return [anything(dice, depth + 1) for _ in range(dice.randrange(8))]


def request(dice: random.Random) -> bytes:
    arguments = [anything(dice) for _ in range(dice.randrange(5))]
    call = [0, dice.randrange(1 << 32), dice.choice(METHODS), [[dice.random() < 0.5], *arguments]]
    return bytes(msgpack.packb(call))


def mangled(dice: random.Random) -> bytes:
    """Requests, and what became of them on the way."""
    data = bytearray(b"".join(request(dice) for _ in range(dice.randrange(1, 6))))
    match dice.randrange(6):
        case 0:
            del data[dice.randrange(len(data)) :]
        case 1:
            for _ in range(dice.randrange(1, 9)):
                data[dice.randrange(len(data))] = dice.randrange(256)
        case 2:
            at = dice.randrange(len(data))
            data[at:at] = dice.randbytes(dice.randrange(200))
        case 3:
            data = bytearray(b"\xdd\xff\xff\xff\xff" + data)
        case 4:
            data = bytearray(dice.randbytes(dice.randrange(1, 5000)))
        case _:
            pass
    # A bit that flips may make a clock method of another; such bytes are not sent, as they would be no fault.
    return b"" if any(name.encode() in data for name in NEVER) else bytes(data)


def oversized(dice: random.Random) -> bytes:
    """The head of a message much larger than any may be, and the beginning of its text."""
    return b"\x94\x00\x01\xdb\x7f\xff\xff\xff" + b"x" * dice.randrange(6 << 20)


def subscription(dice: random.Random) -> bytes:
    return struct.pack("<I", dice.choice((0, 1, 2, 3, 2**32 - 1))) + dice.choice((b"", b"", b"more"))


@contextlib.contextmanager
def crowd(addresses: list[Address], dice: random.Random, most: int) -> Iterator[Callable[[], None]]:
    """Up to `most` connections that send garbage and mostly neither read nor leave; the caller asks for the next."""
    peers: list[socket.socket] = []

    def attack() -> None:
        at = dice.randrange(2)
        with contextlib.suppress(OSError):
            peer = socket.create_connection(addresses[at], timeout=0.2)
            peers.append(peer)
            if at == 1:
                peer.sendall(subscription(dice))
            else:
                peer.sendall(oversized(dice) if dice.random() < 0.02 else mangled(dice))
        while len(peers) > most:
            peers.pop(dice.randrange(len(peers))).close()

    try:
        yield attack
    finally:
        for peer in peers:
            peer.close()


def stream_port(address: Address) -> int:
    """The port that the episode's token names."""
    with socket.create_connection(address) as peer:
        peer.sendall(msgpack.packb([0, 1, "get_episode_info", [[False]]]))
        answer = peer.recv(4096)
    return int.from_bytes(answer[answer.index(b"\xc4\x18") + 2 :][4:6], "little")


def process_of(port: int) -> psutil.Process:
    """The process of ours that listens on a port."""
    for child in psutil.Process().children(recursive=True):
        if any(c.laddr.port == port and c.status == psutil.CONN_LISTEN for c in child.net_connections("tcp")):
            return child
    raise AssertionError(f"nobody of ours listens on {port}")


def megabytes(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1e6


def besiege(attacks: int, seed: int, most: int = 100) -> float:
    """Attack a fresh server with garbage, a good client's tick after each; returns by how much it grew [MB]."""
    dice = random.Random(seed)
    with running_server("--map", "oval") as address:
        world = connected(address).get_world()
        with synchronous(world):
            eye = Eye(world, spawn_car(world))
            addresses = [address, (address[0], stream_port(address))]
            server = process_of(address[1])
            with crowd(addresses, dice, most) as attack:
                for _ in range(20):
                    attack()
                before = megabytes(server)
                for _ in range(attacks):
                    attack()
                    began = time.monotonic()
                    frame = world.tick()
                    while eye.next().frame < frame:
                        continue  # a batch among the garbage asked for a tick too, as it may
                    assert time.monotonic() - began < PATIENCE
                growth = megabytes(server) - before
            assert connected(address).get_server_version() == "0.9.16"
    return growth


def test_garbage_disturbs_nobody() -> None:
    assert besiege(200, seed=1) < 400.0


@pytest.mark.long
def test_minutes_of_garbage_from_a_thousand_connections_disturb_nobody() -> None:
    growth = besiege(5000, seed=2, most=1000)
    print(f"{growth:.0f} MB more")
    assert growth < 400.0


def test_a_thousand_connections_that_say_nothing_disturb_nobody() -> None:
    with running_server("--map", "oval") as address, contextlib.ExitStack() as stack:
        addresses = [address, (address[0], stream_port(address))]
        for i in range(1000):
            peer = socket.create_connection(addresses[i % 2])
            stack.enter_context(peer)
            if i % 4 == 0:
                peer.sendall(b"\x94\x00")
        world = connected(address).get_world()
        with synchronous(world):
            eye = Eye(world, spawn_car(world))
            for _ in range(20):
                assert world.tick() == eye.next().frame


def test_readers_that_never_read_block_nobody_and_cost_a_bounded_backlog() -> None:
    with running_server("--map", "oval") as address, contextlib.ExitStack() as stack:
        world = connected(address).get_world()
        with synchronous(world):
            eye = Eye(world, spawn_car(world), image_size_x="800", image_size_y="600")
            server = process_of(address[1])
            world.tick()
            eye.next()
            for number in (1, 2):  # the episode's stream and the camera's
                for _ in range(2):
                    peer = stack.enter_context(socket.create_connection((address[0], stream_port(address))))
                    peer.sendall(struct.pack("<I", number))
            before = megabytes(server)
            for _ in range(150):
                assert world.tick() == eye.next().frame
            assert megabytes(server) - before < 2 * 64 + 100
