from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import pytest
from rich.console import Console

from alvinn.classroom.address import Address, find_address, find_network_addresses, list_own_addresses
from alvinn.errors import AlvinnError

NOWHERE = ("255.255.255.255", 9)  # that a socket may not reach, as where there is no way out


def test_it_is_this_machine_alone_unless_shared() -> None:
    address = find_address(8000, shared=False)
    assert address.url == "http://127.0.0.1:8000/"
    assert address.hosts == {"127.0.0.1", "localhost", "::1"}


def test_a_shared_one_is_that_by_which_this_machine_reaches_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alvinn.classroom.address._find_way_out", lambda: ["192.168.1.7"])
    monkeypatch.setattr("alvinn.classroom.address.list_own_addresses", lambda: ["10.42.0.1", "192.168.1.7"])
    address = find_address(8000, shared=True)
    assert address.host == "192.168.1.7"
    assert {"192.168.1.7", "10.42.0.1"} <= address.hosts


def test_a_network_without_a_way_out_is_announced_by_its_own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    own = ("127.0.0.1", "169.254.7.7", "10.42.0.1", "10.42.0.1")
    monkeypatch.setattr("alvinn.classroom.address.ELSEWHERE", NOWHERE)
    monkeypatch.setattr("alvinn.classroom.address.list_own_addresses", lambda: [*own])
    found = find_address(8000, shared=True)
    assert found.url == "http://10.42.0.1:8000/"
    assert {"10.42.0.1", "169.254.7.7", "127.0.0.1"} <= found.hosts, "by whatever network a guest comes"


def test_a_machine_in_no_network_announces_nothing_that_no_guest_could_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alvinn.classroom.address.ELSEWHERE", NOWHERE)
    monkeypatch.setattr("alvinn.classroom.address.list_own_addresses", lambda: ["127.0.0.1", "127.0.1.1"])
    with pytest.raises(AlvinnError, match="in no network: guests need one"):
        find_address(8000, shared=True)
    assert find_address(8000, shared=False).host == "127.0.0.1"


def test_the_interfaces_are_asked_for_the_addresses_that_the_machine_has() -> None:
    own = list_own_addresses()
    assert "127.0.0.1" in own
    assert set(find_network_addresses()) <= set(own), "among them that of the way out, if there is one"


def test_the_terminal_shows_where_it_is_and_who_may_drive() -> None:
    out = io.StringIO()
    Address("10.42.0.1", 8000, frozenset()).announce(Console(file=out, width=100), "abc234", "key", shared=True)
    text = out.getvalue()
    assert text.startswith("listening on http://10.42.0.1:8000/\n")
    assert "to drive: abc234" in text
    assert "\N{FULL BLOCK}" in text  # the QR code
    assert "http://127.0.0.1:8000/#key" in text


def test_the_qr_code_is_a_drawing_without_a_script() -> None:
    root = ET.fromstring(find_address(8000, shared=False).draw_qr())  # noqa: S314
    assert root.tag.endswith("svg")
    assert "script" not in {element.tag.rpartition("}")[2] for element in root.iter()}
