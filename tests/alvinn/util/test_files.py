from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alvinn.errors import DiskError
from alvinn.util.files import atomic_folder, atomic_path, require_space, to_file_name, write_bytes, write_json
from tests.alvinn.disk import files_no_larger_than
from tests.platforms import posix

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
    assert legal_on_windows(to_file_name(name))


@given(RESERVED)
def test_a_device_of_windows_is_never_a_file_name(parts: tuple[str, str, bool]) -> None:
    name = parts[0] + parts[1]
    assert legal_on_windows(to_file_name(name.upper() if parts[2] else name))


@given(NAMES)
def test_a_file_name_stays_as_it_is(name: str) -> None:
    assert to_file_name(to_file_name(name)) == to_file_name(name)


@pytest.mark.parametrize(("name", "made"), [("random:7", "random-7"), ("oval", "oval"), ("my lap 3.5", "my lap 3.5")])
def test_a_legal_name_changes_as_little_as_can_be(name: str, made: str) -> None:
    assert to_file_name(name) == made


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


@pytest.mark.parametrize("name", ["a.json", "network.weights.h5", "drive.csv", "no suffix"])
def test_a_file_is_replaced_in_one_step(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"old")
    with atomic_path(path) as scratch:
        assert (scratch.parent, scratch.suffixes) == (tmp_path, path.suffixes)  # one disk; writers go by the suffix
        scratch.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_of_one_file_do_not_share_a_scratch_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with atomic_path(path) as first, atomic_path(path) as second:
        first.write_bytes(b"first")
        second.write_bytes(b"second")
        assert first.read_bytes() == b"first"
    assert path.read_bytes() == b"first"  # whoever ends last
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_on_the_disk_before_its_name_points_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # No power cut in a test: the order of the two calls is looked at instead.
    calls = list[str]()

    def noted(call: Callable[..., None]) -> Callable[..., None]:
        def note(*arguments: object) -> None:
            calls.append(call.__name__)
            call(*arguments)

        return note

    monkeypatch.setattr(os, "fsync", noted(os.fsync))
    monkeypatch.setattr(Path, "replace", noted(Path.replace))
    write_bytes(tmp_path / "a", b"1")
    assert calls == ["fsync", "replace"]


@posix
def test_a_process_killed_while_it_writes_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})
    killed = (
        "import os, signal, sys; from pathlib import Path; from alvinn.util.files import atomic_path\n"
        "with atomic_path(Path(sys.argv[1])) as scratch:\n"
        "    scratch.write_text('{'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", killed, path], check=False).returncode < 0
    assert json.loads(path.read_text(encoding="utf-8")) == {"a": 1}


@posix
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})
    with files_no_larger_than(100), pytest.raises(OSError, match=re.escape(str(path))):
        write_json(path, {"a": "x" * 1000})
    assert json.loads(path.read_text(encoding="utf-8")) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_that_is_too_long_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300)
    with pytest.raises(OSError, match=path.name):
        write_bytes(path, b"1")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_is_there_whole_or_not_at_all(tmp_path: Path, there: bool) -> None:
    path = tmp_path / "new"
    if there:
        path.mkdir()
    with atomic_folder(path) as scratch:
        (scratch / "a").write_bytes(b"1")
        assert not path.exists() or not list(path.iterdir())
    assert (path / "a").read_bytes() == b"1"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_replaced_only_by_a_whole_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new"
    path.mkdir()
    (path / "old").touch()
    with suppress(ValueError), atomic_folder(path, overwrite=True):
        raise ValueError
    with atomic_folder(path, overwrite=True) as scratch:
        (scratch / "a").touch()
    assert [entry.name for entry in path.iterdir()] == ["a"]

    replace = Path.replace

    def crash(self: Path, target: Path) -> Path:
        if target == path and (self / "b").exists():
            raise OSError("the light went out")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", crash)
    with suppress(OSError), atomic_folder(path, overwrite=True) as scratch:
        (scratch / "b").touch()
    assert [entry.name for entry in path.iterdir()] == ["a"]
    assert list(tmp_path.iterdir()) == [path]


def test_of_a_folder_that_could_not_be_filled_nothing_is_left(tmp_path: Path) -> None:
    with suppress(ValueError), atomic_folder(tmp_path / "new") as scratch:
        (scratch / "a").write_bytes(b"1")
        raise ValueError
    assert not list(tmp_path.iterdir())


def test_what_finds_no_room_on_the_disk_is_refused_before_it_is_begun(tmp_path: Path) -> None:
    require_space(tmp_path / "not" / "there" / "yet", 1, "a little")
    with pytest.raises(DiskError, match=r"the film needs 1000000000000 MB, and the disk of .* has \d+ MB left: free"):
        require_space(tmp_path / "not" / "there" / "yet", 10**18, "the film")


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


@posix
def test_what_is_no_regular_file_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="Not a regular file"):
        write_bytes(pipe, b"new")
    with pytest.raises(NotADirectoryError, match="pipe"), atomic_folder(pipe, overwrite=True):
        pass
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]
