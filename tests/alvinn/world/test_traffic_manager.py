from __future__ import annotations

import itertools
import socket
import threading

import msgpack

from alvinn.world.autopilot import engage_autopilot
from alvinn.world.traffic_manager import SET_MODE, TRUE, find_free_port, wake_traffic_manager, watch
from tests.alvinn.fixtures import car_on
from tests.alvinn.world.test_autopilot import listening_ports
from tests.conftest import Address

# CARLA's client loses its signal once in hours, between two instructions, so that a stuck tick is a mock here.


def test_a_call_that_is_stuck_is_woken_and_so_is_the_next() -> None:
    stuck = threading.Event()
    with watch(stuck.set, patience=0.05) as watcher:
        for _ in range(2):
            stuck.clear()
            with watcher.guard():
                assert stuck.wait(60.0)


def test_a_call_that_one_signal_does_not_free_gets_another() -> None:
    signals = itertools.count(1)
    freed = threading.Event()
    with watch(lambda: freed.set() if next(signals) == 3 else None, patience=0.05) as watcher, watcher.guard():
        assert freed.wait(60.0)


def test_between_calls_nobody_is_woken() -> None:
    woken, looked = [], threading.Event()
    with watch(lambda: woken.append("a call"), patience=0.05) as watcher:
        with watcher.guard():
            pass
        looked.wait(0.2)  # nothing can be waited for where nothing is to happen
    assert woken == []


def test_the_signals_reach_carla_s_traffic_manager_which_drives_on(server: Address) -> None:
    with car_on(server) as world:
        before = listening_ports()
        with engage_autopilot(world, 8.0, seed=3) as autopilot:
            (port,) = listening_ports() - before
            for _ in range(40):
                autopilot.observe()
            wake_traffic_manager(port)
            for _ in range(60):
                autopilot.observe()
            assert abs(autopilot.truth().offset) < 0.5
            assert autopilot.truth().lane_s > 10.0
            assert call(port, SET_MODE + TRUE) is None, "it knows this procedure"
            assert "unheard" in str(call(port, b"\xa7unheard\x90"))


def test_the_signals_are_two_messages_of_carla_s_protocol() -> None:
    with socket.create_server(("127.0.0.1", 0)) as manager:
        wake_traffic_manager(manager.getsockname()[1])
        connection, _ = manager.accept()
        with connection, connection.makefile("rb") as messages:
            assert list(msgpack.Unpacker(messages)) == [[2, "set_synchronous_mode", [mode]] for mode in (False, True)]


def test_where_no_traffic_manager_is_left_there_is_no_error() -> None:
    wake_traffic_manager(find_free_port())


def call(port: int, procedure: bytes) -> object:
    """The error that a traffic manager answers a request with, or None."""
    with socket.create_connection(("127.0.0.1", port), 10.0) as connection:
        connection.sendall(b"\x94\x00\x07" + procedure)
        kind, request, error, _ = msgpack.unpackb(connection.recv(4096))
    assert (kind, request) == (1, 7)
    return error
