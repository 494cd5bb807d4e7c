from __future__ import annotations

import socket
import threading

import pytest

from alvinn.errors import MapError, ServerError
from alvinn.world.connection import connect, explain_errors, find_weather
from tests.conftest import running_server


def test_a_weather_that_carla_has_not_is_refused_with_the_nearest_or_with_those_it_has() -> None:
    assert find_weather("HardRainNoon").precipitation > 50.0
    with pytest.raises(MapError, match="no weather 'ClearNon': did you mean ClearNoon"):
        find_weather("ClearNon")
    for name in ("__doc__", "xyz"):
        with pytest.raises(MapError, match=rf"no weather '{name}': there are .*ClearNoon"):
            find_weather(name)


def test_a_server_of_another_version_is_refused_and_both_are_said() -> None:
    code = (
        "import sys, sim.cli; from sim.rpc import episode_methods; episode_methods.VERSION = '0.9.15'; "
        "sys.exit(sim.cli.main(sys.argv[1:]))"
    )
    with (
        running_server("--map", "oval", program=("-c", code)) as place,
        pytest.raises(ServerError, match=r"is CARLA 0\.9\.15, this program's client is 0\.9\.16"),
        connect(*place),
    ):
        pass


def test_a_server_that_was_built_from_the_sources_of_the_same_version_is_accepted() -> None:
    code = (
        "import sys, sim.cli; from sim.rpc import episode_methods; episode_methods.VERSION = '0.9.16-12-gabc-dirty'; "
        "sys.exit(sim.cli.main(sys.argv[1:]))"
    )
    with running_server("--map", "oval", program=("-c", code)) as place, connect(*place) as client:
        assert client.get_server_version() == "0.9.16-12-gabc-dirty"


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_where_nobody_answers_it_says_so(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alvinn.world.connection.CONNECT_TIMEOUT", 0.5)
    with pytest.raises(ServerError, match=rf"no CARLA server answers at {host}:1"), connect(host, 1):
        pass


@pytest.mark.parametrize("greets", [True, False])
def test_what_answers_in_another_protocol_is_no_carla_server(greets: bool) -> None:
    """Before an answer of such a kind, CARLA's client ends the whole program, from a thread of its own."""

    def answer() -> None:
        connection, _ = listening.accept()
        with connection, connection.makefile("rb") as lines:
            if not greets:
                while lines.readline() != b"\r\n":
                    pass
            connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n" if greets else b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(ServerError, match=rf"what answers at 127.0.0.1:{port} is no CARLA server: mend the port"):
            connect("127.0.0.1", port).__enter__()
        thread.join()


def test_an_embedded_server_that_does_not_answer_is_not_blamed_on_a_flag_that_nobody_gave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("alvinn.world.connection.EMBEDDED_TIMEOUT", 0.5)
    with pytest.raises(ServerError) as raised, connect("127.0.0.1", 1, embedded=True):
        pass
    assert str(raised.value).startswith("the embedded server started, but did not answer within 0.5 s: try again")
    assert "--carla" not in str(raised.value)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("time-out of 10000ms while waiting for the simulator", "stopped answering"),
        ("failed to connect to newly created map", "stopped answering"),
        ("there is no map called 'x'", "answered with an error"),
    ],
)
def test_a_server_that_refuses_is_not_said_to_have_stopped(error: str, said: str) -> None:
    with pytest.raises(ServerError, match=f"the CARLA server {said} while driving: {error}"), explain_errors("driving"):
        raise RuntimeError(error)
