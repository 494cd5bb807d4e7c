from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alvinn.classroom.messages import (
    MAX_BYTES,
    MAX_NAME,
    Hello,
    MessageError,
    TurnWheel,
    clean_name,
    decode,
    pack,
    unpack,
)


def test_a_message_of_the_page_is_understood() -> None:
    assert decode('{"type": "hello", "name": "Ada", "key": "abc"}') == Hello("Ada", "abc")
    assert decode(b'{"type": "steer", "steer": -0.5, "brake": 1}') == TurnWheel(-0.5, 1.0)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "hello",
        "[]",
        '{"type": "fly"}',
        '{"type": "steer"}',
        '{"type": "steer", "steer": 2}',
        '{"type": "steer", "steer": NaN}',
        '{"type": "steer", "steer": 1e999}',
        '{"type": "steer", "steer": "left"}',
        '{"type": "hello", "name": 7}',
        '{"type": "seen", "more": 1}',
        '{"type": "hello", "name": "' + "x" * MAX_BYTES + '"}',
        b"\xff\xfe",
        "[" * 20_000,
        b"\0",
    ],
    ids=lambda data: str(data[:30]),
)
def test_anything_else_is_refused_with_a_sentence(data: str | bytes) -> None:
    with pytest.raises(MessageError, match="message"):
        decode(data)


@settings(max_examples=40)
@given(st.binary(max_size=200) | st.text(max_size=200))
def test_no_bytes_do_more_than_be_refused(data: bytes | str) -> None:
    with pytest.raises(MessageError):
        decode(data)


@settings(max_examples=40)
@given(st.text(max_size=100))
def test_a_name_is_one_short_printable_line(name: str) -> None:
    cleaned = clean_name(name)
    assert 0 < len(cleaned) <= MAX_NAME
    assert cleaned.isprintable()
    assert clean_name(cleaned) == cleaned


def test_what_is_packed_is_unpacked_again_with_its_pictures() -> None:
    header, pictures = unpack(pack("moment", {"a": 1.5, "b": ["x"]}, b"one", b"", b"three"))
    assert (header["type"], header["a"], header["b"]) == ("moment", 1.5, ["x"])
    assert pictures == [b"one", b"", b"three"]


def test_a_number_that_is_none_travels_as_null_as_no_page_reads_nan() -> None:
    header, _ = unpack(pack("moment", {"a": math.nan, "b": {"c": [math.inf, 1.0]}}))
    assert header["a"] is None
    assert json.dumps(header["b"]) == '{"c": [null, 1.0]}'
