"""Where guests find the class: this machine's addresses, large, with a QR code and the code for those who may drive."""

from __future__ import annotations

import io
import socket
from contextlib import suppress
from dataclasses import dataclass

import segno
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

LOOPBACK = "127.0.0.1"
ELSEWHERE = ("192.0.2.1", 9)  # an address for documentation: nothing is sent, the system only picks a way out


@dataclass(frozen=True)
class Address:
    """Where the class is."""

    host: str
    port: int
    hosts: frozenset[str]
    """every name and address of this machine that a browser may ask for"""

    @property
    def url(self) -> str:
        """What guests open."""
        return f"http://{self.host}:{self.port}/"

    def draw_qr(self) -> str:
        """The QR code of the address as SVG."""
        out = io.BytesIO()
        segno.make(self.url, error="m").save(out, kind="svg", scale=8, dark="#000", light="#fff", xmldecl=False)
        return out.getvalue().decode()

    def announce(self, console: Console, code: str, lecturer: str, *, shared: bool) -> None:
        """Print where the class is, and who may do what."""
        console.print(f"listening on {self.url}", highlight=False, soft_wrap=True)
        if shared:
            out = io.StringIO()
            segno.make(self.url, error="m").terminal(out, compact=True, border=2)
            text = Text.assemble((self.url, "bold"), "\n\nto drive: ", (code, "bold"))
            console.print(Panel(text, padding=(1, 4), expand=False))
            console.print(out.getvalue(), highlight=False)
        else:
            console.print(f"only this machine can open it; add --share for a class. To drive: {code}", highlight=False)
        own = f"http://{LOOPBACK}:{self.port}/#{lecturer}"
        console.print(f"your own page, with the lecturer's keys: {own}", highlight=False, soft_wrap=True)


def find_address(port: int, *, shared: bool) -> Address:
    """The address of a class at a port of this machine: of its network if `shared`, else loopback."""
    hosts = {LOOPBACK, "localhost", "::1"}
    if not shared:
        return Address(LOOPBACK, port, frozenset(hosts))
    name, own = socket.gethostname(), find_network_address()
    return Address(own, port, frozenset({*hosts, own, name, name.lower(), f"{name}.local".lower()}))


def find_network_address() -> str:
    """This machine's address in its network; loopback if it has none."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(ELSEWHERE)
        return str(probe.getsockname()[0])
    return LOOPBACK
