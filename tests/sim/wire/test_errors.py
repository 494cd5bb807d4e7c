"""An error's type says whose fault it is, and all of them are the wire's."""

from __future__ import annotations

from itertools import permutations

import pytest

from sim.wire.errors import NotSupportedError, OurError, PeerError, WireError
from sim.wire.messages import BOOL
from sim.wire.sensor_data import pack_image

KINDS = (PeerError, NotSupportedError, OurError)


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_can_be_caught_as_the_wires(kind: type[WireError]) -> None:
    assert issubclass(kind, WireError)


@pytest.mark.parametrize(("one", "other"), list(permutations(KINDS, 2)))
def test_whose_fault_it_is_cannot_be_confused(one: type[WireError], other: type[WireError]) -> None:
    assert not issubclass(one, other)


def test_a_value_of_the_wrong_type_is_the_peers_fault() -> None:
    with pytest.raises(PeerError):
        BOOL.unpack("yes")


def test_an_image_of_the_wrong_size_is_our_fault() -> None:
    with pytest.raises(OurError):
        pack_image(2, 2, 1.0, bytes(3))
