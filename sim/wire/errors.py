"""Errors of the wire; the type says whose fault it is."""

from __future__ import annotations


class WireError(Exception):
    """Anything that went wrong between a client and this server."""


class PeerError(WireError):
    """The peer sent what the protocol does not allow: bytes that are no message, or values of the wrong shape."""


class NotSupportedError(WireError):
    """The peer made a valid request for a feature that this server lacks."""


class OurError(WireError):
    """This server tried to send what the protocol does not allow; the peer did nothing wrong."""
