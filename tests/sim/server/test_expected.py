from __future__ import annotations

import pytest

from sim.server import expected
from sim.server.expected import MOST_MESSAGES, ExpectedSubscriptions


def test_what_an_expected_stream_sends_is_kept_once_and_nothing_else() -> None:
    streams = ExpectedSubscriptions()
    streams.expect(2)
    for message in (b"one", b"two"):
        streams.keep(2, message)
        streams.keep(3, message)
    assert streams.streams == {2}
    assert (streams.take(3), streams.take(2), streams.take(2)) == ([], [b"one", b"two"], [])


def test_a_client_that_never_comes_is_no_longer_expected() -> None:
    streams = ExpectedSubscriptions()
    streams.expect(2)
    for _ in range(MOST_MESSAGES + 1):
        streams.keep(2, b"x")
    assert streams.streams == set()


def test_beyond_the_limit_of_memory_the_longest_expected_stream_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expected, "MOST_BYTES", 10)
    streams = ExpectedSubscriptions()
    for stream in (2, 3):
        streams.expect(stream)
        streams.keep(stream, bytes(8))
    assert streams.streams == {3}
    assert streams.take(3) == [bytes(8)]
    streams.expect(4)
    streams.keep(4, bytes(8))
    assert streams.streams == {4}, "what was taken no longer counts"
