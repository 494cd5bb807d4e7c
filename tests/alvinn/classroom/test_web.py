from __future__ import annotations

import http.client
import json
import os
import random
import socket
import sys
import time
from contextlib import closing
from email.message import Message

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from alvinn.classroom.messages import MAX_BYTES
from alvinn.classroom.web import is_free, serve
from alvinn.errors import AlvinnError
from tests.alvinn.classroom.people import HOSTS, KEYS, knock, moment, open_class, visit


def get(address: str, path: str, host: str | None = None) -> tuple[int, Message, bytes]:
    """Status, headers and body of a page."""
    connection = http.client.HTTPConnection(address, timeout=20)
    with closing(connection):
        connection.putrequest("GET", path, skip_host=host is not None)
        if host is not None:
            connection.putheader("Host", host)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def say_and_listen(guest: ClientConnection, data: str | bytes) -> None:
    """Send something, and listen until the connection ends."""
    guest.send(data)
    while True:
        guest.recv(timeout=30.0)


def test_the_page_and_its_files_come_from_here_and_may_fetch_nothing_else() -> None:
    with open_class() as (_, address):
        for path, kind in {
            "/": "text/html",
            "/style.css": "text/css",
            "/classroom.css": "text/css",
            "/watch.js": "text/javascript",
        }.items():
            status, headers, body = get(address, path)
            assert status == 200
            assert headers["Content-Type"].startswith(kind)
            assert "default-src 'none'" in headers["Content-Security-Policy"]
            assert b"https://" not in body


@pytest.mark.parametrize("path", ["/nothing", "/../web.py", "/..%2fweb.py", "/%2e%2e/web.py", "/__init__.py", "/a/b"])
def test_no_other_file_is_given_out(path: str) -> None:
    with open_class() as (_, address):
        assert get(address, path)[0] == 404


def test_the_lessons_are_there_to_be_read() -> None:
    with open_class() as (_, address):
        assert b"<h1>4. DAgger</h1>" in get(address, "/lesson-4")[2]
        assert get(address, "/lesson-99")[0] == 404


def test_a_name_that_somebody_points_here_is_refused() -> None:
    with open_class() as (_, address):
        assert get(address, "/", host="evil.example")[0] == 421
        assert get(address, "/", host="127.0.0.1")[0] == 200  # a port forwarded from 80


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1"])
def test_a_page_from_elsewhere_is_not_let_in(origin: str) -> None:
    with open_class() as (classroom, address):
        with pytest.raises(InvalidStatus), visit(address, origin=origin):
            pass
        with pytest.raises(InvalidStatus), knock(address, None):
            pass
        assert len(classroom.audience) == 0


def test_guests_see_the_stage_and_the_driver_steers() -> None:
    with open_class() as (classroom, address), visit(address, key=KEYS.code) as driver, visit(address) as guest:
        assert driver.wait_for("welcome")[0]["role"] == "driver"
        assert guest.wait_for("welcome")[0]["title"] == "a test on paper"
        classroom.show(moment(4))
        header, pictures = guest.wait_for("moment")
        assert header["number"] == 4
        assert len(pictures) == 2
        driver.say("take")
        assert guest.wait_for("wheel")[0]["name"] == "Ada"
        driver.say("steer", steer=0.5)
        driver.say("give")
        assert guest.wait_for("wheel")[0]["holder"] is None


def test_a_name_with_markup_is_text_and_nothing_else() -> None:
    name = "<script>alert(1)</script>"
    with open_class() as (_, address), visit(address, name=name, key=KEYS.code) as driver:
        driver.wait_for("welcome")
        driver.say("take")
        driver.wait_for("wheel")
        assert driver.wait_for("wheel")[0]["name"] == name[:24].strip()


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 5_000_000])
def test_an_endless_message_ends_its_connection_and_no_other(size: int) -> None:
    with open_class() as (classroom, address), visit(address) as guest:
        guest.wait_for("welcome")
        with visit(address) as other:
            other.wait_for("welcome")
            with pytest.raises((ConnectionClosed, OSError)):
                say_and_listen(other.socket, "x" * size)
        classroom.show(moment())
        guest.wait_for("moment")


def test_a_first_message_that_is_no_hello_ends_the_connection() -> None:
    with open_class() as (classroom, address):
        for first in ('{"type": "take"}', "garbage", b"\xff"):
            with knock(address, f"http://{address}") as stranger, pytest.raises(ConnectionClosed):
                say_and_listen(stranger, first)
        assert len(classroom.audience) == 0


def test_a_thousand_bad_messages_harm_nobody() -> None:
    """Also behind the hello, since that is where a guest is believed most."""
    rng = random.Random(0)
    words = ['{"type": "steer", "steer": 9}', '{"type":', "[]", '{"type": "hello", "name": null}', "x" * 3000, ""]
    with open_class() as (classroom, address), visit(address) as guest:
        guest.wait_for("welcome")
        sent = 0
        while sent < 1000:
            with visit(address) as rude:
                rude.wait_for("welcome")
                try:
                    for _ in range(20):
                        rude.socket.send(rng.choice(words) if rng.random() < 0.5 else rng.randbytes(rng.randrange(99)))
                        sent += 1
                except ConnectionClosed:
                    sent += 1
        classroom.show(moment(9))
        assert guest.wait_for("moment")[0]["number"] == 9
        assert classroom.wheel.holder is None


def test_raw_garbage_on_the_port_harms_nobody() -> None:
    with open_class() as (classroom, address), visit(address) as guest:
        guest.wait_for("welcome")
        host, port = address.split(":")
        for data in (b"\0" * 5000, b"GET / HTTP/9.9\r\n\r\n", b"GET " + b"a" * 100_000, os.urandom(2000)):
            with socket.create_connection((host, int(port))) as raw:
                raw.sendall(data)
        assert get(address, "/")[0] == 200
        classroom.show(moment())
        guest.wait_for("moment")


def test_a_guest_who_sleeps_costs_the_others_nothing_and_may_come_back() -> None:
    with open_class() as (classroom, address), visit(address) as awake:
        awake.wait_for("welcome")
        with visit(address) as asleep:
            asleep.wait_for("welcome")
            for number in range(20):
                classroom.show(moment(number))
                assert awake.wait_for("moment")[0]["number"] == number
                awake.say("seen")
            assert asleep.wait_for("moment")[0]["number"] == 0
            asleep.say("seen")
            assert asleep.wait_for("moment")[0]["number"] == 19
        with visit(address) as again:
            assert again.wait_for("moment")[0]["number"] == 19


def test_a_port_that_is_taken_is_an_error_in_a_sentence() -> None:
    with open_class() as (classroom, address):
        port = int(address.rpartition(":")[2])
        with pytest.raises(AlvinnError, match="--port"), serve(classroom, "127.0.0.1", port, HOSTS):
            pass


def test_whoever_leaves_is_counted_out() -> None:
    with open_class() as (classroom, address), visit(address) as guest:
        guest.wait_for("welcome")
        with visit(address):
            while guest.wait_for("room")[0]["guests"] < 2:
                pass
        end = time.monotonic() + 30.0
        while guest.wait_for("room")[0]["guests"] != 1:
            assert time.monotonic() < end
        assert json.dumps(len(classroom.audience)) == "1"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems let several programs have a port, or lack 127.0.0.2")
def test_a_port_is_free_if_it_is_at_every_address_that_a_class_may_be_at() -> None:
    for host in ("127.0.0.1", "127.0.0.2"):
        with socket.create_server((host, 0)) as other:
            assert not is_free(other.getsockname()[1])
    assert is_free(0)
