from __future__ import annotations

import io
import xml.etree.ElementTree as ET

from rich.console import Console

from alvinn.classroom.address import find_address, find_network_address


def test_it_is_this_machine_alone_unless_shared() -> None:
    address = find_address(8000, shared=False)
    assert address.url == "http://127.0.0.1:8000/"
    assert address.hosts == {"127.0.0.1", "localhost", "::1"}


def test_a_shared_one_is_that_of_the_network() -> None:
    address = find_address(8000, shared=True)
    assert address.host == find_network_address()
    assert address.host in address.hosts


def test_the_terminal_shows_where_it_is_and_who_may_drive() -> None:
    out = io.StringIO()
    find_address(8000, shared=True).announce(Console(file=out, width=100), "abc234", "key", shared=True)
    text = out.getvalue()
    assert text.startswith(f"listening on http://{find_network_address()}:8000/\n")
    assert "to drive: abc234" in text
    assert "\N{FULL BLOCK}" in text  # the QR code
    assert "http://127.0.0.1:8000/#key" in text


def test_the_qr_code_is_a_drawing_without_a_script() -> None:
    root = ET.fromstring(find_address(8000, shared=False).draw_qr())  # noqa: S314
    assert root.tag.endswith("svg")
    assert "script" not in {element.tag.rpartition("}")[2] for element in root.iter()}
