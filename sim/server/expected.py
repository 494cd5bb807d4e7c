"""Messages kept for clients that are about to subscribe.

A client that listens and ticks at once may tick before its subscription arrives on the other port; so that every tick
after `listen` has its measurement, what the stream sent since then is kept for it.
"""

from __future__ import annotations

MOST_MESSAGES = 20  # of a stream; a client that has not come by then does not come
MOST_BYTES = 64 << 20  # of all streams together


class ExpectedSubscriptions:
    """The streams that clients have asked about, and what these sent since."""

    def __init__(self) -> None:
        self._kept: dict[int, list[bytes]] = {}
        self._bytes = 0

    @property
    def streams(self) -> set[int]:
        """The streams that somebody is about to subscribe to."""
        return set(self._kept)

    def expect(self, stream: int) -> None:
        """Keep what a stream sends from now on."""
        self.take(stream)
        self._kept[stream] = []

    def keep(self, stream: int, message: bytes) -> None:
        """Keep a message if its stream is expected; when there are too many, the longest expected streams go."""
        if stream not in self._kept:
            return
        self._kept[stream].append(message)
        self._bytes += len(message)
        if len(self._kept[stream]) > MOST_MESSAGES:
            self.take(stream)
        while self._bytes > MOST_BYTES and len(self._kept) > 1:
            self.take(next(iter(self._kept)))

    def take(self, stream: int) -> list[bytes]:
        """Return what was kept of a stream, which is no longer expected."""
        messages = self._kept.pop(stream, [])
        self._bytes -= sum(map(len, messages))
        return messages

    def clear(self) -> None:
        """Forget everything: another episode began."""
        self._kept.clear()
        self._bytes = 0
