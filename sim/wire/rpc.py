"""msgpack-rpc as the genuine client speaks it: bytes in, requests out; replies in, bytes out. No sockets.

A request is `[0, id, method, [metadata, argument...]]` with metadata `[wants_no_answer]`; an answer is
`[1, id, error, result]`. CARLA wraps every result in its own `Response<T>` (see `Returns`); the error slot is rpclib's
and stands for "no such method".

What a peer may cost is bounded: MESSAGE_LIMIT bytes a message, ARRAY_LIMIT elements an array (the decoder reserves
them all when it reads an array's head), and messages are decoded one at a time, only when asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import msgpack

from sim.wire.errors import OurError, PeerError

MESSAGE_LIMIT = 4 << 20  # bytes; CARLA's largest town, sent as OpenDRIVE text by a client, takes under 2 MB
ARRAY_LIMIT = 8192  # elements; the longest array a client sends is a batch of commands
READ_LIMIT = 1 << 20  # bytes that may come at once, beyond an unfinished message
REQUEST, RESPONSE = 0, 1


class Returns(Enum):
    """How CARLA encodes a method's result."""

    VALUE = auto()  # [[1, value]] or [[0, [message]]]
    NOTHING = auto()  # [[false]] or [[true, [message]]]
    BARE = auto()  # the value itself: apply_batch, whose commands carry a response each


@dataclass(frozen=True, slots=True)
class Request:
    """A call that a client made; `arguments` are plain msgpack values, in order, without the metadata."""

    id: int
    method: str
    arguments: tuple[Any, ...]
    wants_answer: bool


class Connection:
    """One client's stream of requests.

    Feed what arrives to `receive_data`, then ask `next_request` until it gives None. Both raise PeerError when the
    bytes are no requests; the connection is of no use afterwards.
    """

    def __init__(self) -> None:
        self._unpacker = msgpack.Unpacker(
            max_buffer_size=MESSAGE_LIMIT + READ_LIMIT, max_array_len=ARRAY_LIMIT, max_map_len=ARRAY_LIMIT
        )
        self._received = 0  # bytes, since the beginning
        self._decoded_to = 0  # where the last whole message ended
        self._broken = False

    def receive_data(self, data: bytes) -> None:
        """Take bytes as they came from the peer, cut anywhere."""
        self._received += len(data)
        try:
            self._unpacker.feed(data)
        except (ValueError, msgpack.BufferFull) as error:
            self._broken = True
            raise PeerError(f"more than {MESSAGE_LIMIT} bytes wait to be read") from error

    def next_request(self) -> Request | None:
        """The next whole request, or None until more bytes come."""
        if self._broken:
            raise PeerError("bytes after a message that was refused")
        try:
            message = self._unpacker.unpack()
        except msgpack.OutOfData:
            # An unfinished message can outgrow the decoder's own limit, which counts undecoded bytes alone.
            if self._received - self._decoded_to > MESSAGE_LIMIT:
                raise self._fault(f"a message of more than {MESSAGE_LIMIT} bytes") from None
            return None
        except (ValueError, TypeError, OverflowError, RecursionError, msgpack.UnpackException) as error:
            raise self._fault(f"bytes that are not msgpack: {error or type(error).__name__}") from error
        self._decoded_to = self._unpacker.tell()
        return self._request(message)

    def _fault(self, sentence: str) -> PeerError:
        self._broken = True
        return PeerError(sentence)

    def _request(self, message: object) -> Request:
        match message:
            case [int(kind), int(identity), str(method), [[bool(wants_none)], *arguments]] if (
                kind == REQUEST and type(kind) is int and type(identity) is int
            ):
                return Request(identity, method, tuple(arguments), wants_answer=not wants_none)
        raise self._fault(f"a message that is no request: {_short(message)}")


def pack_result(request_id: int, returns: Returns, value: object = None) -> bytes:
    """The response of a method that did what it was asked."""
    match returns:
        case Returns.VALUE:
            return _response(request_id, None, [[1, value]])
        case Returns.NOTHING:
            return _response(request_id, None, [[False]])
        case _:
            return _response(request_id, None, value)


def pack_failure(request_id: int, returns: Returns, message: str) -> bytes:
    """The response of a method that could not: `RuntimeError(message)` in a Python client."""
    match returns:
        case Returns.VALUE:
            return _response(request_id, None, [[0, [message]]])
        case Returns.NOTHING:
            return _response(request_id, None, [[True, [message]]])
        case _:
            return pack_refusal(request_id, message)


def pack_refusal(request_id: int, message: str) -> bytes:
    """The answer to a call of no known method: rpclib's error slot."""
    return _response(request_id, message, None)


def _response(request_id: int, error: str | None, result: object) -> bytes:
    try:
        return bytes(msgpack.packb([RESPONSE, request_id, error, result], use_bin_type=True))
    except (TypeError, ValueError, OverflowError) as problem:
        raise OurError(f"a result that msgpack cannot hold: {problem}") from problem


def _short(value: object, most: int = 60) -> str:
    # A type and a length never cost more than they tell; the repr of a foreign value may be megabytes.
    text = repr(value) if not isinstance(value, (list, dict, str, bytes)) else f"{type(value).__name__}[{len(value)}]"
    return text[:most]
