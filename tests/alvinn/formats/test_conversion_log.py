from __future__ import annotations

import pytest

from alvinn.errors import RecordingError
from alvinn.formats.conversion_log import ConversionLog, list_columns, require_steering


def test_reasons_are_counted_with_the_first_row_of_each() -> None:
    log = ConversionLog()
    for why, which in (("its picture is missing", "line 3"), ("its picture is missing", "line 9"), ("torn", "line 4")):
        log.leave_out(why, which)
    assert log.summarize_reasons() == "2 x its picture is missing, first line 3; 1 x torn, first line 4"


def test_a_note_is_kept_once_and_a_change_is_counted() -> None:
    log = ConversionLog()
    for _ in range(3):
        log.note("no header")
        log.count("clipped")
    assert log.notes == ["no header"]
    assert log.counts == {"clipped": 3}


@pytest.mark.parametrize(("damaged", "rows"), [(0, 5), (2, 5), (3, 30), (10, 100)])
def test_a_few_damaged_cells_do_not_make_a_column_something_else(damaged: int, rows: int) -> None:
    require_steering("steering", ["x"] * damaged, rows, ["steering"])


@pytest.mark.parametrize(("damaged", "rows"), [(3, 5), (4, 30), (1, 1), (2, 2)])
def test_a_column_without_numbers_is_not_the_steering(damaged: int, rows: int) -> None:
    with pytest.raises(RecordingError, match=rf"speed is not the steering: {damaged} of {rows} .*'12.5'.*time, speed"):
        require_steering("speed", ["12.5"] * damaged, rows, ["time", "speed"])


def test_columns_are_listed_also_where_there_are_too_many_or_none() -> None:
    assert "The columns found are: none;" in list_columns([])
    said = list_columns(["x" * 1000] * 1000 + ["\udcff"])
    assert len(said) < 1500
    said.encode()
