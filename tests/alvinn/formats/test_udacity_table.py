from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from alvinn.errors import AlvinnError, RecordingError
from alvinn.formats.conversion_log import ConversionLog
from alvinn.formats.reading import Reading
from alvinn.formats.udacity_table import find_columns, read_table

ROWS = 20


def steer(i: int) -> float:
    """Of both signs, and no two alike."""
    return round(0.3 * (i % 7 - 3) / 3 + i * 1e-3, 5)


def file_of(path: Path, line: Callable[[int, str], str], head: str = "", encoding: str = "utf-8") -> Path:
    """A log of twenty rows."""
    lines = ([head] if head else []) + [line(i, f"IMG/center_{i}.jpg") for i in range(ROWS)]
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def columns(path: Path, reading: Reading | None = None) -> tuple[list[str], list[float], ConversionLog]:
    """(pictures, steering) as they are found in a log."""
    table = read_table(path, log := ConversionLog())
    place = find_columns(table, reading or Reading(), log)
    pictures = [cells[place["center"]].strip() for _, cells in table.rows]
    return pictures, [float(cells[place["steering"]]) for _, cells in table.rows], log


def commas(number: float) -> str:
    """As Germans write it."""
    return f"{number:.5f}".replace(".", ",")


HEAD = "center;left;right;steering;throttle;brake;speed"
RIGHT: dict[str, tuple[Callable[[int, str], str], str]] = {
    "the simulator's own": (lambda i, p: f"{p},,,{steer(i)},0.5,0,9.5", ""),
    "spaces after commas": (lambda i, p: f"{p}, , , {steer(i)}, 0.5, 0, 9.5", ""),
    "decimal commas between commas with spaces": (lambda i, p: f"{p}, , , {commas(steer(i))}, 0,5, 0, 9,5", ""),
    "semicolons": (lambda i, p: f"{p};;;{steer(i)};0.5;0;9.5", HEAD),
    "semicolons and decimal commas": (lambda i, p: f"{p};;;{commas(steer(i))};0,5;0;9,5", ""),
    "tabs": (lambda i, p: f"{p}\t\t\t{steer(i)}\t0.5\t0\t9.5", HEAD.replace(";", "\t")),
    "tabs and decimal commas": (lambda i, p: f"{p}\t\t\t{commas(steer(i))}\t0,5\t0\t9,5", ""),
    "quoted decimal commas": (lambda i, p: f'"{p}",,,"{commas(steer(i))}","0,5",0,"9,5"', ""),
    "an index without a header": (lambda i, p: f"{i},{p},,,{steer(i)},0.5,0,9.5", ""),
    "an index below a header without its name": (
        lambda i, p: f"{i},{p},,,{steer(i)},0.5,0,9.5",
        "," + HEAD.replace(";", ","),
    ),
    "the centre camera alone, without a header": (lambda i, p: f"{p},{steer(i)},0,{0.3 + i / 200}", ""),
    "other names": (lambda i, p: f"{p},{steer(i)},0", "imageFrontId,steeringAngle,command"),
    "a unit in the name": (lambda i, p: f"{steer(i)},{p}", "steering_deg,Image"),
    "capitals and spaces": (lambda i, p: f"0.5,{steer(i)},{p}", "Throttle, Steering Angle ,CENTER"),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("kind", RIGHT)
def test_picture_and_steering_are_found_however_the_log_was_saved(tmp_path: Path, kind: str, encoding: str) -> None:
    line, head = RIGHT[kind]
    pictures, steers, _ = columns(file_of(tmp_path / "log.csv", line, head, encoding))
    assert steers == [steer(i) for i in range(ROWS)]
    assert pictures == [f"IMG/center_{i}.jpg" for i in range(ROWS)]


@pytest.mark.parametrize(
    ("kind", "note"),
    [
        ("decimal commas between commas with spaces", "numbers have decimal commas"),
        ("an index without a header", "the first column is a row number"),
        ("the centre camera alone, without a header", "column 2 is taken as the steering, it alone takes both signs"),
        ("other names", "imageFrontId names the pictures"),
    ],
)
def test_what_was_concluded_is_said(tmp_path: Path, kind: str, note: str) -> None:
    _, _, log = columns(file_of(tmp_path / "log.csv", *RIGHT[kind]))
    assert any(note in said for said in log.notes)


WRONG: dict[str, tuple[Callable[[int, str], str], str, str]] = {
    "decimal commas between commas": (
        lambda i, p: f"{p},,,{commas(steer(i))},0,50000,0,0,9,50000",
        "",
        r"seem to have decimal commas.*save the log with decimal points, or with ;",
    ),
    "no header and two columns of both signs": (
        lambda i, p: f"{p},{steer(i)},{-steer(i)}",
        "",
        r"no header, and which column is the steering cannot be told \(line 1: IMG/center_0.jpg.*--steering",
    ),
    "no header and no column of both signs": (
        lambda i, p: f"{p},{abs(steer(i))},0.5",
        "",
        r"which column is the steering cannot be told",
    ),
    "no header and the pedals before what takes both signs": (
        lambda i, p: f"{p},0.5,{steer(i)}",
        "",
        r"which column is the steering cannot be told",
    ),
    "pictures in two columns of other names": (
        lambda i, p: f"{p},{p},{steer(i)}",
        "day,night,steering",
        r"there is no center column\. The columns found are: day, night, steering; .*--picture",
    ),
    "nothing": (lambda i, p: "", "", "is empty"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_cannot_be_told_is_an_error_and_never_a_guess(tmp_path: Path, kind: str) -> None:
    line, head, sentence = WRONG[kind]
    with pytest.raises(RecordingError, match=sentence):
        columns(file_of(tmp_path / "log.csv", line, head))


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = file_of(tmp_path / "log.csv", lambda i, p: f"x.jpg,{p},0.5,{steer(i)}", "day,night,gas,wheel")
    pictures, steers, _ = columns(path, Reading(steering="Wheel", picture="night"))
    assert (pictures[3], steers[3]) == ("IMG/center_3.jpg", steer(3))
    with pytest.raises(
        AlvinnError, match=r"no column dusk\. The columns found are: day, night, gas, wheel; .*--picture"
    ):
        columns(path, Reading(steering="wheel", picture="dusk"))
    with pytest.raises(
        AlvinnError, match=r"no column rudder\. The columns found are: day, night, gas, wheel; .*--steering"
    ):
        columns(path, Reading(steering="rudder", picture="night"))


def test_a_mistyped_column_is_answered_with_the_nearest_as_it_is_written_in_the_file(tmp_path: Path) -> None:
    path = file_of(tmp_path / "log.csv", lambda i, p: f"{p},{steer(i)}", "FrontImage,steeringAngle")
    for asked, near in (
        (Reading(steering="steeringAngel"), "steeringAngel: did you mean steeringAngle"),
        (Reading(picture="frontimages"), "frontimages: did you mean FrontImage"),
    ):
        with pytest.raises(AlvinnError, match=f"no column {near}[?] The columns found are: FrontImage, steeringAngle;"):
            columns(path, asked)


def test_a_column_of_a_log_without_header_can_be_named_by_its_number(tmp_path: Path) -> None:
    path = file_of(tmp_path / "log.csv", lambda i, p: f"{p},0.5,{steer(i)}")
    assert columns(path, Reading(steering="column 3"))[1] == [steer(i) for i in range(ROWS)]
