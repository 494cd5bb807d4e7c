from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

import pytest

from alvinn.driving.types import Direction
from alvinn.errors import RecordingError
from alvinn.recording.rows import (
    COLUMNS,
    HEADER,
    REQUIRED,
    decode_row,
    encode_row,
    make_row,
    name_lane,
    parse_header,
    parse_lane,
)
from tests.alvinn.fakes import step

ROW = make_row(step(7, steer=0.1, curvature=1.0 / 3.0), 2, "frames/00000007_center.jpg", "oval/forward", "ClearNoon")


def test_a_row_holds_its_tick_and_comes_back_exactly() -> None:
    line = encode_row(ROW)
    assert line.endswith(b"\n")
    assert decode_row(line.rstrip(b"\n"), COLUMNS) == ROW
    assert (ROW.frame, ROW.segment, ROW.steer, ROW.curvature, ROW.axis) == (7, 2, 0.1, 1.0 / 3.0, None)


def test_unknown_numbers_are_empty_cells() -> None:
    line = encode_row(replace(ROW, speed=math.nan))
    cells = dict(zip(COLUMNS, next(csv.reader([line.decode()])), strict=True))
    assert (cells["speed"], cells["axis"]) == ("", "")
    assert math.isnan(decode_row(line.rstrip(b"\n"), COLUMNS).speed)


@pytest.mark.parametrize("cell", ["", "nan", "inf", "fast"])
def test_a_cell_that_must_be_a_number_and_is_none_is_an_error(cell: str) -> None:
    line = encode_row(ROW).decode().replace(repr(ROW.steer), cell, 1).encode()
    with pytest.raises(ValueError, match=r"could not convert|is not a number"):
        decode_row(line, COLUMNS)


def test_a_table_may_have_its_columns_in_any_order_and_lack_those_that_came_later() -> None:
    columns = tuple(sorted(REQUIRED))
    assert parse_header(Path("drive.csv"), ",".join(columns).encode() + b"\r") == columns
    assert parse_header(Path("drive.csv"), HEADER) == COLUMNS


@pytest.mark.parametrize("header", [b"frame,time", HEADER + b",mood", HEADER + b",frame", b"\xff"])
def test_other_columns_are_an_error(header: bytes) -> None:
    with pytest.raises(RecordingError, match="has other columns than frame, time"):
        parse_header(Path("drive.csv"), header)


def test_an_outcome_that_nobody_gives_is_an_error() -> None:
    line = encode_row(make_row(step(), 0, "a.jpg", "oval/forward", "ClearNoon", "departed")).rstrip(b"\n")
    assert decode_row(line, COLUMNS).outcome == "departed"
    with pytest.raises(ValueError, match="lost is not an outcome: there are faultless, corrected, departed"):
        decode_row(line.replace(b"departed", b"lost"), COLUMNS)


@pytest.mark.parametrize(
    ("lane", "named"),
    [
        (("country", "forward", 0), "country/forward"),
        (("Town02", "reverse", 27), "Town02@27/reverse"),
        (("maps/odd@place.xodr", "forward", 3), "maps/odd@place.xodr@3/forward"),
        (("odd@place", "forward", 0), "odd@place/forward"),
        (("random:3", "backward", 0), "random:3/backward"),
    ],
)
def test_a_lane_is_named_by_map_direction_and_starting_point(lane: tuple[str, Direction, int], named: str) -> None:
    assert name_lane(*lane) == named
    assert parse_lane(named) == lane
