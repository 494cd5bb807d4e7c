from __future__ import annotations

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.wire.errors import OurError, PeerError
from sim.wire.rpc import (
    ARRAY_LIMIT,
    MESSAGE_LIMIT,
    Connection,
    Request,
    Returns,
    pack_failure,
    pack_refusal,
    pack_result,
)

# [0, 7, "version", [[false]]] as the genuine client sends it
VERSION_CALL = bytes.fromhex("94 00 07 a7 76657273696f6e 91 91 c2")


def requests_in(*chunks: bytes) -> list[Request]:
    connection, found = Connection(), []
    for chunk in chunks:
        connection.receive_data(chunk)
        while (request := connection.next_request()) is not None:
            found.append(request)
    return found


def test_a_call_is_read_from_its_bytes() -> None:
    assert requests_in(VERSION_CALL) == [Request(7, "version", (), wants_answer=True)]


def test_a_call_marked_async_wants_no_answer_and_keeps_its_arguments() -> None:
    call = bytes.fromhex("94 00 ce ffffffff a1 66 93 91 c3 05 c4 02 0102")
    assert requests_in(call) == [Request(0xFFFFFFFF, "f", (5, b"\x01\x02"), wants_answer=False)]


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        (pack_result(7, Returns.VALUE, 5), "94 01 07 c0 91 92 01 05"),
        (pack_result(7, Returns.VALUE, b"\xff"), "94 01 07 c0 91 92 01 c4 01 ff"),
        (pack_failure(7, Returns.VALUE, "no"), "94 01 07 c0 91 92 00 91 a2 6e6f"),
        (pack_result(7, Returns.NOTHING), "94 01 07 c0 91 91 c2"),
        (pack_failure(7, Returns.NOTHING, "no"), "94 01 07 c0 91 92 c3 91 a2 6e6f"),
        (pack_result(7, Returns.BARE, [1]), "94 01 07 c0 91 01"),
        (pack_failure(7, Returns.BARE, "no"), "94 01 07 a2 6e6f c0"),
        (pack_refusal(7, "no"), "94 01 07 a2 6e6f c0"),
    ],
)
def test_answers_are_these_bytes(encoded: bytes, expected: str) -> None:
    assert encoded == bytes.fromhex(expected)


def test_a_result_that_msgpack_cannot_hold_is_our_fault() -> None:
    with pytest.raises(OurError):
        pack_result(1, Returns.VALUE, object())


@given(
    calls=st.lists(st.tuples(st.integers(0, 2**32 - 1), st.text(max_size=20), st.lists(st.integers(0, 300)))),
    data=st.data(),
)
def test_any_split_of_the_stream_gives_the_same_calls(
    calls: list[tuple[int, str, list[int]]], data: st.DataObject
) -> None:
    stream = b"".join(msgpack.packb([0, number, name, [[False], *rest]]) for number, name, rest in calls)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    expected = [Request(number, name, tuple(rest), wants_answer=True) for number, name, rest in calls]
    assert requests_in(*chunks) == expected


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_garbage_raises_nothing_but_the_peers_error(chunks: list[bytes]) -> None:
    try:
        requests_in(*chunks)
    except PeerError:
        return


any_message = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(any_message)
def test_a_message_of_any_other_shape_is_the_peers_fault(message: object) -> None:
    with pytest.raises(PeerError):
        requests_in(msgpack.packb(message))


@pytest.mark.parametrize(
    "message",
    [
        [2, "notification", [[False]]],
        [0, 1, "no metadata", []],
        [0, 1, "metadata of the wrong type", [[1]]],
        [0, True, "an id that is a bool", [[False]]],
        [False, 1, "a kind that is a bool", [[False]]],
        [0, 1, b"a name in bytes", [[False]]],
        [0, 1, "too much", [[False]], 1],
    ],
)
def test_almost_a_call_is_the_peers_fault(message: list[object]) -> None:
    with pytest.raises(PeerError):
        requests_in(msgpack.packb(message))


def test_nothing_is_read_after_bytes_that_were_no_call() -> None:
    connection = Connection()
    connection.receive_data(b"\xc1" + VERSION_CALL)
    for _ in range(2):
        with pytest.raises(PeerError):
            connection.next_request()


def test_an_array_that_announces_too_much_is_refused_before_it_comes() -> None:
    with pytest.raises(PeerError):
        requests_in(b"\xdd" + (ARRAY_LIMIT + 1).to_bytes(4, "big"))


@pytest.mark.parametrize(
    "chunk",
    [
        b"\xdb\xff\xff\xff\xff" + bytes(100_000),  # one text of 4 GB
        b"\xdc\x20\x00" + bytes(8191),  # arrays of numbers within arrays: decoded as they come, never whole
    ],
)
def test_a_message_that_never_ends_is_refused(chunk: bytes) -> None:
    chunks = [chunk] * (MESSAGE_LIMIT // len(chunk) + 2)
    with pytest.raises(PeerError):
        requests_in(*chunks)


def test_a_long_life_of_short_calls_is_no_endless_message() -> None:
    connection = Connection()
    one = msgpack.packb([0, 1, "f", [[False], "x" * 60_000]])
    for _ in range(MESSAGE_LIMIT // len(one) + 5):
        connection.receive_data(one)
        assert connection.next_request() is not None
