"""JSON files become typed values or one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from alvinn.errors import ModelError
from alvinn.util.json_file import read_json


@dataclass(frozen=True, slots=True)
class Wheel:
    teeth: int


@dataclass(frozen=True, slots=True)
class Clock:
    name: str
    wheels: tuple[Wheel, ...]

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a clock must have a name")


def read(folder: Path, text: str) -> Clock:
    path = folder / "clock.json"
    path.write_text(text, encoding="utf-8")
    return read_json(path, Clock, 3, ModelError, "wind it up", {"title": "name"})


def test_a_file_becomes_nested_values_whose_unknown_fields_are_skipped(tmp_path: Path) -> None:
    text = '{"schema": 3, "name": "a", "wheels": [{"teeth": 8}, {"teeth": 9, "spokes": 4}], "later": 1}'
    assert read(tmp_path, text) == Clock("a", (Wheel(8), Wheel(9)))


def test_a_field_is_known_by_its_earlier_name(tmp_path: Path) -> None:
    assert read(tmp_path, '{"schema": 3, "title": "a", "wheels": []}').name == "a"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "is damaged: Input data was truncated; wind it up$"),
        ("[]", "is damaged: Expected `object`"),
        ("{}", "is damaged: it does not state its schema; wind it up$"),
        ('{"schema": 4}', "has schema 4, this program reads 3: a later version wrote it, update alvinn$"),
        ('{"schema": 2}', "has schema 2, this program reads 3: wind it up$"),
        ('{"schema": "4"}', "has schema 4, this program reads 3: wind it up$"),
        ('{"schema": 3, "name": "a"}', "missing required field `wheels`"),
        ('{"schema": 3, "name": "a", "wheels": [{"teeth": 8}, {"teeth": "9"}]}', r"\$\.wheels\[1\]\.teeth"),
        ('{"schema": 3, "name": "", "wheels": []}', "a clock must have a name"),
        ('{"schema": 3, "name": "a", "wheels": [{"teeth": NaN}]}', "is damaged"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error_with_its_name_and_the_place(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(ModelError, match=complaint) as caught:
        read(tmp_path, text)
    assert str(tmp_path / "clock.json") in str(caught.value)


def test_bytes_that_are_no_text_are_damage(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    path.write_bytes(b'{"schema": 3, "name": "\xff", "wheels": []}')
    with pytest.raises(ModelError, match="is damaged"):
        read_json(path, Clock, 3, ModelError, "wind it up")


def test_a_missing_file_is_an_error_that_says_why(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="could not be read: No such file"):
        read_json(tmp_path / "clock.json", Clock, 3, ModelError, "wind it up")
