"""Where guests find the class: this machine's addresses, large, with a QR code and the code for those who may drive."""

from __future__ import annotations

import io
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address

import segno
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from alvinn.errors import AlvinnError

LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - asked for with --share
NO_NETWORK = "this machine is in no network: guests need one, such as a phone's hot spot"
ELSEWHERE = ("192.0.2.1", 9)  # an address for documentation: nothing is sent, the system only picks a way out
SIOCGIFADDR = 0x8915  # Linux: asks for an interface's address, `man netdevice`


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
    """The address of a class at a port of this machine: of its network if `shared`, else loopback.

    Raises:
        AlvinnError: it is to be shared, but this machine is in no network.
    """
    hosts = {LOOPBACK, "localhost", "::1"}
    if not shared:
        return Address(LOOPBACK, port, frozenset(hosts))
    name, own = socket.gethostname(), find_network_addresses()
    if not own:
        raise AlvinnError(NO_NETWORK)
    return Address(own[0], port, frozenset({*hosts, *own, name, name.lower(), f"{name}.local".lower()}))


def find_network_addresses() -> list[str]:
    """This machine's addresses in its networks, the one to announce first; none if it is in no network.

    That is the one by which it reaches others. A laptop's own hot spot may lead nowhere, yet it has an address.
    """
    found = [IPv4Address(one) for one in dict.fromkeys([*_find_way_out(), *list_own_addresses()])]
    usable = [one for one in found if not one.is_loopback]
    return [str(one) for one in sorted(usable, key=lambda one: one.is_link_local)]  # given by nobody: the last choice


def _find_way_out() -> Iterator[str]:
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(ELSEWHERE)
        yield str(probe.getsockname()[0])


def list_own_addresses() -> list[str]:
    """IPv4 addresses of this machine's interfaces, loopback among them."""
    return [*_ask_interfaces(), *_ask_name()]


def _ask_interfaces() -> Iterator[str]:
    if sys.platform == "linux":  # where the machine's own name usually stands for loopback alone
        from fcntl import ioctl

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            for _, name in socket.if_nameindex():
                with suppress(OSError):  # it has no address
                    yield socket.inet_ntoa(ioctl(probe, SIOCGIFADDR, struct.pack("256s", name.encode()))[20:24])


def _ask_name() -> Iterator[str]:
    with suppress(OSError):
        yield from (str(one[4][0]) for one in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET))
