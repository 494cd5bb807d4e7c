"""What travels between the page and the server: bytes in, messages out, no sockets.

A guest's message is a short JSON object whose `type` names one of the classes here; anything else is a `MessageError`.
The server's messages are one binary frame each: the length of a JSON header (4 bytes, little endian), the header, then
its pictures, whose sizes the header's `sizes` lists. A message for everybody is packed once, whoever reads it.
"""

from __future__ import annotations

import math
import struct
from typing import Annotated, Any, Literal

import msgspec

MAX_BYTES = 65_536  # of a guest's message: the largest is a painting
MAX_STROKES, MAX_POINTS = 60, 60  # of a painting; each point is 14 characters
FRAMES = 30  # of the exam
MAX_NAME = 24

Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Steer = Annotated[float, msgspec.Meta(ge=-1.0, le=1.0)]
ShortText = Annotated[str, msgspec.Meta(max_length=100)]
Curvature = Annotated[float, msgspec.Meta(ge=-0.3, le=0.3)]


class MessageError(ValueError):
    """A guest's message is not one that the page sends."""


class Hello(msgspec.Struct, tag="hello", frozen=True, forbid_unknown_fields=True):
    """The first message: a name, and the code or the lecturer's key if the guest has one."""

    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    key: ShortText = ""
    ticket: ShortText = ""
    """of the page's last welcome, when it comes back: by it a guest is known again"""


class Seen(msgspec.Struct, tag="seen", frozen=True, forbid_unknown_fields=True):
    """The last picture was drawn: the next one may come."""


class TakeWheel(msgspec.Struct, tag="take", frozen=True, forbid_unknown_fields=True):
    """Asks for the wheel."""


class GiveWheel(msgspec.Struct, tag="give", frozen=True, forbid_unknown_fields=True):
    """Gives the wheel back; from the lecturer, takes it from the guest who has it."""


class TurnWheel(msgspec.Struct, tag="steer", frozen=True, forbid_unknown_fields=True):
    """How far the wheel is turned, -1 to 1, and how hard the brake is pressed."""

    steer: Steer
    brake: Share = 0.0


class Pose(msgspec.Struct, tag="pose", frozen=True, forbid_unknown_fields=True):
    """Puts the private car somewhere, to be seen from there."""

    place: Share
    """along the lane, as a share of its length"""
    offset: Annotated[float, msgspec.Meta(ge=-3.0, le=3.0)]
    """right of the lane's centre [m]"""
    heading: Annotated[float, msgspec.Meta(ge=-0.6, le=0.6)]
    """relative to the lane's direction [rad]"""


class Drop(Pose, tag="drop", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Puts it there and lets a network drive."""

    model: ShortText


class OpenBet(msgspec.Struct, tag="bet", frozen=True, forbid_unknown_fields=True):
    """Opens a bet on the frame that is on stage now."""


class Vote(msgspec.Struct, tag="vote", frozen=True, forbid_unknown_fields=True):
    """Bets on a curvature [1/m]; a later one takes its place."""

    curvature: Curvature


class Reveal(msgspec.Struct, tag="reveal", frozen=True, forbid_unknown_fields=True):
    """Ends the bet."""


class Stroke(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stroke of the brush; places are shares of the picture's width and height."""

    colour: Literal["asphalt", "grass", "white", "yellow", "shadow"]
    width: Annotated[float, msgspec.Meta(gt=0.0, le=0.5)]
    """share of the picture's height"""
    points: Annotated[tuple[tuple[Share, Share], ...], msgspec.Meta(min_length=1, max_length=MAX_POINTS)]


class Paint(msgspec.Struct, tag="paint", frozen=True, forbid_unknown_fields=True):
    """A frame of the stage, and what is painted over it."""

    number: int
    strokes: Annotated[tuple[Stroke, ...], msgspec.Meta(max_length=MAX_STROKES)] = ()


class AskExam(msgspec.Struct, tag="exam", frozen=True, forbid_unknown_fields=True):
    """Asks for the frames of the exam."""


class HandIn(msgspec.Struct, tag="hand_in", frozen=True, forbid_unknown_fields=True):
    """Answers to all frames of the exam [1/m]."""

    answers: Annotated[tuple[Curvature, ...], msgspec.Meta(min_length=FRAMES, max_length=FRAMES)]


class Teach(msgspec.Struct, tag="teach", frozen=True, forbid_unknown_fields=True):
    """Begins a round of DAgger on stage."""


Message = (
    Hello
    | Seen
    | TakeWheel
    | GiveWheel
    | TurnWheel
    | Pose
    | Drop
    | OpenBet
    | Vote
    | Reveal
    | Paint
    | AskExam
    | HandIn
    | Teach
)
"""Whatever a guest may say."""

_DECODER: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def decode(data: str | bytes) -> Message:
    """Decode a guest's message.

    Raises:
        MessageError: it is too long, no JSON, of an unknown type, or a value is out of range.
    """
    if len(data) > MAX_BYTES:
        raise MessageError(f"a message of {len(data)} bytes arrived; at most {MAX_BYTES} are taken")
    try:
        return _DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise MessageError(f"a message could not be understood: {str(error)[:200]}") from error


def clean_name(name: str) -> str:
    """A guest's name as others see it: printable characters of one line, at most MAX_NAME of them."""
    printable = "".join(letter for letter in name if letter.isprintable())
    return " ".join(printable.split())[:MAX_NAME].strip() or "guest"


def pack(kind: str, values: dict[str, Any] | None = None, *pictures: bytes) -> bytes:
    """Pack a message of the server; numbers that are not finite become null."""
    header = msgspec.json.encode(
        {"type": kind, **_finite(values or {}), "sizes": [len(picture) for picture in pictures]}
    )
    return struct.pack("<I", len(header)) + header + b"".join(pictures)


def unpack(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The header and the pictures of a message of the server, as the page reads it."""
    (length,) = struct.unpack_from("<I", data)
    header: dict[str, Any] = msgspec.json.decode(data[4 : 4 + length])
    pictures, at = [], 4 + length
    for size in header["sizes"]:
        pictures.append(data[at : at + size])
        at += size
    return header, pictures


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    if isinstance(value, float):
        return round(float(value), 5) if math.isfinite(value) else None
    return value
