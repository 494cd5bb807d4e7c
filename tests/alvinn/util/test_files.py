from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alvinn.util.files import file_name, write_json

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
DEVICES = ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "123456789¹²³")]
RESERVED = st.tuples(st.sampled_from(DEVICES), st.sampled_from(["", ".", ".txt", " ", " .txt", ".a.b"]), st.booleans())


def legal_on_windows(name: str) -> bool:
    """The rules of 'Naming Files, Paths, and Namespaces' in Microsoft's documentation of Win32."""
    base = name.split(".", maxsplit=1)[0].rstrip(" ").lower()
    return (
        bool(name)
        and not any(character in '<>:"/\\|?*' or ord(character) < 32 for character in name)
        and not name.endswith((" ", "."))
        and base not in DEVICES
    )


@given(NAMES)
@example("random:7")
@example("..")
@example("")
@example("a/../b")
@example("nul.")
def test_whatever_a_person_calls_it_the_file_name_is_legal_on_windows(name: str) -> None:
    assert legal_on_windows(file_name(name))


@given(RESERVED)
def test_a_device_of_windows_is_never_a_file_name(parts: tuple[str, str, bool]) -> None:
    name = parts[0] + parts[1]
    assert legal_on_windows(file_name(name.upper() if parts[2] else name))


@given(NAMES)
def test_a_file_name_stays_as_it_is(name: str) -> None:
    assert file_name(file_name(name)) == file_name(name)


@pytest.mark.parametrize(("name", "made"), [("random:7", "random-7"), ("oval", "oval"), ("my lap 3.5", "my lap 3.5")])
def test_a_legal_name_changes_as_little_as_can_be(name: str, made: str) -> None:
    assert file_name(name) == made


def test_json_is_written_and_read_back(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"sigma": "σ", "numbers": [1, 2.5, None]})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"sigma": "σ", "numbers": [1, 2.5, None]}
    assert text.endswith("}\n")


@pytest.mark.parametrize("nothing", [math.nan, math.inf])
def test_what_json_cannot_say_leaves_the_old_file_alone(tmp_path: Path, nothing: float) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"a": nothing})
    assert json.loads(path.read_text(encoding="utf-8")) == {"a": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_a_crash_between_writing_and_naming_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})

    def crash(self: Path, target: Path) -> None:
        raise OSError("the light went out")

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(OSError, match="light"):
        write_json(path, {"a": 2})
    assert json.loads(path.read_text(encoding="utf-8")) == {"a": 1}
