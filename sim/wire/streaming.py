"""CARLA's streams: a sensor's messages, each on a connection of its own. No sockets.

A client finds a stream by its token, connects, sends the stream's number (4 bytes) and nothing more; from then on it
reads messages, each a size (4 bytes) and as many bytes. All numbers are little-endian.
"""

from __future__ import annotations

import struct

from sim.wire.errors import PeerError

EPISODE_STREAM = 1
_TOKEN = struct.Struct("<IHBB16s")
_NUMBER = struct.Struct("<I")
_TCP = 1
_ADDRESS_NOT_SET = 0  # the client then uses the host it was given for the server itself


def pack_token(stream: int, port: int) -> bytes:
    """Pack the 24 bytes by which a client finds a stream."""
    return _TOKEN.pack(stream, port, _TCP, _ADDRESS_NOT_SET, bytes(16))


class Subscription:
    """The receiving side of a stream's connection: reads the number of the stream that the peer subscribes to."""

    def __init__(self) -> None:
        self._received = b""

    def receive_data(self, data: bytes) -> int | None:
        """Return the stream's number once it is complete, else None.

        Raises:
            PeerError: the peer sent more than the number.
        """
        self._received += data[: _NUMBER.size + 1]
        if len(self._received) > _NUMBER.size:
            raise PeerError(f"a subscription is {_NUMBER.size} bytes, and more came")
        if len(self._received) < _NUMBER.size:
            return None
        return int(_NUMBER.unpack(self._received)[0])


def frame_message(*parts: bytes) -> bytes:
    """Join parts to one message, preceded by its size."""
    return b"".join((_NUMBER.pack(sum(map(len, parts))), *parts))
