from __future__ import annotations

import pytest

from sim.wire.errors import PeerError
from sim.wire.streaming import Subscription, frame_message, pack_token


def test_a_token_is_these_24_bytes() -> None:
    # stream 3, port 2001, tcp, no address: the client takes the host it already has
    assert pack_token(3, 2001) == bytes.fromhex("03000000 d107 01 00") + bytes(16)


def test_a_message_has_its_size_before_it() -> None:
    assert frame_message(b"ab", b"c") == b"\x03\x00\x00\x00abc"


def test_a_subscription_is_complete_with_its_fourth_byte() -> None:
    subscription = Subscription()
    assert [subscription.receive_data(bytes([b])) for b in (2, 1, 0)] == [None, None, None]
    assert subscription.receive_data(b"\x00") == 258


def test_a_subscriber_that_goes_on_talking_is_refused() -> None:
    with pytest.raises(PeerError):
        Subscription().receive_data(b"GET / HTTP/1.1\r\n")
    subscription = Subscription()
    subscription.receive_data(b"\x01\x00\x00\x00")
    with pytest.raises(PeerError):
        subscription.receive_data(b"\x00")
